//! `crosspoint subscribe`: events on standard output, a line each.

use std::num::NonZeroU64;

use clap::Args;
use crosspoint_client::Session;

use super::Failure;
use super::output::{Reader, json_object, notice, plain, print_line};
use super::session::{SessionOptions, request_failure};

/// Subscribe to a topic and print its events
///
/// Each event is a line of JSON: {"args":[...],"kwargs":{...}}. Ctrl-C ends it.
#[derive(Debug, Args)]
pub(super) struct Subscribe {
    /// The topic, like com.example.news
    #[arg(value_name = "URI")]
    topic: String,

    /// End after so many events
    #[arg(long, value_name = "N")]
    count: Option<NonZeroU64>,

    #[command(flatten)]
    session: SessionOptions,
}

impl Subscribe {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Subscribe { topic, count, session } = self;
        // A signal is the way to end it.
        session.run(async |session| print_events(session, &topic, count).await).map(drop)
    }
}

/// Prints as many events as are wanted, or as somebody reads.
async fn print_events(
    session: &Session,
    topic: &str,
    count: Option<NonZeroU64>,
) -> Result<(), Failure> {
    let subscribed = session.subscribe(topic).await;
    let mut subscription = subscribed.map_err(|error| request_failure(topic, &error))?;
    notice(&format!("subscribed to {topic}; Ctrl-C ends it"));
    let mut left = count.map(NonZeroU64::get);
    while left != Some(0) {
        match subscription.next().await {
            Some(Ok(event)) => {
                if print_line(&json_object(event.args, event.kwargs))? == Reader::Gone {
                    return Ok(());
                }
                left = left.map(|left| left - 1);
            }
            Some(Err(lagged)) => {
                notice(&format!("warning: {lagged}: they came too fast, or could not be read"));
            }
            None => return Err(Failure::new(plain(&session.closed().await.to_string()))),
        }
    }
    Ok(())
}
