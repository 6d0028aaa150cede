//! Headers of the PROXY protocol: they say the same in whatever pieces they come, are as long as they say, and say
//! nothing but what stands in them.

use std::net::{IpAddr, SocketAddr};
use std::str;

use crosspoint_transport::proxied;

use crate::choices::Choices;
use crate::memory::within;

/// Of nothing more is kept than an address.
const MEMORY: usize = 4096;

/// What stands before a header of version 2 has its length in the last two octets.
const HEAD_OCTETS: usize = 16;

/// The longest of both versions.
const OCTETS_MAX: [usize; 2] = [107, 4096];

/// Where the client is, and the header's length.
type Header = (Option<SocketAddr>, usize);

pub fn check(mut choices: Choices<'_>) {
    let pieces = choices.below(16);
    let pieces: Vec<_> = choices.take(pieces).iter().map(|&len| usize::from(len) + 1).collect();
    let padding = 32 * choices.below(256);
    let mut stream = choices.0.to_vec();
    stream.resize(stream.len() + padding, 0);
    let whole = judged(&stream, &[]);
    if !pieces.is_empty() {
        assert_eq!(judged(&stream, &pieces), whole);
    }
    if let Some(Ok(header)) = whole {
        let (_, len) = header;
        let expected = if stream[0] == b'P' { in_line(&stream) } else { in_octets(&stream) };
        assert_eq!(Some(header), expected);
        assert!(len <= OCTETS_MAX[usize::from(stream[0] != b'P')]);
        // Nothing that follows changes it.
        assert_eq!(judged(&stream[..len], &[]), whole);
        assert_eq!(judged(&stream[..len - 1], &[]), None);
    }
}

/// What is made of a stream that comes in pieces of these lengths, which repeat: a header, none, or nothing yet.
fn judged(stream: &[u8], pieces: &[usize]) -> Option<Result<Header, ()>> {
    let mut pieces = pieces.iter().copied().cycle();
    let mut fed = 0;
    while fed < stream.len() {
        fed += pieces.next().unwrap_or(usize::MAX).min(stream.len() - fed);
        match within(MEMORY, || proxied::fuzzed(&stream[..fed])) {
            Ok(None) => {}
            Ok(Some(header)) => return Some(Ok(header)),
            Err(_) => return Some(Err(())),
        }
    }
    None
}

/// `PROXY TCP4 192.0.2.1 198.51.100.1 40000 443`, or `PROXY UNKNOWN` and anything.
fn in_line(stream: &[u8]) -> Option<Header> {
    let end = stream.windows(2).position(|end| end == b"\r\n")?;
    let mut words = stream[..end].get(6..)?.split(|&octet| octet == b' ');
    let protocol = words.next()?;
    if protocol.starts_with(b"UNKNOWN") {
        return Some((None, end + 2));
    }
    let words: Vec<_> = words.map(str::from_utf8).collect::<Result<_, _>>().ok()?;
    let [source, _, port, _] = words[..] else { return None };
    let source: IpAddr = source.parse().ok()?;
    assert_eq!(protocol, if source.is_ipv4() { b"TCP4" } else { b"TCP6" });
    Some((Some(SocketAddr::new(source, port.parse().ok()?)), end + 2))
}

fn in_octets(stream: &[u8]) -> Option<Header> {
    let (head, rest) = stream.split_at_checked(HEAD_OCTETS)?;
    let len = usize::from(u16::from_be_bytes([head[14], head[15]]));
    let port = |at: usize| u16::from_be_bytes([rest[at], rest[at + 1]]);
    let client = match (head[12], head[13]) {
        (0x21, 0x11 | 0x12) if len >= 12 => {
            let source = <[u8; 4]>::try_from(&rest[..4]).ok()?;
            Some(SocketAddr::new(source.into(), port(8)))
        }
        (0x21, 0x21 | 0x22) if len >= 36 => {
            let source = <[u8; 16]>::try_from(&rest[..16]).ok()?;
            Some(SocketAddr::new(source.into(), port(32)))
        }
        (0x20, _) | (0x21, 0 | 0x31 | 0x32) => None,
        _ => return None,
    };
    Some((client, HEAD_OCTETS + len))
}
