//! The negotiation of permessage-deflate, RFC 7692 section 7.1.
//!
//! A client offers a list of extensions with parameters, in its order of preference; the server
//! takes the first that it can honour. As we never take over context, and inflate with the largest
//! window whatever the sender uses, only the window that we are to compress with matters.

use std::mem;

use super::header;
use crate::framing::websocket::Deflate;

const EXTENSION: &str = "permessage-deflate";
const SERVER_NO_CONTEXT_TAKEOVER: &str = "server_no_context_takeover";
const CLIENT_NO_CONTEXT_TAKEOVER: &str = "client_no_context_takeover";
const SERVER_MAX_WINDOW_BITS: &str = "server_max_window_bits";
const CLIENT_MAX_WINDOW_BITS: &str = "client_max_window_bits";

/// What a client that compresses offers. It says nothing of `client_max_window_bits`, so a server
/// may not restrict the window that we compress with.
pub(super) const OFFER: &str =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

/// The parameters of one extension in a list, each there at most once.
#[derive(Debug, Default, PartialEq, Eq)]
struct Parameters {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: Option<u8>,
    /// Whether it is there: a client may also say only that it understands the parameter, and its
    /// value, where there is one, is of no interest.
    client_max_window_bits: bool,
}

impl Deflate {
    /// A server's choice among the `Sec-WebSocket-Extensions` of a client, and the header of that
    /// name that answers it. None if there is nothing that we can honour.
    pub fn negotiate<'h>(offers: impl Iterator<Item = &'h str>) -> Option<(Self, String)> {
        header::elements(offers).find_map(|offer| {
            let offer = Parameters::read(parameters(offer)?)?;
            let Some(window_bits) = offer.server_max_window_bits else {
                return Some((Self::default(), OFFER.to_owned()));
            };
            // Section 7.1.2.1: who asks for a window is told that he gets it, also if it is the
            // largest.
            let response = format!("{OFFER}; {SERVER_MAX_WINDOW_BITS}={window_bits}");
            Some((Self::with_window_bits(window_bits)?, response))
        })
    }
}

/// What a server answered to our [`OFFER`]: nothing, or an extension as we offered it. Anything
/// else is an error, for then we would not understand what it sends.
pub(super) fn accepted<'h>(
    response: impl Iterator<Item = &'h str>,
) -> Result<Option<Deflate>, UnexpectedExtension> {
    let mut extensions = header::elements(response);
    let Some(extension) = extensions.next() else {
        return Ok(None);
    };
    let accepted = parameters(extension).and_then(Parameters::read);
    let accepted = accepted
        .filter(|response| response.server_no_context_takeover && !response.client_max_window_bits);
    match (accepted, extensions.next()) {
        (Some(_), None) => Ok(Some(Deflate::default())),
        _ => Err(UnexpectedExtension),
    }
}

/// A server uses an extension that we did not offer, or not as we offered it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UnexpectedExtension;

/// What follows the name, if the name is that of permessage-deflate.
fn parameters(extension: &str) -> Option<impl Iterator<Item = &str>> {
    let mut parts = header::split(extension, ';');
    let name = parts.next()?;
    name.eq_ignore_ascii_case(EXTENSION).then_some(parts)
}

impl Parameters {
    /// Reads all parameters, or none if there is one that is unknown, malformed or there twice.
    fn read<'h>(parts: impl Iterator<Item = &'h str>) -> Option<Self> {
        let mut parameters = Self::default();
        for part in parts {
            let (name, value) = match part.split_once('=') {
                Some((name, value)) => (name.trim_end(), Some(value.trim_start())),
                None => (part, None),
            };
            parameters.set(name, value)?;
        }
        Some(parameters)
    }

    fn set(&mut self, name: &str, value: Option<&str>) -> Option<()> {
        let twice = match (name, value) {
            (SERVER_NO_CONTEXT_TAKEOVER, None) => {
                mem::replace(&mut self.server_no_context_takeover, true)
            }
            (CLIENT_NO_CONTEXT_TAKEOVER, None) => {
                mem::replace(&mut self.client_no_context_takeover, true)
            }
            (SERVER_MAX_WINDOW_BITS, Some(value)) => {
                self.server_max_window_bits.replace(window_bits(value)?).is_some()
            }
            (CLIENT_MAX_WINDOW_BITS, value) => {
                if let Some(value) = value {
                    window_bits(value)?;
                }
                mem::replace(&mut self.client_max_window_bits, true)
            }
            _ => return None,
        };
        (!twice).then_some(())
    }
}

/// A number from 8 to 15 without leading zeros; it may stand in quotes like any value.
fn window_bits(value: &str) -> Option<u8> {
    let unquoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    match unquoted.unwrap_or(value) {
        "8" => Some(8),
        "9" => Some(9),
        "10" => Some(10),
        "11" => Some(11),
        "12" => Some(12),
        "13" => Some(13),
        "14" => Some(14),
        "15" => Some(15),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(offers: &str) -> Option<String> {
        Deflate::negotiate([offers].into_iter()).map(|(_, response)| response)
    }

    fn window(offers: &str) -> Option<u8> {
        Deflate::negotiate([offers].into_iter()).map(|(deflate, _)| deflate.window_bits())
    }

    #[test]
    fn every_answer_forbids_context_takeover() {
        let plain = Some(OFFER.to_owned());
        assert_eq!(answer("permessage-deflate"), plain);
        assert_eq!(answer("permessage-deflate; client_max_window_bits"), plain);
        assert_eq!(answer("permessage-deflate;client_max_window_bits=8"), plain);
        assert_eq!(answer("Permessage-Deflate; server_no_context_takeover"), plain);
        let windowed = Some(format!("{OFFER}; server_max_window_bits=15"));
        assert_eq!(answer("permessage-deflate; server_max_window_bits=15"), windowed);
        let windowed = Some(format!("{OFFER}; server_max_window_bits=10"));
        assert_eq!(answer("permessage-deflate; server_max_window_bits=\"10\""), windowed);
    }

    #[test]
    fn an_offer_that_cannot_be_honoured_gives_way_to_the_next() {
        let small_window_first = "permessage-deflate; server_max_window_bits=8, \
                                  permessage-deflate; server_max_window_bits=9";
        assert_eq!(window(small_window_first), Some(9));
        assert_eq!(window("x-webkit-deflate-frame, permessage-deflate"), Some(15));
        assert_eq!(window("permessage-bzip2; x=\"a,permessage-deflate\""), None);
        assert_eq!(window("permessage-deflate; server_max_window_bits=8"), None);
        assert_eq!(window(""), None);
    }

    #[test]
    fn invalid_parameters_make_an_offer_invalid() {
        for parameters in [
            "server_max_window_bits",
            "server_max_window_bits=",
            "server_max_window_bits=08",
            "server_max_window_bits=7",
            "server_max_window_bits=16",
            "server_max_window_bits=\"10",
            "client_max_window_bits=0",
            "client_max_window_bits; client_max_window_bits=9",
            "server_no_context_takeover=1",
            "client_no_context_takeover=true",
            "client_no_context_takeover; client_no_context_takeover",
            "server_max_window_bits=9; server_max_window_bits=9",
            "unknown",
            "",
        ] {
            assert_eq!(answer(&format!("permessage-deflate; {parameters}")), None, "{parameters}");
        }
    }

    #[test]
    fn a_client_accepts_what_it_offered() {
        let accepted = |response: &'static str| accepted([response].into_iter());
        assert_eq!(accepted(""), Ok(None));
        assert_eq!(accepted(OFFER), Ok(Some(Deflate::default())));
        let windowed = "permessage-deflate; server_no_context_takeover; server_max_window_bits=8";
        assert_eq!(accepted(windowed), Ok(Some(Deflate::default())));
        for unexpected in [
            "permessage-deflate",
            "permessage-deflate; server_no_context_takeover; client_max_window_bits=9",
            "permessage-deflate; server_no_context_takeover, x-other",
            "x-other",
        ] {
            assert_eq!(accepted(unexpected), Err(UnexpectedExtension), "{unexpected}");
        }
    }
}
