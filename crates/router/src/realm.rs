//! A realm: an administrative domain with a dealer and a broker of its own. Nothing is routed from
//! one realm to another.

use std::collections::BTreeMap;
use std::sync::Arc;

use crosspoint_proto::id::SessionId;

use crate::broker::Broker;
use crate::dealer::Dealer;
use crate::member::Member;
use crate::sync::Mutex;

/// One realm.
pub(crate) struct Realm {
    pub(crate) name: Box<str>,
    pub(crate) dealer: Dealer,
    pub(crate) broker: Broker,
    /// Held by whoever changes a table of the realm: joins and leaves, registers and unregisters,
    /// subscribes and unsubscribes. Calls and publications do not take it.
    pub(crate) control: Mutex<Members>,
}

/// The sessions that have joined the realm.
pub(crate) type Members = BTreeMap<SessionId, Arc<Member>>;

impl Realm {
    pub(crate) fn new(name: &str) -> Realm {
        Realm {
            name: name.into(),
            dealer: Dealer::default(),
            broker: Broker::default(),
            control: Mutex::default(),
        }
    }
}
