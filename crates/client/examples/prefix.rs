//! Procedures that begin with a prefix: one registration for all of them.

#![allow(clippy::print_stdout, reason = "an example shows what happens")]

use std::error::Error;

use crosspoint_client::{
    ApplicationError, Arguments, Client, Invocation, MatchPolicy, RegisterOptions, RequestError,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("CROSSPOINT_URL").unwrap_or("ws://127.0.0.1:8080/ws".into());
    let session = Client::builder(url).realm("realm1").connect().await?;
    let options = RegisterOptions::new().matching(MatchPolicy::Prefix);
    session.register_with(options, "com.example.files", answer).await?;

    for procedure in [
        "com.example.files",
        "com.example.files.photos.delete",
        "com.example.files2", // a prefix is text: it may end within a component
    ] {
        let result = session.call(procedure, ()).await?;
        println!("{}", result.args[0].as_str().unwrap_or_default());
    }
    if let Err(RequestError::Wamp { uri, .. }) = session.call("com.example.file", ()).await {
        println!("com.example.file: {uri}");
    }
    session.leave().await;
    Ok(())
}

async fn answer(invocation: Invocation) -> Result<Arguments, ApplicationError> {
    Ok((format!("you called {}", invocation.procedure),).into())
}
