//! What known clients do that the specification does not foresee, and how to tell them.

use crosspoint_proto::feature::{Feature, Features, Role, Roles};
use crosspoint_proto::message::session::HelloDetails;

/// autobahn-js forgets a call when it cancels it (unless with mode `kill`), and closes its connection
/// when the ERROR comes that the specification demands. It says nothing of itself in HELLO, but no
/// other client announces exactly these features.
pub(crate) fn forgets_canceled_calls(hello: &HelloDetails<'_>) -> bool {
    hello.agent.is_none() && hello.roles == AUTOBAHN_JS
}

/// autobahn-js and wampy.js send progressive results, but cannot be interrupted, and the specification
/// has callees of that kind count as ones that send none. What they send for a call that is over is
/// passed over, as from anybody; only their work is wasted.
pub(crate) fn streams_uninterrupted(hello: &HelloDetails<'_>) -> bool {
    forgets_canceled_calls(hello) || is_wampy(hello)
}

/// What a client can do: as it says, with two exceptions.
pub(crate) fn roles(hello: &HelloDetails<'_>) -> Roles {
    if is_wampy(hello) {
        wampy_roles(hello)
    } else if is_autobahn_python(hello) {
        autobahn_python_roles(hello)
    } else {
        hello.roles
    }
}

/// wampy.js does not say that it sends progressive results as a callee, and calls in several pieces
/// (`progressiveCall`) as a caller.
fn wampy_roles(hello: &HelloDetails<'_>) -> Roles {
    let features = |role, more| hello.roles.features(role).with(more);
    let calling = features(Role::Caller, Feature::ProgressiveCallInvocations);
    let callee = features(Role::Callee, Feature::ProgressiveCallResults);
    hello.roles.with(Role::Caller, calling).with(Role::Callee, callee)
}

/// autobahn-python says that its subscriptions may be revoked, and takes the UNSUBSCRIBED that tells
/// of it for a violation of the protocol, upon which it ends its session. autobahn-js does what it
/// says; wampy.js would end its session, too, but says nothing.
fn autobahn_python_roles(hello: &HelloDetails<'_>) -> Roles {
    let features = hello.roles.features(Role::Subscriber);
    hello.roles.with(Role::Subscriber, features.without(Feature::SubscriptionRevocation))
}

/// It says nothing of itself in HELLO, but no other client announces its encryption.
fn is_autobahn_python(hello: &HelloDetails<'_>) -> bool {
    hello.roles.features(Role::Subscriber).has(Feature::PayloadEncryptionCryptobox)
}

fn is_wampy(hello: &HelloDetails<'_>) -> bool {
    hello.agent.as_deref().is_some_and(|agent| agent.starts_with("Wampy.js "))
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
