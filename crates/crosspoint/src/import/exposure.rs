//! What only this machine should reach, until somebody has decided otherwise.
//!
//! Theirs listens to the whole network unless it is told not to. Where anybody may do anything in a realm, ours
//! listens on loopback instead, and says what to do about it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::draft::{Draft, path_of_listener};
use crate::config::file::DEFAULT_REALM;
use crate::config::tree::key;
use crate::config::units::Address;

pub(super) fn settle(draft: &mut Draft) {
    if draft.file.listeners.is_empty() {
        let what = "there is no transport that speaks WAMP, so the router listens where it does without a \
                    file: 127.0.0.1:8080";
        draft.report.lacking("workers", None, what);
    }
    let Some(realm) = open_realm(draft) else { return };
    let listeners = draft.file.listeners.iter().filter(|(_, listener)| listener.unix.is_none());
    let addresses: Vec<_> = listeners.map(|(name, it)| (name.clone(), it.address)).collect();
    for (name, address) in addresses.into_iter().filter(|(_, it)| !it.0.ip().is_loopback()) {
        let loopback = match address.0.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        };
        let here = draft.free_address(Address(SocketAddr::new(loopback, address.0.port())));
        let path = path_of_listener(&name);
        if let Some(listener) = draft.file.listeners.get_mut(&name) {
            listener.address = here;
        }
        let what = format!(
            "it was {address}, where anybody whom the network lets through may do anything in {realm}; if \
             that is meant, say address = \"{address}\" and open_to_network = true, else say in \
             [realms.{}] who may do what",
            key(&realm)
        );
        draft.report.open(path.as_table(), &path.name("address"), what);
    }
}

/// A realm in which anybody may do anything. That is the one which a router has if there is no other, too.
fn open_realm(draft: &Draft) -> Option<String> {
    let realms = &draft.file.realms;
    if realms.is_empty() {
        return Some(DEFAULT_REALM.to_owned());
    }
    realms.iter().find(|(_, realm)| realm.is_open()).map(|(name, _)| name.clone())
}
