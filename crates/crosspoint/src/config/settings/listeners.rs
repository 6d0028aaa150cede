//! What the file means by its listeners, and what is wrong with them.

use std::os::unix::net::SocketAddr;
use std::path::{self, Path as FilePath, PathBuf};

use crosspoint_proto::framing::rawsocket::LengthLimit;
use crosspoint_transport::tls::server::Acceptor;

use super::super::file::{Listener, Transport};
use super::super::networks::Network;
use super::super::problem::Problem;
use super::super::sites::Site;
use super::super::tree::Path;
use super::super::units::Octets;
use super::{Check, size};
use crate::cookies::{COOKIE_LIFETIME_MAX, CookieSettings, is_cookie_name};
use crate::liveness::Liveness;
use crate::origins::Origin;
use crate::place::Place;
use crate::proxies::Proxy;
use crate::server::ListenerSettings;
use crate::throttle::MessageRate;

impl Check<'_> {
    pub(super) fn listeners(&mut self) -> Vec<ListenerSettings> {
        let listeners = &self.file.listeners;
        if listeners.is_empty() && self.is_whole {
            let problem = Problem::new("there is no listener, so nobody could connect");
            let hint = "leave [listeners] out to have one, or describe one in [listeners.main]";
            self.report(&Path::of(&["listeners"]), problem.hint(hint));
        }
        let mut settings = Vec::new();
        for (index, (name, listener)) in listeners.iter().enumerate() {
            let path = Path::of(&["listeners", name]);
            self.check_exposure(&path, listener);
            self.check_length(&path, listener.message_octets_max);
            self.check_address(&path, listener, listeners.iter().take(index));
            self.check_unix(&path, listener, listeners.iter().take(index));
            self.check_proxies(&path, listener);
            self.check_rate(&path, listener);
            self.check_cookie(&path, listener);
            let place = match &listener.unix {
                Some(unix) => Place::Unix {
                    path: self.resolve(&path.name("unix"), unix),
                    mode: listener.unix_mode.0,
                },
                None => Place::Tcp(listener.address.0),
            };
            let tls = self.tls(&path.name("tls"), &listener.tls);
            settings.push(settings_of_listener(name, listener, place, tls));
        }
        settings
    }

    /// A listener has one place, and no two have the same.
    fn check_unix<'l>(
        &mut self,
        path: &Path,
        listener: &Listener,
        mut earlier: impl Iterator<Item = (&'l String, &'l Listener)>,
    ) {
        let Some(unix) = &listener.unix else { return };
        let place = path.name("unix");
        let is_written = |name| self.document.is_written(&path.name(name));
        if is_written("address") && is_written("unix") {
            let problem = Problem::new("a listener has an address or a Unix socket, not both");
            let hint = "leave one of them out, or describe another listener";
            self.report(&place, problem.hint(hint));
        }
        let file = self.resolve(&place, unix);
        if unix.as_os_str().is_empty() {
            self.report(&place, Problem::new("the socket has no name").hint("name a file"));
        } else if SocketAddr::from_pathname(&file).is_err() {
            let what = format!("{} is too long for the path of a socket", file.display());
            self.report(&place, Problem::new(what).hint("put it where its path is shorter"));
        }
        let socket = without_detours(&file);
        let taken = earlier.find(|(name, other)| {
            let place = Path::of(&["listeners", name, "unix"]);
            let file = other.unix.as_ref().map(|unix| self.resolve(&place, unix));
            file.is_some_and(|file| without_detours(&file) == socket)
        });
        if let Some((other, _)) = taken {
            let other = Path::of(&["listeners", other]);
            let what = format!("{} is taken by {other}", unix.display());
            self.report(&place, Problem::new(what).hint("give each listener a socket of its own"));
        }
    }

    /// No two listeners can have one port, unless the system chooses it.
    fn check_address<'l>(
        &mut self,
        path: &Path,
        listener: &Listener,
        mut earlier: impl Iterator<Item = (&'l String, &'l Listener)>,
    ) {
        let address = listener.address;
        if listener.unix.is_some() {
            return;
        }
        let taken = earlier.find(|(_, other)| other.unix.is_none() && address.meets(other.address));
        if let Some((other, _)) = taken.filter(|_| self.is_whole && address.0.port() != 0) {
            let what = format!("{address} is taken by {}", Path::of(&["listeners", other]));
            let problem = Problem::new(what).hint("give each listener a port of its own");
            self.report(&path.name("address"), problem);
        }
    }

    /// Proxies come by the way that there is, and somebody has to speak their protocol.
    fn check_proxies(&mut self, path: &Path, listener: &Listener) {
        if listener.proxy_protocol && listener.proxies.is_empty() && self.is_whole {
            let what = "nobody may speak the PROXY protocol here, so nobody could connect";
            let hint = r#"say who the proxies are: proxies = ["10.0.0.1"]"#;
            self.report(&path.name("proxy_protocol"), Problem::new(what).hint(hint));
        }
        let is_unix = listener.unix.is_some();
        let through_socket =
            listener.proxies.iter().position(|network| network.0 == Proxy::UnixSocket);
        let (path, what, hint) = match (through_socket, is_unix) {
            (Some(index), false) => (
                path.name("proxies").item(index),
                "nobody connects through a Unix socket here",
                "write the address of the proxy, or its network",
            ),
            // Other proxies may stand in front of the one that connects.
            (None, true) if !listener.proxies.is_empty() => (
                path.name("proxies"),
                "none of these connects through a Unix socket",
                r#"add "unix", which is whoever may connect there"#,
            ),
            _ => return,
        };
        self.report(&path, Problem::new(what).hint(hint));
    }

    fn check_rate(&mut self, path: &Path, listener: &Listener) {
        if listener.messages_burst.is_some() && listener.messages_per_second.is_none() {
            let problem = Problem::new("any number of messages may come at once, at any time");
            let hint = "say messages_per_second, too, or leave this out";
            self.report(&path.name("messages_burst"), problem.hint(hint));
        }
    }

    fn check_cookie(&mut self, path: &Path, listener: &Listener) {
        let Some(cookie) = &listener.cookie else { return };
        let path = path.name("cookie");
        let name = cookie.name.as_deref().unwrap_or("crosspoint");
        if !is_cookie_name(name) {
            let problem = Problem::new(format!("'{name}' cannot be the name of a cookie"));
            let hint = "use letters, digits, '_', '.' and '-'";
            self.report(&path.name("name"), problem.hint(hint));
        }
        let seconds = cookie.lifetime.0.as_secs();
        if seconds == 0 || cookie.lifetime.0 > COOKIE_LIFETIME_MAX {
            let problem = Problem::new(format!("a cookie cannot be for {}", cookie.lifetime));
            self.report(&path.name("lifetime"), problem.label("1 s to 400 d is expected"));
        }
        if self.is_whole && !listener.transports.contains(&Transport::WebSocket) {
            let problem = Problem::new("no browser can connect here: websocket is not spoken");
            self.report(&path, problem.hint("add it to the transports, or leave this out"));
        }
    }

    fn check_length(&mut self, path: &Path, length: Octets) {
        let (least, most) = (LengthLimit::MIN.octets(), LengthLimit::MAX.octets());
        if !(least..=most).contains(&length.to_usize()) {
            let path = path.name("message_octets_max");
            let problem = Problem::new(format!("{path} cannot be {length}"));
            let expected = format!("{} to {} is expected", Octets::from(least), Octets::from(most));
            self.report(&path, problem.label(expected));
        }
    }
}

/// The file of a socket by the one path that leads there over no links, `.` or `..`. The socket itself need not be there,
/// nor its folder.
fn without_detours(file: &FilePath) -> PathBuf {
    let file = path::absolute(file).unwrap_or_else(|_| file.to_owned());
    match (file.parent().map(FilePath::canonicalize), file.file_name()) {
        (Some(Ok(folder)), Some(name)) => folder.join(name),
        _ => file,
    }
}

fn message_rate(listener: &Listener) -> Option<MessageRate> {
    let per_second = listener.messages_per_second?;
    Some(MessageRate { per_second, burst: listener.messages_burst.unwrap_or(per_second) })
}

fn origins(sites: &[Site]) -> Vec<Origin> {
    sites.iter().map(|Site(origin)| origin.clone()).collect()
}

fn settings_of_listener(
    name: &str,
    listener: &Listener,
    place: Place,
    tls: Option<Acceptor>,
) -> ListenerSettings {
    ListenerSettings {
        name: name.to_owned(),
        place,
        tls,
        websocket: listener.transports.contains(&Transport::WebSocket),
        rawsocket: listener.transports.contains(&Transport::RawSocket),
        serializers: listener.serializers.iter().map(|&it| it.into()).collect(),
        paths: listener.paths.iter().map(|path| path.0.clone()).collect(),
        proxies: listener.proxies.iter().map(|&Network(proxy)| proxy).collect(),
        proxy_protocol: listener.proxy_protocol,
        origins: listener.origins.as_deref().map(origins),
        cookie: listener.cookie.as_ref().map(|cookie| CookieSettings {
            name: cookie.name.clone(),
            lifetime: cookie.lifetime.0,
        }),
        message_octets_max: listener.message_octets_max.to_usize(),
        connections_max: size(listener.connections_max),
        handshakes_max: size(listener.handshakes_max),
        handshakes_per_address_max: listener.handshakes_per_address_max.map(size),
        connections_per_address_max: size(listener.connections_per_address_max),
        message_rate: message_rate(listener),
        liveness: Liveness {
            ping_interval: listener.ping_interval.0,
            dead_peer_timeout: listener.dead_peer_timeout.0,
        },
    }
}
