//! The subprotocol names the serializer, and whether messages are batched.

use super::header;
use crate::framing::batched::{Batch, Separator};
use crate::serializer::Serializer;

/// `wamp.2.json` and its kin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Subprotocol {
    /// What messages are written in.
    pub serializer: Serializer,
    /// Several messages may come in one frame.
    pub batched: bool,
}

impl Subprotocol {
    /// All that we know.
    pub const ALL: [Self; 6] = [
        Self { serializer: Serializer::Json, batched: false },
        Self { serializer: Serializer::MsgPack, batched: false },
        Self { serializer: Serializer::Cbor, batched: false },
        Self { serializer: Serializer::Json, batched: true },
        Self { serializer: Serializer::MsgPack, batched: true },
        Self { serializer: Serializer::Cbor, batched: true },
    ];

    /// The name in a `Sec-WebSocket-Protocol` header.
    pub fn name(self) -> &'static str {
        match (self.serializer, self.batched) {
            (Serializer::Json, false) => "wamp.2.json",
            (Serializer::MsgPack, false) => "wamp.2.msgpack",
            (Serializer::Cbor, false) => "wamp.2.cbor",
            (Serializer::Json, true) => "wamp.2.json.batched",
            (Serializer::MsgPack, true) => "wamp.2.msgpack.batched",
            (Serializer::Cbor, true) => "wamp.2.cbor.batched",
        }
    }

    /// The subprotocol of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|subprotocol| subprotocol.name() == name)
    }

    /// Whether messages go in text frames.
    pub fn is_text(self) -> bool {
        self.serializer == Serializer::Json
    }

    /// How the messages of a batch are told apart, until the peer shows that it does it otherwise.
    pub fn batch(self) -> Option<Batch> {
        match (self.batched, self.serializer) {
            (false, _) => None,
            (true, Serializer::Json) => Some(Batch::Separated(Separator::Specified)),
            (true, _) => Some(Batch::Counted),
        }
    }

    /// The first of those offered that is enabled: the client lists what it likes best first.
    pub(super) fn choose<'h>(
        offered: impl Iterator<Item = &'h str>,
        enabled: &[Self],
    ) -> Option<Self> {
        header::elements(offered)
            .filter_map(Self::from_name)
            .find(|subprotocol| enabled.contains(subprotocol))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose<const N: usize>(offered: [&str; N], enabled: &[&str]) -> Option<&'static str> {
        let enabled: Vec<_> = enabled.iter().copied().filter_map(Subprotocol::from_name).collect();
        Subprotocol::choose(offered.into_iter(), &enabled).map(Subprotocol::name)
    }

    #[test]
    fn names_come_back() {
        for subprotocol in Subprotocol::ALL {
            assert_eq!(Subprotocol::from_name(subprotocol.name()), Some(subprotocol));
        }
        assert_eq!(Subprotocol::from_name("wamp.2.ubjson"), None);
        assert_eq!(Subprotocol::from_name("WAMP.2.JSON"), None);
    }

    #[test]
    fn the_client_prefers_and_the_router_enables() {
        let enabled = ["wamp.2.json", "wamp.2.cbor", "wamp.2.cbor.batched"];
        assert_eq!(choose(["wamp.2.cbor, wamp.2.json"], &enabled), Some("wamp.2.cbor"));
        assert_eq!(choose(["wamp.2.msgpack,wamp.2.json,"], &enabled), Some("wamp.2.json"));
        assert_eq!(
            choose(["wamp.2.ubjson", "wamp.2.cbor.batched,wamp.2.json"], &enabled),
            Some("wamp.2.cbor.batched")
        );
        assert_eq!(choose(["wamp.2.msgpack"], &enabled), None);
        assert_eq!(choose(["chat"], &enabled), None);
        assert_eq!(choose([], &enabled), None);
    }
}
