//! The client's side of the handshake: the headers of a request, and whether the response agrees.

use base64::Engine as _;

use super::server::single;
use super::{
    ACCEPT, BASE64, CONNECTION, EXTENSIONS, KEY, PROTOCOL, Subprotocol, UPGRADE, VERSION,
    VERSION_HEADER, accept_key, extension, is_upgrade,
};
use crate::framing::websocket::Deflate;

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<'a> {
    key: String,
    subprotocols: &'a [Subprotocol],
    deflate: bool,
}

/// What client and server agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreement {
    /// The server's choice among those offered.
    pub subprotocol: Subprotocol,
    /// How messages are compressed, if they are.
    pub deflate: Option<Deflate>,
}

/// Why a client cannot go on after the server's response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResponseError {
    /// Look at the URL: there may be no WebSocket endpoint there, or not for everyone.
    #[error("the server answered with HTTP status {0} instead of 101")]
    Status(u16),
    /// Whatever answers there does not understand WebSocket; perhaps a proxy does not.
    #[error("the server's response is no upgrade to WebSocket")]
    NotUpgrade,
    /// The server has not read this very request; perhaps a cache answers in its place.
    #[error("Sec-WebSocket-Accept does not belong to our Sec-WebSocket-Key")]
    Accept,
    /// The server speaks none of the subprotocols offered, or another one.
    #[error("Sec-WebSocket-Protocol names none of the subprotocols offered")]
    Subprotocol,
    /// The server uses an extension that was not offered, or not in that way.
    #[error("Sec-WebSocket-Extensions names something that was not offered")]
    Extension,
}

impl<'a> Request<'a> {
    /// A request with 16 random octets that nobody used before, and subprotocols with the most
    /// preferred first.
    pub fn new(nonce: [u8; 16], subprotocols: &'a [Subprotocol], deflate: bool) -> Self {
        Self { key: BASE64.encode(nonce), subprotocols, deflate }
    }

    /// The headers of the request, besides `Host` and whatever the caller adds.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, String)> {
        let names: Vec<_> = self.subprotocols.iter().map(|offered| offered.name()).collect();
        let extension = self.deflate.then(|| (EXTENSIONS, extension::OFFER.to_owned()));
        let always = [
            (UPGRADE, "websocket".to_owned()),
            (CONNECTION, "Upgrade".to_owned()),
            (KEY, self.key.clone()),
            (VERSION_HEADER, VERSION.to_owned()),
            (PROTOCOL, names.join(", ")),
        ];
        always.into_iter().chain(extension)
    }

    /// Judges the response to this request by its status and headers.
    pub fn check_response<'h, V>(
        &self,
        status: u16,
        values: impl Fn(&'static str) -> V,
    ) -> Result<Agreement, ResponseError>
    where
        V: Iterator<Item = &'h str>,
    {
        if status != 101 {
            return Err(ResponseError::Status(status));
        }
        if !is_upgrade(&values) {
            return Err(ResponseError::NotUpgrade);
        }
        if single(values(ACCEPT)) != Some(&accept_key(&self.key)) {
            return Err(ResponseError::Accept);
        }
        let subprotocol = single(values(PROTOCOL)).and_then(Subprotocol::from_name);
        let subprotocol = subprotocol.filter(|chosen| self.subprotocols.contains(chosen));
        let subprotocol = subprotocol.ok_or(ResponseError::Subprotocol)?;
        let deflate = extension::accepted(values(EXTENSIONS)).ok();
        let deflate = deflate.filter(|deflate| self.deflate || deflate.is_none());
        Ok(Agreement { subprotocol, deflate: deflate.ok_or(ResponseError::Extension)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::websocket::handshake::Response;

    type Headers = Vec<(&'static str, String)>;

    fn values<'h>(headers: &'h Headers, name: &'static str) -> impl Iterator<Item = &'h str> {
        headers.iter().filter(move |header| header.0 == name).map(|header| header.1.as_str())
    }

    fn request() -> Request<'static> {
        Request::new(*b"the sample nonce", &Subprotocol::ALL, true)
    }

    fn response() -> Headers {
        let headers = request().headers().collect();
        let enabled = &Subprotocol::ALL[2..];
        let response = Response::to_request(|name| values(&headers, name), enabled, true);
        response.unwrap().headers().collect()
    }

    /// The fault found when one header of a good response has another value, or is missing.
    fn fault(name: &'static str, value: Option<&str>) -> ResponseError {
        let mut headers = response();
        headers.retain(|header| header.0 != name);
        headers.extend(value.map(|value| (name, value.to_owned())));
        request().check_response(101, |name| values(&headers, name)).unwrap_err()
    }

    #[test]
    fn client_and_server_agree() {
        let headers = response();
        let agreement = request().check_response(101, |name| values(&headers, name)).unwrap();
        assert_eq!(agreement.subprotocol.name(), "wamp.2.cbor");
        assert_eq!(agreement.deflate, Some(Deflate::default()));
    }

    #[test]
    fn a_response_that_does_not_agree_is_an_error() {
        let headers = response();
        let not_found = request().check_response(404, |name| values(&headers, name));
        assert_eq!(not_found, Err(ResponseError::Status(404)));
        assert_eq!(fault(UPGRADE, None), ResponseError::NotUpgrade);
        assert_eq!(fault(CONNECTION, Some("close")), ResponseError::NotUpgrade);
        assert_eq!(fault(ACCEPT, None), ResponseError::Accept);
        assert_eq!(fault(ACCEPT, Some("other")), ResponseError::Accept);
        assert_eq!(fault(PROTOCOL, None), ResponseError::Subprotocol);
        assert_eq!(fault(PROTOCOL, Some("chat")), ResponseError::Subprotocol);
        assert_eq!(fault(EXTENSIONS, Some("permessage-deflate")), ResponseError::Extension);
    }

    #[test]
    fn what_was_not_offered_may_not_be_chosen() {
        let headers = response();
        let json = [Subprotocol::ALL[0]];
        let request = Request::new(*b"the sample nonce", &json, true);
        let agreement = request.check_response(101, |name| values(&headers, name));
        assert_eq!(agreement, Err(ResponseError::Subprotocol));

        let request = Request::new(*b"the sample nonce", &Subprotocol::ALL, false);
        let agreement = request.check_response(101, |name| values(&headers, name));
        assert_eq!(agreement, Err(ResponseError::Extension));
    }
}
