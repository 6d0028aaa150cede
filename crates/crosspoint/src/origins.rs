//! Origins: of which sites the pages may open a WebSocket.
//!
//! A browser lets any page connect to anywhere, and says whose page it is (`Origin`); whether that is welcome is
//! for the server to judge. What is no browser sends no such header, or whichever it likes: this protects people
//! whose browsers can reach a router, and not the router from programs.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::HeaderMap;
use http::header::{HOST, ORIGIN};

use crate::place::Place;

/// Whose pages may connect to a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origins {
    /// Anybody's, also those that belong to nobody.
    Any,
    /// Those that this machine serves, at whatever port. A file (`null`) may come from anywhere.
    OfThisMachine,
    Listed(Vec<Origin>),
}

/// An origin, or all that fit.
///
/// It is written `https://app.example.com`; with a port, if it is not the scheme's own, or `*` for any; and with
/// `*.` for all that is below a domain. `*` alone is every site, and `null` what a browser says of pages that
/// have none, such as files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    text: String,
    pattern: Pattern,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    Null,
    Every,
    Site { scheme: String, host: Host, port: Port },
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Any,
    /// What ends with this, and has something before it: `.example.com`.
    Below(String),
    Exactly(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Port {
    Any,
    Exactly(Option<u16>),
}

impl Origin {
    /// Can anybody have a page of it? Any page may hold one that has none, in a sandbox.
    pub(crate) fn is_anybodys(&self) -> bool {
        match &self.pattern {
            Pattern::Null | Pattern::Every => true,
            Pattern::Site { host, .. } => *host == Host::Any,
        }
    }
}

/// A text that is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(r#"an origin is like "https://app.example.com", "https://*.example.com" or "http://localhost:*""#)]
pub struct NoOrigin;

impl Origins {
    /// What is listed; or, if nobody has said anything, what does no harm at this place.
    pub(crate) fn at(place: &Place, listed: Option<&[Origin]>) -> Origins {
        match (listed, place) {
            (Some(listed), _) => Origins::Listed(listed.to_owned()),
            // To be on this machine is what lets somebody in there, and every page in a browser is.
            (None, Place::Tcp(address)) if address.ip().is_loopback() => Origins::OfThisMachine,
            // A browser comes to a Unix socket through a proxy, which knows what it is doing; and elsewhere a page
            // has nothing that its site's own programs would not have.
            (None, _) => Origins::Any,
        }
    }

    /// May who sends these headers connect? If not: whose page it is.
    pub(crate) fn judge<'h>(&self, headers: &'h HeaderMap) -> Result<(), Cow<'h, str>> {
        // There is one, unless somebody plays tricks: then all have to be right.
        for origin in headers.get_all(ORIGIN) {
            let is_allowed = origin.to_str().is_ok_and(|origin| self.allow(origin));
            if !is_allowed {
                return Err(String::from_utf8_lossy(origin.as_bytes()));
            }
        }
        Ok(())
    }

    /// Do those who send these headers get what the browser of a page gets for its own site alone? A program that is
    /// no browser names no origin. Is the place spoken to over TLS?
    pub(crate) fn are_own(&self, headers: &HeaderMap, over_tls: bool) -> bool {
        let mut origins = headers.get_all(ORIGIN).iter();
        let (origin, host) = match (origins.next(), origins.next(), headers.get(HOST)) {
            (None, _, _) => return true,
            (Some(origin), None, Some(host)) => (origin.to_str(), host.to_str()),
            _ => return false,
        };
        let (Ok(origin), Ok(host)) = (origin, host) else { return false };
        if let Origins::Listed(listed) = self {
            let is_named = |it: &&Origin| matches!(it.pattern, Pattern::Site { .. });
            return listed.iter().filter(is_named).any(|it| it.pattern.fits(origin))
                || is_at(origin, host, over_tls);
        }
        is_at(origin, host, over_tls)
    }

    fn allow(&self, origin: &str) -> bool {
        match self {
            Origins::Any => true,
            Origins::OfThisMachine => {
                Site::of(origin).is_some_and(|site| site.is_of_this_machine())
            }
            Origins::Listed(listed) => listed.iter().any(|allowed| allowed.pattern.fits(origin)),
        }
    }
}

/// Is it the origin of pages that are at the host to which a request is sent?
fn is_at(origin: &str, host: &str, over_tls: bool) -> bool {
    let Some(site) = Site::of(origin) else { return false };
    // Whoever can change what comes without TLS has written such a page.
    let is_safe = !over_tls || site.scheme == "https";
    is_safe && Site::of(&format!("{}://{host}", site.scheme)).is_some_and(|it| it == site)
}

impl Pattern {
    fn fits(&self, origin: &str) -> bool {
        let (scheme, host, port) = match self {
            Pattern::Null => return origin == "null",
            Pattern::Every => return Site::of(origin).is_some(),
            Pattern::Site { scheme, host, port } => (scheme, host, port),
        };
        let Some(site) = Site::of(origin) else { return false };
        *scheme == site.scheme && host.fits(&site.host) && port.fits(site.port)
    }
}

impl Host {
    fn of(host: &str) -> Option<Host> {
        match host {
            "*" => Some(Host::Any),
            _ => match host.strip_prefix('*') {
                Some(below)
                    if below.starts_with('.') && below.len() > 1 && !below.contains('*') =>
                {
                    Some(Host::Below(below.to_owned()))
                }
                None if !host.contains('*') => Some(Host::Exactly(host.to_owned())),
                _ => None,
            },
        }
    }

    fn fits(&self, host: &str) -> bool {
        match self {
            Host::Any => true,
            Host::Below(domain) => host.len() > domain.len() && host.ends_with(domain),
            Host::Exactly(exactly) => host == exactly,
        }
    }
}

impl Port {
    fn fits(self, port: Option<u16>) -> bool {
        match self {
            Port::Any => true,
            Port::Exactly(exactly) => port == exactly,
        }
    }
}

impl FromStr for Origin {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Origin, NoOrigin> {
        let pattern = match text {
            "null" => Pattern::Null,
            "*" => Pattern::Every,
            _ => {
                let (of_any_port, any_port) = match text.strip_suffix(":*") {
                    Some(rest) => (rest, true),
                    None => (text, false),
                };
                let Site { scheme, host, port } = Site::of(of_any_port).ok_or(NoOrigin)?;
                let port = if any_port { Port::Any } else { Port::Exactly(port) };
                Pattern::Site { scheme, host: Host::of(&host).ok_or(NoOrigin)?, port }
            }
        };
        Ok(Origin { text: text.to_owned(), pattern })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What an origin says: scheme and host in lower case, and the port, which is the scheme's own if none is said.
#[derive(PartialEq, Eq)]
struct Site {
    scheme: String,
    host: String,
    port: Option<u16>,
}

impl Site {
    fn of(origin: &str) -> Option<Site> {
        let (scheme, authority) = origin.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let is_letter = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        let (host, port) = match authority.rsplit_once(':') {
            // The colons of an IPv6 address are in brackets.
            Some((host, port)) if !port.ends_with(']') => (host, Some(port.parse().ok()?)),
            _ => (authority, None),
        };
        let is_of_host = |c: char| c.is_ascii_alphanumeric() || "-._*[]:".contains(c);
        if scheme.is_empty() || !scheme.chars().all(is_letter) || !host.chars().all(is_of_host) {
            return None;
        }
        let port = port.or(match scheme.as_str() {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        });
        Some(Site { scheme, host: host.to_ascii_lowercase(), port })
    }

    fn is_of_this_machine(&self) -> bool {
        let address = self.host.trim_matches(['[', ']']).parse::<IpAddr>();
        self.host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_fit_what_they_say() {
        for (pattern, fitting, others) in [
            ("*", &["http://a.example", "app://x"][..], &["null", "", "example.com"][..]),
            ("null", &["null"], &["http://null", "NULL"]),
            (
                "https://app.example.com",
                &[
                    "https://app.example.com",
                    "https://app.example.com:443",
                    "HTTPS://App.Example.com",
                ],
                &[
                    "http://app.example.com",
                    "https://app.example.com:444",
                    "https://app.example.com.evil.example",
                    "https://evil.example/app.example.com",
                    "https://app.example.com@evil.example",
                    "https://xapp.example.com",
                ],
            ),
            (
                "http://localhost:*",
                &["http://localhost", "http://localhost:3000"],
                &["https://localhost", "http://localhost.example:80", "http://localhost:"],
            ),
            (
                "https://*.example.com",
                &["https://a.example.com", "https://a.b.example.com"],
                &[
                    "https://example.com",
                    "https://.example.com",
                    "https://badexample.com",
                    "https://evil.example/.example.com",
                    "https://a.example.com:8443",
                ],
            ),
            ("https://*:8443", &["https://a:8443", "https://[::1]:8443"], &["https://a"]),
            ("http://[::1]:8080", &["http://[::1]:8080"], &["http://[::1]", "http://[::2]:8080"]),
            ("capacitor://localhost", &["capacitor://localhost"], &["http://localhost"]),
            ("file://", &["file://"], &["null", "http://"]),
        ] {
            let origin: Origin = pattern.parse().unwrap();
            assert_eq!(origin.to_string(), pattern);
            let listed = Origins::Listed(vec![origin]);
            for origin in fitting {
                assert!(listed.allow(origin), "{origin} for {pattern}");
            }
            for origin in others {
                assert!(!listed.allow(origin), "{origin} for {pattern}");
            }
        }
    }

    #[test]
    fn other_texts_are_no_origins() {
        for text in [
            "",
            "example.com",
            "https://*example.com",
            "https://a.*.example.com",
            "https://*.",
            "https://example.com/",
            "https://example.com:port",
            "https://example.com:70000",
            "ht tp://example.com",
            "https://user@example.com",
        ] {
            assert_eq!(text.parse::<Origin>(), Err(NoOrigin), "{text}");
        }
    }
}
