//! The PROXY protocol: what a proxy that passes octets on says first, of the client for whom it does.
//!
//! See "The PROXY protocol, Versions 1 & 2" of `HAProxy`. Only what is said of the address is taken; whether who says
//! it is to be believed is for the caller to know.

use std::io;
use std::net::SocketAddr;

use bytes::Buf as _;
use proxy_header::{Error, ParseConfig, ProxyHeader};

use crate::stream::Stream;

/// No header is longer. Version 1 has 107 octets at most. Version 2 may say how the client speaks TLS, and show the
/// name in its certificate; proxies that say all of it stay far below this.
const HEADER_OCTETS_MAX: usize = 4 << 10;

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
        match ProxyHeader::parse(&stream.brought, CONFIG) {
            Ok((header, octets)) => {
                let client = header.proxied_address().map(|address| address.source);
                stream.brought.advance(octets);
                return Ok(client);
            }
            Err(Error::BufferTooShort) if stream.brought.len() < HEADER_OCTETS_MAX => {
                stream.fill().await?;
            }
            Err(error) => return Err(HeaderError::Malformed(error)),
        }
    }
}
