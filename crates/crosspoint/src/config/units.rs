//! Values that are written as text: sizes, times, addresses, permissions and paths, in the file as in flags; and, in
//! [`credential`](super::credential), what somebody proves with who he is.
//!
//! Each has one name in the schema (`x-format`), by which [`Format`] finds how to read it.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use crosspoint_proto::auth::ticket::Ticket;
use crosspoint_router::authentication::{ScramKeys, SharedKey};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::credential::{
    ClientKey, Credential as _, Fingerprint, Secret, StrangersSecret, TokenKey,
};
use super::networks::Network;
use super::shape::FORMAT;
use super::sites::Site;

/// A text that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{expected} is expected")]
pub(crate) struct Unreadable {
    pub(crate) expected: &'static str,
    pub(crate) hint: Option<Cow<'static, str>>,
}

/// Each of the types here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Address,
    Fingerprint,
    Mode,
    Network,
    Path,
    Patience,
    Period,
    PublicKey,
    ScramKeys,
    SharedKey,
    Site,
    Size,
    StrangersSecret,
    Ticket,
    TokenKey,
}

impl Format {
    const ALL: [(&'static str, Format); 15] = [
        (Address::FORMAT, Format::Address),
        (Mode::FORMAT, Format::Mode),
        (Network::FORMAT, Format::Network),
        (UrlPath::FORMAT, Format::Path),
        (Patience::FORMAT, Format::Patience),
        (Period::FORMAT, Format::Period),
        (ClientKey::FORMAT, Format::PublicKey),
        (Fingerprint::FORMAT, Format::Fingerprint),
        (ScramKeys::FORMAT, Format::ScramKeys),
        (SharedKey::FORMAT, Format::SharedKey),
        (Site::FORMAT, Format::Site),
        (Octets::FORMAT, Format::Size),
        (Ticket::FORMAT, Format::Ticket),
        (TokenKey::FORMAT, Format::TokenKey),
        (StrangersSecret::FORMAT, Format::StrangersSecret),
    ];

    /// By its name in the schema.
    pub(crate) fn from_name(name: &str) -> Option<Format> {
        Format::ALL.iter().find(|(of, _)| *of == name).map(|&(_, format)| format)
    }

    /// Is this text such a value?
    pub(crate) fn check(self, text: &str) -> Result<(), Unreadable> {
        match self {
            Format::Address => text.parse().map(|Address(_)| ()),
            Format::Mode => text.parse().map(|Mode(_)| ()),
            Format::Network => text.parse().map(|Network(_)| ()),
            Format::Path => text.parse().map(|UrlPath(_)| ()),
            Format::Patience => text.parse().map(|Patience(_)| ()),
            Format::Period => text.parse().map(|Period(_)| ()),
            Format::PublicKey => text.parse().map(|ClientKey(_)| ()),
            Format::Fingerprint => text.parse().map(|Fingerprint(_)| ()),
            Format::ScramKeys => Secret::<ScramKeys>::check(text),
            Format::SharedKey => Secret::<SharedKey>::check(text),
            Format::Site => text.parse().map(|Site(_)| ()),
            Format::Size => text.parse().map(|Octets(_)| ()),
            Format::Ticket => Secret::<Ticket>::check(text),
            Format::TokenKey => Secret::<TokenKey>::check(text),
            Format::StrangersSecret => Secret::<StrangersSecret>::check(text),
        }
    }

    /// What is expected, for somebody who wrote no text at all.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Format::Address => Address::EXPECTED,
            Format::Mode => Mode::EXPECTED,
            Format::Network => Network::EXPECTED,
            Format::Path => UrlPath::EXPECTED,
            Format::Patience => Patience::EXPECTED,
            Format::Period => Period::EXPECTED,
            Format::PublicKey => ClientKey::EXPECTED,
            Format::Fingerprint => Fingerprint::EXPECTED,
            Format::ScramKeys => ScramKeys::EXPECTED,
            Format::SharedKey => SharedKey::EXPECTED,
            Format::Site => Site::EXPECTED,
            Format::Size => Octets::EXPECTED,
            Format::Ticket => Ticket::EXPECTED,
            Format::TokenKey => TokenKey::EXPECTED,
            Format::StrangersSecret => StrangersSecret::EXPECTED,
        }
    }

    /// The unit that a bare number most likely has.
    pub(crate) fn unit(self) -> Option<&'static str> {
        match self {
            Format::Patience | Format::Period => Some("s"),
            Format::Size => Some("B"),
            _ => None,
        }
    }

    /// Is it nothing to be shown?
    pub(crate) fn is_secret(self) -> bool {
        matches!(
            self,
            Format::Ticket
                | Format::SharedKey
                | Format::ScramKeys
                | Format::TokenKey
                | Format::StrangersSecret
        )
    }
}

/// What all of them need: a place in the schema, and to be read and written as text.
macro_rules! written {
    ($type:ident, $format:literal, $pattern:literal, $expected:literal) => {
        impl $type {
            pub(super) const FORMAT: &'static str = $format;
            pub(super) const EXPECTED: &'static str = $expected;

            pub(super) fn unreadable(hint: Option<Cow<'static, str>>) -> Unreadable {
                Unreadable { expected: $expected, hint }
            }
        }

        impl TryFrom<String> for $type {
            type Error = Unreadable;

            fn try_from(text: String) -> Result<$type, Unreadable> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> String {
                value.to_string()
            }
        }

        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                $format.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern, (FORMAT): $format })
            }
        }
    };
}

pub(super) use written;

/// A size, such as `16 MiB`. K, M and G stand for the same powers of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Octets(pub(crate) u64);

written!(Octets, "size", r"^\d+ ?(B|K|KiB|M|MiB|G|GiB)$", r#"a size such as "16 MiB""#);

const SIZES: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("B", 1),
    ("G", 1 << 30),
    ("M", 1 << 20),
    ("K", 1 << 10),
];

impl Octets {
    /// As many as this machine can address.
    pub(crate) fn to_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl From<usize> for Octets {
    fn from(octets: usize) -> Octets {
        Octets(octets as u64)
    }
}

impl FromStr for Octets {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Octets, Unreadable> {
        with_unit(text, &SIZES).map(Octets).ok_or_else(|| {
            let hint = match unit(text) {
                "" => Some("name the unit: B, KiB, MiB or GiB".into()),
                "kB" | "KB" | "MB" | "GB" | "k" | "m" | "g" | "mb" | "kb" | "gb" => {
                    Some("the units are KiB, MiB and GiB; a MiB is 1048576 octets".into())
                }
                _ => None,
            };
            Octets::unreadable(hint)
        })
    }
}

impl fmt::Display for Octets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_with_unit(f, self.0, &SIZES[..4])
    }
}

/// How long something is kept, such as `7 d`; never nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Period(pub(crate) Duration);

written!(Period, "period", r"^\d+ ?(ms|s|m|min|h|d)$", r#"a time such as "90 s" or "7 d""#);

const TIMES: [(&str, u64); 6] = [
    ("d", 24 * 60 * 60 * 1000),
    ("h", 60 * 60 * 1000),
    ("min", 60 * 1000),
    ("s", 1000),
    ("ms", 1),
    ("m", 60 * 1000),
];

impl Period {
    pub(crate) fn as_millis(self) -> u64 {
        u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX)
    }
}

impl FromStr for Period {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Period, Unreadable> {
        let milliseconds = with_unit(text, &TIMES).filter(|&time| time > 0);
        milliseconds
            .map(|time| Period(Duration::from_millis(time)))
            .ok_or_else(|| Period::unreadable(time_hint(text)))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_with_unit(f, self.as_millis(), &TIMES[..5])
    }
}

/// How long a peer may give no sign of life, from a second to an hour; `off` for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Patience(pub(crate) Option<Duration>);

written!(
    Patience,
    "patience",
    r"^(off|\d+ ?(ms|s|m|min|h))$",
    r#"a time such as "45 s" (up to an hour) or "off""#
);

impl Patience {
    /// Who wants to wait longer means something else, or `off`.
    const SECONDS_MAX: u64 = 60 * 60;

    pub(crate) fn from_secs(seconds: u64) -> Option<Patience> {
        let fits = (1..=Patience::SECONDS_MAX).contains(&seconds);
        fits.then(|| Patience(Some(Duration::from_secs(seconds))))
    }
}

impl FromStr for Patience {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Patience, Unreadable> {
        if text == "off" {
            return Ok(Patience(None));
        }
        let milliseconds = with_unit(text, &TIMES).filter(|time| time % 1000 == 0);
        milliseconds.and_then(|time| Patience::from_secs(time / 1000)).ok_or_else(|| {
            let hint = match text {
                "0" | "never" | "none" | "false" => Some(r#"write "off""#.into()),
                _ => time_hint(text),
            };
            Patience::unreadable(hint)
        })
    }
}

impl fmt::Display for Patience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(time) => Period(time).fmt(f),
            None => f.write_str("off"),
        }
    }
}

fn time_hint(text: &str) -> Option<Cow<'static, str>> {
    match unit(text) {
        "" => Some("name the unit: ms, s, min, h or d".into()),
        _ if with_unit(text, &TIMES).is_some() => None,
        _ => Some("the units are ms, s, min, h and d".into()),
    }
}

/// Where to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Address(pub(crate) SocketAddr);

written!(
    Address,
    "address",
    r"^(\d+\.\d+\.\d+\.\d+|\[.+\]):\d+$",
    r#"an address such as "127.0.0.1:8080""#
);

impl Address {
    /// Can only one of two listen there? Who has a port at every address has it at each.
    pub(crate) fn meets(self, other: Address) -> bool {
        let [one, another] = [self.0.ip(), other.0.ip()];
        let is_every = one.is_unspecified() || another.is_unspecified();
        self.0.port() == other.0.port()
            && (one == another || is_every && one.is_ipv4() == another.is_ipv4())
    }
}

impl FromStr for Address {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Address, Unreadable> {
        text.parse().map(Address).map_err(|_| {
            let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
            let is_port = port.parse::<u16>().is_ok();
            Address::unreadable(Some(match host {
                "localhost" if is_port => format!(r#"write "127.0.0.1:{port}""#).into(),
                "" | "*" if is_port => format!(
                    r#"write "127.0.0.1:{port}" for this machine, "0.0.0.0:{port}" for all"#
                )
                .into(),
                _ => "the numbers of the address and a port: 127.0.0.1:8080, [::1]:8080".into(),
            }))
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The permissions of a file, in octal digits as for chmod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Mode(pub(crate) u32);

written!(Mode, "mode", r"^0?[0-7]{3}$", r#"permissions such as "0660""#);

impl FromStr for Mode {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Mode, Unreadable> {
        let digits = text.strip_prefix('0').filter(|rest| rest.len() == 3).unwrap_or(text);
        let is_mode = digits.len() == 3 && digits.bytes().all(|digit| matches!(digit, b'0'..=b'7'));
        let mode = u32::from_str_radix(digits, 8).ok().filter(|_| is_mode);
        mode.map(Mode).ok_or_else(|| {
            let hint =
                "a digit each for the owner, the group and all others, of which 2 is to connect";
            Mode::unreadable(Some(hint.into()))
        })
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

/// The path of a URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct UrlPath(pub(crate) String);

written!(UrlPath, "path", r"^/[A-Za-z0-9/._~%+-]*$", r#"the path of a URL such as "/ws""#);

impl FromStr for UrlPath {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<UrlPath, Unreadable> {
        // These stand in pages and in URLs without being quoted.
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._~%+-".contains(c);
        if !text.starts_with('/') {
            return Err(UrlPath::unreadable(Some("a path begins with /".into())));
        }
        if !text.chars().all(plain) {
            let hint = "letters, digits, and - . _ ~ / are what it is made of";
            return Err(UrlPath::unreadable(Some(hint.into())));
        }
        Ok(UrlPath(text.to_owned()))
    }
}

impl fmt::Display for UrlPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `10 M` or `10M`.
fn with_unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let unit = unit(text);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    let number = text.strip_suffix(unit)?;
    let number: u64 = number.strip_suffix(' ').unwrap_or(number).parse().ok()?;
    number.checked_mul(*factor)
}

/// What stands behind the number.
fn unit(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches(' ')
}

/// In the largest unit that takes no fraction. The units are sorted, and the last is 1.
fn write_with_unit(f: &mut fmt::Formatter<'_>, number: u64, units: &[(&str, u64)]) -> fmt::Result {
    let fits = |&&(_, factor): &&(&str, u64)| number != 0 && number.is_multiple_of(factor);
    match units.iter().find(fits).or(units.last()) {
        Some((name, factor)) => write!(f, "{} {name}", number / factor),
        None => write!(f, "{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each as it may be written, and as it is shown.
    #[test]
    fn sizes_and_times_are_shown_as_they_can_be_written() {
        for (text, shown) in [
            ("16 MiB", "16 MiB"),
            ("16MiB", "16 MiB"),
            ("16M", "16 MiB"),
            ("2048 K", "2 MiB"),
            ("1025 B", "1025 B"),
            ("0 B", "0 B"),
            ("0 GiB", "0 B"),
        ] {
            let octets: Octets = text.parse().unwrap();
            assert_eq!(octets.to_string(), shown);
            assert_eq!(octets.to_string().parse(), Ok(octets));
        }
        for (text, shown) in
            [("90 s", "90 s"), ("60s", "1 min"), ("7d", "7 d"), ("10m", "10 min"), ("5 ms", "5 ms")]
        {
            let period: Period = text.parse().unwrap();
            assert_eq!(period.to_string(), shown);
            assert_eq!(period.to_string().parse(), Ok(period));
        }
        for (text, shown, mode) in
            [("0660", "0660", 0o660), ("777", "0777", 0o777), ("000", "0000", 0)]
        {
            assert_eq!(text.parse(), Ok(Mode(mode)));
            assert_eq!(Mode(mode).to_string(), shown);
        }
        for (text, seconds) in [("45 s", Some(45)), ("1h", Some(3600)), ("off", None)] {
            let patience: Patience = text.parse().unwrap();
            assert_eq!(patience, Patience(seconds.map(Duration::from_secs)));
            assert_eq!(patience.to_string().parse(), Ok(patience));
        }
    }

    #[test]
    fn what_is_no_size_and_no_time() {
        for text in ["", "16", "MiB", "16 MB", "-1 B", "1.5 MiB", "16  MiB", "99999999999 GiB"] {
            assert!(text.parse::<Octets>().is_err(), "{text:?}");
        }
        for text in ["", "7", "d", "0 s", "1 w", "1.5 h", "-1 s", "99999999999999 d"] {
            assert!(text.parse::<Period>().is_err(), "{text:?}");
        }
        for text in ["", "45", "0 s", "500 ms", "2 h", "61 min", "Off", "never"] {
            assert!(text.parse::<Patience>().is_err(), "{text:?}");
        }
        for text in ["", "8080", ":8080", "localhost:8080", "127.0.0.1", "::1:8080", "a:b"] {
            assert!(text.parse::<Address>().is_err(), "{text:?}");
        }
        for text in ["", "0", "66", "00660", "0o660", "1777", "0680", "-660", "rw-rw----"] {
            assert!(text.parse::<Mode>().is_err(), "{text:?}");
        }
        for text in ["", "ws", "/a b", "/a?b", "/a#b"] {
            assert!(text.parse::<UrlPath>().is_err(), "{text:?}");
        }
    }
}
