//! `crosspoint publish`: one event.

use clap::Args;

use super::Failure;
use super::arguments::ArgumentOptions;
use super::output::print_line;
use super::session::{SessionOptions, request_failure};

/// Publish an event
#[derive(Debug, Args)]
pub(super) struct Publish {
    /// The topic, like com.example.news
    #[arg(value_name = "URI")]
    topic: String,

    #[command(flatten)]
    arguments: ArgumentOptions,

    /// Wait until the router says that it has the event, and print the publication's ID
    #[arg(long)]
    acknowledge: bool,

    #[command(flatten)]
    session: SessionOptions,
}

impl Publish {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Publish { topic, arguments, acknowledge, session } = self;
        let published = session.run(async |session| {
            let published = if acknowledge {
                session.publish_acknowledged(&topic, arguments).await.map(Some)
            } else {
                session.publish(&topic, arguments).await.map(|()| None)
            };
            published.map_err(|error| request_failure(&topic, &error))
        });
        match published? {
            Some(None) => Ok(()),
            Some(Some(publication)) => print_line(&publication.to_string()).map(drop),
            None => Err(Failure::new("interrupted; whether the event was published is unknown")),
        }
    }
}
