//! Heads of HTTP requests: nobody but a proxy says for whom he speaks, and what stands before that its client may have
//! written himself; a cookie is one that we have written, for who may have it; a WebSocket is opened for who asks for
//! one in the right way, and by pages that may.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, LazyLock};

use crosspoint::cookies::CookieSettings;
use crosspoint::fuzzing::requests::{Desk, Found, Head};
use crosspoint::server::ListenerSettings;
use crosspoint_proto::auth::cookie::CookieValue;
use crosspoint_proto::transport::PeerAddress;
use crosspoint_router::router::Router;

use crate::choices::Choices;
use crate::router::realms;

/// Where somebody comes from.
pub static PEERS: LazyLock<[PeerAddress; 8]> = LazyLock::new(|| {
    let tcp = |address: &str| PeerAddress::Tcp(SocketAddr::new(ip(address), 40000));
    [
        tcp("10.0.0.1"),
        tcp("192.0.2.9"),
        tcp("::1"),
        tcp("::ffff:10.0.0.1"),
        tcp("2001:db8::7"),
        PeerAddress::Unix { process: None, user: 1000, group: 1000 },
        PeerAddress::Host(ip("10.0.0.2")),
        PeerAddress::Host(ip("198.51.100.1")),
    ]
});

fn ip(address: &str) -> IpAddr {
    address.parse().expect("an address")
}

/// The listeners: on loopback, behind proxies; for pages of some sites, over TLS somewhere; and for everybody.
pub fn listeners() -> [ListenerSettings; 3] {
    let at = |address: Ipv4Addr| ListenerSettings::at(SocketAddr::from((address, 0)));
    let cookie = |name: Option<&str>| {
        Some(CookieSettings { name: name.map(str::to_owned), ..CookieSettings::default() })
    };
    let proxies = ["10.0.0.0/8", "::1", "unix"].map(|proxy| proxy.parse().expect("a proxy"));
    let origins = ["https://app.example.com", "https://*.example.org:*", "null"];
    let origins = origins.map(|origin| origin.parse().expect("an origin"));
    [
        ListenerSettings {
            proxies: proxies.to_vec(),
            cookie: cookie(None),
            ..at(Ipv4Addr::LOCALHOST)
        },
        ListenerSettings {
            origins: Some(origins.to_vec()),
            cookie: cookie(Some("__Host-c")),
            ..at(Ipv4Addr::UNSPECIFIED)
        },
        ListenerSettings {
            proxies: vec!["0.0.0.0/0".parse().expect("a proxy")],
            ..at(Ipv4Addr::UNSPECIFIED)
        },
    ]
}

/// What the cookies are called, and whether they are for TLS alone.
const COOKIES: [Option<(&str, bool)>; 3] =
    [Some(("crosspoint", false)), Some(("__Host-c", true)), None];

struct World {
    desks: [Desk; 3],
    router: Arc<Router>,
    /// The one cookie that somebody is known by.
    known: CookieValue,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let router = Arc::new(Router::new(realms::settings(false)));
    let known = CookieValue::new([0xab; 32]);
    realms::remember(&router, &known);
    World { desks: listeners().map(|settings| Desk::new(&settings)), router, known }
});

/// What a header may be called. The last stands for those of a WebSocket as they should be.
const NAMES: [&str; 13] = [
    UPGRADE,
    FORWARDED,
    "origin",
    "cookie",
    "authorization",
    "host",
    "upgrade",
    "connection",
    "sec-websocket-key",
    "sec-websocket-version",
    "sec-websocket-protocol",
    "sec-websocket-extensions",
    "forwarded",
];

const UPGRADE: &str = "";
const FORWARDED: &str = "x-forwarded-for";

const OF_UPGRADE: [(&str, &[u8]); 5] = [
    ("upgrade", b"websocket"),
    ("connection", b"Upgrade"),
    ("sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ=="),
    ("sec-websocket-version", b"13"),
    ("sec-websocket-protocol", b"wamp.2.json"),
];

const METHODS: [&str; 4] = ["GET", "HEAD", "POST", "OPTIONS"];

const PATHS: [&str; 6] = ["/ws", "/", "/healthz", "/ws/", "/nothing", "/ws?x=1"];

type Headers = Vec<(&'static str, Vec<u8>)>;

pub fn check(mut choices: Choices<'_>) {
    let (desk, peer) = (choices.below(3), *choices.pick(&*PEERS));
    let (method, path) = (*choices.pick(&METHODS), *choices.pick(&PATHS));
    let headers = headers(&mut choices);
    let Some(found) = judge(desk, peer, (method, path), &headers) else { return };
    check_client(desk, peer, (method, path), &headers, found.client);
    if found.status != 101 {
        assert!(found.cookie.is_none() && found.token.is_none() && found.set_cookie.is_none());
        return;
    }
    assert!(method == "GET" && path.split('?').next().is_some_and(|it| matches!(it, "/ws" | "/")));
    assert!(texts(&headers, "upgrade").any(|it| it.to_lowercase().contains("websocket")));
    check_origins(desk, &headers);
    check_cookie(desk, &headers, &found);
    if let Some(token) = found.token {
        let said = texts(&headers, "authorization").next().expect("there is one");
        let (scheme, said) = said.split_at(7);
        assert!(scheme.eq_ignore_ascii_case("bearer ") && said.trim() == token);
    }
}

/// `$known` stands for a cookie that is known, `$other` for one that is not.
fn headers(choices: &mut Choices<'_>) -> Headers {
    let mut headers = Headers::new();
    while !choices.is_empty() {
        let (name, value) = (*choices.pick(&NAMES), choices.until(b'\n'));
        if name == UPGRADE {
            headers.extend(OF_UPGRADE.map(|(name, value)| (name, value.to_vec())));
            continue;
        }
        let (known, other) = (WORLD.known.to_text(), CookieValue::new([0xcd; 32]).to_text());
        let value = match std::str::from_utf8(value) {
            Ok(text) => text.replace("$known", &known).replace("$other", &other).into_bytes(),
            Err(_) => value.to_vec(),
        };
        headers.push((name, value));
    }
    headers
}

fn judge(
    desk: usize,
    peer: PeerAddress,
    (method, path): (&str, &str),
    headers: &Headers,
) -> Option<Found> {
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_slice())).collect();
    let head = Head { method, path, headers: &headers };
    WORLD.desks[desk].judge(peer, &head, &WORLD.router)
}

/// The values of a header that are texts, as HTTP has them.
fn texts<'h>(headers: &'h Headers, name: &str) -> impl Iterator<Item = &'h str> {
    let named = headers.iter().filter(move |header| header.0 == name);
    let is_text = |text: &&str| text.chars().all(|c| c == '\t' || (' '..='~').contains(&c));
    named.filter_map(|(_, value)| std::str::from_utf8(value).ok()).filter(is_text)
}

/// Whose request it is.
fn check_client(
    desk: usize,
    peer: PeerAddress,
    line: (&str, &str),
    headers: &Headers,
    found: Option<PeerAddress>,
) {
    let trusts = |peer| WORLD.desks[desk].trusts(peer);
    let values = headers.iter().filter(|header| header.0 == FORWARDED);
    let values: Vec<_> = values.map(|(_, value)| value.as_slice()).collect();
    let stops = values.join(&b","[..]);
    let addresses: Vec<_> = stops.rsplit(|&octet| octet == b',').map(address).collect();
    let Some(client) = found else {
        assert!(!trusts(peer) || addresses.first().is_none_or(Option::is_none));
        return;
    };
    assert!(trusts(peer), "who is no proxy is believed");
    let PeerAddress::Host(client) = client else { panic!("a proxy does not say {client:?}") };
    let mut later = addresses.iter().map_while(|it| *it);
    let is_last = |address: &IpAddr| !trusts(PeerAddress::Host(*address));
    let proxies: Vec<_> = later.by_ref().take_while(|address| !is_last(address)).collect();
    let own = addresses.get(proxies.len()).copied().flatten();
    assert_eq!(own.or(proxies.last().copied()), Some(client), "{addresses:?}");
    // What its client has written himself stands before that.
    if !trusts(PeerAddress::Host(client)) {
        let mut forged = headers.clone();
        forged.insert(0, (FORWARDED, b"203.0.113.66, 10.0.0.9".to_vec()));
        let again = judge(desk, peer, line, &forged).expect("it was one before");
        assert_eq!(again.client, found);
    }
}

fn address(stop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(stop).ok()?.trim();
    let in_brackets = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let socket = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let in_brackets = || in_brackets?.parse().ok().map(IpAddr::V6);
    let address = text.parse().ok().or_else(socket).or_else(in_brackets);
    address.map(|address: IpAddr| address.to_canonical())
}

/// Scheme, host and port.
fn site(origin: &str) -> Option<(String, String, u16)> {
    let (scheme, authority) = origin.split_once("://")?;
    let scheme = scheme.to_lowercase();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !authority.ends_with(']') => (host, port.parse().ok()?),
        _ => (authority, if scheme == "https" { 443 } else { 80 }),
    };
    Some((scheme, host.to_lowercase(), port))
}

/// Pages of which sites are let in.
fn check_origins(desk: usize, headers: &Headers) {
    let origins = headers.iter().filter(|header| header.0 == "origin");
    for (_, origin) in origins {
        let origin = String::from_utf8_lossy(origin);
        let site = site(&origin);
        let allowed = match (desk, &site) {
            (0, Some((_, host, _))) => {
                let host = host.trim_start_matches('[').trim_end_matches(']');
                host == "localhost" || host.parse().is_ok_and(|it: IpAddr| it.is_loopback())
            }
            (0, None) => false,
            (1, Some(site)) => is_listed(site),
            (1, None) => origin == "null",
            _ => true,
        };
        assert!(allowed, "{origin}");
    }
}

fn is_listed((scheme, host, port): &(String, String, u16)) -> bool {
    let app = host == "app.example.com" && *port == 443;
    scheme == "https" && (app || host.ends_with(".example.org") && host.len() > 12)
}

/// A cookie that counts is the one that is known, or a new one; and a page has one of its own site only.
fn check_cookie(desk: usize, headers: &Headers, found: &Found) {
    let World { router, known, .. } = &*WORLD;
    let (Some(cookie), Some((name, secure))) = (found.cookie, COOKIES[desk]) else {
        assert!(found.cookie.is_none() && found.set_cookie.is_none());
        return;
    };
    if let Some(set) = &found.set_cookie {
        let secure = if secure { "; Secure" } else { "" };
        let value = set.strip_prefix(name).and_then(|set| set.strip_prefix('='));
        let (value, rest) = value.and_then(|it| it.split_at_checked(64)).expect("a value");
        assert_eq!(rest, format!("; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict{secure}"));
        let value = CookieValue::from_text(value).expect("we have written it");
        assert_eq!(value.digest(), cookie.digest);
        assert!(!router.knows_cookie(&cookie.digest, realms::started()));
    } else {
        assert_eq!(cookie.digest, known.digest());
        let shown = texts(headers, "cookie").flat_map(|line| line.split(';'));
        let shown = shown.filter_map(|pair| pair.split_once('='));
        let shown: Vec<_> = shown.filter(|pair| pair.0.trim() == name).collect();
        assert_eq!(shown.len(), 1);
        assert_eq!(shown[0].1.trim(), *known.to_text());
    }
    let origins: Vec<_> = headers.iter().filter(|header| header.0 == "origin").collect();
    if let [(_, origin), others @ ..] = &origins[..] {
        assert!(others.is_empty());
        let site = site(&String::from_utf8_lossy(origin)).expect("a site");
        let host = texts(headers, "host").next().expect("a host");
        let is_here = self::site(&format!("{}://{host}", site.0)).as_ref() == Some(&site);
        assert!(is_here && !(secure && site.0 != "https") || desk == 1 && is_listed(&site));
    }
}
