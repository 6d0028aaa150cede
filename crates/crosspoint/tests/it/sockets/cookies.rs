//! Cookies: browsers that are known again.
//!
//! Alice has a ticket. What a browser does is done by hand: it keeps what it is given, and sends it back.

use std::time::Duration;

use crosspoint::cookies::CookieSettings;
use crosspoint::server::{ListenerSettings, Server};
use crosspoint_proto::auth::AuthMethod;
use crosspoint_proto::auth::ticket::Ticket;
use crosspoint_router::authentication::{Authentication, Credentials, Principal, Principals};
use crosspoint_router::limits::Limits;
use crosspoint_router::router::RealmSettings;
use tokio::time::{advance, pause, resume};

use super::client::{Client, GOODBYE_AND_OUT, Transport};
use super::response::Response;
use super::upgrade::{JSON, request};
use super::wire::Wire;
use super::{ANY_PORT, any_socket, serve_realms};
use crate::certificates::common_acceptor;

const LIFETIME: Duration = Duration::from_hours(1);

/// The page that the listener's own host has, as the requests say it.
const OWN: &str = "http://localhost";

fn authentication(principals: Principals) -> Authentication {
    let methods = vec![AuthMethod::Cookie, AuthMethod::Ticket, AuthMethod::Anonymous];
    Authentication { methods, principals, ..Authentication::default() }
}

fn alice() -> Principals {
    let mut principals = Principals::default();
    let credentials = Credentials { ticket: Some(Ticket::new("sesame")), ..Credentials::default() };
    let (authid, role) = ("alice".to_owned(), "user".to_owned());
    principals.add(Principal { authid, role, credentials }).unwrap();
    principals
}

fn settings() -> ListenerSettings {
    let cookie = Some(CookieSettings { name: None, lifetime: LIFETIME });
    ListenerSettings { cookie, ..ListenerSettings::at(ANY_PORT) }
}

/// With listeners for each transport, and two realms.
async fn serve_at(listener: ListenerSettings) -> Server {
    let realms = ["realm1", "realm2"].map(|name| RealmSettings {
        authentication: authentication(alice()),
        ..RealmSettings::from(name)
    });
    let secure = ListenerSettings { tls: Some(common_acceptor()), ..listener.clone() };
    let unix = ListenerSettings { place: any_socket(), ..listener.clone() };
    serve_realms(vec![listener, secure, unix], realms.to_vec(), Limits::default()).await
}

async fn serve() -> Server {
    serve_at(settings()).await
}

/// Connects as a page of this origin, with this cookie; says what the browser is told to keep.
async fn open_over(
    mut wire: Wire,
    transport: Transport,
    origin: Option<&'static str>,
    cookie: Option<&str>,
) -> (Client, Option<String>) {
    let origin = origin.map(|origin| ("Origin", origin));
    let headers: Vec<_> = [JSON].into_iter().chain(origin).collect();
    let cookie = cookie.map(|cookie| format!("Cookie: {cookie}\r\n\r\n"));
    let mut request = request("/ws", &headers);
    if let Some(cookie) = cookie {
        request.truncate(request.len() - 2);
        request.push_str(&cookie);
    }
    wire.write(request.as_bytes()).await;
    let response = Response::before_frames(&mut wire).await;
    assert_eq!(response.status(), "101");
    let told = response.header("Set-Cookie").map(str::to_owned);
    (Client::after_handshake(wire, transport), told)
}

async fn open(
    server: &Server,
    origin: Option<&'static str>,
    cookie: Option<&str>,
) -> (Client, Option<String>) {
    let transport = Transport::WebSocket;
    open_over(transport.wire(server).await, transport, origin, cookie).await
}

/// `name=value` of what a browser is told.
fn kept(told: Option<String>) -> String {
    told.unwrap().split(';').next().unwrap().to_owned()
}

/// Who it is, and how that is known.
async fn join(client: &mut Client, realm: &str, methods: &str) -> String {
    let hello = format!(
        r#"[1,"{realm}",{{"authid":"alice","authmethods":[{methods}],"roles":{{"caller":{{}}}}}}]"#
    );
    client.send(&hello).await;
    let mut answer = client.receive().await;
    if answer.starts_with("[4,") {
        client.send(r#"[5,"sesame",{}]"#).await;
        answer = client.receive().await;
    }
    let said = |name: &str| {
        let (_, rest) = answer.split_once(&format!(r#""{name}":""#)).expect(&answer);
        rest.split('"').next().unwrap().to_owned()
    };
    format!("{} by {}", said("authid"), said("authmethod"))
}

/// Who comes with this cookie, or as whom.
async fn who(server: &Server, origin: Option<&'static str>, cookie: &str) -> String {
    let (mut client, _) = open(server, origin, Some(cookie)).await;
    join(&mut client, "realm1", r#""cookie","anonymous""#).await
}

/// The cookie of a browser in which alice has proved who she is.
async fn logged_in(server: &Server) -> String {
    let (mut client, told) = open(server, Some(OWN), None).await;
    assert_eq!(join(&mut client, "realm1", r#""cookie","ticket""#).await, "alice by ticket");
    kept(told)
}

const ALICE: &str = "alice by cookie";
const NOBODY: &str = "anonymous by anonymous";

#[tokio::test]
async fn a_browser_is_given_a_cookie_and_keeps_it_when_it_is_known() {
    let server = serve().await;
    let (_, told) = open(&server, Some(OWN), None).await;
    let told = told.unwrap();
    let (pair, attributes) = told.split_once("; ").unwrap();
    let (name, value) = pair.split_once('=').unwrap();
    assert_eq!((name, value.len()), ("crosspoint", 64));
    assert_eq!(attributes, "Path=/; Max-Age=3600; HttpOnly; SameSite=Strict");
    // Nobody has been anybody with it yet.
    let (_, another) = open(&server, Some(OWN), Some(pair)).await;
    assert_ne!(kept(another), pair);
    let cookie = logged_in(&server).await;
    let (_, told) = open(&server, Some(OWN), Some(&cookie)).await;
    assert_eq!(told, None);
    let among_others = format!("theme=dark; {cookie}; x=y");
    let (_, told) = open(&server, Some(OWN), Some(&among_others)).await;
    assert_eq!(told, None);
}

#[tokio::test]
async fn over_tls_it_is_for_this_host_and_tls_alone() {
    let server = serve().await;
    let transport = Transport::WebSocketOverTls;
    for (origin, expected) in [("https://localhost", true), ("http://localhost", false)] {
        let wire = transport.wire(&server).await;
        let (_, told) = open_over(wire, transport, Some(origin), None).await;
        let is_so = told.is_some_and(|told| {
            told.starts_with("__Host-crosspoint=")
                && told.ends_with("; Path=/; Max-Age=3600; HttpOnly; SameSite=Strict; Secure")
        });
        assert_eq!(is_so, expected, "{origin}");
    }
}

/// TLS may be spoken in front of a proxy.
#[tokio::test]
async fn a_name_says_that_it_is_for_tls() {
    let name = Some("__Host-example".to_owned());
    let cookie = Some(CookieSettings { name, ..CookieSettings::default() });
    let server = serve_at(ListenerSettings { cookie, ..settings() }).await;
    let (_, told) = open(&server, Some("https://localhost"), None).await;
    let told = told.unwrap();
    assert!(told.starts_with("__Host-example=") && told.ends_with("; Secure"), "{told}");
    assert!(told.contains("Max-Age=604800;"), "{told}");
    assert_eq!(open(&server, Some(OWN), None).await.1, None);
}

#[tokio::test]
async fn who_has_joined_before_is_known_by_his_cookie() {
    let server = serve().await;
    let cookie = logged_in(&server).await;
    assert_eq!(who(&server, Some(OWN), &cookie).await, ALICE);
    // A program says of no page.
    assert_eq!(who(&server, None, &cookie).await, ALICE);
    let (mut client, _) = open(&server, Some(OWN), Some(&cookie)).await;
    assert_eq!(join(&mut client, "realm2", r#""cookie","anonymous""#).await, NOBODY);
}

#[tokio::test]
async fn a_forged_cookie_is_none() {
    let server = serve().await;
    let cookie = logged_in(&server).await;
    let (name, value) = cookie.split_once('=').unwrap();
    let last = if value.ends_with('0') { "1" } else { "0" };
    for forged in [
        format!("{name}={}{last}", &value[..63]),
        format!("{name}={}", &value[..62]),
        format!("{name}={}", "0".repeat(64)),
        format!("{name}="),
        format!("other={value}"),
        format!("{}={value}", name.to_uppercase()),
        // A browser has one: the other was put there.
        format!("{name}={}; {cookie}", "0".repeat(64)),
    ] {
        let (mut client, told) = open(&server, Some(OWN), Some(&forged)).await;
        assert_eq!(
            join(&mut client, "realm1", r#""cookie","anonymous""#).await,
            NOBODY,
            "{forged}"
        );
        assert!(told.is_some(), "{forged}");
    }
    assert_eq!(who(&server, Some(OWN), &cookie).await, ALICE);
}

/// A browser sends it with what every page wants.
#[tokio::test]
async fn a_page_from_elsewhere_does_not_ride_on_it() {
    let server = serve().await;
    let cookie = logged_in(&server).await;
    for elsewhere in ["http://localhost:3000", "https://localhost:8443", "http://127.0.0.1"] {
        let (mut client, told) = open(&server, Some(elsewhere), Some(&cookie)).await;
        let who = join(&mut client, "realm1", r#""cookie","anonymous""#).await;
        assert_eq!((who.as_str(), told), (NOBODY, None), "{elsewhere}");
    }
    // Nor is anybody remembered who comes from there.
    let (mut client, _) = open(&server, Some("http://localhost:3000"), None).await;
    assert_eq!(join(&mut client, "realm1", r#""cookie","ticket""#).await, "alice by ticket");
}

/// A pattern that every page fits names none.
#[tokio::test]
async fn pages_of_origins_that_are_named_may_use_it() {
    let origins = ["http://app.example.com", "*", "null"].map(|it| it.parse().unwrap());
    let origins = Some(origins.to_vec());
    let server = serve_at(ListenerSettings { origins, ..settings() }).await;
    let cookie = logged_in(&server).await;
    for (origin, expected) in [
        (OWN, ALICE),
        ("http://app.example.com", ALICE),
        ("http://evil.example.com", NOBODY),
        ("null", NOBODY),
    ] {
        assert_eq!(who(&server, Some(origin), &cookie).await, expected, "{origin}");
    }
}

#[tokio::test]
async fn who_logs_out_is_forgotten() {
    let server = serve().await;
    let cookie = logged_in(&server).await;
    for (reason, afterwards) in [("wamp.close.close_realm", ALICE), ("wamp.close.logout", NOBODY)] {
        let (mut client, _) = open(&server, Some(OWN), Some(&cookie)).await;
        assert_eq!(join(&mut client, "realm1", r#""cookie""#).await, ALICE);
        client.send(&format!(r#"[6,{{}},"{reason}"]"#)).await;
        client.expect(GOODBYE_AND_OUT).await;
        assert_eq!(who(&server, Some(OWN), &cookie).await, afterwards, "{reason}");
    }
}

#[tokio::test]
async fn a_cookie_has_its_time() {
    let server = serve().await;
    let cookie = logged_in(&server).await;
    assert_eq!(who(&server, Some(OWN), &cookie).await, ALICE);
    pause();
    advance(LIFETIME).await;
    resume();
    assert_eq!(who(&server, Some(OWN), &cookie).await, NOBODY);
}

#[tokio::test]
async fn who_is_not_there_any_more_is_not_let_in_by_it() {
    let server = serve().await;
    let cookie = logged_in(&server).await;
    let router = server.router();
    assert!(router.set_authentication("realm1", authentication(alice())).is_some());
    assert_eq!(who(&server, Some(OWN), &cookie).await, ALICE);
    assert!(router.set_authentication("realm1", authentication(Principals::default())).is_some());
    assert_eq!(who(&server, Some(OWN), &cookie).await, NOBODY);
    assert!(router.set_authentication("realm1", authentication(alice())).is_some());
    assert_eq!(who(&server, Some(OWN), &cookie).await, NOBODY);
}

/// Nobody has said that there are any.
#[tokio::test]
async fn a_listener_without_cookies_gives_none_and_takes_none() {
    let server = serve_at(ListenerSettings::at(ANY_PORT)).await;
    let (mut client, told) = open(&server, Some(OWN), None).await;
    assert_eq!(told, None);
    assert_eq!(join(&mut client, "realm1", r#""cookie","ticket""#).await, "alice by ticket");
}
