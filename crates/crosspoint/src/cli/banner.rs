//! What `crosspoint serve` prints when it is ready: where clients connect, and what to try first.

use std::net::SocketAddr;
use std::path::Path;

use crate::config::file::DEFAULT_REALM;
use crate::config::settings::Settings;
use crate::server::{DEFAULT_ADDRESS, ListenerSettings, WEBSOCKET_PATHS};

/// What there is to say of a router that is ready.
pub(super) struct Banner<'b> {
    pub(super) settings: &'b Settings,
    /// Where its listeners listen, in their order.
    pub(super) addresses: &'b [SocketAddr],
    pub(super) file: Option<&'b Path>,
}

impl Banner<'_> {
    pub(super) fn to_text(&self) -> String {
        let version = env!("CARGO_PKG_VERSION");
        // As it was called, so that the commands below can be pasted.
        let program = std::env::args().next().unwrap_or_else(|| "crosspoint".to_owned());
        let said = match self.file {
            Some(file) => format!("As {} says", file.display()),
            None => "This is the development default".to_owned(),
        };
        let is_loopback = |address: &SocketAddr| address.ip().is_loopback();
        let local = self.addresses.iter().all(is_loopback);
        let reach = if local { "on this machine" } else { "who can connect" };
        let (places, options) = (self.places(), self.client_options());
        let reload = match self.file {
            Some(_) => format!("'{program} reload {}' reads the file again; ", std::process::id()),
            None => String::new(),
        };
        format!(
            "Crosspoint {version}, a WAMP router

{places}

{said}: anybody {reach} may do anything.
In a second terminal, provide a procedure; in a third one, call it:

  {program} register{options} com.example.date -- date
  {program} call{options} com.example.date

{reload}Ctrl-C ends it."
        )
    }

    /// Each URL and each realm, with what it is.
    fn places(&self) -> String {
        let mut lines = Vec::new();
        let several = self.settings.server.listeners.len() > 1;
        for (listener, address) in self.listeners() {
            for (index, (label, url)) in urls(listener, address).into_iter().enumerate() {
                let label = match index {
                    _ if !several => label,
                    0 => &listener.name,
                    _ => "",
                };
                lines.push(format!("  {label:9}  {url}"));
            }
        }
        let realms = self.settings.server.realms.iter().map(|realm| realm.name.as_str());
        let realms: Vec<&str> = realms.collect();
        let noun = if realms.len() == 1 { "realm" } else { "realms" };
        lines.push(format!("  {noun:9}  {}", realms.join(", ")));
        lines.join("\n")
    }

    fn listeners(&self) -> impl Iterator<Item = (&ListenerSettings, SocketAddr)> {
        self.settings.server.listeners.iter().zip(self.addresses.iter().copied())
    }

    /// What a client on this machine has to say to come here, where it is not the default.
    fn client_options(&self) -> String {
        let default = format!("ws://{DEFAULT_ADDRESS}{}", WEBSOCKET_PATHS[0]);
        let urls = self.listeners().flat_map(|(listener, address)| urls(listener, address));
        let url = urls.map(|(_, url)| url).next().filter(|url| *url != default);
        let realm = self.settings.server.realms.first().map(|realm| &realm.name);
        let realm = realm.filter(|realm| *realm != DEFAULT_REALM);
        let url = url.map(|url| format!(" --url {url}"));
        url.into_iter().chain(realm.map(|realm| format!(" --realm {realm}"))).collect()
    }
}

/// What there is at a listener, the best first.
fn urls(listener: &ListenerSettings, address: SocketAddr) -> Vec<(&'static str, String)> {
    let path = listener.paths.first().filter(|_| listener.websocket);
    let websocket = path.map(|path| ("WebSocket", format!("ws://{address}{path}")));
    let rawsocket = listener.rawsocket.then(|| ("RawSocket", format!("rs://{address}")));
    let browser = path.map(|_| ("browser", format!("http://{address}/")));
    [websocket, rawsocket, browser].into_iter().flatten().collect()
}
