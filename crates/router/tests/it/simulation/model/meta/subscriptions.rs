//! The subscription meta API, and the event history, which is asked for by it.

use crosspoint_proto::message::pubsub::EventDetails;
use crosspoint_proto::uri::MatchPolicy;
use crosspoint_proto::value::{Dict, Value};

use super::{by_policy, in_any_order, iso_8601};
use crate::simulation::inbox::Inbox;
use crate::simulation::model::kept::Query;
use crate::simulation::model::publications::Publication;
use crate::simulation::model::subscriptions::Subscription;
use crate::simulation::model::{CallKey, Model, Name};

const NO_SUCH_PUBLICATION: &str = "crosspoint.error.no_such_publication";

/// A call of one of its procedures.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OfSubscriptions {
    List,
    Lookup { topic: &'static str, matching: MatchPolicy },
    Match { topic: &'static str },
    Get { subscription: u64 },
    ListSubscribers { subscription: u64 },
    CountSubscribers { subscription: u64 },
    RemoveSubscriber { subscription: u64, session: u64, reason: &'static str },
    GetEvents(Query),
}

impl OfSubscriptions {
    pub(super) fn procedure(self) -> &'static str {
        match self {
            OfSubscriptions::List => "wamp.subscription.list",
            OfSubscriptions::Lookup { .. } => "wamp.subscription.lookup",
            OfSubscriptions::Match { .. } => "wamp.subscription.match",
            OfSubscriptions::Get { .. } => "wamp.subscription.get",
            OfSubscriptions::ListSubscribers { .. } => "wamp.subscription.list_subscribers",
            OfSubscriptions::CountSubscribers { .. } => "wamp.subscription.count_subscribers",
            OfSubscriptions::RemoveSubscriber { .. } => "wamp.subscription.remove_subscriber",
            OfSubscriptions::GetEvents(_) => "wamp.subscription.get_events",
        }
    }

    pub(super) fn args(self) -> Vec<Value> {
        match self {
            OfSubscriptions::List => vec![],
            OfSubscriptions::Lookup { topic, matching } => {
                vec![topic.into(), Dict::from([("match", matching.name())]).into()]
            }
            OfSubscriptions::Match { topic } => vec![topic.into()],
            OfSubscriptions::Get { subscription }
            | OfSubscriptions::ListSubscribers { subscription }
            | OfSubscriptions::CountSubscribers { subscription }
            | OfSubscriptions::GetEvents(Query { subscription, .. }) => vec![subscription.into()],
            OfSubscriptions::RemoveSubscriber { subscription, session, reason } => {
                vec![subscription.into(), session.into(), reason.into()]
            }
        }
    }

    pub(super) fn kwargs(self) -> Dict {
        let OfSubscriptions::GetEvents(query) = self else { return Dict::new() };
        let mut kwargs = Dict::new();
        let mut insert = |key, value: Option<Value>| {
            if let Some(value) = value {
                kwargs.insert(key, value);
            }
        };
        insert("limit", query.limit.map(|limit| (limit as u64).into()));
        insert("reverse", query.reverse.then(|| true.into()));
        insert("topic", query.topic.map(Into::into));
        for (key, time) in [
            ("from_time", query.from_time),
            ("after_time", query.after_time),
            ("before_time", query.before_time),
            ("until_time", query.until_time),
        ] {
            insert(key, time.map(|time| iso_8601(time).into()));
        }
        for (key, publication) in [
            ("from_publication", query.from_publication),
            ("after_publication", query.after_publication),
            ("before_publication", query.before_publication),
            ("until_publication", query.until_publication),
        ] {
            insert(key, publication.map(Into::into));
        }
        kwargs
    }
}

impl Model {
    pub(super) fn subscriptions_reply(
        &mut self,
        key: CallKey,
        question: OfSubscriptions,
        inbox: &mut Inbox,
    ) -> Result<Vec<Value>, &'static str> {
        let get = |subscription: u64| {
            self.subscriptions.get(&subscription).ok_or("wamp.error.no_such_subscription")
        };
        Ok(vec![match question {
            OfSubscriptions::List => {
                let subscriptions = self.subscriptions.iter();
                by_policy(&subscriptions.map(|(id, s)| (s.matching, *id)).collect::<Vec<_>>())
            }
            OfSubscriptions::Lookup { topic, matching } => self.subscribed(matching, topic).into(),
            OfSubscriptions::Match { topic } => {
                let matching = self.subscriptions.iter().filter(|(_, s)| s.matches(topic));
                let ids: Vec<_> = matching.map(|(id, _)| *id).collect();
                if ids.is_empty() { Value::Null } else { in_any_order(ids, key, inbox) }
            }
            OfSubscriptions::Get { subscription } => {
                details(subscription, get(subscription)?).into()
            }
            OfSubscriptions::ListSubscribers { subscription } => {
                let names = get(subscription)?.subscribers.keys();
                in_any_order(names.map(|name| self.sessions[name].id).collect(), key, inbox)
            }
            OfSubscriptions::CountSubscribers { subscription } => {
                (get(subscription)?.subscribers.len() as u64).into()
            }
            OfSubscriptions::RemoveSubscriber { subscription, session, reason } => {
                let mut names = get(subscription)?.subscribers.keys().copied();
                let found = names.find(|name| self.sessions[name].id == session);
                let name = found.ok_or("wamp.error.no_such_session")?;
                self.revoke_subscription(subscription, name, reason, inbox);
                return Ok(vec![]);
            }
            OfSubscriptions::GetEvents(query) => return self.events(key, &query, inbox),
        }])
    }

    fn events(
        &mut self,
        key: CallKey,
        query: &Query,
        inbox: &Inbox,
    ) -> Result<Vec<Value>, &'static str> {
        let is_unknown = inbox.error_of(key).as_deref() == Some(NO_SUCH_PUBLICATION);
        let found = self.select(query, is_unknown)?;
        let told = inbox.result_of(key).unwrap_or_default();
        for (publication, told) in found.iter().zip(told) {
            // Where nobody was told of it yet, its ID shows here.
            if let Value::Dict(told) = told
                && let Some(id) = told.get("publication").and_then(Value::as_u64)
                && self.id_of(publication.number).is_none()
                && !self.publication_numbers.contains_key(&id)
            {
                self.identify(publication.number, id);
            }
        }
        let described = |publication| self.described(publication, query.subscription).into();
        Ok(found.iter().map(described).collect())
    }

    /// An event of the history, as a subscriber would have got it.
    fn described(&self, publication: &Publication, subscription: u64) -> Dict {
        let args = Value::from(publication.args.clone());
        let details = self.event(publication, subscription, false).details;
        Dict::from([
            ("timestamp", Value::from(iso_8601(publication.time))),
            ("subscription", subscription.into()),
            ("publication", self.id_of(publication.number).into()),
            ("details", event_details(&details).into()),
            ("args", args),
            ("kwargs", Dict::new().into()),
        ])
    }

    pub(in crate::simulation::model) fn announce_subscription(
        &mut self,
        name: Name,
        subscription: u64,
        inbox: &mut Inbox,
    ) {
        let details = details(subscription, &self.subscriptions[&subscription]);
        let args = [self.sessions[&name].id.into(), details.into()];
        self.announce("wamp.subscription.on_create", &args, inbox);
    }

    pub(in crate::simulation::model) fn announce_subscriber(
        &mut self,
        topic: &'static str,
        name: Name,
        subscription: u64,
        inbox: &mut Inbox,
    ) {
        let args = [self.sessions[&name].id.into(), subscription.into()];
        self.announce(topic, &args, inbox);
    }
}

fn details(id: u64, subscription: &Subscription) -> Dict {
    Dict::from([
        ("id", Value::from(id)),
        ("created", iso_8601(subscription.created).into()),
        ("uri", subscription.topic.as_str().into()),
        ("match", subscription.matching.name().into()),
    ])
}

fn event_details(details: &EventDetails<'_>) -> Dict {
    let mut dict = Dict::new();
    let mut insert = |key, value: Option<Value>| {
        if let Some(value) = value {
            dict.insert(key, value);
        }
    };
    insert("topic", details.topic.as_deref().map(Into::into));
    if let Some(publisher) = &details.publisher {
        insert("publisher", publisher.session.map(|session| session.0.into()));
        insert("publisher_authid", publisher.authid.as_deref().map(Into::into));
        insert("publisher_authrole", publisher.authrole.as_deref().map(Into::into));
    }
    insert("trustlevel", details.trust_level.map(Into::into));
    if let Some(passthru) = &details.passthru {
        insert("ppt_scheme", Some(passthru.scheme.as_ref().into()));
        insert("ppt_serializer", passthru.serializer.as_deref().map(Into::into));
    }
    dict
}
