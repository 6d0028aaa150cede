//! `crosspoint subscribe`: events on standard output, a line each.

use std::num::NonZeroU64;

use clap::Args;
use crosspoint_client::{MatchPolicy, Session};

use super::Failure;
use super::choices::match_policies;
use super::output::{Reader, json_event, notice, plain, print_line};
use super::session::{SessionOptions, request_failure};

/// Subscribe to a topic and print its events
///
/// Each event is a line of JSON: {"args":[...],"kwargs":{...}}. With --match prefix or wildcard it
/// says which topic it is of: {"topic":"...","args":[...],"kwargs":{...}}. Ctrl-C ends it.
#[derive(Debug, Args)]
pub(super) struct Subscribe {
    /// The topic, like com.example.news
    #[arg(value_name = "URI")]
    topic: String,

    /// Which topics are meant: exactly this one, all that begin with it (prefix), or all that fit,
    /// an empty component standing for any, like com..news (wildcard)
    #[arg(
        long = "match",
        value_name = "POLICY",
        default_value = "exact",
        value_parser = match_policies()
    )]
    matching: MatchPolicy,

    /// End after so many events
    #[arg(long, value_name = "N")]
    count: Option<NonZeroU64>,

    #[command(flatten)]
    session: SessionOptions,
}

impl Subscribe {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Subscribe { topic, matching, count, session } = self;
        // A signal is the way to end it.
        session.run(async |session| print_events(session, &topic, matching, count).await).map(drop)
    }
}

/// Prints as many events as are wanted, or as somebody reads.
async fn print_events(
    session: &Session,
    topic: &str,
    matching: MatchPolicy,
    count: Option<NonZeroU64>,
) -> Result<(), Failure> {
    let subscribed = session.subscribe_with(matching, topic).await;
    let mut subscription = subscribed.map_err(|error| request_failure(topic, &error))?;
    notice(&format!("subscribed to {topic}; Ctrl-C ends it"));
    let mut left = count.map(NonZeroU64::get);
    while left != Some(0) {
        match subscription.next().await {
            Some(Ok(event)) => {
                let with_topic = matching != MatchPolicy::Exact;
                if print_line(&json_event(event, with_topic))? == Reader::Gone {
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
