//! The messages of publish and subscribe.
//!
//! ```text
//! Publisher                 Broker                 Subscriber
//!   |                         | <----- SUBSCRIBE ------ |
//!   |                         | ------ SUBSCRIBED ----> |
//!   | ------- PUBLISH ------> |                         |
//!   | <----- PUBLISHED ------ |   if `acknowledge`      |
//!   |                         | -------- EVENT -------> |
//! ```
//!
//! See "Publish and Subscribe" in the specification's Basic Profile, and the features of publish and
//! subscribe in its Advanced Profile.

use std::borrow::Cow;

use super::elements::{Elements, Entries, Entry};
pub use super::options::{Disclosed, Passthru};
use super::options::{Item, flag, text, write_entries};
pub use super::receivers::{Listed, Receivers};
use super::violation::Violation;
use crate::id::{PublicationId, RequestId, SessionId, SubscriptionId};
use crate::payload::Payload;
use crate::serializer::{MsgPackReader, MsgPackWriter, Reader, Writer};
use crate::value::Dict;

/// Publishes an event:
/// `[PUBLISH, Request|id, Options|dict, Topic|uri, Arguments|list, ArgumentsKw|dict]`
#[derive(Clone, Debug, PartialEq)]
pub struct Publish<'a> {
    /// The publisher's ID for the request.
    pub request: RequestId,
    /// `Options`
    pub options: PublishOptions<'a>,
    /// The topic.
    pub topic: Cow<'a, str>,
    /// The event.
    pub payload: Payload<'a>,
}

/// `PUBLISH.Options`
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "they are the specification's, one by one")]
pub struct PublishOptions<'a> {
    /// The publisher wants to know whether it worked.
    pub acknowledge: bool,
    /// The publisher does not get the event, even if it is subscribed. The default.
    pub exclude_me: bool,
    /// The publisher wants subscribers to know who publishes.
    pub disclose_me: bool,
    /// The event is what later subscribers of the topic may get, until another takes its place.
    pub retain: bool,
    /// `eligible`, `exclude` and their kin: who may receive the event, where that is restricted.
    pub receivers: Option<Box<Receivers<'a>>>,
    /// The key by which subscribers that share the work divide it. An integer is the same key as its
    /// decimal digits.
    pub rkey: Option<Cow<'a, str>>,
    /// `ppt_*`
    pub passthru: Option<Box<Passthru<'a>>>,
}

impl Default for PublishOptions<'_> {
    fn default() -> Self {
        PublishOptions {
            acknowledge: false,
            exclude_me: true,
            disclose_me: false,
            retain: false,
            receivers: None,
            rkey: None,
            passthru: None,
        }
    }
}

impl PublishOptions<'_> {
    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        let [
            eligible,
            eligible_authid,
            eligible_authrole,
            exclude,
            exclude_authid,
            exclude_authrole,
        ] = Receivers::items(self.receivers.as_deref());
        let [scheme, serializer, cipher, keyid] = Passthru::items(self.passthru.as_deref());
        write_entries(
            w,
            &[
                ("acknowledge", flag(self.acknowledge)),
                ("exclude_me", (!self.exclude_me).then_some(Item::False)),
                ("disclose_me", flag(self.disclose_me)),
                ("retain", flag(self.retain)),
                eligible,
                eligible_authid,
                eligible_authrole,
                exclude,
                exclude_authid,
                exclude_authrole,
                ("rkey", text(self.rkey.as_ref())),
                scheme,
                serializer,
                cipher,
                keyid,
            ],
        );
    }
}

impl<'a> Publish<'a> {
    pub(super) const TYPE: u64 = 16;
    pub(super) const NAME: &'static str = "PUBLISH";

    pub(super) fn read<R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        let request = RequestId(e.id("Request")?);
        let options = e.dict("Options")?;
        Ok(Publish { request, options, topic: e.text("Topic")?, payload: e.payload()? })
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        w.list(4 + self.payload.arity.elements());
        w.uint(Self::TYPE);
        w.uint(self.request.0);
        self.options.write(w);
        w.str(&self.topic);
    }
}

impl<'a> Entries<'a> for PublishOptions<'a> {
    fn entry<R: Reader<'a>>(
        &mut self,
        key: &str,
        entry: Entry<'_, 'a, R>,
    ) -> Result<(), Violation> {
        match key {
            "acknowledge" => self.acknowledge = entry.bool("acknowledge")?.unwrap_or(false),
            "exclude_me" => self.exclude_me = entry.bool("exclude_me")?.unwrap_or(true),
            "disclose_me" => self.disclose_me = entry.bool("disclose_me")?.unwrap_or(false),
            "retain" => self.retain = entry.bool("retain")?.unwrap_or(false),
            "rkey" => self.rkey = entry.text_or_integer("rkey")?,
            _ => {
                if let Some(entry) = Receivers::entry(&mut self.receivers, key, entry)? {
                    Passthru::entry(&mut self.passthru, key, entry)?;
                }
            }
        }
        Ok(())
    }
}

/// Acknowledges a PUBLISH: `[PUBLISHED, PUBLISH.Request|id, Publication|id]`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Published {
    /// The request.
    pub request: RequestId,
    /// The publication that came of it.
    pub publication: PublicationId,
}

impl Published {
    pub(super) const TYPE: u64 = 17;
    pub(super) const NAME: &'static str = "PUBLISHED";

    pub(super) fn read<'a, R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        let request = RequestId(e.id("PUBLISH.Request")?);
        Ok(Published { request, publication: PublicationId(e.id("Publication")?) })
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        w.list(3);
        w.uint(Self::TYPE);
        w.uint(self.request.0);
        w.uint(self.publication.0);
    }
}

/// Subscribes to a topic: `[SUBSCRIBE, Request|id, Options|dict, Topic|uri]`
#[derive(Clone, Debug, PartialEq)]
pub struct Subscribe<'a> {
    /// The subscriber's ID for the request.
    pub request: RequestId,
    /// `Options`
    pub options: SubscribeOptions<'a>,
    /// The topic.
    pub topic: Cow<'a, str>,
}

/// `SUBSCRIBE.Options`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SubscribeOptions<'a> {
    /// `match`: how published topics match this one, where it is said.
    pub matching: Option<Cow<'a, str>>,
    /// The subscriber wants what is retained for the topic.
    pub get_retained: bool,
    /// The name under which the subscriber takes its part of publications that have an `rkey`.
    pub nkey: Option<Cow<'a, str>>,
}

impl<'a> Subscribe<'a> {
    pub(super) const TYPE: u64 = 32;
    pub(super) const NAME: &'static str = "SUBSCRIBE";

    pub(super) fn read<R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        let request = RequestId(e.id("Request")?);
        Ok(Subscribe { request, options: e.dict("Options")?, topic: e.text("Topic")? })
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        w.list(4);
        w.uint(Self::TYPE);
        w.uint(self.request.0);
        self.options.write(w);
        w.str(&self.topic);
    }
}

impl SubscribeOptions<'_> {
    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        write_entries(
            w,
            &[
                ("match", text(self.matching.as_ref())),
                ("get_retained", flag(self.get_retained)),
                ("nkey", text(self.nkey.as_ref())),
            ],
        );
    }
}

impl<'a> Entries<'a> for SubscribeOptions<'a> {
    fn entry<R: Reader<'a>>(
        &mut self,
        key: &str,
        entry: Entry<'_, 'a, R>,
    ) -> Result<(), Violation> {
        match key {
            "match" => self.matching = entry.text("match")?,
            "get_retained" => self.get_retained = entry.bool("get_retained")?.unwrap_or(false),
            "nkey" => self.nkey = entry.text_or_integer("nkey")?,
            _ => entry.skip()?,
        }
        Ok(())
    }
}

/// Acknowledges a SUBSCRIBE: `[SUBSCRIBED, SUBSCRIBE.Request|id, Subscription|id]`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Subscribed {
    /// The request.
    pub request: RequestId,
    /// The subscription that came of it.
    pub subscription: SubscriptionId,
}

impl Subscribed {
    pub(super) const TYPE: u64 = 33;
    pub(super) const NAME: &'static str = "SUBSCRIBED";

    pub(super) fn read<'a, R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        let request = RequestId(e.id("SUBSCRIBE.Request")?);
        Ok(Subscribed { request, subscription: SubscriptionId(e.id("Subscription")?) })
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        w.list(3);
        w.uint(Self::TYPE);
        w.uint(self.request.0);
        w.uint(self.subscription.0);
    }
}

/// Ends a subscription: `[UNSUBSCRIBE, Request|id, SUBSCRIBED.Subscription|id]`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unsubscribe {
    /// The subscriber's ID for the request.
    pub request: RequestId,
    /// The subscription.
    pub subscription: SubscriptionId,
}

impl Unsubscribe {
    pub(super) const TYPE: u64 = 34;
    pub(super) const NAME: &'static str = "UNSUBSCRIBE";

    pub(super) fn read<'a, R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        let request = RequestId(e.id("Request")?);
        Ok(Unsubscribe { request, subscription: SubscriptionId(e.id("SUBSCRIBED.Subscription")?) })
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        w.list(3);
        w.uint(Self::TYPE);
        w.uint(self.request.0);
        w.uint(self.subscription.0);
    }
}

/// Acknowledges an UNSUBSCRIBE, or says that the router has taken a subscription away:
/// `[UNSUBSCRIBED, UNSUBSCRIBE.Request|id]` or `[UNSUBSCRIBED, 0, Details|dict]`
#[derive(Clone, Debug, PartialEq)]
pub struct Unsubscribed<'a> {
    /// The request; 0 if there was none.
    pub request: RequestId,
    /// `Details`, where there was no request.
    pub revocation: Option<SubscriptionRevocation<'a>>,
}

impl<'a> Unsubscribed<'a> {
    pub(super) const TYPE: u64 = 35;
    pub(super) const NAME: &'static str = "UNSUBSCRIBED";

    pub(super) fn read<R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        let request = RequestId(e.integer("UNSUBSCRIBE.Request")?);
        let revocation = if request.0 == 0 { Some(e.dict("Details")?) } else { None };
        Ok(Unsubscribed { request, revocation })
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        w.list(2 + usize::from(self.revocation.is_some()));
        w.uint(Self::TYPE);
        w.uint(self.request.0);
        if let Some(SubscriptionRevocation { subscription, reason }) = &self.revocation {
            let subscription = subscription.map(|id| Item::Number(id.0));
            let entries = [("subscription", subscription), ("reason", text(reason.as_ref()))];
            write_entries(w, &entries);
        }
    }
}

/// `UNSUBSCRIBED.Details`: which subscription the router has taken away, and why.
///
/// See "Subscription Revocation" in the specification's Advanced Profile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SubscriptionRevocation<'a> {
    /// The subscription. A router always says it.
    pub subscription: Option<SubscriptionId>,
    /// Why.
    pub reason: Option<Cow<'a, str>>,
}

impl<'a> Entries<'a> for SubscriptionRevocation<'a> {
    fn entry<R: Reader<'a>>(
        &mut self,
        key: &str,
        entry: Entry<'_, 'a, R>,
    ) -> Result<(), Violation> {
        match key {
            "subscription" => {
                self.subscription = entry.number("subscription")?.map(SubscriptionId);
            }
            "reason" => self.reason = entry.text("reason")?,
            _ => entry.skip()?,
        }
        Ok(())
    }
}

/// An event for a subscriber: `[EVENT, SUBSCRIBED.Subscription|id, PUBLISHED.Publication|id,
/// Details|dict, PUBLISH.Arguments|list, PUBLISH.ArgumentsKw|dict]`
#[derive(Clone, Debug, PartialEq)]
pub struct Event<'a> {
    /// The subscription that the event is for.
    pub subscription: SubscriptionId,
    /// The publication that the event is of.
    pub publication: PublicationId,
    /// `Details`
    pub details: EventDetails<'a>,
    /// The event.
    pub payload: Payload<'a>,
}

impl<'a> Event<'a> {
    pub(super) const TYPE: u64 = 36;
    pub(super) const NAME: &'static str = "EVENT";

    pub(super) fn read<R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        let subscription = SubscriptionId(e.id("SUBSCRIBED.Subscription")?);
        let publication = PublicationId(e.id("PUBLISHED.Publication")?);
        let details = e.dict("Details")?;
        Ok(Event { subscription, publication, details, payload: e.payload()? })
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        w.list(4 + self.payload.arity.elements());
        w.uint(Self::TYPE);
        w.uint(self.subscription.0);
        w.uint(self.publication.0);
        self.details.write(w);
    }
}

/// `EVENT.Details`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventDetails<'a> {
    /// What was published to, where the subscription is a pattern.
    pub topic: Option<Cow<'a, str>>,
    /// `publisher`, `publisher_authid` and `publisher_authrole`: who publishes, where that is
    /// disclosed.
    pub publisher: Option<Disclosed<'a>>,
    /// `trustlevel`: how far the router trusts the publication, where its configuration says.
    pub trust_level: Option<u64>,
    /// The event is an earlier one, that was retained.
    pub retained: bool,
    /// `ppt_*`
    pub passthru: Option<Box<Passthru<'a>>>,
}

impl<'a> Entries<'a> for EventDetails<'a> {
    fn entry<R: Reader<'a>>(
        &mut self,
        key: &str,
        entry: Entry<'_, 'a, R>,
    ) -> Result<(), Violation> {
        match key {
            "topic" => self.topic = entry.text("topic")?,
            "publisher" => {
                let session = entry.number("publisher")?.map(SessionId);
                self.publisher.get_or_insert_default().session = session;
            }
            "publisher_authid" => {
                let authid = entry.text("publisher_authid")?;
                self.publisher.get_or_insert_default().authid = authid;
            }
            "publisher_authrole" => {
                let authrole = entry.text("publisher_authrole")?;
                self.publisher.get_or_insert_default().authrole = authrole;
            }
            "trustlevel" => self.trust_level = entry.number("trustlevel")?,
            "retained" => self.retained = entry.bool("retained")?.unwrap_or(false),
            _ => Passthru::entry(&mut self.passthru, key, entry)?,
        }
        Ok(())
    }
}

impl EventDetails<'_> {
    /// The same, borrowed from nowhere.
    pub fn into_static(self) -> EventDetails<'static> {
        let EventDetails { topic, publisher, trust_level, retained, passthru } = self;
        EventDetails {
            topic: topic.map(|topic| Cow::Owned(topic.into_owned())),
            publisher: publisher.map(Disclosed::into_static),
            trust_level,
            retained,
            passthru: passthru.map(|passthru| Box::new(passthru.into_static())),
        }
    }

    /// The same as a dict, with the keys that it has on the wire.
    pub fn to_dict(&self) -> Dict {
        let mut octets = Vec::new();
        self.write(&mut MsgPackWriter::new(&mut octets));
        let read = Dict::read(&mut MsgPackReader::new(&octets));
        debug_assert!(read.is_ok(), "what is written can be read");
        read.unwrap_or_default()
    }

    fn write<W: Writer>(&self, w: &mut W) {
        let EventDetails { topic, publisher, trust_level, retained, passthru } = self;
        // As nearly every event of an exact subscription has it.
        let has_identity = publisher.is_some() || trust_level.is_some();
        if topic.is_none() && !has_identity && !retained && passthru.is_none() {
            w.dict(0);
            return w.end_dict();
        }
        let publisher = publisher.as_ref();
        let [scheme, serializer, cipher, keyid] = Passthru::items(passthru.as_deref());
        write_entries(
            w,
            &[
                ("topic", text(topic.as_ref())),
                ("publisher", publisher.and_then(|p| p.session).map(|id| Item::Number(id.0))),
                ("publisher_authid", text(publisher.and_then(|p| p.authid.as_ref()))),
                ("publisher_authrole", text(publisher.and_then(|p| p.authrole.as_ref()))),
                ("trustlevel", trust_level.map(Item::Number)),
                ("retained", flag(*retained)),
                scheme,
                serializer,
                cipher,
                keyid,
            ],
        );
    }
}
