//! `crosspoint publish`: one event.

use clap::Args;
use crosspoint_client::{PublishOptions, SessionId};
use crosspoint_proto::limits::ID_MAX;

use super::Failure;
use super::arguments::ArgumentOptions;
use super::output::print_line;
use super::session::{SessionOptions, request_failure};

/// Publish an event
///
/// Who may receive it can be restricted by session, authid and role, by each as often as you like: a
/// subscriber has to be eligible in every way that you use, and excluded in none.
///
/// It ends when the router has said that it has the event, or why it refuses it.
#[derive(Debug, Args)]
pub(super) struct Publish {
    /// The topic, like com.example.news
    #[arg(value_name = "URI")]
    topic: String,

    #[command(flatten)]
    arguments: ArgumentOptions,

    /// Print the publication's ID
    #[arg(long)]
    acknowledge: bool,

    #[command(flatten)]
    how: How,

    #[command(flatten)]
    receivers: Receivers,

    #[command(flatten)]
    session: SessionOptions,
}

/// How the event is published. There is no `exclude_me`: this session is subscribed to nothing.
#[derive(Debug, Args)]
struct How {
    /// Let the router keep the event for those who subscribe later with --retained, until another one
    /// takes its place
    #[arg(long)]
    retain: bool,

    /// Let subscribers know who publishes
    #[arg(long)]
    disclose_me: bool,

    /// Where subscribers share the events with --nkey: those with the same key go to the same node
    #[arg(long, value_name = "KEY")]
    rkey: Option<String>,
}

/// Who may receive the event.
#[derive(Debug, Args)]
struct Receivers {
    /// Only for this session
    #[arg(long, value_name = "ID", value_parser = session_id)]
    eligible: Option<Vec<SessionId>>,

    /// Only for sessions with this authid
    #[arg(long, value_name = "AUTHID")]
    eligible_authid: Option<Vec<String>>,

    /// Only for sessions in this role
    #[arg(long, value_name = "ROLE")]
    eligible_authrole: Option<Vec<String>>,

    /// Not for this session
    #[arg(long, value_name = "ID", value_parser = session_id)]
    exclude: Option<Vec<SessionId>>,

    /// Not for sessions with this authid
    #[arg(long, value_name = "AUTHID")]
    exclude_authid: Option<Vec<String>>,

    /// Not for sessions in this role
    #[arg(long, value_name = "ROLE")]
    exclude_authrole: Option<Vec<String>>,
}

impl Publish {
    pub(super) fn run(self) -> Result<(), Failure> {
        let options = self.options();
        let Publish { topic, arguments, acknowledge, session, .. } = self;
        let published = session.run(async |session| {
            let published = session.publish_acknowledged_with(options, &topic, arguments).await;
            published.map_err(|error| request_failure(&topic, &error))
        });
        match published? {
            Some(publication) if acknowledge => print_line(&publication.to_string()).map(drop),
            Some(_) => Ok(()),
            None => Err(Failure::new("interrupted; whether the event was published is unknown")),
        }
    }

    fn options(&self) -> PublishOptions {
        let How { retain, disclose_me, rkey } = &self.how;
        let options = PublishOptions::new().retain(*retain).disclose_me(*disclose_me);
        let options = match rkey {
            Some(key) => options.rkey(key),
            None => options,
        };
        self.receivers.restrict(options)
    }
}

impl Receivers {
    /// What is not given restricts nothing, unlike an empty list.
    fn restrict(&self, mut options: PublishOptions) -> PublishOptions {
        if let Some(sessions) = &self.eligible {
            options = options.eligible(sessions.iter().copied());
        }
        if let Some(authids) = &self.eligible_authid {
            options = options.eligible_authid(authids);
        }
        if let Some(authroles) = &self.eligible_authrole {
            options = options.eligible_authrole(authroles);
        }
        if let Some(sessions) = &self.exclude {
            options = options.exclude(sessions.iter().copied());
        }
        if let Some(authids) = &self.exclude_authid {
            options = options.exclude_authid(authids);
        }
        if let Some(authroles) = &self.exclude_authrole {
            options = options.exclude_authrole(authroles);
        }
        options
    }
}

fn session_id(text: &str) -> Result<SessionId, String> {
    let id = text.parse().ok().filter(|id| (1..=ID_MAX).contains(id));
    id.map(SessionId).ok_or_else(|| format!("a session's ID is a number from 1 to {ID_MAX}"))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::{Arguments, Command};
    use super::*;

    /// The options of an event that is published with these.
    fn options(arguments: &str) -> PublishOptions {
        let publish = ["crosspoint", "publish", "com.example.news"];
        let arguments = publish.into_iter().chain(arguments.split_whitespace());
        match Arguments::try_parse_from(arguments).unwrap().command {
            Some(Command::Publish(publish)) => publish.options(),
            command => panic!("{command:?}"),
        }
    }

    #[test]
    fn options_are_those_of_the_event() {
        assert_eq!(options("--acknowledge"), PublishOptions::new());
        let expected = PublishOptions::new().retain(true).disclose_me(true).rkey("sn1");
        assert_eq!(options("--retain --disclose-me --rkey sn1"), expected);
        let expected = PublishOptions::new()
            .eligible([SessionId(1), SessionId(ID_MAX)])
            .eligible_authid(["alice"])
            .eligible_authrole(["admin", "user"]);
        let arguments = "--eligible 1 --eligible 9007199254740992 --eligible-authid alice \
                         --eligible-authrole admin --eligible-authrole user";
        assert_eq!(options(arguments), expected);
        let expected = PublishOptions::new()
            .exclude([SessionId(7)])
            .exclude_authid(["bob"])
            .exclude_authrole(["guest"]);
        let arguments = "--exclude 7 --exclude-authid bob --exclude-authrole guest";
        assert_eq!(options(arguments), expected);
    }
}
