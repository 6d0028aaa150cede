//! The publisher: events that wait to be acknowledged.
//!
//! See "Publishing" in the specification's Basic Profile. What its Advanced Profile adds are options.

use std::collections::HashMap;

use crosspoint_proto::framing::MessageTooLong;
use crosspoint_proto::id::{PublicationId, RequestId};
use crosspoint_proto::message::pubsub::{self, Publish, Published};
use crosspoint_proto::message::{self, Message};

use super::conversation::wamp_error;
use super::outbox::Outbox;
use crate::options::PublishOptions;
use crate::request::{OwnedPayload, Reply};

#[derive(Default)]
pub(super) struct Publisher {
    acknowledging: HashMap<RequestId, Reply<PublicationId>>,
}

impl Publisher {
    pub(super) fn publish(
        options: PublishOptions,
        topic: &str,
        payload: &OwnedPayload,
        framed: Reply<()>,
        outbox: &mut Outbox,
    ) {
        let sent = send(options.into_message(), topic, payload, outbox);
        // Whoever publishes short events does not wait for this.
        let _ = framed.send(sent.map(drop).map_err(Into::into));
    }

    pub(super) fn publish_acknowledged(
        &mut self,
        options: PublishOptions,
        topic: &str,
        payload: &OwnedPayload,
        reply: Reply<PublicationId>,
        outbox: &mut Outbox,
    ) {
        let options = pubsub::PublishOptions { acknowledge: true, ..options.into_message() };
        match send(options, topic, payload, outbox) {
            Ok(request) => drop(self.acknowledging.insert(request, reply)),
            Err(too_long) => drop(reply.send(Err(too_long.into()))),
        }
    }

    pub(super) fn on_published(&mut self, published: Published) {
        if let Some(reply) = self.acknowledging.remove(&published.request) {
            let _ = reply.send(Ok(published.publication));
        }
    }

    pub(super) fn on_error(&mut self, error: &message::Error<'_>) {
        if let Some(reply) = self.acknowledging.remove(&error.request) {
            let _ = reply.send(Err(wamp_error(error)));
        }
    }
}

fn send(
    options: pubsub::PublishOptions<'_>,
    topic: &str,
    payload: &OwnedPayload,
    outbox: &mut Outbox,
) -> Result<RequestId, MessageTooLong> {
    outbox.request(|request| {
        let (topic, payload) = (topic.into(), payload.as_payload());
        Message::Publish(Publish { request, options, topic, payload })
    })
}
