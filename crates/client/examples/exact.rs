//! A procedure, registered under exactly one URI.

#![allow(clippy::print_stdout, reason = "an example shows what happens")]

use std::error::Error;

use crosspoint_client::{ApplicationError, Arguments, Client, Invocation, RequestError, Value};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("CROSSPOINT_URL").unwrap_or("ws://127.0.0.1:8080/ws".into());
    let session = Client::builder(url).realm("realm1").connect().await?;
    let registration = session.register("com.example.add", add).await?;
    println!("2 + 3 = {}", session.call("com.example.add", (2, 3)).await?.args[0]);

    if let Err(error) = session.register("com.example.add", add).await {
        println!("registered again: {}", uri(&error));
    }

    registration.unregister().await?;
    if let Err(error) = session.call("com.example.add", (2, 3)).await {
        println!("called after unregistering: {}", uri(&error));
    }
    session.leave().await;
    Ok(())
}

async fn add(invocation: Invocation) -> Result<Arguments, ApplicationError> {
    let sum = invocation.args.iter().filter_map(Value::as_i64).sum::<i64>();
    Ok((sum,).into())
}

/// What an error is called, for programs.
fn uri(error: &RequestError) -> String {
    match error {
        RequestError::Wamp { uri, .. } => uri.clone(),
        other => other.to_string(),
    }
}
