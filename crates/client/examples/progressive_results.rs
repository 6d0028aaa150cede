//! A result in pieces: each reaches the caller as soon as the callee sends it.

#![allow(clippy::print_stdout, reason = "an example shows what happens")]

use std::error::Error;

use crosspoint_client::{ApplicationError, Arguments, CallOptions, Client, Invocation, Value};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("CROSSPOINT_URL").unwrap_or("ws://127.0.0.1:8080/ws".into());
    let session = Client::builder(url).realm("realm1").connect().await?;
    session.register("com.example.countdown", countdown).await?;

    let options = CallOptions::new();
    let mut call = session.call_progressive(options, "com.example.countdown", (3,)).await?;
    while let Some(progress) = call.next().await {
        println!("progress: {}", progress.args[0]);
    }
    println!("result: {}", call.result().await?.args[0].as_str().unwrap_or_default());

    let result = session.call("com.example.countdown", (3,)).await?;
    println!("without asking for progress: {}", result.args[0].as_str().unwrap_or_default());
    session.leave().await;
    Ok(())
}

async fn countdown(invocation: Invocation) -> Result<Arguments, ApplicationError> {
    let start = invocation.args.first().and_then(Value::as_i64).unwrap_or(0);
    for number in (1..=start).rev() {
        if invocation.takes_progress() {
            invocation.progress((number,)).await?;
        }
    }
    Ok(("lift-off",).into())
}
