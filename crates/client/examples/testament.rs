//! Testaments: what a session has published when it ends, also if it vanishes without a word.

#![allow(clippy::print_stdout, reason = "an example shows what happens")]

use std::error::Error;

use crosspoint_client::{Arguments, Client, Dict, RequestError, Session, Value};
use tokio::runtime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("CROSSPOINT_URL").unwrap_or("ws://127.0.0.1:8080/ws".into());
    let client = Client::builder(url).realm("realm1");
    let heir = client.connect().await?;
    let mut obituaries = heir.subscribe("com.example.obituaries").await?;

    let anna = client.connect().await?;
    add_testament(&anna, "anna is gone").await?;
    anna.call("wamp.session.flush_testaments", ()).await?; // she has changed her mind
    anna.leave().await;

    // Bert's session is driven by a thread of its own, which ends without a word.
    std::thread::spawn(move || -> Result<(), Box<dyn Error + Send + Sync>> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let bert = runtime.block_on(client.connect())?;
        runtime.block_on(add_testament(&bert, "bert is gone"))?;
        drop(runtime);
        Ok(())
    });

    if let Some(Ok(event)) = obituaries.next().await {
        let kind = event.kwargs.get("kind").and_then(Value::as_str).unwrap_or_default();
        println!("{} ({kind})", event.args[0].as_str().unwrap_or_default());
    }
    heir.leave().await;
    Ok(())
}

async fn add_testament(session: &Session, text: &str) -> Result<(), RequestError> {
    let kind = Dict::from([("kind", Value::from("testament"))]);
    let testament = ("com.example.obituaries", vec![Value::from(text)], Value::from(kind));
    session.call("wamp.session.add_testament", Arguments::from(testament)).await?;
    Ok(())
}
