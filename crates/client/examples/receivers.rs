//! Who receives an event: its publisher names sessions or roles, and is left out itself unless it
//! asks.

#![allow(clippy::print_stdout, reason = "an example shows what happens")]

use std::collections::BTreeMap;
use std::error::Error;

use crosspoint_client::{Client, PublishOptions, Session};

const NAMES: [&str; 3] = ["anna", "bert", "carl"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("CROSSPOINT_URL").unwrap_or("ws://127.0.0.1:8080/ws".into());
    let client = Client::builder(url).realm("realm1");
    let (mut subscribers, mut subscriptions) = (Vec::new(), Vec::new());
    for _ in NAMES {
        let subscriber = client.connect().await?;
        subscriptions.push(subscriber.subscribe("com.example.news").await?);
        subscribers.push(subscriber);
    }
    let (anna, dora) = (&subscribers[0], client.connect().await?);

    let options = PublishOptions::new;
    let publications = [
        (&dora, "for everybody", options()),
        (&dora, "for anna", options().eligible([anna.id()])),
        (&dora, "not for anna", options().exclude([anna.id()])),
        (&dora, "for administrators", options().eligible_authrole(["admin"])),
        (&dora, "for nobody", options().eligible([])),
        (anna, "by anna", options()),
        (anna, "by anna, for anna, too", options().exclude_me(false)),
    ];
    let mut words = Vec::new();
    for (publisher, word, options) in publications {
        publish(publisher, word, options).await?;
        words.push(word);
    }
    publish(&dora, "done", options()).await?;

    let mut received: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, subscription) in NAMES.into_iter().zip(&mut subscriptions) {
        while let Some(Ok(event)) = subscription.next().await {
            match event.args[0].as_str() {
                Some("done") | None => break,
                Some(word) => received.entry(word.to_owned()).or_default().push(name),
            }
        }
    }
    for word in words {
        println!("{word}: {}", received.get(word).map_or("nobody".to_owned(), |who| who.join(" ")));
    }
    dora.leave().await;
    Ok(())
}

async fn publish(
    publisher: &Session,
    word: &str,
    options: PublishOptions,
) -> Result<(), Box<dyn Error>> {
    publisher.publish_acknowledged_with(options, "com.example.news", (word,)).await?;
    Ok(())
}
