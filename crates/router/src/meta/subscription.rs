//! The subscription meta API: `wamp.subscription.*`
//!
//! See "Subscriptions Meta API" in the specification's Advanced Profile. `remove_subscriber` is not of
//! the specification, but Crossbar.io's.

use std::sync::Arc;

use crosspoint_proto::error_uri;
use crosspoint_proto::id::{SessionId, SubscriptionId};
use crosspoint_proto::value::{Dict, Value};

use super::arguments::Arguments;
use super::events::get_events;
use super::lists::{ListsByPolicy, Subscribers};
use super::{Asked, Outcome, Reply};
use crate::broker::Broker;
use crate::broker::subscription::Subscription;
use crate::realm::Realm;
use crate::refusal::Refusal;
use crate::turn::Turn;

/// A procedure of the subscription meta API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Procedure {
    List,
    Lookup,
    Match,
    Get,
    ListSubscribers,
    CountSubscribers,
    RemoveSubscriber,
    GetEvents,
}

impl Procedure {
    pub(super) fn from_uri(uri: &str) -> Option<Procedure> {
        Some(match uri.strip_prefix("wamp.subscription.")? {
            "list" => Procedure::List,
            "lookup" => Procedure::Lookup,
            "match" => Procedure::Match,
            "get" => Procedure::Get,
            "list_subscribers" => Procedure::ListSubscribers,
            "count_subscribers" => Procedure::CountSubscribers,
            "remove_subscriber" => Procedure::RemoveSubscriber,
            "get_events" => Procedure::GetEvents,
            _ => return None,
        })
    }

    pub(super) fn call(self, asked: &mut Asked<'_>, turn: &mut Turn) -> Result<Outcome, Refusal> {
        let (realm, args) = (asked.realm, &asked.args);
        Ok(match self {
            Procedure::List => Outcome::Search(ListsByPolicy::of_subscriptions()),
            Procedure::Lookup => lookup(&realm.broker, args)?.into(),
            Procedure::Match => match_topic(&realm.broker, args.name("a topic")?).into(),
            Procedure::Get => details(&*find(realm, args)?).into(),
            Procedure::ListSubscribers => Outcome::Search(Subscribers::of(find(realm, args)?)),
            Procedure::CountSubscribers => {
                Value::from(find(realm, args)?.subscribers().len() as u64).into()
            }
            Procedure::RemoveSubscriber => remove_subscriber(asked, turn)?.into(),
            Procedure::GetEvents => get_events(asked, find(realm, args)?)?,
        })
    }
}

/// The subscription to just this topic or pattern.
fn lookup(broker: &Broker, args: &Arguments) -> Result<Value, Refusal> {
    let topic = args.name("a topic")?;
    let found = broker.subscriptions.get(args.match_option()?, topic);
    Ok(found.map_or(Value::Null, |subscription| subscription.id.0.into()))
}

/// The subscriptions that a publication to this topic would go to; null if there is none.
fn match_topic(broker: &Broker, topic: &str) -> Value {
    let mut ids = Vec::new();
    broker.subscriptions.for_each(topic, |subscription| ids.push(Value::from(subscription.id.0)));
    if ids.is_empty() { Value::Null } else { ids.into() }
}

fn remove_subscriber(asked: &mut Asked<'_>, turn: &mut Turn) -> Result<Reply, Refusal> {
    let Asked { realm, args, publication_ids, .. } = asked;
    let id = subscription_argument(args)?;
    let session = SessionId(args.id(1, "a session's ID")?);
    let reason = args.reason()?;
    realm.change(publication_ids, turn, |realm, control, turn| {
        let Some(subscription) = control.subscriptions.get(&id).cloned() else {
            return Err(no_such_subscription(id));
        };
        if !realm.broker.revoke(control, &subscription, session, reason, turn) {
            let text = format!("session {session} is no subscriber of this subscription");
            return Err(Refusal { error: error_uri::NO_SUCH_SESSION, text });
        }
        Ok(Reply::default())
    })
}

pub(super) fn find(realm: &Realm, args: &Arguments) -> Result<Arc<Subscription>, Refusal> {
    let id = subscription_argument(args)?;
    let found = realm.control.lock().subscriptions.get(&id).cloned();
    found.ok_or_else(|| no_such_subscription(id))
}

/// What `get` and `on_create` tell of a subscription.
pub(super) fn details(subscription: &Subscription) -> Dict {
    Dict::from([
        ("id", Value::from(subscription.id.0)),
        ("created", Value::from(subscription.created.to_iso_8601())),
        ("uri", Value::from(&*subscription.pattern)),
        ("match", Value::from(subscription.policy.name())),
    ])
}

fn subscription_argument(args: &Arguments) -> Result<SubscriptionId, Refusal> {
    args.id(0, "a subscription's ID").map(SubscriptionId)
}

fn no_such_subscription(id: SubscriptionId) -> Refusal {
    let text = format!("there is no subscription {id}");
    Refusal { error: error_uri::NO_SUCH_SUBSCRIPTION, text }
}
