//! A call that its caller cancels: the callee is interrupted.

#![allow(clippy::print_stdout, reason = "an example shows what happens")]

use std::error::Error;

use crosspoint_client::{Arguments, CallOptions, CancelMode, Client, Invocation, RequestError};
use tokio::sync::mpsc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("CROSSPOINT_URL").unwrap_or("ws://127.0.0.1:8080/ws".into());
    let session = Client::builder(url).realm("realm1").connect().await?;
    let (tell, mut told) = mpsc::unbounded_channel();
    let sleep_long = move |_: Invocation| {
        let tell = tell.clone();
        async move {
            let _ = tell.send("the callee has started");
            let _guard = Interrupted(tell);
            std::future::pending::<()>().await;
            Ok(Arguments::default())
        }
    };
    session.register("com.example.sleep", sleep_long).await?;

    let call = session.call_progressive(CallOptions::new(), "com.example.sleep", ()).await?;
    told.recv().await;
    if let Err(RequestError::Wamp { uri, .. }) = call.cancel(CancelMode::KillNoWait).await {
        println!("the call is canceled: {uri}");
    }
    println!("{}", told.recv().await.unwrap_or_default());
    session.leave().await;
    Ok(())
}

/// A handler whose call is canceled is dropped.
struct Interrupted(mpsc::UnboundedSender<&'static str>);

impl Drop for Interrupted {
    fn drop(&mut self) {
        let _ = self.0.send("the callee was interrupted");
    }
}
