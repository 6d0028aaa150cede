//! A response of HTTP, as far as a test looks at it.

use crosspoint::server::Server;

use super::wire::Wire;

/// The head of a response, and its body.
pub(super) struct Response {
    head: String,
    pub(super) body: String,
}

impl Response {
    /// The answer to a request, which comes before the server closes the connection.
    pub(super) async fn to(server: &Server, request: &str) -> Response {
        let mut wire = Wire::connect(server).await;
        wire.write(request.as_bytes()).await;
        Response::before_end(&mut wire).await
    }

    /// The last that the server sends.
    pub(super) async fn before_end(wire: &mut Wire) -> Response {
        let Response { head, .. } = Response::before_frames(wire).await;
        Response { head, body: String::from_utf8(wire.read_to_end().await).unwrap() }
    }

    /// The head, after which comes something else than a body.
    pub(super) async fn before_frames(wire: &mut Wire) -> Response {
        let head = wire.read_until(b"\r\n\r\n").await;
        Response { head: String::from_utf8(head).unwrap(), body: String::new() }
    }

    pub(super) fn status(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        headers.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}
