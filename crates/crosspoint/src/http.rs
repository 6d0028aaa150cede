//! What the port answers to HTTP: a page for people, `/healthz` for machines, and the upgrade to
//! WebSocket.

use std::path::absolute;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use crosspoint_proto::framing::websocket::handshake::Subprotocol;
use crosspoint_router::authentication::Cookie;
use crosspoint_router::router::Router;
use crosspoint_transport::channel::Channel;
use crosspoint_transport::websocket;
use http::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, SEC_WEBSOCKET_VERSION,
    SET_COOKIE, UPGRADE,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use tracing::debug;

use crate::clock;
use crate::config::problem::one_of;
use crate::cookies::{Cookies, OfConnection};
use crate::entrance::Entrance;
use crate::origins::Origins;
use crate::place::Place;
use crate::refusals::Refusals;
use crate::server::ListenerSettings;

/// The landing page.
const LANDING: &str = include_str!("landing.html");

/// What stands there where there are no WebSockets.
const NO_WEBSOCKET: &str = "a WAMP router, which speaks RawSocket here, and no WebSocket\n";

/// What a page is told whose origin is not among those that are listed.
const ORIGIN_REFUSED: &str = "pages of this origin may not connect here\n\
     hint: those that may are the origins of the listener, in the router's configuration\n";

/// What a page from elsewhere is told where none are listed.
const PAGES_OF_THIS_MACHINE: &str = "this router is for pages from this machine only\n\
     hint: serve the page from http://localhost, or say origins in the listener's configuration\n";

/// What a listener answers to HTTP requests.
#[derive(Clone, Debug)]
pub(crate) struct Pages {
    websocket: websocket::Settings,
    /// The paths at which WebSockets are accepted; none where they are not.
    paths: Vec<String>,
    /// It knows whose pages may open a WebSocket.
    entrance: Arc<Entrance>,
    refusals: Arc<Refusals>,
    /// What people get, where there are WebSockets.
    landing: Option<Bytes>,
    /// By which browsers are told apart, if they are.
    cookies: Option<Cookies>,
}

/// The answer to one request.
pub(crate) enum Answer {
    Page(Response<Full<Bytes>>),
    /// The upgrade is agreed to; the channel is there when the response has been sent.
    WebSocket(Response<Full<Bytes>>, Upgrade, Brought),
}

/// What a request for a WebSocket has brought along by which its client may be known.
#[derive(Default)]
pub(crate) struct Brought {
    /// Its browser's cookie, if it has one that counts.
    pub(crate) cookie: Option<Cookie>,
    /// Its token.
    pub(crate) token: Option<Box<str>>,
}

/// A channel to come.
pub(crate) type Upgrade = Pin<Box<dyn Future<Output = Result<Channel, hyper::Error>> + Send>>;

impl Pages {
    /// Pages that name this realm, for a listener with these settings, at this place.
    pub(crate) fn new(
        place: &Place,
        settings: &ListenerSettings,
        realm: &str,
        entrance: Arc<Entrance>,
        refusals: Arc<Refusals>,
    ) -> Pages {
        let ListenerSettings { message_octets_max, ref serializers, .. } = *settings;
        let is_taken = |it: &Subprotocol| serializers.contains(&it.serializer);
        let subprotocols = Subprotocol::ALL.into_iter().filter(is_taken).collect();
        let mut paths = if settings.websocket { settings.paths.clone() } else { Vec::new() };
        let landing = paths
            .first()
            .map(|path| Bytes::from(LANDING.replace("/PATH", path).replace("REALM", realm)));
        // autobahn-python's ws://unix:/path asks for the path of the socket.
        if let (Place::Unix { path, .. }, true) = (place, settings.websocket) {
            paths.extend(absolute(path).ok().and_then(|path| path.to_str().map(str::to_owned)));
        }
        Pages {
            websocket: websocket::Settings { subprotocols, message_octets_max, deflate: true },
            paths,
            entrance,
            refusals,
            landing,
            cookies: settings.cookie.as_ref().map(|it| Cookies::new(it, settings.tls.is_some())),
        }
    }

    /// The router knows which cookies are known.
    pub(crate) fn answer<B: 'static>(&self, request: &mut Request<B>, router: &Router) -> Answer {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Answer::Page(only("GET, HEAD"));
        }
        let path = request.uri().path().to_owned();
        let is_page = matches!(path.as_str(), "/" | "/healthz");
        if self.paths.contains(&path) && (!is_page || wants_websocket(request)) {
            // RFC 6455, section 4.1.
            let is_asked = *request.method() == Method::GET;
            return if is_asked {
                self.upgrade(request, router)
            } else {
                Answer::Page(only("GET"))
            };
        }
        Answer::Page(match path.as_str() {
            "/healthz" => text(StatusCode::OK, "ok\n"),
            "/" => match &self.landing {
                Some(landing) => page(StatusCode::OK, "text/html; charset=utf-8", landing.clone()),
                None => text(StatusCode::OK, NO_WEBSOCKET),
            },
            _ => text(StatusCode::NOT_FOUND, self.not_found()),
        })
    }

    fn not_found(&self) -> String {
        match self.paths.first() {
            Some(path) => format!("nothing here; WebSocket clients connect to {path}\n"),
            None => NO_WEBSOCKET.to_owned(),
        }
    }

    /// What the browser is known by, if its page may make use of that.
    fn cookie(
        &self,
        headers: &HeaderMap,
        origins: &Origins,
        router: &Router,
    ) -> Option<OfConnection> {
        let cookies = self.cookies.as_ref()?;
        let is_known = |digest: &_| router.knows_cookie(digest, clock::now());
        origins.are_own(headers, cookies.secure).then(|| cookies.of(headers, is_known))
    }

    fn upgrade<B: 'static>(&self, request: &mut Request<B>, router: &Router) -> Answer {
        let origins = self.entrance.origins();
        if let Err(origin) = origins.judge(request.headers()) {
            debug!(%origin, "a page of an origin that is not allowed");
            self.refusals.origins_refused.add(1);
            let why = match *origins {
                Origins::OfThisMachine => PAGES_OF_THIS_MACHINE,
                _ => ORIGIN_REFUSED,
            };
            return Answer::Page(text(StatusCode::FORBIDDEN, why));
        }
        match websocket::accept(request, &self.websocket) {
            Ok((response, channel)) => {
                let mut response = response.map(|()| Full::default());
                let cookie = self.cookie(request.headers(), &origins, router);
                if let Some(header) = cookie.as_ref().and_then(|it| it.header.clone()) {
                    response.headers_mut().insert(SET_COOKIE, header);
                }
                let token = bearer_token(request.headers());
                let brought = Brought { cookie: cookie.map(|it| it.cookie), token };
                Answer::WebSocket(response, Box::pin(channel), brought)
            }
            Err(error) => {
                let status = StatusCode::from_u16(error.status());
                let unbatched = self.websocket.subprotocols.iter().filter(|it| !it.batched);
                let offer = one_of(unbatched.map(|it| it.name()));
                let hint = format!("hint: connect with a WAMP client, offering {offer}");
                let mut response =
                    text(status.unwrap_or(StatusCode::BAD_REQUEST), format!("{error}\n{hint}\n"));
                let headers = response.headers_mut();
                headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
                headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
                Answer::Page(response)
            }
        }
    }
}

/// The answer to somebody from whose address too many connections come, as a proxy says.
pub(crate) fn crowded() -> Response<Full<Bytes>> {
    let why = "too many connections come from your address\nhint: close some, or try again later\n";
    text(StatusCode::TOO_MANY_REQUESTS, why)
}

/// What a request has as `Authorization: Bearer`: RFC 6750, section 2.1.
fn bearer_token(headers: &HeaderMap) -> Option<Box<str>> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().into())
}

/// Other upgrades (HTTP/2) are offers that a server may pass over.
fn wants_websocket<B>(request: &Request<B>) -> bool {
    let upgrades = request.headers().get_all(UPGRADE).iter();
    upgrades
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|protocol| protocol.trim().eq_ignore_ascii_case("websocket"))
}

/// The answer to a request by another method than these.
fn only(methods: &'static str) -> Response<Full<Bytes>> {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "only GET is answered here\n");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    response
}

fn text(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    page(status, "text/plain; charset=utf-8", body)
}

fn page(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // One page a connection. Said here and not to hyper, which would say it in upgrades, too.
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
