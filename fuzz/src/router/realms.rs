//! The realms: one that is open, one in which roles may do this and that and an authorizer is asked about the rest,
//! one for those who can prove who they are, and one where an authenticator knows them.

use std::sync::{Arc, LazyLock};

use crosspoint_proto::auth::cookie::CookieValue;
use crosspoint_proto::auth::cryptosign::PrivateKey;
use crosspoint_proto::auth::scram::{ClientKeys, ClientNonce, Cost, Kdf, Salt};
use crosspoint_proto::auth::ticket::Ticket;
use crosspoint_proto::auth::wampcra::Key;
use crosspoint_proto::auth::{AuthMethod, StrangersKey};
use crosspoint_proto::framing::rawsocket::LengthLimit;
use crosspoint_proto::serializer::Serializer;
use crosspoint_proto::transport::CertificateDetails;
use crosspoint_proto::uri::MatchPolicy;
use crosspoint_router::authentication::{
    Authentication, Authenticator, Cookie, Credentials, Holder, Principal, Principals, ScramKeys,
    SharedKey, TokenVerifier,
};
use crosspoint_router::authorization::{Action, Actions, Authorizer, Permission, Permitted, Role};
use crosspoint_router::ids::Entropy;
use crosspoint_router::limits::Limits;
use crosspoint_router::requests::UncountedRequests;
use crosspoint_router::router::{
    Disclosure, HistoryRule, RealmSettings, Retention, Router, Settings, SlowSubscribers, TrustRule,
};
use crosspoint_router::time::Time;
use crosspoint_router::turn::Turn;

use crate::link::{Brought, MemoryLink, wire};

/// All realms. The last one is not there at first.
pub const NAMES: [&str; 5] = ["open", "roles", "proofs", "dynamic", "nowhere"];

pub const TICKET: &str = "sesame";
pub const SECRET: &str = "secret";

const STARTED: Time = Time(1_795_616_583_000_000);

/// What a password is made into takes a while, so that it is done once.
pub static SCRAM: LazyLock<(ClientKeys, Salt, Cost)> = LazyLock::new(|| {
    let salt = Salt::new(b"salt of 16 octet").expect("long enough");
    let cost = Cost::new(Kdf::Pbkdf2, 4096, None).expect("enough");
    (ClientKeys::derive("pencil", &salt, cost).expect("a password"), salt, cost)
});

pub static NONCE: LazyLock<ClientNonce> =
    LazyLock::new(|| ClientNonce::new(b"a nonce of 17 oct").expect("long enough"));

pub static KEY: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::new(&[1; 32]));

/// A router with all of them. In a narrow one there is room for little of everything.
pub fn settings(narrow: bool) -> Settings {
    let limits = Limits {
        outbox_octets_max: 3000,
        calls_in_flight_max: 6,
        invocations_in_flight_max: 6,
        kept_octets_max: 300,
        calls_waiting_max: 3,
        registrations_max: 6,
        subscriptions_max: 6,
        held_octets_max: 10 << 10,
        testaments_max: 2,
        testaments_octets_max: 200,
    };
    let (_nowhere, there) = NAMES.split_last().expect("there are some");
    Settings {
        realms: there.iter().map(|name| named(name, narrow)).collect(),
        limits: if narrow { limits } else { Limits::default() },
        uncounted_requests: UncountedRequests::Refuse,
        agent: "Crosspoint".into(),
        strangers: StrangersKey::new([0; 32]),
        started: STARTED,
    }
}

/// The realm of this name.
pub fn named(name: &str, narrow: bool) -> RealmSettings {
    match name {
        "roles" => roles(),
        "proofs" => proofs(),
        "dynamic" => dynamic(),
        _ => open(name, narrow),
    }
}

/// Histories that are kept in these realms, which count as subscriptions without subscribers.
pub fn histories(names: &[String]) -> usize {
    names.iter().map(|name| named(name, false).history.len()).sum()
}

pub fn started() -> Time {
    STARTED
}

fn open(name: &str, narrow: bool) -> RealmSettings {
    let history = |policy, topic| HistoryRule::new(policy, topic).expect("a pattern");
    let mut exact = history(MatchPolicy::Exact, "a.b");
    (exact.events_max, exact.age_max_ms) = (3, Some(500));
    RealmSettings {
        history: vec![exact, history(MatchPolicy::Wildcard, "a..c")],
        retention: Retention { topics_max: 3, ..Retention::default() },
        trust_rules: vec![TrustRule { authrole: None, uri_prefix: "a.".into(), level: 3 }],
        slow_subscribers: if narrow { SlowSubscribers::Close } else { SlowSubscribers::Drop },
        ..RealmSettings::from(name)
    }
}

fn roles() -> RealmSettings {
    let authentication = Authentication {
        methods: vec![AuthMethod::Anonymous, AuthMethod::Ticket],
        anonymous_role: "guest".into(),
        principals: principals(),
        ..Authentication::default()
    };
    RealmSettings {
        authentication,
        disclosure: Disclosure::Always,
        publisher_disclosure: Disclosure::Never,
        permitted: Permitted::ByRole(vec![guest(true), admin()]),
        reserved_uri_roles: vec!["admin".into()],
        ..RealmSettings::from("roles")
    }
}

/// What a guest may do without anybody being asked; in stricter times even less.
pub fn guest(lenient: bool) -> Arc<Role> {
    let permission = |policy, uri: &str, allow| {
        let mut permission = Permission::new(policy, uri).expect("a pattern");
        (permission.allow, permission.disclose) = (allow, lenient);
        permission
    };
    let all = Action::ALL.into_iter().fold(Actions::NONE, Actions::with);
    let permissions = vec![
        permission(MatchPolicy::Exact, "com.authorize", Actions::NONE.with(Action::Register)),
        permission(MatchPolicy::Prefix, "a.", if lenient { all } else { Actions::NONE }),
        permission(MatchPolicy::Wildcard, "a..c", Actions::NONE.with(Action::Call)),
        permission(MatchPolicy::Prefix, "wamp.", Actions::NONE.with(Action::Call)),
    ];
    let procedure = "com.authorize".to_owned();
    let authorizer = Authorizer { procedure, timeout_ms: 200, cache_ms: 1000 };
    Arc::new(Role::new("guest", permissions, Some(authorizer)).expect("no two are the same"))
}

fn admin() -> Arc<Role> {
    // What is privileged has to be named.
    let permissions = ["", "wamp."].map(|prefix| {
        let mut permission = Permission::new(MatchPolicy::Prefix, prefix).expect("a pattern");
        permission.allow = Action::ALL.into_iter().fold(Actions::NONE, Actions::with);
        permission
    });
    Arc::new(Role::new("admin", permissions.into(), None).expect("no two are the same"))
}

fn proofs() -> RealmSettings {
    RealmSettings { authentication: authentication(true), ..RealmSettings::from("proofs") }
}

/// By what somebody is known in the realm for those who can prove who they are; in stricter times alice and erin are
/// unknown there, and no name in a certificate is enough.
pub fn authentication(lenient: bool) -> Authentication {
    let methods = vec![
        AuthMethod::Ticket,
        AuthMethod::WampCra,
        AuthMethod::WampScram,
        AuthMethod::Cryptosign,
        AuthMethod::Cookie,
        AuthMethod::Tls,
        AuthMethod::Jwt,
    ];
    let is_known = |it: &&Principal| lenient || !matches!(it.authid.as_str(), "alice" | "erin");
    let mut known = Principals::default();
    for principal in principals().iter().filter(is_known) {
        known.add(principal.clone()).expect("no two are the same");
    }
    Authentication {
        methods,
        principals: known,
        certificate_role: lenient.then(|| "guest".to_owned()),
        tokens: Some(Arc::new(Tokens)),
        ..Authentication::default()
    }
}

/// What says whom it stands for is a token.
#[derive(Debug)]
struct Tokens;

pub const TOKEN: &str = "token of joe";

impl TokenVerifier for Tokens {
    fn verify(&self, token: &str) -> Option<Holder> {
        let authid = token.strip_prefix("token of ")?.to_owned();
        Some(Holder { authid, role: "guest".to_owned(), provider: "accounts".to_owned() })
    }
}

/// What may be brought along: a cookie or none, a certificate or none, a token or none.
pub fn brought(number: u8) -> Brought {
    let cookie = |digest| Cookie { digest, is_new: true, lifetime_ms: 2000 };
    let cookies = [None, Some(cookie([1; 32])), Some(cookie([2; 32]))];
    let certificates =
        [None, Some(("erin", ERINS)), Some(("ivan", [3; 32])), Some(("alice", [4; 32]))];
    let tokens = [None, Some(TOKEN), Some("token"), Some("token of anonymous")];
    let (cookie, number) = (cookies[usize::from(number % 3)], usize::from(number / 3));
    let certificate = certificates[number % 4].map(|(name, fingerprint)| CertificateDetails {
        subject: format!("CN={name}"),
        common_name: Some(name.to_owned()),
        fingerprint,
    });
    Brought { cookie, certificate, token: tokens[number / 4 % 4].map(Into::into) }
}

/// The fingerprint of a principal's certificate.
const ERINS: [u8; 32] = [5; 32];

/// Alice proves who she is over a connection with this cookie, and goes.
pub fn remember(router: &Arc<Router>, value: &CookieValue) {
    let cookie = Some(Cookie { digest: value.digest(), is_new: true, lifetime_ms: u64::MAX / 2 });
    let link = Arc::new(MemoryLink::with(Brought { cookie, ..Brought::default() }));
    let entropy = Entropy { session: 1, publications: 2, choices: 3, challenge: [4; 32] };
    let mut session = router.open(wire(Serializer::Json, LengthLimit::MAX), link, entropy);
    let mut turn = Turn::default();
    turn.begin(STARTED);
    let hello = r#"[1,"proofs",{"roles":{"caller":{}},"authmethods":["ticket"],"authid":"alice"}]"#;
    for message in [hello, &format!(r#"[5,"{TICKET}",{{}}]"#)] {
        session.receive(message.as_bytes(), &mut turn);
    }
    session.close(&mut turn);
    while session.is_busy() {
        session.go_on(&mut turn);
    }
    turn.flush();
    assert!(router.knows_cookie(&value.digest(), STARTED));
}

fn principals() -> Principals {
    let mut principals = Principals::default();
    let (keys, salt, cost) = &*SCRAM;
    let scram = ScramKeys { stored: keys.stored().clone(), salt: salt.clone(), cost: *cost };
    let key = SharedKey { key: Key::from_secret(SECRET), salting: None };
    for (authid, credentials) in [
        ("alice", Credentials { ticket: Some(Ticket::new(TICKET)), ..Credentials::default() }),
        ("bob", Credentials { wampcra: Some(key), ..Credentials::default() }),
        ("carol", Credentials { scram: Some(scram), ..Credentials::default() }),
        ("dave", Credentials { cryptosign: vec![KEY.public()], ..Credentials::default() }),
        ("erin", Credentials { certificates: vec![ERINS], ..Credentials::default() }),
    ] {
        let (authid, role) = (authid.to_owned(), "admin".to_owned());
        principals.add(Principal { authid, role, credentials }).expect("no two are the same");
    }
    principals
}

/// The authenticator is in the open realm.
fn dynamic() -> RealmSettings {
    let methods = vec![AuthMethod::Ticket, AuthMethod::WampCra, AuthMethod::Cryptosign];
    let authenticator = Authenticator {
        procedure: "com.authenticate".into(),
        realm: Some("open".into()),
        timeout_ms: 300,
    };
    let authenticators = methods.iter().map(|&method| (method, authenticator.clone())).collect();
    let authentication = Authentication { methods, authenticators, ..Authentication::default() };
    RealmSettings { authentication, ..RealmSettings::from("dynamic") }
}
