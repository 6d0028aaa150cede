//! Retained events: what was published last is there for those who subscribe later.

#![allow(clippy::print_stdout, reason = "an example shows what happens")]

use std::error::Error;

use crosspoint_client::{Client, MatchPolicy, PublishOptions, SubscribeOptions};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("CROSSPOINT_URL").unwrap_or("ws://127.0.0.1:8080/ws".into());
    let client = Client::builder(url).realm("realm1");
    let (publisher, subscriber) = (client.connect().await?, client.connect().await?);
    let publish = async |topic: &str, state: &str, retain: bool| {
        let options = PublishOptions::new().retain(retain);
        publisher.publish_acknowledged_with(options, topic, (state,)).await
    };

    publish("com.example.pump1.state", "starts", true).await?;
    publish("com.example.pump2.state", "is off", true).await?;
    publish("com.example.pump1.state", "runs", true).await?;
    publish("com.example.pump1.state", "coughs", false).await?;

    let options = SubscribeOptions::new().matching(MatchPolicy::Wildcard).get_retained(true);
    let mut events = subscriber.subscribe_with(options, "com.example..state").await?;
    publish("com.example.pump1.state", "stops", true).await?;

    for _ in 0..3 {
        let Some(Ok(event)) = events.next().await else { break };
        let pump = event.topic.split('.').nth(2).unwrap_or_default();
        let state = event.args[0].as_str().unwrap_or_default();
        println!("{pump} {state} ({})", if event.retained { "retained" } else { "new" });
    }
    publisher.leave().await;
    subscriber.leave().await;
    Ok(())
}
