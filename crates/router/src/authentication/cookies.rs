//! Cookies: by which browsers are known again that have been somebody before.
//!
//! ```text
//! a connection with a cookie    HELLO [cookie, ticket] -> CHALLENGE, AUTHENTICATE -> WELCOME: it is remembered
//! another one with the same     HELLO [cookie, ticket] -> WELCOME
//! ```
//!
//! What a cookie says is the transport's affair, and so is whether it counts at all: who sends it may be another
//! page. Here is remembered who was somebody in a realm over a connection with it, until its time is over, that
//! somebody is not known any more as he was, or he logs out.
//!
//! A cookie comes to stand for somebody over that connection alone for which it was drawn: then nobody else had it
//! before. Otherwise whoever could plant his own in another's browser would be him. So it stands for one in one realm; and
//! who is somebody else over a connection with it makes it stand for nobody.
//!
//! The table has a size. When it is full, the oldest goes first; and a principal has so many, so that he pushes out
//! nobody's but his own.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crosspoint_proto::auth::AuthMethod;
use crosspoint_proto::value::Dict;

use super::{Admission, Authentication, DYNAMIC};
use crate::limits::{COOKIES_MAX, COOKIES_PER_AUTHID_MAX};
use crate::member::Identity;
use crate::sync::Mutex;
use crate::time::Time;

/// What a connection's cookie is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cookie {
    /// The SHA-256 of its value.
    pub digest: Digest,
    /// It was drawn for this connection, and not shown by a browser that may have got it from anybody.
    pub is_new: bool,
    /// How long somebody is remembered by it.
    pub lifetime_ms: u64,
}

/// A SHA-256.
type Digest = [u8; 32];

/// Who was somebody in a realm, by the cookies that their connections had.
#[derive(Default)]
pub(crate) struct Cookies(Mutex<Table>);

#[derive(Default)]
struct Table {
    remembered: HashMap<Digest, Remembered>,
    /// In the order in which they came.
    by_age: BTreeMap<u64, Digest>,
    by_authid: BTreeSet<(String, u64)>,
    /// How many have come.
    count: u64,
}

struct Remembered {
    identity: Identity,
    until: Time,
    number: u64,
}

impl Cookies {
    /// Whom a cookie stands for.
    pub(crate) fn get(&self, digest: &Digest, now: Time) -> Option<Identity> {
        let mut table = self.0.lock();
        let remembered = table.remembered.get(digest)?;
        if now < remembered.until {
            return Some(remembered.identity.clone());
        }
        table.forget(digest);
        None
    }

    /// Somebody has proved who he is over a connection with this cookie.
    pub(crate) fn remember(&self, cookie: &Cookie, identity: &Identity, now: Time) {
        let mut table = self.0.lock();
        let known = table.remembered.get(&cookie.digest).filter(|other| now < other.until);
        if let Some(Remembered { identity: other, .. }) = known {
            if (&other.authid, &other.authrole) != (&identity.authid, &identity.authrole) {
                table.forget(&cookie.digest);
            }
            return;
        }
        table.forget(&cookie.digest);
        if cookie.is_new {
            table.make_room(&identity.authid);
            table.add(cookie, identity, now);
        }
    }

    /// He has logged out.
    pub(crate) fn forget(&self, digest: &Digest) {
        self.0.lock().forget(digest);
    }

    /// They were killed, or would have been if they had been there: but for who comes with this cookie, they have to
    /// prove again who they are.
    pub(crate) fn forget_all(&self, but: Option<&Digest>, are_meant: impl Fn(&Identity) -> bool) {
        let mut table = self.0.lock();
        let entries = table.remembered.iter();
        let gone: Vec<Digest> = entries
            .filter(|(digest, it)| Some(*digest) != but && are_meant(&it.identity))
            .map(|(digest, _)| *digest)
            .collect();
        for digest in gone {
            table.forget(&digest);
        }
    }

    /// Forgets those who are not known any more as they were.
    pub(crate) fn hold_to(&self, old: &Authentication, new: &Authentication) {
        let mut table = self.0.lock();
        let is_gone = |Remembered { identity, .. }: &Remembered| {
            !old.knows_alike(new, identity) || !is_known(identity, new)
        };
        let entries = table.remembered.iter();
        let gone: Vec<Digest> =
            entries.filter(|(_, it)| is_gone(it)).map(|(digest, _)| *digest).collect();
        for digest in gone {
            table.forget(&digest);
        }
    }
}

impl Table {
    fn add(&mut self, cookie: &Cookie, identity: &Identity, now: Time) {
        let number = self.count;
        self.count += 1;
        self.by_age.insert(number, cookie.digest);
        self.by_authid.insert((identity.authid.to_string(), number));
        let until = now.after_ms(cookie.lifetime_ms);
        let remembered = Remembered { identity: identity.clone(), until, number };
        self.remembered.insert(cookie.digest, remembered);
        debug_assert_eq!(self.remembered.len(), self.by_age.len());
        debug_assert_eq!(self.remembered.len(), self.by_authid.len());
    }

    fn forget(&mut self, digest: &Digest) {
        if let Some(Remembered { identity, number, .. }) = self.remembered.remove(digest) {
            self.by_age.remove(&number);
            self.by_authid.remove(&(identity.authid.into_owned(), number));
        }
    }

    /// For one more of his.
    fn make_room(&mut self, authid: &str) {
        let own = (authid.to_owned(), 0)..=(authid.to_owned(), u64::MAX);
        let mut own = self.by_authid.range(own).map(|(_, number)| *number);
        let (oldest, others) = (own.next(), own.count());
        let number = match oldest {
            Some(number) if others + 1 >= COOKIES_PER_AUTHID_MAX => Some(number),
            _ if self.remembered.len() >= COOKIES_MAX => self.by_age.keys().next().copied(),
            _ => None,
        };
        if let Some(digest) = number.and_then(|number| self.by_age.get(&number).copied()) {
            self.forget(&digest);
        }
    }
}

/// Is somebody remembered who has joined like this? Only who has proved something, and would have to do it again: a
/// certificate is shown with each connection, and a cookie would outlive it, or whoever has signed it.
pub(crate) fn is_worth_it(identity: &Identity, authentication: &Authentication) -> bool {
    authentication.takes(AuthMethod::Cookie) && is_known(identity, authentication)
}

/// He who is remembered, if HELLO says nobody else, and if he is still known like this.
pub(super) fn admission(
    remembered: Option<&Identity>,
    claimed: Option<&str>,
    authentication: &Authentication,
) -> Option<Admission> {
    let remembered = remembered.filter(|it| is_known(it, authentication))?;
    if claimed.is_some_and(|claimed| claimed != remembered.authid) {
        return None;
    }
    let authmethod = AuthMethod::Cookie.name().into();
    let identity = Identity { authmethod, ..remembered.clone() };
    Some(Admission { identity, verifier: None, extra: Dict::new() })
}

/// Might he join now in this role, by the method by which he did?
fn is_known(identity: &Identity, authentication: &Authentication) -> bool {
    let method = AuthMethod::from_name(&identity.authmethod);
    let Some(method) = method.filter(|it| proves(*it) && authentication.takes(*it)) else {
        return false;
    };
    let is_asked = authentication.authenticator(method).is_some();
    if is_asked || identity.authprovider == DYNAMIC {
        return is_asked && identity.authprovider == DYNAMIC;
    }
    let principal = authentication.principals.by_authid(&identity.authid);
    principal.is_some_and(|it| it.role == identity.authrole && it.credentials.has(method))
}

fn proves(method: AuthMethod) -> bool {
    use AuthMethod::{Cryptosign, Ticket, WampCra, WampScram};
    matches!(method, Ticket | WampCra | WampScram | Cryptosign)
}

#[cfg(test)]
mod tests {
    use crosspoint_proto::auth::ticket::Ticket;

    use super::*;
    use crate::authentication::{Authenticator, Credentials, Principal};

    fn cookie(number: usize) -> Cookie {
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&number.to_ne_bytes());
        Cookie { digest, is_new: true, lifetime_ms: 1000 }
    }

    fn identity(authid: &str) -> Identity {
        Identity {
            authid: authid.to_owned().into(),
            authrole: "user".into(),
            authmethod: "ticket".into(),
            authprovider: "static".into(),
        }
    }

    fn is_there(cookies: &Cookies, number: usize) -> bool {
        cookies.get(&cookie(number).digest, Time(0)).is_some()
    }

    #[test]
    fn the_oldest_goes_first() {
        let cookies = Cookies::default();
        for number in 0..=COOKIES_MAX {
            cookies.remember(&cookie(number), &identity(&format!("user{number}")), Time(0));
        }
        assert_eq!(cookies.0.lock().remembered.len(), COOKIES_MAX);
        assert!(!is_there(&cookies, 0) && is_there(&cookies, 1) && is_there(&cookies, COOKIES_MAX));
    }

    /// Whoever was vouched for by another authenticator is not known any more; how long it may take is nothing to that.
    #[test]
    fn whom_another_authenticator_knew_is_forgotten() {
        let asking = |procedure: &str, timeout_ms| Authentication {
            methods: vec![AuthMethod::Ticket, AuthMethod::Cookie],
            authenticators: vec![(
                AuthMethod::Ticket,
                Authenticator { procedure: procedure.to_owned(), realm: None, timeout_ms },
            )],
            ..Authentication::default()
        };
        let cookies = Cookies::default();
        let zed = Identity { authprovider: DYNAMIC.into(), ..identity("zed") };
        cookies.remember(&cookie(0), &zed, Time(0));
        cookies.hold_to(&asking("com.auth", 1000), &asking("com.auth", 2000));
        assert!(is_there(&cookies, 0));
        cookies.hold_to(&asking("com.auth", 2000), &asking("com.other", 2000));
        assert!(!is_there(&cookies, 0));
    }

    #[test]
    fn nobody_pushes_out_others() {
        let cookies = Cookies::default();
        cookies.remember(&cookie(0), &identity("alice"), Time(0));
        for number in 1..=COOKIES_PER_AUTHID_MAX + 1 {
            cookies.remember(&cookie(number), &identity("bob"), Time(0));
        }
        assert_eq!(cookies.0.lock().remembered.len(), COOKIES_PER_AUTHID_MAX + 1);
        assert!(is_there(&cookies, 0) && !is_there(&cookies, 1) && is_there(&cookies, 2));
    }

    /// Also if he was remembered while that changed, so that nobody has forgotten him.
    #[test]
    fn a_cookie_is_nobodys_who_is_not_known() {
        let ticket = Some(Ticket::new("sesame"));
        let credentials = Credentials { ticket, ..Credentials::default() };
        let (authid, role) = ("alice".to_owned(), "user".to_owned());
        let methods = vec![AuthMethod::Cookie, AuthMethod::Ticket];
        let mut authentication = Authentication { methods, ..Authentication::default() };
        let is_let_in =
            |it: &Authentication| admission(Some(&identity("alice")), None, it).is_some();
        assert!(!is_let_in(&authentication));
        authentication.principals.add(Principal { authid, role, credentials }).unwrap();
        assert!(is_let_in(&authentication));
        authentication.methods.pop();
        assert!(!is_let_in(&authentication));
    }
}
