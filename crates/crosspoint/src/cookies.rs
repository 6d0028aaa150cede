//! Cookies: by which a listener tells browsers apart. Whose browser it is, if it is anybody's, the router knows.
//!
//! ```text
//! GET /ws                        -> 101, Set-Cookie: one that was just drawn
//! GET /ws, Cookie: a known one   -> 101
//! ```
//!
//! A browser sends its cookie whichever page asks for the connection. So it counts only if that page is of the
//! same site: for that are `SameSite=Strict`, and the request's `Origin`, which has to be the place itself, or
//! one that is listed by name. Otherwise the connection has no cookie, and is given none.
//!
//! A value that nobody is known by is replaced, so that nobody can choose another's; and one that a browser shows does not
//! come to stand for anybody for whom it does not stand already.

use std::time::Duration;

use crosspoint_proto::auth::cookie::CookieValue;
use crosspoint_router::authentication;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

use crate::entropy;

/// How long somebody is remembered, if nobody says: a week.
pub const COOKIE_LIFETIME: Duration = Duration::from_hours(7 * 24);

/// The longest: no browser keeps a cookie for more than 400 days.
pub const COOKIE_LIFETIME_MAX: Duration = Duration::from_hours(400 * 24);

/// The name, if nobody says.
pub(crate) const NAME: &str = "crosspoint";

/// Such a name a browser takes over TLS alone, and for one host alone.
pub(crate) const OF_HOST: &str = "__Host-";

/// Over TLS alone.
pub(crate) const OF_SECURE: &str = "__Secure-";

/// May a cookie be called that?
pub(crate) fn is_cookie_name(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    !name.is_empty() && name.chars().all(is_part)
}

/// What a listener's cookies are like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieSettings {
    /// What they are called. If nobody says: `__Host-crosspoint` where TLS is spoken, `crosspoint` elsewhere.
    pub name: Option<String>,
    /// How long somebody is remembered by one.
    pub lifetime: Duration,
}

impl Default for CookieSettings {
    fn default() -> Self {
        CookieSettings { name: None, lifetime: COOKIE_LIFETIME }
    }
}

/// The cookies of a listener.
#[derive(Clone, Debug)]
pub(crate) struct Cookies {
    name: String,
    lifetime: Duration,
    /// They are for connections over TLS: here, or in front of a proxy, as their name says.
    pub(crate) secure: bool,
}

/// The cookie of a connection: what it is known by, and what the browser is told of it, if it is a new one.
pub(crate) struct OfConnection {
    pub(crate) cookie: authentication::Cookie,
    pub(crate) header: Option<HeaderValue>,
}

impl Cookies {
    pub(crate) fn new(settings: &CookieSettings, over_tls: bool) -> Cookies {
        let of_host = || if over_tls { format!("{OF_HOST}{NAME}") } else { NAME.to_owned() };
        let name = settings.name.clone().unwrap_or_else(of_host);
        let secure = over_tls || name.starts_with(OF_HOST) || name.starts_with(OF_SECURE);
        Cookies { name, lifetime: settings.lifetime, secure }
    }

    /// The one that a request has, if it is known; else a new one.
    pub(crate) fn of(
        &self,
        headers: &HeaderMap,
        is_known: impl FnOnce(&[u8; 32]) -> bool,
    ) -> OfConnection {
        let shown = self.shown(headers).map(|value| value.digest());
        if let Some(digest) = shown.filter(is_known) {
            return OfConnection { cookie: self.cookie(digest, false), header: None };
        }
        let value = CookieValue::new(entropy::octets());
        OfConnection { cookie: self.cookie(value.digest(), true), header: self.header(&value) }
    }

    fn cookie(&self, digest: [u8; 32], is_new: bool) -> authentication::Cookie {
        let lifetime_ms = u64::try_from(self.lifetime.as_millis()).unwrap_or(u64::MAX);
        authentication::Cookie { digest, is_new, lifetime_ms }
    }

    /// What a browser shows. It has one of that name; where there are more, somebody has put them there.
    fn shown(&self, headers: &HeaderMap) -> Option<CookieValue> {
        let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|it| it.split_once('='));
        let mut values = pairs.filter(|(name, _)| name.trim() == self.name).map(|(_, value)| value);
        let value = values.next()?;
        if values.next().is_some() { None } else { CookieValue::from_text(value.trim()) }
    }

    fn header(&self, value: &CookieValue) -> Option<HeaderValue> {
        let Cookies { name, lifetime, secure } = self;
        let (value, seconds) = (value.to_text(), lifetime.as_secs());
        let secure = if *secure { "; Secure" } else { "" };
        let text = format!(
            "{name}={}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}",
            *value
        );
        let mut header = HeaderValue::from_str(&text).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}
