//! The life of a registration, as the router tells it, and what it says when it is asked.

#![allow(clippy::print_stdout, reason = "an example shows what happens")]

use std::error::Error;

use crosspoint_client::{
    Arguments, Client, Invocation, InvokePolicy, MatchPolicy, RegisterOptions, Value,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("CROSSPOINT_URL").unwrap_or("ws://127.0.0.1:8080/ws".into());
    let session = Client::builder(url).realm("realm1").connect().await?;
    let mut events = session.subscribe_with(MatchPolicy::Prefix, "wamp.registration.on_").await?;

    let options =
        RegisterOptions::new().matching(MatchPolicy::Prefix).invoke(InvokePolicy::RoundRobin);
    let nothing = async |_: Invocation| Ok(Arguments::default());
    let registration = session.register_with(options, "com.example.files", nothing).await?;
    for _ in 0..2 {
        let Some(Ok(event)) = events.next().await else { break };
        let name = event.topic.trim_start_matches("wamp.registration.");
        match event.args[1].as_dict() {
            Some(created) => {
                let told = |key| created.get(key).and_then(Value::as_str).unwrap_or_default();
                println!("{name}: {} {} {}", told("uri"), told("match"), told("invoke"));
            }
            None => println!("{name}"),
        }
    }

    let found = session.call("wamp.registration.match", ("com.example.files.photos",)).await?;
    let found = found.args[0].as_u64();
    let same = found == Some(registration.id().0);
    println!("match finds it: {}", if same { "yes" } else { "no" });
    let callees = session.call("wamp.registration.count_callees", (registration.id().0,)).await?;
    println!("callees: {}", callees.args[0]);

    registration.unregister().await?;
    for _ in 0..2 {
        let Some(Ok(event)) = events.next().await else { break };
        println!("{}", event.topic.trim_start_matches("wamp.registration."));
    }
    session.leave().await;
    Ok(())
}
