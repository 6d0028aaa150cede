//! Sites, of which the pages may connect, as they are written in the file.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::shape::FORMAT;
use super::units::{Unreadable, written};
use crate::origins::Origin;

/// A site, or all that fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Site(pub(crate) Origin);

written!(
    Site,
    "origin",
    r"^(\*|null|[A-Za-z0-9.+-]+://(\*|(\*\.)?[A-Za-z0-9._:\[\]-]*)(:(\*|\d+))?)$",
    r#"an origin such as "https://app.example.com" or "http://localhost:*""#
);

impl FromStr for Site {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Site, Unreadable> {
        text.parse().map(Site).map_err(|_no_origin| Site::unreadable(Some(hint(text))))
    }
}

/// What somebody may have meant.
fn hint(text: &str) -> Cow<'static, str> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("https", text));
    let host = rest.split('/').next().unwrap_or_default();
    let meant = format!("{scheme}://{host}");
    if meant.parse::<Origin>().is_ok() && !host.is_empty() {
        return format!(r#"write "{meant}""#).into();
    }
    "* stands for any port, for any host, and before a domain for all that is below it".into()
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
