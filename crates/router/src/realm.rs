//! A realm: an administrative domain with a dealer and a broker of its own. Nothing is routed from
//! one realm to another.

use std::mem;
use std::sync::Arc;

use crate::authentication::{Attempts, Authentication, Cookie, Cookies, Likeness, is_worth_it};
use crate::authorization::{Permitted, Roles};
use crate::broker::Broker;
use crate::control::Control;
use crate::counters::Counters;
use crate::dealer::Dealer;
use crate::ids::PublicationIds;
use crate::member::Identity;
use crate::settings::RealmSettings;
use crate::store::Store;
use crate::sync::Mutex;
use crate::time::Time;
use crate::turn::Turn;
use crate::why::EndedBy;

/// One realm.
pub(crate) struct Realm {
    pub(crate) settings: Arc<RealmSettings>,
    pub(crate) dealer: Dealer,
    pub(crate) broker: Broker,
    pub(crate) control: Mutex<Control>,
    /// Who may do what.
    pub(crate) roles: Roles,
    /// What those look like whom an authenticator knows.
    pub(crate) likeness: Likeness,
    /// How often somebody was wrong who wanted to join it.
    pub(crate) attempts: Attempts,
    /// Who is known by his browser's cookie.
    pub(crate) cookies: Cookies,
    /// The settings as they are for those who join now: who they are may be found out in another way than when
    /// the realm was made.
    for_newcomers: Mutex<Arc<RealmSettings>>,
}

impl Realm {
    pub(crate) fn new(
        settings: &RealmSettings,
        counters: &Arc<Counters>,
        store: Option<Arc<dyn Store>>,
        now: Time,
    ) -> Realm {
        let settings = Arc::new(settings.clone());
        let broker = Broker::new(Arc::clone(&settings), Arc::clone(counters), store);
        let mut control = Control { sessions_max: settings.sessions_max, ..Control::default() };
        broker.subscribe_history(&mut control, now);
        let dealer = Dealer::new(Arc::clone(&settings));
        let roles = Roles::new(&settings.permitted);
        let for_newcomers = Mutex::new(Arc::clone(&settings));
        let (likeness, attempts) = (Likeness::default(), Attempts::default());
        let control = Mutex::new(control);
        let cookies = Cookies::default();
        Realm {
            settings,
            dealer,
            broker,
            control,
            roles,
            likeness,
            attempts,
            cookies,
            for_newcomers,
        }
    }

    pub(crate) fn settings_for_newcomers(&self) -> Arc<RealmSettings> {
        Arc::clone(&self.for_newcomers.lock())
    }

    /// From here on all that may change is as these settings have it. Who looks at how clients say who they are waits
    /// until the rest is there: then nobody who is let in by the new has what the old allowed. Who was let in before
    /// is one of those who are there, for whom the roles change, too.
    pub(crate) fn change_settings(&self, settings: &RealmSettings) -> Vec<String> {
        self.change_newcomers(settings.authentication.clone(), || {
            self.set_sessions_max(settings.sessions_max);
            self.set_permitted(&settings.permitted);
        })
    }

    /// Somebody has proved who he is over a connection with this cookie, by these settings. It is remembered if they
    /// know him as those do that there are now; others wait until it is, and then hold all that is remembered against
    /// themselves.
    pub(crate) fn remember(
        &self,
        cookie: &Cookie,
        identity: &Identity,
        settings: &RealmSettings,
        now: Time,
    ) {
        let current = self.for_newcomers.lock();
        let (before, after) = (&settings.authentication, &current.authentication);
        if is_worth_it(identity, after) && before.knows_alike(after, identity) {
            self.cookies.remember(cookie, identity, now);
        }
    }

    /// From here on this is how those who join say who they are. Who has other credentials than before?
    pub(crate) fn set_authentication(&self, authentication: Authentication) -> Vec<String> {
        self.change_newcomers(authentication, || {})
    }

    /// Changes how those who join say who they are, together with something else.
    fn change_newcomers(
        &self,
        authentication: Authentication,
        change: impl FnOnce(),
    ) -> Vec<String> {
        let new = Arc::new(RealmSettings { authentication, ..(*self.settings).clone() });
        let old = {
            let mut newcomers = self.for_newcomers.lock();
            change();
            self.cookies.hold_to(&newcomers.authentication, &new.authentication);
            mem::replace(&mut *newcomers, Arc::clone(&new))
        };
        new.authentication.principals.others_than(&old.authentication.principals)
    }

    /// From here on this is permitted. Those who are there give up what they may not hold any more.
    pub(crate) fn set_permitted(&self, permitted: &Permitted) {
        self.roles.replace(permitted);
        let members: Vec<_> = self.control.lock().members().cloned().collect();
        for member in members {
            member.wake();
        }
    }

    /// From here on so many sessions may be there. Who is there stays.
    pub(crate) fn set_sessions_max(&self, sessions_max: Option<usize>) {
        self.control.lock().sessions_max = sessions_max;
    }

    /// From here on nobody enters it, and all who are there are said GOODBYE, for this reason.
    pub(crate) fn close(&self, reason: &'static str, text: &'static str, turn: &mut Turn) {
        let members: Vec<_> = {
            let mut control = self.control.lock();
            control.closed = Some((reason, text));
            control.members().cloned().collect()
        };
        for member in members {
            member.say_goodbye(EndedBy::Router, reason, Some(text), turn);
        }
    }

    /// Changes what is under the control lock, and tells those who listen what has changed: in the
    /// order in which it did, so under the lock. Publication IDs are those of the session that is the
    /// cause.
    pub(crate) fn change<T>(
        &self,
        publication_ids: &mut PublicationIds,
        turn: &mut Turn,
        change: impl FnOnce(&Realm, &mut Control, &mut Turn) -> T,
    ) -> T {
        let mut control = self.control.lock();
        let changed = change(self, &mut control, turn);
        control.changes.tell(&self.broker, publication_ids, turn);
        changed
    }
}
