//! `crosspoint subscribe`: events on standard output, a line each.

use std::num::NonZeroU64;

use clap::Args;
use crosspoint_client::{MatchPolicy, Session, SubscribeOptions, SubscriptionEnd};
use crosspoint_proto::error_uri;

use super::Failure;
use super::choices::match_policies;
use super::output::{Reader, json_event, notice, plain, print_line};
use super::session::{SessionOptions, request_failure};

/// Subscribe to a topic and print its events
///
/// Each event is a line of JSON: {"args":[...],"kwargs":{...}}. With --match prefix or wildcard it
/// says which topic it is of: {"topic":"...","args":[...],"kwargs":{...}}. What else the router tells
/// of an event stands before its arguments, too: publisher (the session), publisher_authid,
/// publisher_authrole, trustlevel, and retained if it is not new. Ctrl-C ends it.
#[derive(Debug, Args)]
#[expect(clippy::doc_markdown, reason = "it is shown in a terminal, where backticks are noise")]
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

    /// Begin with what is retained of the topic, if anything is
    #[arg(long)]
    retained: bool,

    /// Take a share of the events that are published with --rkey: each goes to one node, and
    /// subscribers that give the same name are one node
    #[arg(long, value_name = "NODE")]
    nkey: Option<String>,

    /// End after so many events
    #[arg(long, value_name = "N")]
    count: Option<NonZeroU64>,

    #[command(flatten)]
    session: SessionOptions,
}

impl Subscribe {
    pub(super) fn run(self) -> Result<(), Failure> {
        // A signal is the way to end it.
        self.session.run(async |session| self.print_events(session).await).map(drop)
    }

    /// Prints as many events as are wanted, or as somebody reads.
    async fn print_events(&self, session: &Session) -> Result<(), Failure> {
        let topic = &self.topic;
        let subscribed = session.subscribe_with(self.options(), topic).await;
        let mut subscription = subscribed.map_err(|error| request_failure(topic, &error))?;
        notice(&format!("subscribed to {topic}; Ctrl-C ends it"));
        let mut left = self.count.map(NonZeroU64::get);
        while left != Some(0) {
            match subscription.next().await {
                Some(Ok(event)) => {
                    let with_topic = self.matching != MatchPolicy::Exact;
                    if print_line(&json_event(event, with_topic))? == Reader::Gone {
                        return Ok(());
                    }
                    left = left.map(|left| left - 1);
                }
                Some(Err(lagged)) => {
                    notice(&format!("warning: {lagged}: they came too fast, or could not be read"));
                }
                None => return Err(end_failure(&subscription.ended().await)),
            }
        }
        Ok(())
    }

    fn options(&self) -> SubscribeOptions {
        let options = SubscribeOptions::new().matching(self.matching).get_retained(self.retained);
        match &self.nkey {
            Some(node) => options.nkey(node),
            None => options,
        }
    }
}

/// Why there are no more events, which is not what anybody wanted here.
fn end_failure(end: &SubscriptionEnd) -> Failure {
    let failure = Failure::new(plain(&end.to_string()));
    match end {
        SubscriptionEnd::Revoked { reason: Some(reason) }
            if reason == error_uri::NOT_AUTHORIZED =>
        {
            failure.hint("the router's configuration allows less than before: see its log")
        }
        SubscriptionEnd::Revoked { .. } => {
            failure.hint("another session may have called wamp.subscription.remove_subscriber")
        }
        _ => failure,
    }
}
