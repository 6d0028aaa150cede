//! Who comes, what they subscribe to, and who goes, as the router tells it; and a session that is
//! ended by another.

#![allow(clippy::print_stdout, reason = "an example shows what happens")]

use std::error::Error;

use crosspoint_client::{Arguments, Client, CloseReason, Dict, RequestError, Subscription, Value};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("CROSSPOINT_URL").unwrap_or("ws://127.0.0.1:8080/ws".into());
    let client = Client::builder(url).realm("realm1");
    let watcher = client.connect().await?;
    let mut joins = watcher.subscribe("wamp.session.on_join").await?;
    let mut leaves = watcher.subscribe("wamp.session.on_leave").await?;
    let mut unsubscribes = watcher.subscribe("wamp.subscription.on_unsubscribe").await?;
    let mut deletes = watcher.subscribe("wamp.subscription.on_delete").await?;

    let guest = client.connect().await?;
    let guest_id = guest.id().0;
    let joined = next(&mut joins).await?;
    println!("on_join: {}", text(joined[0].as_dict(), "authrole"));
    println!("sessions: {}", watcher.call("wamp.session.count", ()).await?.args[0]);
    let details = watcher.call("wamp.session.get", (guest_id,)).await?;
    let details = details.args[0].as_dict();
    let transport = details.and_then(|details| details.get("transport")?.as_dict());
    println!("the guest: {} by {}", text(details, "authrole"), text(transport, "type"));

    let subscription = guest.subscribe("com.example.news").await?;
    let found = watcher.call("wamp.subscription.get", (subscription.id().0,)).await?;
    println!("its subscription: {}", text(found.args[0].as_dict(), "uri"));

    let kill = || Arguments::from((guest_id,)).kwarg("reason", "com.example.closing_time");
    watcher.call("wamp.session.kill", kill()).await?;
    next(&mut unsubscribes).await?;
    println!("on_unsubscribe");
    next(&mut deletes).await?;
    println!("on_delete");
    let left = next(&mut leaves).await?;
    println!("on_leave: {}", left[2].as_str().unwrap_or_default());
    if let CloseReason::Goodbye { reason, .. } = guest.closed().await {
        println!("the guest was told: {reason}");
    }
    if let Err(RequestError::Wamp { uri, .. }) = watcher.call("wamp.session.kill", kill()).await {
        println!("once more: {uri}");
    }
    watcher.leave().await;
    Ok(())
}

/// What the next event says.
async fn next(events: &mut Subscription) -> Result<Vec<Value>, &'static str> {
    match events.next().await {
        Some(Ok(event)) => Ok(event.args),
        _ => Err("an event is missing"),
    }
}

fn text<'d>(details: Option<&'d Dict>, key: &str) -> &'d str {
    details.and_then(|details| details.get(key)?.as_str()).unwrap_or_default()
}
