//! The router: its realms, and the door through which sessions come in.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crosspoint_proto::error_uri;
use crosspoint_proto::feature::{Feature, Features, Role, Roles};

use crate::counters::Counters;
use crate::ids::Entropy;
use crate::member::{Link, Member};
use crate::realm::Realm;
use crate::session::Session;
pub use crate::settings::{Disclosure, RealmSettings, Settings, TrustRule};
use crate::sync::{AtomicBool, Ordering};
use crate::turn::Turn;
use crate::wire::Wire;

/// What sessions are told at the router's end.
pub const SHUTTING_DOWN: &str = "the router is shutting down";

/// A router: the whole of what is decided. It does no IO and starts no threads; whoever has
/// connections calls it from theirs, from as many threads as it likes.
pub struct Router {
    realms: BTreeMap<Box<str>, Arc<Realm>>,
    pub(crate) settings: Settings,
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
    /// Subscriptions (topics with subscribers) in all realms.
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
                .with(Feature::SubscriptionRevocation)
                .with(Feature::SubscriptionMetaApi)
                .with(Feature::PayloadPassthruMode),
        );

    /// What it announces to clients that take no message in which [`Router::ROLES`] fit: the least
    /// RawSocket limit is 512 octets.
    pub(crate) const BARE_ROLES: Roles =
        Roles::NONE.with(Role::Dealer, Features::NONE).with(Role::Broker, Features::NONE);

    /// A router with these realms, and no sessions yet.
    pub fn new(settings: Settings) -> Router {
        let realms = settings
            .realms
            .iter()
            .map(|realm| (realm.name.as_str().into(), Arc::new(Realm::new(realm))))
            .collect();
        let counters = Arc::default();
        Router { realms, settings, counters, closing: AtomicBool::new(false) }
    }

    /// A connection is there: the session that it may become, once its HELLO has come.
    pub fn open(self: &Arc<Self>, wire: Wire, link: Arc<dyn Link>, entropy: Entropy) -> Session {
        let counters = Arc::clone(&self.counters);
        let limits = self.settings.limits;
        let member = Member::new(entropy.session_id(), wire, link, limits, counters);
        Session::new(Arc::clone(self), member, entropy)
    }

    /// Says GOODBYE to all sessions; those that come from now on are refused.
    pub fn shut_down(&self, turn: &mut Turn) {
        self.closing.store(true, Ordering::SeqCst);
        for realm in self.realms.values() {
            let members: Vec<_> = realm.control.lock().members().cloned().collect();
            for member in members {
                member.say_goodbye(error_uri::SYSTEM_SHUTDOWN, SHUTTING_DOWN, turn);
            }
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
        for realm in self.realms.values() {
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

    pub(crate) fn realm(&self, name: &str) -> Option<&Arc<Realm>> {
        self.realms.get(name)
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Takes no lock: whoever prints this may hold one.
        f.debug_struct("Router").field("realms", &self.realms.keys()).finish_non_exhaustive()
    }
}
