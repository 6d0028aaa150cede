//! One port for everything: the first octets tell what a client speaks.

use super::client::{Client, GOODBYE, GOODBYE_AND_OUT, HELLO, NORMAL, Transport};
use super::response::Response;
use super::serve;
use super::upgrade;
use super::wire::Wire;

#[tokio::test]
async fn one_port_serves_websocket_rawsocket_and_http() {
    let server = serve().await;
    let _rawsocket = Client::join(&server, Transport::RawSocket).await;
    let _websocket = Client::join(&server, Transport::WebSocket).await;
    let page = Response::to(&server, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!(page.status(), "200");
    assert_eq!(server.router().census().sessions, 2);
}

#[tokio::test]
async fn rawsocket_may_come_octet_by_octet() {
    let server = serve().await;
    let mut wire = Wire::connect(&server).await;
    wire.write_singly(&[0x7F, 0xF1, 0, 0]).await;
    assert_eq!(wire.read(4).await, [0x7F, 0xF1, 0, 0]);
    wire.write_singly(&Transport::RawSocket.frame(HELLO)).await;
    Client::after_handshake(wire, Transport::RawSocket).expect_welcome().await;
}

#[tokio::test]
async fn an_upgrade_may_come_octet_by_octet() {
    let server = serve().await;
    let mut wire = Wire::connect(&server).await;
    wire.write_singly(upgrade::request("/ws", &[upgrade::JSON]).as_bytes()).await;
    assert_eq!(Response::before_frames(&mut wire).await.status(), "101");
    wire.write_singly(&Transport::WebSocket.frame(HELLO)).await;
    Client::after_handshake(wire, Transport::WebSocket).expect_welcome().await;
}

#[tokio::test]
async fn a_request_may_come_octet_by_octet() {
    let server = serve().await;
    let mut wire = Wire::connect(&server).await;
    wire.write_singly(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!(Response::before_end(&mut wire).await.body, "ok\n");
}

/// The handshake, the session and its end may be one segment: nobody has to wait for an answer.
#[tokio::test]
async fn a_whole_session_may_come_at_once() {
    let server = serve().await;
    for transport in Transport::ALL {
        let mut wire = transport.wire(&server).await;
        let session =
            [transport.handshake(), transport.frame(HELLO), transport.frame(GOODBYE)].concat();
        wire.write(&session).await;
        transport.expect_handshake(&mut wire).await;
        let mut client = Client::after_handshake(wire, transport);
        client.expect_welcome().await;
        client.expect(GOODBYE_AND_OUT).await;
        client.expect_end(NORMAL).await;
    }
}

#[tokio::test]
async fn what_is_neither_is_refused_as_http() {
    let server = serve().await;
    let mut wire = Wire::connect(&server).await;
    wire.write(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n").await;
    assert_eq!(Response::before_end(&mut wire).await.status(), "400");
}
