//! TLS: what is of it alone. That everything else is as without it, all tests show that go through
//! [`Transport::ALL`].

use std::sync::Arc;
use std::time::Duration;

use crosspoint::place::Place;
use crosspoint::server::{ListenerSettings, Server};
use crosspoint_proto::auth::AuthMethod;
use crosspoint_router::authentication::{Authentication, Credentials, Principal, Principals};
use crosspoint_router::limits::Limits;
use crosspoint_router::router::RealmSettings;
use crosspoint_transport::tls::server::{Acceptor, ClientCertificates};
use rustls::{ClientConfig, version};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, pause, resume};

use super::client::{Client, GOODBYE, GOODBYE_AND_OUT, HELLO, NORMAL, Transport};
use super::response::Response;
use super::wire::{Wire, patiently, tcp};
use super::{ANY_PORT, serve, serve_listeners};
use crate::certificates::{Authority, Certified, common_acceptor};

async fn serve_tls(tls: Acceptor) -> Server {
    let listener = ListenerSettings { tls: Some(tls), ..ListenerSettings::at(ANY_PORT) };
    serve_listeners(vec![listener], "realm1".into(), Limits::default()).await
}

async fn connect(server: &Server, config: Arc<ClientConfig>) -> std::io::Result<Wire> {
    Wire::connect_securely(server.address(), config).await
}

fn trusting(authority: &Authority) -> Arc<ClientConfig> {
    authority.client(rustls::ALL_VERSIONS, None)
}

#[tokio::test]
async fn pages_are_there_over_tls_too() {
    let server = serve_tls(common_acceptor()).await;
    let mut wire = connect(&server, trusting(Authority::common())).await.unwrap();
    wire.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!(Response::before_end(&mut wire).await.body, "ok\n");
}

#[tokio::test]
async fn both_versions_are_spoken() {
    let server = serve_tls(common_acceptor()).await;
    for version in [&version::TLS12, &version::TLS13] {
        let config = Authority::common().client(&[version], None);
        let wire = connect(&server, config).await.unwrap();
        let mut client = Client::over(wire, Transport::RawSocket).await;
        client.hello().await;
        client.send(GOODBYE).await;
        client.expect(GOODBYE_AND_OUT).await;
        client.expect_end(NORMAL).await;
    }
}

/// A client that speaks no TLS gets an alert, which it will not understand, and the end.
#[tokio::test]
async fn who_speaks_no_tls_is_let_go_and_harms_nobody() {
    let server = serve_tls(common_acceptor()).await;
    for greeting in [&b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"[..], &[0x7F, 0xF1, 0, 0, 0]] {
        let mut wire = Wire::connect(&server).await;
        wire.write(greeting).await;
        let said = wire.read_to_end().await;
        assert_eq!((said.len(), said.first()), (7, Some(&21)), "{}", said.escape_ascii());
    }
    let wire = connect(&server, trusting(Authority::common())).await.unwrap();
    Client::over(wire, Transport::WebSocket).await.hello().await;
}

/// A TLS record's head that promises a `ClientHello`, and half of one.
#[tokio::test]
async fn who_does_not_finish_the_handshake_is_cut_off() {
    let server = serve_tls(common_acceptor()).await;
    for beginning in [&b""[..], b"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03"] {
        let mut wire = Wire::connect(&server).await;
        wire.write(beginning).await;
        pause();
        let start = Instant::now();
        wire.read_to_end().await;
        assert!(start.elapsed() <= Duration::from_millis(10_010), "{:?}", start.elapsed());
        resume();
    }
}

#[tokio::test]
async fn who_does_not_trust_the_authority_does_not_connect() {
    let server = serve_tls(common_acceptor()).await;
    let error = connect(&server, trusting(&Authority::new())).await.err().unwrap();
    assert!(error.to_string().starts_with("invalid peer certificate"), "{error}");
}

#[tokio::test]
async fn a_certificate_may_be_demanded_of_clients() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let demand = ClientCertificates::Required(authority.certificate());
    let server = serve_tls(authority.sign("router").acceptor(demand)).await;
    let with = |own: Option<&Certified>| authority.client(rustls::ALL_VERSIONS, own);

    let wire = connect(&server, with(Some(&authority.sign("gate")))).await.unwrap();
    let mut known = Client::over(wire, Transport::RawSocket).await;
    known.hello().await;
    // TLS 1.3 lets a client go on before it knows what the server thinks of it.
    for config in [with(None), with(Some(&stranger.sign("gate")))] {
        let Ok(mut wire) = connect(&server, config).await else { continue };
        let _ = wire.try_write(&[0x7F, 0xF1, 0, 0]).await;
        wire.expect_nothing().await;
    }
    assert_eq!(server.router().census().sessions, 1);
}

#[tokio::test]
async fn a_certificate_may_be_optional_but_not_false() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let optional = ClientCertificates::Optional(authority.certificate());
    let server = serve_tls(authority.sign("router").acceptor(optional)).await;
    let with = |own: Option<&Certified>| authority.client(rustls::ALL_VERSIONS, own);

    for config in [with(None), with(Some(&authority.sign("gate")))] {
        let wire = connect(&server, config).await.unwrap();
        Client::over(wire, Transport::RawSocket).await;
    }
    if let Ok(mut wire) = connect(&server, with(Some(&stranger.sign("gate")))).await {
        let _ = wire.try_write(&[0x7F, 0xF1, 0, 0]).await;
        wire.expect_nothing().await;
    }
}

/// A realm that knows gate by his certificate, and others by the name in theirs.
fn realm_of_certificates(gate: &Certified) -> RealmSettings {
    let certificates = vec![gate.acceptor(ClientCertificates::Off).fingerprint()];
    let credentials = Credentials { certificates, ..Credentials::default() };
    let (authid, role) = ("gate".to_owned(), "keeper".to_owned());
    let mut principals = Principals::default();
    principals.add(Principal { authid, role, credentials }).unwrap();
    let authentication = Authentication {
        methods: vec![AuthMethod::Tls],
        certificate_role: Some("device".to_owned()),
        principals,
        ..Authentication::default()
    };
    RealmSettings { authentication, ..RealmSettings::from("realm1") }
}

#[tokio::test]
async fn a_certificate_says_who_its_client_is() {
    let authority = Authority::new();
    let (gate, sensor) = (authority.sign("front gate"), authority.sign("sensor-7"));
    let optional = ClientCertificates::Optional(authority.certificate());
    let tls = Some(authority.sign("router").acceptor(optional));
    let listener = ListenerSettings { tls, ..ListenerSettings::at(ANY_PORT) };
    let plain = ListenerSettings { name: "plain".to_owned(), ..ListenerSettings::at(ANY_PORT) };
    let realm = realm_of_certificates(&gate);
    let server = serve_listeners(vec![listener, plain], realm, Limits::default()).await;
    let with = |own: Option<&Certified>| authority.client(rustls::ALL_VERSIONS, own);

    for transport in [Transport::WebSocket, Transport::RawSocket] {
        for (own, who) in [
            (&gate, r#""authid":"gate","authrole":"keeper","authmethod":"tls""#),
            (&sensor, r#""authid":"sensor-7","authrole":"device","authmethod":"tls""#),
        ] {
            let wire = connect(&server, with(Some(own))).await.unwrap();
            let mut client = Client::over(wire, transport).await;
            client.send(HELLO).await;
            let welcome = client.receive().await;
            assert!(welcome.contains(who), "{welcome}");
        }
        let wire = connect(&server, with(None)).await.unwrap();
        let [_, Place::Tcp(plain)] = server.places() else { panic!("{:?}", server.places()) };
        let without =
            [Client::over(wire, transport).await, Client::connect_to(*plain, transport).await];
        for mut client in without {
            client.send(r#"[1,"realm1",{"authmethods":["tls"],"authid":"gate"}]"#).await;
            let text = "for authmethod 'tls' the connection needs a client certificate";
            let reason = "wamp.error.authentication_required";
            client.expect(&format!(r#"[3,{{"message":"{text}"}},"{reason}"]"#)).await;
        }
    }
}

/// Connections that are there keep what they have; those that come see the new.
#[tokio::test]
async fn certificates_are_replaced_under_a_running_router() {
    let (old, new) = (Authority::new(), Authority::new());
    let off = || ClientCertificates::Off;
    let first = old.sign("router").acceptor(off());
    let server = serve_tls(first.clone()).await;
    let wire = connect(&server, trusting(&old)).await.unwrap();
    let mut staying = Client::over(wire, Transport::RawSocket).await;
    staying.hello().await;

    let second = new.sign("router").acceptor(off());
    let with = |tls| ListenerSettings { tls: Some(tls), ..ListenerSettings::at(ANY_PORT) };
    assert!(!server.entrances().replace(&with(first)));
    assert!(server.entrances().replace(&with(second)));
    assert!(connect(&server, trusting(&old)).await.is_err());
    let wire = connect(&server, trusting(&new)).await.unwrap();
    Client::over(wire, Transport::RawSocket).await.hello().await;
    staying.register("com.example.add").await;
}

/// The client says all it has, and ends its side: what the server says to that still comes.
#[tokio::test]
async fn one_side_may_end_before_the_other() {
    let server = serve().await;
    for transport in [Transport::RawSocketOverTls, Transport::WebSocketOverTls] {
        let mut client = Client::connect(&server, transport).await;
        client.send(HELLO).await;
        client.send(GOODBYE).await;
        client.wire.finish().await;
        client.expect_welcome().await;
        client.expect(GOODBYE_AND_OUT).await;
        client.expect_end(NORMAL).await;
    }
}

#[tokio::test]
async fn new_keys_come_in_the_middle_of_a_conversation() {
    let server = serve().await;
    let Place::Tcp(address) = server.places()[1] else { panic!("no TLS") };
    let mut stream = tcp(address).await;
    let config = trusting(Authority::common());
    let name = "localhost".try_into().unwrap();
    let mut tls = rustls::ClientConnection::new(config, name).unwrap();
    let mut talk = Talk { stream: &mut stream, tls: &mut tls };
    talk.say(&[0x7F, 0xF1, 0, 0]).await;
    assert_eq!(talk.hear(4).await, [0x7F, 0xF1, 0, 0]);
    // Each asks the server for new keys of its own, too, which come before what it says next.
    for part in Transport::RawSocket.frame(HELLO).chunks(10) {
        talk.tls.refresh_traffic_keys().unwrap();
        talk.say(part).await;
    }
    let head = talk.hear(4).await;
    let length = u32::from_be_bytes(head.try_into().unwrap()) as usize;
    let welcome = talk.hear(length).await;
    assert!(welcome.starts_with(b"[2,"), "{}", welcome.escape_ascii());
}

/// rustls without its own IO, so that a test can say when what goes.
struct Talk<'t> {
    stream: &'t mut tokio::net::TcpStream,
    tls: &'t mut rustls::ClientConnection,
}

impl Talk<'_> {
    async fn say(&mut self, octets: &[u8]) {
        while self.tls.is_handshaking() {
            self.push().await;
            if self.tls.is_handshaking() {
                self.pull().await;
            }
        }
        std::io::Write::write_all(&mut self.tls.writer(), octets).unwrap();
        self.push().await;
    }

    async fn hear(&mut self, count: usize) -> Vec<u8> {
        let mut heard = vec![0; count];
        let mut done = 0;
        while done < count {
            match std::io::Read::read(&mut self.tls.reader(), &mut heard[done..]) {
                Ok(0) => panic!("the server ended"),
                Ok(octets) => done += octets,
                Err(_would_block) => self.pull().await,
            }
        }
        heard
    }

    async fn push(&mut self) {
        let mut octets = Vec::new();
        while self.tls.wants_write() {
            self.tls.write_tls(&mut octets).unwrap();
        }
        patiently(self.stream.write_all(&octets)).await.unwrap();
    }

    async fn pull(&mut self) {
        let mut octets = [0; 4096];
        let count = patiently(self.stream.read(&mut octets)).await.unwrap();
        assert_ne!(count, 0, "the server ended");
        self.tls.read_tls(&mut &octets[..count]).unwrap();
        self.tls.process_new_packets().unwrap();
    }
}
