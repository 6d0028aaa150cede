//! The PROXY protocol: what a proxy that passes octets on says first, of the client for whom it does.
//!
//! See "The PROXY protocol, Versions 1 & 2" of `HAProxy`. Only what is said of the address is taken; whether who says
//! it is to be believed is for the caller to know.

use std::io;
use std::net::SocketAddr;

use bytes::Buf as _;
use proxy_header::{Error, ParseConfig, ProxyHeader};

use crate::stream::Stream;

/// No header is longer. Version 2 may say how the client speaks TLS, and show the name in its certificate; proxies
/// that say all of it stay far below this.
const HEADER_OCTETS_MAX: usize = 4 << 10;

/// Nor one of version 1, which is a line.
const LINE_OCTETS_MAX: usize = 107;

/// Both versions, and of the second only the addresses.
const CONFIG: ParseConfig = ParseConfig { include_tlvs: false, allow_v1: true, allow_v2: true };

/// Why it is not known who the client is.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// What comes is something else. Have the proxy speak its protocol, or do not ask for it.
    #[error("it begins with no PROXY header: {0}")]
    Malformed(Error),
    /// The connection broke.
    #[error("the connection broke before the end of its PROXY header: {0}")]
    Io(#[from] io::Error),
}

/// Takes the header off the stream: where the client is, or `None` if the proxy speaks for itself or does not say.
/// Whoever calls limits the time.
pub async fn client(stream: &mut Stream) -> Result<Option<SocketAddr>, HeaderError> {
    loop {
        if let Some((client, octets)) = header(&stream.brought)? {
            stream.brought.advance(octets);
            return Ok(client);
        }
        stream.fill().await?;
    }
}

/// The header that a stream begins with: where the client is, and how long it is. `None` if there has to be more of it.
/// The answer is the same in whatever pieces it has come: what is too long is so, also if it is there as a whole.
fn header(octets: &[u8]) -> Result<Option<(Option<SocketAddr>, usize)>, HeaderError> {
    let len_max = if octets.starts_with(b"P") { LINE_OCTETS_MAX } else { HEADER_OCTETS_MAX };
    match ProxyHeader::parse(octets, CONFIG) {
        Ok((header, len)) if len <= len_max => {
            Ok(Some((header.proxied_address().map(|address| address.source), len)))
        }
        Ok(_) => Err(HeaderError::Malformed(Error::Invalid)),
        Err(Error::BufferTooShort) if octets.len() < len_max => Ok(None),
        Err(error) => Err(HeaderError::Malformed(error)),
    }
}

/// The door that only a fuzzer goes through: what a stream begins with, without there being one.
#[cfg(fuzzing)]
pub fn fuzzed(octets: &[u8]) -> Result<Option<(Option<SocketAddr>, usize)>, HeaderError> {
    header(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a header is taken does not hang on how the network has cut it.
    #[track_caller]
    fn check(stream: &[u8], is_taken: bool) {
        let found = (1..=stream.len()).map(|len| header(&stream[..len]));
        let in_pieces = found.map(Result::transpose).find_map(|it| it).is_some_and(|it| it.is_ok());
        let at_once = matches!(header(stream), Ok(Some(_)));
        assert_eq!((at_once, in_pieces), (is_taken, is_taken), "{}", stream.escape_ascii());
    }

    #[test]
    fn a_line_has_its_length() {
        let unknown = |len: usize| {
            let head = "PROXY UNKNOWN ";
            format!("{head}{}\r\n and more", "x".repeat(len - head.len() - 2))
        };
        check(unknown(LINE_OCTETS_MAX).as_bytes(), true);
        check(unknown(LINE_OCTETS_MAX + 1).as_bytes(), false);
    }

    #[test]
    fn a_header_in_octets_has_its_length() {
        let local = |len: usize| {
            let mut header = b"\r\n\r\n\0\r\nQUIT\n\x20\0".to_vec();
            header.extend(u16::try_from(len - 16).unwrap().to_be_bytes());
            header.resize(len + 10, 0);
            header
        };
        check(&local(HEADER_OCTETS_MAX), true);
        check(&local(HEADER_OCTETS_MAX + 1), false);
    }
}
