use std::fs;
use std::future::poll_fn;
use std::io::IoSlice;
use std::path::PathBuf;

use crosspoint_proto::transport::PeerAddress;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream, UnixStream};

use super::client::{ConnectError, Trust};
use super::server::{ClientCertificates, ServerSettings};
use super::*;

/// An authority, and a certificate of `router` that it has signed.
struct Certificates(TempDir);

impl Certificates {
    fn new() -> Certificates {
        let certificates = Certificates(tempfile::tempdir().unwrap());
        let mut authority = CertificateParams::new([]).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        fs::write(certificates.file("ca.crt"), authority.self_signed(&key).unwrap().pem()).unwrap();
        let mut router = CertificateParams::new(["router".to_owned()]).unwrap();
        router.distinguished_name.push(DnType::CommonName, "The router");
        router.distinguished_name.push(DnType::OrganizationName, "Example, Inc.");
        let own = KeyPair::generate().unwrap();
        let router = router.signed_by(&own, &Issuer::new(authority, key)).unwrap();
        fs::write(certificates.file("router.crt"), router.pem()).unwrap();
        fs::write(certificates.file("router.key"), own.serialize_pem()).unwrap();
        certificates
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn server(&self, versions: Vec<TlsVersion>) -> ServerSettings {
        ServerSettings {
            certificate: self.file("router.crt"),
            key: self.file("router.key"),
            client_certificates: ClientCertificates::Off,
            versions,
        }
    }

    fn trust(&self) -> Trust {
        Trust::Authorities(self.file("ca.crt"))
    }

    /// Both ends of a connection.
    async fn connect(&self, versions: Vec<TlsVersion>) -> (Stream, Stream) {
        let acceptor = self.server(versions).load().unwrap();
        let (client, server) = UnixStream::pair().unwrap();
        let trust = self.trust();
        let (client, server) =
            tokio::join!(trust.connect(client.into(), "router"), acceptor.accept(server.into()));
        (client.unwrap(), server.unwrap())
    }
}

async fn refused(trust: &Trust, host: &str, certificates: &Certificates) -> ConnectError {
    let acceptor = certificates.server(vec![TlsVersion::Tls13]).load().unwrap();
    let (client, server) = UnixStream::pair().unwrap();
    let (client, server) =
        tokio::join!(trust.connect(client.into(), host), acceptor.accept(server.into()));
    assert!(server.is_err(), "the server is told");
    client.err().unwrap()
}

/// The next octets that the other side has written.
async fn read(reader: &mut Reader) -> io::Result<Vec<u8>> {
    let mut octets = BytesMut::with_capacity(1000);
    poll_fn(|cx| reader.poll_fill(cx, &mut octets)).await?;
    Ok(octets.to_vec())
}

/// The same, while the other side's task pushes what is left over whenever there is room.
async fn read_pushed(reader: &mut Reader, writer: &Writer) -> Vec<u8> {
    let mut octets = BytesMut::with_capacity(1000);
    let read = poll_fn(|cx| {
        let _ = writer.poll_flush(cx);
        reader.poll_fill(cx, &mut octets)
    });
    read.await.unwrap();
    octets.to_vec()
}

#[tokio::test]
async fn both_ends_know_the_same_of_a_connection() {
    let certificates = Certificates::new();
    for version in [TlsVersion::Tls12, TlsVersion::Tls13] {
        let (client, server) = certificates.connect(vec![version]).await;
        let seen_by_client = client.writer.details().unwrap().tls.unwrap();
        let seen_by_server = server.writer.details().unwrap().tls.unwrap();
        assert_eq!((seen_by_client.version, seen_by_server.version), (version, version));
        assert_eq!(seen_by_client.cipher, seen_by_server.cipher);
        assert_eq!(seen_by_client.channel_id, seen_by_server.channel_id);
        assert_eq!(seen_by_client.channel_id.is_some(), version == TlsVersion::Tls13);
        assert_eq!(seen_by_server.certificate, None);
        let CertificateDetails { subject, common_name, fingerprint } =
            seen_by_client.certificate.unwrap();
        assert_eq!(subject, r"O=Example\, Inc.,CN=The router");
        assert_eq!(common_name.as_deref(), Some("The router"));
        let acceptor = certificates.server(vec![version]).load().unwrap();
        assert_eq!(fingerprint, acceptor.fingerprint());
    }
}

#[tokio::test]
async fn no_two_connections_have_one_channel_id() {
    let certificates = Certificates::new();
    let (one, _peer) = certificates.connect(vec![TlsVersion::Tls13]).await;
    let (other, _peer) = certificates.connect(vec![TlsVersion::Tls13]).await;
    let id = |stream: &Stream| stream.writer.details().unwrap().tls.unwrap().channel_id.unwrap();
    assert_ne!(id(&one), id(&other));
}

#[tokio::test]
async fn the_system_says_who_is_at_the_other_end() {
    let (stream, _peer) = UnixStream::pair().unwrap();
    let details = Stream::from(stream).writer.details().unwrap();
    let PeerAddress::Unix { process, .. } = details.peer else { panic!("{details:?}") };
    assert!(process.is_none_or(|process| process.cast_unsigned() == std::process::id()));
    assert_eq!(details.tls, None);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let server = Stream::from(listener.accept().await.unwrap().0);
    let address = client.local_addr().unwrap();
    assert_eq!(server.writer.peer().unwrap().to_string(), address.to_string());
}

#[tokio::test]
async fn who_is_not_who_he_should_be_is_not_spoken_to() {
    let (certificates, others) = (Certificates::new(), Certificates::new());
    let elsewhere = refused(&certificates.trust(), "elsewhere", &certificates).await;
    assert!(elsewhere.is_distrust(), "{elsewhere}");
    let unknown = refused(&others.trust(), "router", &certificates).await;
    assert!(unknown.is_distrust(), "{unknown}");
    let acceptor = certificates.server(vec![TlsVersion::Tls13]).load().unwrap();
    let (client, server) = UnixStream::pair().unwrap();
    let (client, server) = tokio::join!(
        Trust::Anybody.connect(client.into(), "elsewhere"),
        acceptor.accept(server.into())
    );
    assert!(client.is_ok() && server.is_ok());
}

/// Who writes is held up by who does not read, as without TLS; little waits, and nothing is lost.
#[tokio::test]
async fn what_is_not_read_holds_up_who_writes() {
    let certificates = Certificates::new();
    let (client, server) = certificates.connect(vec![TlsVersion::Tls13]).await;
    let (mut client, _client, _) = client.into_split();
    let (_server, server, _) = server.into_split();
    let octets: Vec<u8> = (0..=u8::MAX).cycle().take(1 << 20).collect();
    let mut written = Vec::new();
    let write = |written: &mut Vec<u8>| {
        let from = written.len() % 256;
        let (one, two) = octets[from..].split_at(1000);
        let taken = server.try_write(&[IoSlice::new(one), IoSlice::new(two)])?;
        assert!(taken <= CIPHERTEXT_OCTETS_MAX);
        written.extend_from_slice(&octets[from..from + taken]);
        io::Result::Ok(())
    };
    let full = loop {
        if let Err(error) = write(&mut written) {
            break error;
        }
    };
    assert_eq!(full.kind(), io::ErrorKind::WouldBlock);
    assert!(server.is_behind());
    // It takes nothing more, and says so again.
    let before = written.len();
    assert!(write(&mut written).is_err());
    assert_eq!(written.len(), before);

    let mut got = Vec::new();
    while got.len() < written.len() {
        got.extend(read_pushed(&mut client, &server).await);
    }
    assert!(got == written, "they differ");
    assert!(!server.is_behind());
    poll_fn(|cx| server.poll_write_ready(cx)).await.unwrap();
    write(&mut written).unwrap();
}

/// The end is said after all that was taken, however long that takes.
#[tokio::test]
async fn the_end_comes_last() {
    let certificates = Certificates::new();
    let (client, server) = certificates.connect(vec![TlsVersion::Tls13]).await;
    let (mut client, _client, _) = client.into_split();
    let (_server, server, _) = server.into_split();
    let mut written = 0;
    while let Ok(taken) = server.try_write(&[IoSlice::new(&[7; 10_000])]) {
        written += taken;
    }
    server.shut_down().unwrap();
    assert!(server.is_behind());
    let refused = server.try_write(&[IoSlice::new(b"more")]).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::BrokenPipe);
    let mut got = 0;
    loop {
        match read_pushed(&mut client, &server).await.len() {
            0 => break,
            octets => got += octets,
        }
    }
    assert_eq!(got, written);
    assert!(!server.is_behind());
}

#[tokio::test]
async fn who_lets_go_says_so() {
    let certificates = Certificates::new();
    let (client, server) = certificates.connect(vec![TlsVersion::Tls12]).await;
    let (mut client, _client, _) = client.into_split();
    drop(server);
    assert_eq!(read(&mut client).await.unwrap(), b"");
}

/// Somebody in between could end any connection: whoever is cut off is to know it.
#[tokio::test]
async fn an_end_that_was_not_said_is_an_error() {
    let certificates = Certificates::new();
    let (client, server) = certificates.connect(vec![TlsVersion::Tls13]).await;
    let (mut client, _client, _) = client.into_split();
    server.writer.socket().shut_down().unwrap();
    let error = read(&mut client).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

/// What is no TLS any more is answered with an alert, and ends the connection for both.
#[tokio::test]
async fn what_was_tampered_with_is_no_message() {
    let certificates = Certificates::new();
    let (client, server) = certificates.connect(vec![TlsVersion::Tls13]).await;
    let (mut client, _client, _) = client.into_split();
    let (mut receiver, server, _) = server.into_split();
    server
        .socket()
        .try_write(&[IoSlice::new(&[0x17, 3, 3, 0, 20]), IoSlice::new(&[0; 20])])
        .unwrap();
    let error = read(&mut client).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    let error = read(&mut receiver).await.unwrap_err();
    assert!(error.to_string().contains("BadRecordMac"), "{error}");
}
