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
//! See "Publish and Subscribe" in the specification's Basic Profile.

use std::borrow::Cow;

use super::elements::{Elements, Entries, Entry};
use super::options::{text, write_entries};
use super::violation::Violation;
use crate::id::{PublicationId, RequestId, SubscriptionId};
use crate::payload::Payload;
use crate::serializer::{Reader, Writer};

/// Publishes an event:
/// `[PUBLISH, Request|id, Options|dict, Topic|uri, Arguments|list, ArgumentsKw|dict]`
#[derive(Clone, Debug, PartialEq)]
pub struct Publish<'a> {
    /// The publisher's ID for the request.
    pub request: RequestId,
    /// `Options`
    pub options: PublishOptions,
    /// The topic.
    pub topic: Cow<'a, str>,
    /// The event.
    pub payload: Payload<'a>,
}

/// `PUBLISH.Options`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PublishOptions {
    /// The publisher wants to know whether it worked.
    pub acknowledge: bool,
    /// The publisher does not get the event, even if it is subscribed. The default.
    pub exclude_me: bool,
    /// Some of `eligible`, `exclude` and their kin are there, which say who may get the event.
    /// Read only to be refused: to pass over them would show the event to those it is not meant for.
    pub restricts_receivers: bool,
}

impl Default for PublishOptions {
    fn default() -> Self {
        PublishOptions { acknowledge: false, exclude_me: true, restricts_receivers: false }
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
        let PublishOptions { acknowledge, exclude_me, .. } = self.options;
        w.dict(usize::from(acknowledge) + usize::from(!exclude_me));
        if acknowledge {
            w.key("acknowledge");
            w.bool(true);
        }
        if !exclude_me {
            w.key("exclude_me");
            w.bool(false);
        }
        w.end_dict();
        w.str(&self.topic);
    }
}

impl<'a> Entries<'a> for PublishOptions {
    fn entry<R: Reader<'a>>(
        &mut self,
        key: &str,
        entry: Entry<'_, 'a, R>,
    ) -> Result<(), Violation> {
        match key {
            "acknowledge" => self.acknowledge = entry.bool("acknowledge")?.unwrap_or(false),
            "exclude_me" => self.exclude_me = entry.bool("exclude_me")?.unwrap_or(true),
            "eligible" | "eligible_authid" | "eligible_authrole" | "exclude" | "exclude_authid"
            | "exclude_authrole" => self.restricts_receivers |= entry.presence()?,
            _ => entry.skip()?,
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
    /// How published topics match this one, where it is said.
    pub matching: Option<Cow<'a, str>>,
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
        write_entries(w, &[("match", text(self.options.matching.as_ref()))]);
        w.str(&self.topic);
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

/// Acknowledges an UNSUBSCRIBE: `[UNSUBSCRIBED, UNSUBSCRIBE.Request|id]`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unsubscribed {
    /// The request.
    pub request: RequestId,
}

impl Unsubscribed {
    pub(super) const TYPE: u64 = 35;
    pub(super) const NAME: &'static str = "UNSUBSCRIBED";

    pub(super) fn read<'a, R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        Ok(Unsubscribed { request: RequestId(e.id("UNSUBSCRIBE.Request")?) })
    }

    pub(super) fn write<W: Writer>(self, w: &mut W) {
        w.list(2);
        w.uint(Self::TYPE);
        w.uint(self.request.0);
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
    /// `Details.topic`: what was published to, where the subscription is a pattern.
    pub topic: Option<Cow<'a, str>>,
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
        let EventDetails { topic } = e.dict("Details")?;
        Ok(Event { subscription, publication, topic, payload: e.payload()? })
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        w.list(4 + self.payload.arity.elements());
        w.uint(Self::TYPE);
        w.uint(self.subscription.0);
        w.uint(self.publication.0);
        write_entries(w, &[("topic", text(self.topic.as_ref()))]);
    }
}

/// `EVENT.Details`
#[derive(Default)]
struct EventDetails<'a> {
    topic: Option<Cow<'a, str>>,
}

impl<'a> Entries<'a> for EventDetails<'a> {
    fn entry<R: Reader<'a>>(
        &mut self,
        key: &str,
        entry: Entry<'_, 'a, R>,
    ) -> Result<(), Violation> {
        match key {
            "topic" => self.topic = entry.text("topic")?,
            _ => entry.skip()?,
        }
        Ok(())
    }
}
