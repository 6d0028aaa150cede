//! Where a transport of theirs listens: an address or a Unix socket, and TLS.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::draft::Draft;
use super::item::Item;
use super::report::Report;
use crate::config::environment::variable_for;
use crate::config::file::{ClientCertificates, Listener, Tls};
use crate::config::tree::{Path, Step};
use crate::config::units::{Address, Patience};

/// What is to be said of a place when its listener has a name.
#[derive(Debug)]
pub(super) struct Spot {
    /// Where the endpoint stands in their file.
    pub(super) theirs: String,
    notes: Vec<(Kind, String, &'static [&'static str], String)>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Taken,
    Changed,
    Missing,
    /// The port is in this variable.
    Variable,
}

/// A port that is not said.
const PORT: u16 = 8080;

const ADDRESS: &[&str] = &["address"];

impl Spot {
    fn note(
        &mut self,
        kind: Kind,
        theirs: String,
        setting: &'static [&'static str],
        what: impl Into<String>,
    ) {
        self.notes.push((kind, theirs, setting, what.into()));
    }

    /// Of each of these that is written.
    fn note_taken(&mut self, item: &Item, names: &[&str], setting: &'static [&'static str]) {
        for name in names.iter().filter(|name| item.has(name)) {
            self.note(Kind::Taken, item.place(name), setting, "");
        }
    }

    /// The port is not known.
    pub(super) fn is_free(&self) -> bool {
        self.notes.iter().any(|(kind, ..)| matches!(kind, Kind::Variable))
    }

    /// Says it of a listener.
    pub(super) fn report(self, listener: &Path, report: &mut Report) {
        for (kind, theirs, setting, what) in self.notes {
            let path = setting.iter().fold(listener.clone(), |path, name| path.name(name));
            match kind {
                Kind::Taken => report.taken(theirs, &path),
                Kind::Changed => report.changed(theirs, &path, what),
                Kind::Missing => report.missing_at(theirs, &path, what),
                Kind::Variable => {
                    let names = path.0.iter().filter_map(|step| match step {
                        Step::Name(name) => Some(name.as_str()),
                        Step::Item(_) => None,
                    });
                    let variable = variable_for(names);
                    let what = format!(
                        "the port was in the variable {what}, and is not known here: set {variable}, to \
                         the address and the port"
                    );
                    report.open(theirs, &path, what);
                }
            }
        }
    }
}

/// Takes up where it listens; `None` if that cannot be.
pub(super) fn take(mut item: Item, listener: &mut Listener, draft: &mut Draft) -> Option<Spot> {
    let mut spot = Spot { theirs: item.path().to_owned(), notes: Vec::new() };
    let report = &mut draft.report;
    let is_unix = item.entries().get("type").is_some_and(|kind| kind.as_str() == Some("unix"));
    spot.note_taken(&item, &["type"], if is_unix { &["unix"] } else { &["address"] });
    match item.text("type", report).as_deref() {
        Some("unix") => {
            let Some(path) = item.text("path", report) else {
                report.missing(item.path(), "it is not said which socket");
                return None;
            };
            listener.unix = Some(draft.folders.resolve(&path));
            let how = "only the router's own user may connect; see unix_mode";
            spot.note(Kind::Changed, item.place("path"), &["unix"], how);
        }
        Some("tcp") | None => take_address(&mut item, listener, &mut spot, report)?,
        Some(kind) => {
            report.missing(item.path(), format!("there is no endpoint of the type {kind}"));
            return None;
        }
    }
    // What was meant for TLS is not spoken without: then nobody listens there.
    if item.has("tls") {
        let tls = item.item("tls", report)?;
        take_tls(tls, listener, &mut spot, draft)?;
    }
    finish(item, listener, &mut spot, &mut draft.report);
    Some(spot)
}

fn take_address(
    item: &mut Item,
    listener: &mut Listener,
    spot: &mut Spot,
    report: &mut Report,
) -> Option<()> {
    if item.has("portrange") {
        let why = "a range of ports: one listener has one port, and needs no more";
        report.missing(item.place("portrange"), why);
        return None;
    }
    let host = take_interface(item, spot, report);
    let place = item.place("port");
    let Some(port) = item.take("port") else {
        report.missing(item.path(), "it is not said at which port");
        return None;
    };
    let port = match port {
        serde_json::Value::String(text) => {
            let name = text.trim_start_matches(['$', '{']).trim_end_matches('}');
            spot.note(Kind::Variable, place, ADDRESS, name);
            PORT
        }
        value => {
            let Some(Ok(port)) = value.as_u64().map(u16::try_from) else {
                report.missing(place, "this is no port");
                return None;
            };
            spot.note(Kind::Taken, place, ADDRESS, "");
            port
        }
    };
    listener.address = Address(SocketAddr::new(host, port));
    Some(())
}

/// All of them, if nobody says.
fn take_interface(item: &mut Item, spot: &mut Spot, report: &mut Report) -> IpAddr {
    spot.note_taken(item, &["version"], ADDRESS);
    let is_6 = item.number("version", report) == Some(6);
    let place = item.place("interface");
    let Some(interface) = item.text("interface", report) else {
        return if is_6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
    };
    let address = match interface.parse() {
        Ok(address) => address,
        Err(_) if interface == "localhost" && is_6 => Ipv6Addr::LOCALHOST.into(),
        Err(_) if interface == "localhost" => Ipv4Addr::LOCALHOST.into(),
        Err(_) => {
            let how =
                format!("the interface {interface} is no IP address, so it is this machine only");
            spot.note(Kind::Changed, place, ADDRESS, how);
            return Ipv4Addr::LOCALHOST.into();
        }
    };
    spot.note(Kind::Taken, place, ADDRESS, "");
    address
}

fn take_tls(
    mut item: Item,
    listener: &mut Listener,
    spot: &mut Spot,
    draft: &mut Draft,
) -> Option<()> {
    let Draft { report, folders, .. } = draft;
    spot.note_taken(&item, &["certificate"], &["tls", "certificate"]);
    spot.note_taken(&item, &["key"], &["tls", "key"]);
    let mut file = |name| item.text(name, report).map(|path| folders.resolve(&path));
    let (certificate, key) = (file("certificate"), file("key"));
    if certificate.is_none() || key.is_none() {
        let why = "TLS needs a certificate and a key, and nobody listens here without";
        report.missing(item.path(), why);
        return None;
    }
    listener.tls = Tls { certificate, key, ..Tls::default() };
    if !item.texts("chain_certificates", report).is_empty() {
        let how = "the certificates in between have to be in the file of the router's own, behind it: put \
                   chain_certificates there";
        spot.note(Kind::Changed, item.place("chain_certificates"), &["tls"], how);
    }
    spot.note_taken(&item, &["ca_certificates"], &["tls", "client_ca"]);
    let authorities = item.texts("ca_certificates", report);
    if let Some(authority) = authorities.first() {
        listener.tls.client_ca = Some(folders.resolve(authority));
        listener.tls.client_certificates = ClientCertificates::Required;
    }
    if authorities.len() > 1 {
        let how = "those who sign clients' certificates are one file, client_ca: put all of ca_certificates into it";
        spot.note(Kind::Changed, item.place("ca_certificates"), &["tls"], how);
    }
    let keys = "keys are agreed on by elliptic curves, which need no parameters";
    item.skip(&[("dhparam", keys)], report);
    if item.take("ciphers").is_some() {
        let why = "ciphers cannot be chosen: all that are there are good";
        spot.note(Kind::Missing, item.place("ciphers"), &["tls"], why);
    }
    item.finish(report);
    Some(())
}

fn finish(mut item: Item, listener: &mut Listener, spot: &mut Spot, report: &mut Report) {
    spot.note_taken(&item, &["user_timeout"], &["dead_peer_timeout"]);
    spot.note_taken(&item, &["max_connections"], &["connections_max"]);
    if let Some(milliseconds) = item.number("user_timeout", report) {
        let timeout = Patience::from_secs(milliseconds.div_ceil(1000));
        listener.dead_peer_timeout = timeout.unwrap_or(Patience(None));
    }
    if let Some(connections) = item.number("max_connections", report) {
        let connections = u32::try_from(connections).unwrap_or(u32::MAX);
        listener.connections_max = connections.max(1);
    }
    item.skip(
        &[
            ("backlog", "how many connections wait to be accepted is settled"),
            ("shared", "one process uses all cores, and shares its ports with no other"),
        ],
        report,
    );
    item.finish(report);
}
