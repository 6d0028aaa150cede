//! A call in pieces: the callee works on the first while the caller prepares the next.

#![allow(clippy::print_stdout, reason = "an example shows what happens")]

use std::error::Error;

use crosspoint_client::{ApplicationError, Arguments, CallOptions, Client, Invocation, Value};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("CROSSPOINT_URL").unwrap_or("ws://127.0.0.1:8080/ws".into());
    let session = Client::builder(url).realm("realm1").connect().await?;
    session.register("com.example.sum", sum).await?;

    let options = CallOptions::new();
    let (mut chunks, call) = session.call_chunked(options, "com.example.sum", (1, 2)).await?;
    chunks.send((3,)).await?;
    chunks.finish((4, 5)).await?;
    println!("the sum is {}", call.result().await?.args[0]);
    session.leave().await;
    Ok(())
}

async fn sum(invocation: Invocation) -> Result<Arguments, ApplicationError> {
    let add = |args: &[Value]| args.iter().filter_map(Value::as_i64).sum::<i64>();
    let mut sum = add(&invocation.args);
    while let Some(chunk) = invocation.next_chunk().await {
        sum += add(&chunk.args);
    }
    Ok((sum,).into())
}
