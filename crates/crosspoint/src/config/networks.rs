//! Proxies, as they are written in the file: addresses and networks.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::shape::FORMAT;
use super::units::{Unreadable, written};
use crate::proxies::Proxy;

/// A proxy, or a network of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Network(pub(crate) Proxy);

written!(
    Network,
    "network",
    r"^(unix|[0-9a-fA-F:.]+(/\d+)?)$",
    r#"an address such as "::1", a network such as "10.0.0.0/8" or "unix""#
);

impl FromStr for Network {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Network, Unreadable> {
        text.parse().map(Network).map_err(|_no_proxy| {
            let host = text.parse::<SocketAddr>().map(|address| address.ip());
            let hint: Cow<'static, str> = match host {
                Ok(host) => format!(r#"without the port: "{host}""#).into(),
                Err(_) if text == "localhost" => r#"write "127.0.0.1", or "::1""#.into(),
                Err(_) => "names are not looked up: write the address".into(),
            };
            Network::unreadable(Some(hint))
        })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
