//! Topics that fit patterns. A session whose subscriptions overlap gets an event for each of them.

#![allow(clippy::print_stdout, reason = "an example shows what happens")]

use std::error::Error;

use crosspoint_client::{Client, MatchPolicy, Subscription};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("CROSSPOINT_URL").unwrap_or("ws://127.0.0.1:8080/ws".into());
    let client = Client::builder(url).realm("realm1");
    let (subscriber, publisher) = (client.connect().await?, client.connect().await?);

    let mut subscriptions = Vec::new();
    for (policy, topic) in [
        (MatchPolicy::Exact, "com.example.hall1.temperature"),
        (MatchPolicy::Prefix, "com.example.hall1"),
        (MatchPolicy::Wildcard, "com.example..temperature"),
    ] {
        subscriptions.push((policy, subscriber.subscribe_with(policy, topic).await?));
    }

    publisher.publish("com.example.hall1.temperature", (21,)).await?;
    publisher.publish("com.example.hall2.temperature", (19,)).await?;
    publisher.publish("com.example.hall1.humidity", (40,)).await?;
    // A prefix is text: it may end within a component.
    publisher.publish("com.example.hall10.door", ("open",)).await?;
    publisher.leave().await;
    subscriber.leave().await;

    for (policy, subscription) in subscriptions {
        println!("{}: {}", policy.name(), received(subscription).await.join(" "));
    }
    Ok(())
}

/// What has come until the session was over.
async fn received(mut subscription: Subscription) -> Vec<String> {
    let mut events = Vec::new();
    while let Some(Ok(event)) = subscription.next().await {
        let value = event.args[0].as_str().map_or(event.args[0].to_string(), str::to_owned);
        events.push(format!("{}={value}", event.topic));
    }
    events
}
