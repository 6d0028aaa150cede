//! The publisher: events that wait to be acknowledged.
//!
//! See "Publishing" in the specification's Basic Profile.

use std::collections::HashMap;

use crosspoint_proto::framing::MessageTooLong;
use crosspoint_proto::id::{PublicationId, RequestId};
use crosspoint_proto::message::pubsub::{Publish, PublishOptions, Published};
use crosspoint_proto::message::{self, Message};

use super::conversation::wamp_error;
use super::outbox::Outbox;
use crate::request::{OwnedPayload, Reply};

#[derive(Default)]
pub(super) struct Publisher {
    acknowledging: HashMap<RequestId, Reply<PublicationId>>,
}

impl Publisher {
    pub(super) fn publish(
        topic: &str,
        payload: &OwnedPayload,
        framed: Reply<()>,
        outbox: &mut Outbox,
    ) {
        let sent = send(topic, payload, PublishOptions::default(), outbox);
        // Whoever publishes short events does not wait for this.
        let _ = framed.send(sent.map(drop).map_err(Into::into));
    }

    pub(super) fn publish_acknowledged(
        &mut self,
        topic: &str,
        payload: &OwnedPayload,
        reply: Reply<PublicationId>,
        outbox: &mut Outbox,
    ) {
        let options = PublishOptions { acknowledge: true, ..PublishOptions::default() };
        match send(topic, payload, options, outbox) {
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
    topic: &str,
    payload: &OwnedPayload,
    options: PublishOptions<'_>,
    outbox: &mut Outbox,
) -> Result<RequestId, MessageTooLong> {
    outbox.request(|request| {
        let (topic, payload) = (topic.into(), payload.as_payload());
        Message::Publish(Publish { request, options, topic, payload })
    })
}
