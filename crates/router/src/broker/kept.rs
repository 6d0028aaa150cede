//! A publication that is kept after it was dispatched: retained for its topic, or for the history, or
//! both. And its record, which is what a store gets of it.

use std::sync::Arc;

use crosspoint_proto::id::{PublicationId, RequestId, SessionId, SubscriptionId};
use crosspoint_proto::message::Message;
use crosspoint_proto::message::pubsub::{Event, EventDetails, Publish, PublishOptions, Receivers};
use crosspoint_proto::payload::{Arity, Payload};
use crosspoint_proto::serializer::Serializer;

use super::publication::{Publication, may_reach, octets};
use crate::member::Member;
use crate::shard::ShardKey;
use crate::time::Time;

/// A publication, borrowed from nowhere.
#[derive(Debug, PartialEq)]
pub(crate) struct Kept {
    pub(crate) id: PublicationId,
    pub(crate) time: Time,
    pub(crate) topic: Arc<str>,
    /// The publisher, if it did not want its own event.
    excluded: Option<SessionId>,
    receivers: Option<Box<Receivers<'static>>>,
    rkey: Option<ShardKey>,
    details: EventDetails<'static>,
    serializer: Serializer,
    arity: Arity,
    octets: Box<[u8]>,
}

impl Kept {
    pub(super) fn new(publication: &Publication<'_>, now: Time) -> Kept {
        Kept {
            id: publication.id,
            // Clients ask for events by the times that they were told.
            time: now.to_the_millisecond(),
            topic: publication.topic.into(),
            excluded: publication.excluded,
            receivers: publication.receivers.map(|list| Box::new(list.clone().into_static())),
            rkey: publication.rkey,
            details: publication.details.clone().into_static(),
            serializer: publication.payload.serializer,
            arity: publication.payload.arity,
            octets: publication.payload.octets.into(),
        }
    }

    /// It, as if it were published now.
    pub(super) fn publication(&self) -> Publication<'_> {
        Publication {
            id: self.id,
            topic: &self.topic,
            payload: self.payload(),
            excluded: self.excluded,
            receivers: self.receivers.as_deref(),
            rkey: self.rkey,
            details: EventDetails { retained: true, ..self.details.clone() },
        }
    }

    pub(crate) fn payload(&self) -> Payload<'_> {
        Payload { serializer: self.serializer, arity: self.arity, octets: &self.octets }
    }

    pub(crate) fn details(&self) -> &EventDetails<'static> {
        &self.details
    }

    /// May a subscriber get it?
    pub(super) fn may_reach(&self, subscriber: &Member) -> bool {
        may_reach(self.excluded, self.receivers.as_deref(), subscriber)
    }

    pub(super) fn rkey(&self) -> Option<ShardKey> {
        self.rkey
    }

    /// May somebody of this identity know of it?
    pub(super) fn may_reach_identity(&self, authid: &str, authrole: &str) -> bool {
        self.receivers.as_ref().is_none_or(|list| list.include_identity(authid, authrole))
    }

    /// Is it for some receivers only?
    pub(super) fn is_restricted(&self) -> bool {
        self.receivers.is_some() || self.rkey.is_some()
    }

    /// Is it for the same receivers?
    pub(super) fn has_same_receivers(&self, other: &Kept) -> bool {
        self.receivers == other.receivers && self.rkey == other.rkey
    }

    /// The memory that it takes up.
    pub(super) fn octets(&self) -> usize {
        octets(&self.topic, self.payload(), self.receivers.as_deref(), &self.details)
    }

    /// What a store gets: all but the session that is excluded, which is not there any more when the
    /// record is read. The words are those of the protocol: the EVENT that a subscriber would get,
    /// and a PUBLISH that says who may receive it, each with its length before it.
    pub(super) fn record(&self) -> Vec<u8> {
        let details = EventDetails { topic: Some((&*self.topic).into()), ..self.details.clone() };
        let event = Message::Event(Event {
            subscription: SubscriptionId(1),
            publication: self.id,
            details,
            payload: self.payload(),
        });
        let options =
            PublishOptions { receivers: self.receivers.clone(), ..PublishOptions::default() };
        let receivers = Message::Publish(Publish {
            request: RequestId(1),
            options,
            topic: (&*self.topic).into(),
            payload: Payload { serializer: self.serializer, ..Payload::NONE },
        });
        let mut record = vec![RECORD_VERSION, code_of(self.serializer)];
        record.extend_from_slice(&self.time.0.to_le_bytes());
        record.push(u8::from(self.rkey.is_some()));
        record.extend_from_slice(&self.rkey.map_or(0, |key| key.0).to_le_bytes());
        for message in [event, receivers] {
            write_message(&message, self.serializer, &mut record);
        }
        record
    }

    /// What a store has had; `None` if it is nothing that we can read.
    pub(super) fn from_record(record: &[u8]) -> Option<Kept> {
        let mut rest = record;
        let [RECORD_VERSION, serializer] = take(&mut rest)? else { return None };
        let serializer = Serializer::ALL.into_iter().find(|known| code_of(*known) == serializer)?;
        let time = Time(u64::from_le_bytes(take(&mut rest)?));
        let [has_rkey] = take(&mut rest)?;
        let rkey = ShardKey(u64::from_le_bytes(take(&mut rest)?));
        let Message::Event(event) = read_message(serializer, &mut rest)? else { return None };
        let Message::Publish(publish) = read_message(serializer, &mut rest)? else { return None };
        Some(Kept {
            id: event.publication,
            time,
            topic: event.details.topic.as_deref()?.into(),
            excluded: None,
            receivers: publish.options.receivers.map(|list| Box::new(list.into_static())),
            rkey: (has_rkey != 0).then_some(rkey),
            details: EventDetails { topic: None, ..event.details }.into_static(),
            serializer,
            arity: event.payload.arity,
            octets: event.payload.octets.into(),
        })
    }
}

/// Another one means that the rest is written in another way.
const RECORD_VERSION: u8 = 1;

/// In records; never to be given another meaning.
fn code_of(serializer: Serializer) -> u8 {
    match serializer {
        Serializer::Json => 1,
        Serializer::MsgPack => 2,
        Serializer::Cbor => 3,
    }
}

fn write_message(message: &Message<'_>, serializer: Serializer, record: &mut Vec<u8>) {
    let mut head = Vec::new();
    let encoded = message.encode(serializer, &mut head);
    let (payload, tail) = (encoded.payload, encoded.tail);
    // No message is that long: they come in frames of less.
    let length = u32::try_from(head.len() + payload.len() + tail.len()).unwrap_or(u32::MAX);
    record.extend_from_slice(&length.to_le_bytes());
    for part in [&head, payload, tail] {
        record.extend_from_slice(part);
    }
}

fn read_message<'r>(serializer: Serializer, rest: &mut &'r [u8]) -> Option<Message<'r>> {
    let length = usize::try_from(u32::from_le_bytes(take(rest)?)).ok()?;
    let (octets, behind) = rest.split_at_checked(length)?;
    *rest = behind;
    Message::decode(serializer, octets).ok()
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(*taken)
}

#[cfg(test)]
mod tests {
    use crosspoint_proto::message::pubsub::{Disclosed, Passthru};
    use proptest::prelude::*;

    use super::*;

    fn kept(serializer: Serializer, octets: &[u8]) -> Kept {
        let receivers = Receivers {
            eligible: Some(vec![SessionId(9), SessionId(3)].into()),
            exclude_authid: Some(vec!["joe".into()].into()),
            ..Receivers::default()
        };
        let publisher = Disclosed {
            session: Some(SessionId(77)),
            authid: Some("joe".into()),
            authrole: Some("user".into()),
        };
        let passthru = Passthru { scheme: "x_mine".into(), ..Passthru::default() };
        Kept {
            id: PublicationId(1 << 53),
            time: Time(1_795_616_583_000_001),
            topic: "com.news".into(),
            excluded: None,
            receivers: Some(Box::new(receivers)),
            rkey: Some(ShardKey::new("key")),
            details: EventDetails {
                publisher: Some(publisher),
                trust_level: Some(0),
                passthru: Some(Box::new(passthru)),
                ..EventDetails::default()
            },
            serializer,
            arity: Arity::ArgsKwargs,
            octets: octets.into(),
        }
    }

    #[test]
    fn a_record_says_all_of_it() {
        for (serializer, octets) in [
            (Serializer::Json, &br#"[1,"two"],{"three":3.5}"#[..]),
            (Serializer::MsgPack, b"\x92\x01\xa3two\x81\xa5three\x03"),
            (Serializer::Cbor, b"\x82\x01\x63two\xa1\x65three\x03"),
        ] {
            let kept = kept(serializer, octets);
            assert_eq!(Kept::from_record(&kept.record()), Some(kept));
        }
    }

    #[test]
    fn a_record_may_say_nothing_but_the_topic() {
        let publication = Publication::new(PublicationId(1), "com.news", Payload::NONE);
        let kept = Kept::new(&publication, Time(0));
        assert_eq!(Kept::from_record(&kept.record()), Some(kept));
    }

    proptest! {
        /// A store's file may be anything.
        #[test]
        fn whatever_is_read_does_no_harm(cut in 0_usize..200, octet: u8, at in 0_usize..200) {
            let mut record = kept(Serializer::Json, br#"[],{"a":1}"#).record();
            let at = at % record.len();
            record[at] = octet;
            let _ = Kept::from_record(&record);
            record.truncate(cut.min(record.len() - 1));
            prop_assert_eq!(Kept::from_record(&record), None);
        }
    }
}
