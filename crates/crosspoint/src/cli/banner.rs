//! What `crosspoint serve` prints when it is ready: where clients connect, and what to try first.

use std::path::Path;

use crosspoint_proto::auth::AuthMethod;
use crosspoint_router::authorization::Permitted;
use crosspoint_router::router::RealmSettings;

use crate::config::file::DEFAULT_REALM;
use crate::config::settings::Settings;
use crate::place::Place;
use crate::server::{DEFAULT_ADDRESS, ListenerSettings, WEBSOCKET_PATHS};

/// What there is to say of a router that is ready.
pub(super) struct Banner<'b> {
    pub(super) settings: &'b Settings,
    /// Where its listeners listen, in their order.
    pub(super) places: &'b [Place],
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
        let (places, invitation) = (self.places(), self.invitation(&program));
        let reload = match self.file {
            Some(_) => format!("'{program} reload {}' reads the file again; ", std::process::id()),
            None => String::new(),
        };
        format!(
            "Crosspoint {version}, a WAMP router

{places}

{said}: {invitation}

{reload}Ctrl-C ends it."
        )
    }

    /// Who may do what, and what to try first: in the realm where the commands go that name none.
    fn invitation(&self, program: &str) -> String {
        let listeners = &self.settings.server.listeners;
        let is_direct = listeners.iter().all(|listener| listener.proxies.is_empty());
        let local = is_direct && self.places.iter().all(Place::is_local);
        let reach = if local { "on this machine" } else { "who can connect" };
        let first = self.settings.server.realms.first();
        let what = match first.map(|realm| &realm.permitted) {
            Some(Permitted::ByRole(_)) => "what its roles allow",
            Some(Permitted::NothingAgainstOthers) => "anything but end others' sessions",
            Some(Permitted::Everything) | None => "anything",
        };
        let is_open = |realm: &RealmSettings| realm.authentication.takes(AuthMethod::Anonymous);
        if !first.is_some_and(is_open) {
            return format!("whoever proves to be somebody it knows may do {what}.");
        }
        let options = self.client_options();
        format!(
            "anybody {reach} may do {what}.
In a second terminal, provide a procedure; in a third one, call it:

  {program} register{options} com.example.date -- date
  {program} call{options} com.example.date"
        )
    }

    /// Each URL and each realm, with what it is.
    fn places(&self) -> String {
        let mut lines = Vec::new();
        let several = self.settings.server.listeners.len() > 1;
        for (listener, place) in self.listeners() {
            for (index, (label, url)) in urls(listener, place).into_iter().enumerate() {
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

    fn listeners(&self) -> impl Iterator<Item = (&ListenerSettings, &Place)> {
        self.settings.server.listeners.iter().zip(self.places)
    }

    /// What a client on this machine has to say to come here, where it is not the default.
    fn client_options(&self) -> String {
        let default = format!("ws://{DEFAULT_ADDRESS}{}", WEBSOCKET_PATHS[0]);
        let urls = self.listeners().flat_map(|(listener, place)| urls(listener, place));
        let url = urls.map(|(_, url)| url).next().filter(|url| *url != default);
        let realm = self.settings.server.realms.first().map(|realm| &realm.name);
        let realm = realm.filter(|realm| *realm != DEFAULT_REALM);
        let url = url.map(|url| format!(" --url {url}"));
        url.into_iter().chain(realm.map(|realm| format!(" --realm {realm}"))).collect()
    }
}

/// What there is at a listener, the best first.
fn urls(listener: &ListenerSettings, place: &Place) -> Vec<(&'static str, String)> {
    let tls = if listener.tls.is_some() { "s" } else { "" };
    let path = listener.paths.first().filter(|_| listener.websocket);
    let rawsocket = listener.rawsocket.then(|| ("RawSocket", format!("rs{tls}://{place}")));
    let (websocket, browser) = match (path, place) {
        // Its URL has no room for another path than this.
        (Some(_), Place::Unix { .. }) if listener.paths.iter().any(|path| path == "/") => {
            (Some(("WebSocket", format!("ws{tls}://{place}"))), None)
        }
        (Some(path), Place::Tcp(_)) => (
            Some(("WebSocket", format!("ws{tls}://{place}{path}"))),
            Some(("browser", format!("http{tls}://{place}/"))),
        ),
        _ => (None, None),
    };
    [websocket, rawsocket, browser].into_iter().flatten().collect()
}
