//! The router: its realms, and the door through which sessions come in.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::mem;
use std::sync::Arc;

use crosspoint_proto::error_uri;
use crosspoint_proto::feature::{Feature, Features, Role, Roles};

use crate::authentication::Authentication;
use crate::authorization::Permitted;
use crate::counters::Counters;
use crate::ids::Entropy;
use crate::limits::EXPIRED_AT_ONCE;
use crate::member::{Link, Member};
use crate::realm::Realm;
use crate::session::Session;
pub use crate::settings::{
    Disclosure, HistoryRule, RealmSettings, Retention, Settings, SlowSubscribers, TrustRule,
};
use crate::store::{Store, Table};
use crate::sync::{AtomicBool, Ordering, RwLock};
use crate::time::Time;
use crate::turn::Turn;
use crate::wire::Wire;

/// What sessions are told at the router's end.
pub const SHUTTING_DOWN: &str = "the router is shutting down";

/// What the sessions of a realm are told that is taken away.
pub const REALM_CLOSED: &str = "the realm is not there any more";

/// A router: the whole of what is decided. It does no IO and starts no threads; whoever has
/// connections calls it from theirs, from as many threads as it likes.
pub struct Router {
    /// Read by whoever joins; written when a realm comes or goes, and then nothing else is done under it.
    realms: RwLock<BTreeMap<Box<str>, Arc<Realm>>>,
    pub(crate) settings: Settings,
    store: Option<Arc<dyn Store>>,
    counters: Arc<Counters>,
    closing: AtomicBool,
}

/// How many of what there is, for tests and for people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Sessions that have joined a realm.
    pub sessions: usize,
    /// Registrations (procedures and patterns that have callees) in all realms.
    pub registrations: usize,
    /// Subscriptions (topics and patterns with subscribers, or with a history) in all realms.
    pub subscriptions: usize,
    /// Calls whose caller waits for its answer.
    pub calls: usize,
    /// Invocations whose callee has not answered.
    pub invocations: usize,
}

impl Router {
    /// What WELCOME announces: exactly the features that work.
    pub const ROLES: Roles = Roles::NONE
        .with(
            Role::Dealer,
            Features::NONE
                .with(Feature::CallCanceling)
                .with(Feature::CallerIdentification)
                .with(Feature::ProgressiveCallResults)
                .with(Feature::ProgressiveCallInvocations)
                .with(Feature::PatternBasedRegistration)
                .with(Feature::SharedRegistration)
                .with(Feature::ShardedRegistration)
                .with(Feature::RegistrationRevocation)
                .with(Feature::RegistrationMetaApi)
                .with(Feature::SessionMetaApi)
                .with(Feature::TestamentMetaApi)
                .with(Feature::CallTimeout)
                .with(Feature::CallTrustlevels)
                .with(Feature::CallReroute)
                .with(Feature::PayloadPassthruMode)
                .with(Feature::LeastPending)
                .with(Feature::CallQueue),
        )
        .with(
            Role::Broker,
            Features::NONE
                .with(Feature::PublisherExclusion)
                .with(Feature::PublisherIdentification)
                .with(Feature::PublicationTrustlevels)
                .with(Feature::SubscriberBlackwhiteListing)
                .with(Feature::PatternBasedSubscription)
                .with(Feature::ShardedSubscription)
                .with(Feature::EventHistory)
                .with(Feature::EventRetention)
                .with(Feature::SubscriptionRevocation)
                .with(Feature::SubscriptionMetaApi)
                .with(Feature::SessionMetaApi)
                .with(Feature::PayloadPassthruMode),
        );

    /// What it announces to clients that take no message in which [`Router::ROLES`] fit: the least
    /// RawSocket limit is 512 octets.
    pub(crate) const BARE_ROLES: Roles =
        Roles::NONE.with(Role::Dealer, Features::NONE).with(Role::Broker, Features::NONE);

    /// A router with these realms, and no sessions yet. All that it keeps, it keeps in memory.
    pub fn new(settings: Settings) -> Router {
        Router::with(settings, None)
    }

    /// A router that writes to this store what is to outlive it. [Restore](Router::restore) first what
    /// the store has, all of it.
    pub fn with_store(settings: Settings, store: Arc<dyn Store>) -> Router {
        Router::with(settings, Some(store))
    }

    fn with(mut settings: Settings, store: Option<Arc<dyn Store>>) -> Router {
        let (realms, started) = (mem::take(&mut settings.realms), settings.started);
        let (counters, closing) = (Arc::default(), AtomicBool::new(false));
        let router = Router { realms: RwLock::default(), settings, store, counters, closing };
        for realm in realms {
            router.open_realm(&realm, router.store.clone(), started);
        }
        router
    }

    /// Takes back a record that the store has had from an earlier router: before there are sessions,
    /// each table's in the order of their numbers. When that was the last one, call
    /// [`restored`](Router::restored). What belongs to no realm or history that there is stays there,
    /// and so does what cannot be read, which is counted.
    pub fn restore(&self, realm: &str, table: Table, sequence: u64, record: &[u8]) {
        if let Some(realm) = self.realm(realm) {
            realm.broker.restore(table, sequence, record, self.settings.started);
        }
    }

    /// All records that the store had were taken back: those that exceed the limits are removed from it
    /// now, with few changes.
    pub fn restored(&self) {
        for realm in self.realms() {
            realm.broker.restored();
        }
    }

    /// Lets go of events that are too old for the history, of a thousand at most: if there may be
    /// more it is true, and to be called again, perhaps after others had their turn. Nobody is
    /// given such an event, whether this is called or not; but memory and store are theirs until then.
    pub fn expire(&self, now: Time) -> bool {
        let mut rest = EXPIRED_AT_ONCE;
        for realm in self.realms() {
            rest -= realm.broker.expire(now, rest);
        }
        rest == 0
    }

    /// A connection is there: the session that it may become, once its HELLO has come.
    pub fn open(self: &Arc<Self>, wire: Wire, link: Arc<dyn Link>, entropy: Entropy) -> Session {
        let counters = Arc::clone(&self.counters);
        let limits = self.settings.limits;
        let member = Member::new(entropy.session_id(), wire, link, limits, counters);
        Session::new(Arc::clone(self), member, entropy)
    }

    /// All of a realm that may change while it runs, in one step: who may do what, how clients say who they are, and
    /// how many sessions may be there. Whoever is let in by the new authentication has the new roles. Says what
    /// [`set_authentication`](Router::set_authentication) does.
    pub fn change_realm(&self, settings: &RealmSettings) -> Option<Vec<String>> {
        self.realm(&settings.name).map(|realm| realm.change_settings(settings))
    }

    /// Who may do what in a realm, from now on: also for sessions that are there, whose registrations and
    /// subscriptions are revoked if they are refused now. False if there is no such realm.
    pub fn set_permitted(&self, realm: &str, permitted: &Permitted) -> bool {
        let realm = self.realm(realm);
        if let Some(realm) = &realm {
            realm.set_permitted(permitted);
        }
        realm.is_some()
    }

    /// Does a cookie stand for somebody, in any realm? It is known by the SHA-256 of its value.
    pub fn knows_cookie(&self, digest: &[u8; 32], now: Time) -> bool {
        self.realms().iter().any(|realm| realm.cookies.get(digest, now).is_some())
    }

    /// How clients say who they are in a realm, from now on: for those who join then. Cookies of those who are not
    /// known any more as they were mean nothing then. Says who of those that stay has other credentials than before;
    /// `None` if there is no such realm.
    pub fn set_authentication(
        &self,
        realm: &str,
        authentication: Authentication,
    ) -> Option<Vec<String>> {
        self.realm(realm).map(|realm| realm.set_authentication(authentication))
    }

    /// How many sessions may be in a realm, from now on; those that are there stay. False if there is no such realm.
    pub fn set_sessions_max(&self, realm: &str, sessions_max: Option<usize>) -> bool {
        let realm = self.realm(realm);
        if let Some(realm) = &realm {
            realm.set_sessions_max(sessions_max);
        }
        realm.is_some()
    }

    /// Has one more realm, from now on. What it keeps, it keeps in memory: the store is read at the router's
    /// start, so a realm whose events are to outlive the router has to be there then. False if there is one
    /// of that name, or the router is shutting down.
    pub fn add_realm(&self, settings: &RealmSettings, now: Time) -> bool {
        self.open_realm(settings, None, now)
    }

    fn open_realm(
        &self,
        settings: &RealmSettings,
        store: Option<Arc<dyn Store>>,
        now: Time,
    ) -> bool {
        let realm = Arc::new(Realm::new(settings, &self.counters, store, now));
        let mut realms = self.realms.write();
        // Who closes the router looks for realms afterwards.
        if self.is_closing() {
            return false;
        }
        match realms.entry(settings.name.as_str().into()) {
            Entry::Vacant(vacant) => {
                vacant.insert(realm);
                true
            }
            Entry::Occupied(_) => false,
        }
    }

    /// Takes a realm away. Its sessions are said GOODBYE, and end as at the router's end; those of other
    /// realms notice nothing. What the store has of it stays there. False if there is no such realm.
    pub fn remove_realm(&self, name: &str, turn: &mut Turn) -> bool {
        let Some(realm) = self.realms.write().remove(name) else { return false };
        realm.close(error_uri::CLOSE_REALM, REALM_CLOSED, turn);
        true
    }

    /// The names of the realms that there are.
    pub fn realm_names(&self) -> Vec<String> {
        self.realms.read().keys().map(ToString::to_string).collect()
    }

    /// Says GOODBYE to all sessions; those that come from now on are refused.
    pub fn shut_down(&self, turn: &mut Turn) {
        self.closing.store(true, Ordering::SeqCst);
        for realm in self.realms() {
            realm.close(error_uri::SYSTEM_SHUTDOWN, SHUTTING_DOWN, turn);
        }
    }

    /// Has [`Router::shut_down`] been called?
    pub fn is_closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }

    /// What went wrong so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// How many of what there is now.
    pub fn census(&self) -> Census {
        let mut census = Census::default();
        for realm in self.realms() {
            let control = realm.control.lock();
            census.sessions += control.places.len();
            for member in control.members() {
                let (calls, invocations) = member.in_flight();
                census.calls += calls;
                census.invocations += invocations;
            }
            census.registrations += control.registrations.len();
            drop(control);
            census.subscriptions += realm.broker.subscriptions.len();
        }
        census
    }

    pub(crate) fn realm(&self, name: &str) -> Option<Arc<Realm>> {
        self.realms.read().get(name).cloned()
    }

    fn realms(&self) -> Vec<Arc<Realm>> {
        self.realms.read().values().cloned().collect()
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Takes no lock: whoever prints this may hold one.
        f.debug_struct("Router").field("agent", &self.settings.agent).finish_non_exhaustive()
    }
}
