//! Procedures that fit a pattern with a gap: an empty component stands for any.

#![allow(clippy::print_stdout, reason = "an example shows what happens")]

use std::error::Error;

use crosspoint_client::{
    ApplicationError, Arguments, Client, Invocation, MatchPolicy, RegisterOptions, RequestError,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("CROSSPOINT_URL").unwrap_or("ws://127.0.0.1:8080/ws".into());
    let session = Client::builder(url).realm("realm1").connect().await?;
    let options = RegisterOptions::new().matching(MatchPolicy::Wildcard);
    session.register_with(options, "com.example..status", status).await?;

    for procedure in ["com.example.pump1.status", "com.example.pump2.status"] {
        let result = session.call(procedure, ()).await?;
        println!("{}", result.args[0].as_str().unwrap_or_default());
    }
    let too_many = session.call("com.example.hall3.pump1.status", ()).await;
    if let Err(RequestError::Wamp { uri, .. }) = too_many {
        println!("a component too many: {uri}");
    }
    session.leave().await;
    Ok(())
}

async fn status(invocation: Invocation) -> Result<Arguments, ApplicationError> {
    let machine = invocation.procedure.split('.').nth(2).unwrap_or_default();
    Ok((format!("{machine} is running"),).into())
}
