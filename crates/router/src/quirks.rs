//! What known clients do that the specification does not foresee, and how to tell them.

use crosspoint_proto::feature::{Feature, Features, Role, Roles};
use crosspoint_proto::message::session::HelloDetails;

/// autobahn-js forgets a call when it cancels it (unless with mode `kill`), and closes its connection
/// when the ERROR comes that the specification demands. It says nothing of itself in HELLO, but no
/// other client announces exactly these features.
pub(crate) fn forgets_canceled_calls(hello: &HelloDetails<'_>) -> bool {
    hello.agent.is_none() && hello.roles == AUTOBAHN_JS
}

const AUTOBAHN_JS: Roles = Roles::NONE
    .with(
        Role::Caller,
        Features::NONE
            .with(Feature::CallerIdentification)
            .with(Feature::CallCanceling)
            .with(Feature::ProgressiveCallResults),
    )
    .with(
        Role::Callee,
        Features::NONE
            .with(Feature::CallerIdentification)
            .with(Feature::PatternBasedRegistration)
            .with(Feature::SharedRegistration)
            .with(Feature::ProgressiveCallResults)
            .with(Feature::RegistrationRevocation),
    )
    .with(
        Role::Publisher,
        Features::NONE
            .with(Feature::PublisherIdentification)
            .with(Feature::SubscriberBlackwhiteListing)
            .with(Feature::PublisherExclusion),
    )
    .with(
        Role::Subscriber,
        Features::NONE
            .with(Feature::PublisherIdentification)
            .with(Feature::PatternBasedSubscription)
            .with(Feature::SubscriptionRevocation),
    );
