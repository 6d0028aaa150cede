//! The router's side of the handshake: is this a request that we serve, and with which response?

use base64::Engine as _;

use super::{
    ACCEPT, BASE64, CONNECTION, CONTENT_LENGTH, EXTENSIONS, KEY, PROTOCOL, Subprotocol,
    TRANSFER_ENCODING, UPGRADE, VERSION, VERSION_HEADER, accept_key, is_upgrade,
};
use crate::framing::websocket::Deflate;

/// Agreement to a request: what the response says, and what the connection goes on with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    accept: String,
    /// The one that the client likes best of those enabled.
    pub subprotocol: Subprotocol,
    /// How messages are compressed, if they are.
    pub deflate: Option<Deflate>,
    extension: Option<String>,
}

/// Why a request is refused: answer it with the [`status`](Self::status) and the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// A plain HTTP request, perhaps a person with a browser.
    #[error("this is a WebSocket endpoint, and the request does not ask for an upgrade")]
    NotUpgrade,
    /// The response should name the [`VERSION`] that we speak in `Sec-WebSocket-Version`.
    #[error("Sec-WebSocket-Version must be 13")]
    Version,
    /// The key is missing, there twice, or not 16 octets in Base64.
    #[error("Sec-WebSocket-Key must be 16 octets in Base64")]
    Key,
    /// What stands behind the request would be its body, or the first frames of the client, as one reads it.
    #[error("a request for a WebSocket has no body")]
    Body,
    /// None of the subprotocols offered is one that we know and have enabled.
    #[error("Sec-WebSocket-Protocol offers no WAMP subprotocol that is enabled here")]
    NoSubprotocol,
}

impl RequestError {
    /// The status of the HTTP response.
    pub fn status(self) -> u16 {
        match self {
            Self::NotUpgrade | Self::Version => 426,
            Self::Key | Self::Body | Self::NoSubprotocol => 400,
        }
    }
}

impl Response {
    /// Judges a GET request by its headers. Method, path and origin are for the caller to see to.
    pub fn to_request<'h, V>(
        values: impl Fn(&'static str) -> V,
        enabled: &[Subprotocol],
        deflate: bool,
    ) -> Result<Self, RequestError>
    where
        V: Iterator<Item = &'h str>,
    {
        if !is_upgrade(&values) {
            return Err(RequestError::NotUpgrade);
        }
        if single(values(VERSION_HEADER)) != Some(VERSION) {
            return Err(RequestError::Version);
        }
        let key = single(values(KEY)).filter(|key| is_key(key)).ok_or(RequestError::Key)?;
        if has_body(&values) {
            return Err(RequestError::Body);
        }
        let subprotocol = Subprotocol::choose(values(PROTOCOL), enabled);
        let deflate = deflate.then(|| Deflate::negotiate(values(EXTENSIONS)));
        let (deflate, extension) = deflate.flatten().unzip();
        Ok(Self {
            accept: accept_key(key),
            subprotocol: subprotocol.ok_or(RequestError::NoSubprotocol)?,
            deflate,
            extension,
        })
    }

    /// The headers of the response, whose status is 101.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, String)> {
        let extension = self.extension.clone().map(|extension| (EXTENSIONS, extension));
        let always = [
            (UPGRADE, "websocket".to_owned()),
            (CONNECTION, "Upgrade".to_owned()),
            (ACCEPT, self.accept.clone()),
            (PROTOCOL, self.subprotocol.name().to_owned()),
        ];
        always.into_iter().chain(extension)
    }
}

/// The value of a header that must be there exactly once.
pub(super) fn single<'h>(mut values: impl Iterator<Item = &'h str>) -> Option<&'h str> {
    let value = values.next()?;
    values.next().is_none().then_some(value.trim())
}

/// Does a request announce one? RFC 9112, section 6.
fn has_body<'h, V>(values: impl Fn(&'static str) -> V) -> bool
where
    V: Iterator<Item = &'h str>,
{
    values(CONTENT_LENGTH).any(|length| length.trim() != "0")
        || values(TRANSFER_ENCODING).next().is_some()
}

fn is_key(key: &str) -> bool {
    BASE64.decode(key).is_ok_and(|nonce| nonce.len() == 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Headers = Vec<(&'static str, &'static str)>;

    fn request() -> Headers {
        vec![
            (UPGRADE, "WebSocket"),
            (CONNECTION, "keep-alive, Upgrade"),
            (KEY, "dGhlIHNhbXBsZSBub25jZQ=="),
            (VERSION_HEADER, "13"),
            (PROTOCOL, "wamp.2.cbor.batched,wamp.2.cbor"),
            (PROTOCOL, "wamp.2.json"),
            (EXTENSIONS, "permessage-deflate; client_max_window_bits"),
            (CONTENT_LENGTH, "0"),
        ]
    }

    fn respond(headers: &Headers, deflate: bool) -> Result<Response, RequestError> {
        let enabled =
            ["wamp.2.json", "wamp.2.cbor"].map(|name| Subprotocol::from_name(name).unwrap());
        let values =
            |name| headers.iter().filter(move |header| header.0 == name).map(|header| header.1);
        Response::to_request(values, &enabled, deflate)
    }

    /// The fault found when one header of a good request has another value, or is missing.
    fn fault(name: &str, value: Option<&'static str>) -> RequestError {
        let mut headers = request();
        headers.retain(|header| header.0 != name);
        headers.extend(
            request().iter().find(|header| header.0 == name).zip(value).map(|(h, v)| (h.0, v)),
        );
        respond(&headers, true).unwrap_err()
    }

    #[test]
    fn a_good_request_gets_a_response() {
        let response = respond(&request(), true).unwrap();
        let headers: Vec<_> = response.headers().collect();
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(
            headers,
            [
                (UPGRADE, "websocket"),
                (CONNECTION, "Upgrade"),
                (ACCEPT, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
                (PROTOCOL, "wamp.2.cbor"),
                (
                    EXTENSIONS,
                    "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
                ),
            ]
        );
    }

    #[test]
    fn nothing_is_compressed_where_that_is_switched_off() {
        let response = respond(&request(), false).unwrap();
        assert_eq!(response.deflate, None);
        assert_eq!(response.headers().count(), 4);
    }

    #[test]
    fn what_is_missing_or_wrong_has_a_name_and_a_status() {
        assert_eq!(fault(UPGRADE, None), RequestError::NotUpgrade);
        assert_eq!(fault(UPGRADE, Some("h2c")), RequestError::NotUpgrade);
        assert_eq!(fault(CONNECTION, Some("close")), RequestError::NotUpgrade);
        assert_eq!(fault(VERSION_HEADER, Some("8")), RequestError::Version);
        assert_eq!(fault(VERSION_HEADER, None), RequestError::Version);
        assert_eq!(fault(KEY, None), RequestError::Key);
        assert_eq!(fault(KEY, Some("dGhlIHNhbXBsZQ==")), RequestError::Key);
        assert_eq!(fault(CONTENT_LENGTH, Some("10")), RequestError::Body);
        let mut chunked = request();
        chunked.push((TRANSFER_ENCODING, "chunked"));
        assert_eq!(respond(&chunked, true).unwrap_err(), RequestError::Body);
        assert_eq!(fault(PROTOCOL, None), RequestError::NoSubprotocol);
        assert_eq!(fault(PROTOCOL, Some("chat")), RequestError::NoSubprotocol);
        assert_eq!(RequestError::Version.status(), 426);
        assert_eq!(RequestError::Key.status(), 400);
    }
}
