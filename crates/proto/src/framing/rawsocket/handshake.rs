//! The handshake of `RawSocket`: four octets from the client, four octets back.

use crate::serializer::Serializer;

/// The first octet of a handshake. No HTTP request begins with it, so one port can serve both.
pub const MAGIC: u8 = 0x7F;

/// The longest message that a peer accepts: a power of two between 512 and 16 MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LengthLimit(u8);

impl LengthLimit {
    /// 512 octets.
    pub const MIN: Self = Self(0);
    /// 16 MiB.
    pub const MAX: Self = Self(15);

    /// The largest limit that is not above `octets`, or [`Self::MIN`] if there is none.
    pub fn at_most(octets: usize) -> Self {
        let exponent = octets.checked_ilog2().unwrap_or(0).clamp(9, 24) - 9;
        Self(u8::try_from(exponent).unwrap_or(Self::MAX.0))
    }

    /// The limit in octets.
    pub fn octets(self) -> usize {
        1 << (9 + self.0)
    }
}

/// What a client asks for, and what a router that agrees replies: both look the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handshake {
    /// What both sides write their messages in.
    pub serializer: Serializer,
    /// The longest message that the sender of this handshake is willing to receive.
    pub limit: LengthLimit,
}

/// Why a router refuses a client: the error codes of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Choose another serializer.
    #[error("the serializer is not supported")]
    SerializerUnsupported = 1,
    /// Ask for another length limit.
    #[error("the maximum message length is not acceptable")]
    LengthUnacceptable = 2,
    /// Leave the reserved bits zero.
    #[error("reserved bits are used")]
    ReservedBits = 3,
    /// Try again later.
    #[error("the maximum number of connections is reached")]
    TooManyConnections = 4,
}

/// Why a client cannot go on after the router's reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// The router said no, and why.
    #[error("the router refused the connection: {0}")]
    Refused(Refusal),
    /// The router said no with a code that the specification does not know.
    #[error("the router refused the connection with the unknown error {0}")]
    RefusedUnknown(u8),
    /// Whatever answers there, it is no `RawSocket` router.
    #[error("the reply is none of a RawSocket router")]
    NotRawSocket,
    /// The router must echo the serializer of the request.
    #[error("the router replied with another serializer than the one asked for")]
    OtherSerializer,
}

impl Handshake {
    /// The request, or the reply that accepts it.
    pub fn to_octets(self) -> [u8; 4] {
        [MAGIC, self.limit.0 << 4 | serializer_to_nibble(self.serializer), 0, 0]
    }

    /// Reads a client's request, of which the first octet was seen to be [`MAGIC`].
    ///
    /// Whether the serializer is enabled is for the caller to say, with
    /// [`Refusal::SerializerUnsupported`].
    pub fn from_request(octets: [u8; 4]) -> Result<Self, Refusal> {
        let [_, second, reserved @ ..] = octets;
        if reserved != [0, 0] {
            return Err(Refusal::ReservedBits);
        }
        let serializer = serializer_from_nibble(second & 0x0F);
        let serializer = serializer.ok_or(Refusal::SerializerUnsupported)?;
        Ok(Self { serializer, limit: LengthLimit(second >> 4) })
    }

    /// Reads a router's reply to a request for `serializer`.
    pub fn from_reply(octets: [u8; 4], serializer: Serializer) -> Result<Self, ReplyError> {
        let [MAGIC, second, 0, 0] = octets else {
            return Err(ReplyError::NotRawSocket);
        };
        match second & 0x0F {
            0 => Err(refusal_from_code(second >> 4)),
            nibble if nibble == serializer_to_nibble(serializer) => {
                Ok(Self { serializer, limit: LengthLimit(second >> 4) })
            }
            _ => Err(ReplyError::OtherSerializer),
        }
    }
}

impl Refusal {
    /// The reply that refuses a client: send it, then end the connection.
    pub fn to_octets(self) -> [u8; 4] {
        [MAGIC, (self as u8) << 4, 0, 0]
    }
}

fn refusal_from_code(code: u8) -> ReplyError {
    match code {
        1 => ReplyError::Refused(Refusal::SerializerUnsupported),
        2 => ReplyError::Refused(Refusal::LengthUnacceptable),
        3 => ReplyError::Refused(Refusal::ReservedBits),
        4 => ReplyError::Refused(Refusal::TooManyConnections),
        code => ReplyError::RefusedUnknown(code),
    }
}

fn serializer_to_nibble(serializer: Serializer) -> u8 {
    match serializer {
        Serializer::Json => 1,
        Serializer::MsgPack => 2,
        Serializer::Cbor => 3,
    }
}

fn serializer_from_nibble(nibble: u8) -> Option<Serializer> {
    match nibble {
        1 => Some(Serializer::Json),
        2 => Some(Serializer::MsgPack),
        3 => Some(Serializer::Cbor),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CBOR_16_MIB: Handshake =
        Handshake { serializer: Serializer::Cbor, limit: LengthLimit::MAX };

    #[test]
    fn requests_are_read_and_written() {
        assert_eq!(CBOR_16_MIB.to_octets(), [0x7F, 0xF3, 0, 0]);
        assert_eq!(Handshake::from_request([0x7F, 0xF3, 0, 0]), Ok(CBOR_16_MIB));

        let json = Handshake::from_request([0x7F, 0x01, 0, 0]).unwrap();
        assert_eq!((json.serializer, json.limit.octets()), (Serializer::Json, 512));
    }

    #[test]
    fn requests_that_cannot_be_served_are_refused() {
        let refusal = |octets| Handshake::from_request(octets).unwrap_err();
        assert_eq!(refusal([0x7F, 0xF0, 0, 0]), Refusal::SerializerUnsupported);
        assert_eq!(refusal([0x7F, 0xF4, 0, 0]), Refusal::SerializerUnsupported);
        assert_eq!(refusal([0x7F, 0xF1, 0, 1]), Refusal::ReservedBits);
        assert_eq!(refusal([0x7F, 0xF1, 0x80, 0]), Refusal::ReservedBits);
        assert_eq!(Refusal::ReservedBits.to_octets(), [0x7F, 0x30, 0, 0]);
    }

    #[test]
    fn replies_accept_refuse_or_make_no_sense() {
        let reply = |octets| Handshake::from_reply(octets, Serializer::Cbor);
        assert_eq!(reply([0x7F, 0xF3, 0, 0]), Ok(CBOR_16_MIB));
        assert_eq!(reply([0x7F, 0xF1, 0, 0]), Err(ReplyError::OtherSerializer));
        assert_eq!(
            reply([0x7F, 0x40, 0, 0]),
            Err(ReplyError::Refused(Refusal::TooManyConnections))
        );
        assert_eq!(reply([0x7F, 0x50, 0, 0]), Err(ReplyError::RefusedUnknown(5)));
        assert_eq!(reply([0x7F, 0x00, 0, 0]), Err(ReplyError::RefusedUnknown(0)));
        assert_eq!(reply(*b"HTTP"), Err(ReplyError::NotRawSocket));
        assert_eq!(reply([0x7F, 0xF3, 1, 0]), Err(ReplyError::NotRawSocket));
    }

    #[test]
    fn a_limit_is_the_power_of_two_below() {
        let at_most = |octets| LengthLimit::at_most(octets).octets();
        assert_eq!(at_most(0), 512);
        assert_eq!(at_most(513), 512);
        assert_eq!(at_most(1023), 512);
        assert_eq!(at_most(1024), 1024);
        assert_eq!(at_most((1 << 24) - 1), 1 << 23);
        assert_eq!(at_most(1 << 24), 1 << 24);
        assert_eq!(at_most(usize::MAX), 1 << 24);
    }
}
