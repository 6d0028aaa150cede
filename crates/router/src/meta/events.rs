//! `wamp.subscription.get_events`: the event history, as clients ask for it.
//!
//! See "Event History" in the specification's Advanced Profile. What it leaves open is said in
//! docs/events.md: how long a page is, and what is answered where there is nothing to page through.

use std::ops::Bound;
use std::sync::Arc;

use crosspoint_proto::error_uri;

use super::arguments::Arguments;
use super::page::{octets_max, page};
use super::{Asked, Outcome, Reply, Search};
use crate::broker::history::{NoSuchPublication, PublicationBounds, Query, Selected, Selection};
use crate::broker::kept::Kept;
use crate::broker::subscription::Subscription;
use crate::limits::{HISTORY_PAGE_EVENTS_MAX, HISTORY_PAGE_OCTETS_MAX};
use crate::member::{Identity, Member};
use crate::realm::Realm;
use crate::refusal::Refusal;
use crate::time::Time;
use crate::turn::Turn;

/// The events that belong to a subscription, each as a positional result. The keyword result `more` is
/// there if the page is shorter than what was asked for.
struct Events {
    subscription: Arc<Subscription>,
    selection: Selection,
    /// How many were asked for.
    limit: Option<usize>,
    /// Those that were found. They are written when the page is complete: nobody waits with octets.
    found: Vec<Arc<Kept>>,
}

pub(super) fn get_events(
    asked: &Asked<'_>,
    subscription: Arc<Subscription>,
) -> Result<Outcome, Refusal> {
    let Asked { realm, caller, args, .. } = asked;
    let limit = args.limit()?;
    let query = Query {
        policy: subscription.policy,
        pattern: Arc::clone(&subscription.pattern),
        topic: args.text("topic")?.map(Into::into),
        times: times(args)?,
        publications: publications(args)?,
        reverse: args.flag("reverse")?,
        events_max: limit.unwrap_or(usize::MAX).min(HISTORY_PAGE_EVENTS_MAX),
        octets_max: HISTORY_PAGE_OCTETS_MAX.min(octets_max(caller)),
    };
    let history = &realm.broker.history;
    if !history.is_kept_of(subscription.policy, &subscription.pattern) {
        return Err(history_unavailable(&subscription));
    }
    let selection = history.select(query).map_err(no_such_publication)?;
    let found = Vec::new();
    Ok(Outcome::Search(Box::new(Events { subscription, selection, limit, found })))
}

impl Search for Events {
    fn look(&mut self, realm: &Realm, caller: &Arc<Member>, turn: &mut Turn) -> Option<Reply> {
        let Events { subscription, selection, limit, found } = self;
        let Identity { authid, authrole, .. } = caller.identity();
        let reader = (&**authid, &**authrole);
        let selected = realm.broker.history.go_on(selection, reader, turn, |kept| {
            found.push(Arc::clone(kept));
        });
        let more = match selected {
            Selected::Some => return None,
            Selected::All => false,
            Selected::Page => limit.is_none_or(|limit| found.len() < limit),
        };
        Some(page(found, more, subscription, caller))
    }
}

/// The bounds that are asked for: of two on one side the narrower one.
fn times(args: &Arguments) -> Result<(Bound<Time>, Bound<Time>), Refusal> {
    let from = match (args.time("from_time")?, args.time("after_time")?) {
        (Some(from), Some(after)) if from > after => Bound::Included(from),
        (_, Some(after)) => Bound::Excluded(after),
        (Some(from), None) => Bound::Included(from),
        (None, None) => Bound::Unbounded,
    };
    let until = match (args.time("until_time")?, args.time("before_time")?) {
        (Some(until), Some(before)) if until < before => Bound::Included(until),
        (_, Some(before)) => Bound::Excluded(before),
        (Some(until), None) => Bound::Included(until),
        (None, None) => Bound::Unbounded,
    };
    Ok((from, until))
}

fn publications(args: &Arguments) -> Result<PublicationBounds, Refusal> {
    Ok(PublicationBounds {
        from: args.publication("from_publication")?,
        after: args.publication("after_publication")?,
        before: args.publication("before_publication")?,
        until: args.publication("until_publication")?,
    })
}

fn history_unavailable(subscription: &Subscription) -> Refusal {
    Refusal {
        error: error_uri::HISTORY_UNAVAILABLE,
        text: format!("this realm keeps no history of {}", subscription.pattern),
    }
}

fn no_such_publication(NoSuchPublication(id): NoSuchPublication) -> Refusal {
    Refusal {
        error: error_uri::NO_SUCH_PUBLICATION,
        text: format!("publication {id} is not in the history, or not any more"),
    }
}
