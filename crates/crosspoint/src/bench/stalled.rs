//! Stalled subscribers: they subscribe, and then read nothing more. What they cost the others, and
//! how much memory the router holds for them.
//!
//! Nobody would wait until one publication at a time has filled an outbox, so that is done before
//! anything is measured, over a topic of their own: they stand at their limit from the first round
//! on, and each further event for them is dropped.

use crosspoint_proto::id::RequestId;
use crosspoint_proto::message::Message;
use crosspoint_proto::message::pubsub::PublishOptions;
use crosspoint_proto::serializer::Serializer;

use super::dial::Dialled;
use super::dialect::wamp::{Argument, publish, subscribe};
use super::party::Party;
use super::report::Comparison;
use super::url::Url;
use super::workload::{Audience, Workload};
use super::{Error, Plan, Router, measure_in_turn};

/// Options of the routers that are started for this: somebody who makes no room for what he is sent would
/// be taken for dead, and these are to stay as long as the others are measured.
pub(super) const PATIENCE: &[&str] = &["--dead-peer-timeout", "off", "--ping-interval", "off"];

/// More than a router and the kernels at both ends of a connection keep for one subscriber.
const FILLING_OCTETS: usize = 32 << 20;

/// How many octets are written at once, meanwhile.
const BATCH_OCTETS: usize = 64 << 10;

/// The same audience without and with stalled subscribers.
#[derive(Debug)]
pub(crate) struct Stalled {
    pub(super) comparison: Comparison,
    /// How much memory the router held at the end, without and with them.
    pub(super) resident_octets: [u64; 2],
}

/// Compares two audiences of one size: in one of them everybody reads.
pub(crate) fn measure(plan: &Plan, router: &Router, audience: Audience) -> Result<Stalled, Error> {
    let Audience { reading, stalled, .. } = audience;
    let all_read = Audience { reading: reading + stalled, stalled: 0, ..audience };
    let workload = Workload::Stalled(audience);
    let mut parties = [
        Party::router(plan, router, Workload::Stalled(all_read))?,
        Party::router(plan, router, workload)?,
    ];
    let samples = measure_in_turn(plan, &mut parties)?;
    let resident_octets = [parties[0].resident_octets()?, parties[1].resident_octets()?];
    let names = [format!("{} read", reading + stalled), format!("{stalled} of them not")];
    let comparison = Comparison {
        what: format!("{workload}, {}", parties[0].name()),
        workload,
        baseline: "all read",
        parties: names.into_iter().zip(samples).collect(),
    };
    Ok(Stalled { comparison, resident_octets })
}

/// Subscribers of a workload for whom as much waits as may wait.
pub(super) fn stall(
    url: &Url,
    serializer: Serializer,
    realm: &str,
    workload: Workload,
) -> Result<Vec<Dialled>, Error> {
    let filling = format!("{}.filling", workload.topic());
    let subscribed = |_| {
        let mut subscriber = Dialled::join(url, serializer, realm)?;
        subscribe(&mut subscriber, RequestId(1), &workload.topic())?;
        subscribe(&mut subscriber, RequestId(2), &filling)?;
        Ok(subscriber)
    };
    let stalled = (0..workload.stalled()).map(subscribed).collect::<Result<Vec<_>, Error>>()?;
    if !stalled.is_empty() {
        let argument = Argument::new(workload, serializer);
        fill(&mut Dialled::join(url, serializer, realm)?, &filling, &argument)?;
    }
    Ok(stalled)
}

/// Publishes more than can wait for one subscriber, and returns when the router is through with it.
fn fill(publisher: &mut Dialled, topic: &str, argument: &Argument) -> Result<(), Error> {
    let payload = argument.payload();
    let (mut request, mut octets, mut out) = (0, 0, Vec::new());
    while octets < FILLING_OCTETS {
        while out.len() < BATCH_OCTETS {
            request += 1;
            octets += payload.octets.len();
            publisher.wire.writing.message(&publish(request, topic, payload), &mut out)?;
        }
        publisher.write(&out)?;
        out.clear();
    }
    let mut last = publish(request + 1, topic, payload);
    if let Message::Publish(publish) = &mut last {
        publish.options = PublishOptions { acknowledge: true, ..PublishOptions::default() };
    }
    publisher.request(&last, "PUBLISHED")
}
