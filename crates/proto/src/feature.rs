//! Roles and the features announced with them, in HELLO and in WELCOME.
//!
//! See "Client: Role and Feature Announcement" in the specification's Basic Profile, and "Feature
//! Announcement" in its Advanced Profile.

/// A feature of the Advanced Profile that this router or its clients know the meaning of. Whatever
/// else a peer announces is passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Feature {
    /// `call_canceling` (also announced as `call_cancelling` by older clients)
    CallCanceling,
    /// `publisher_exclusion`
    PublisherExclusion,
    /// `caller_identification`
    CallerIdentification,
    /// `progressive_call_results`
    ProgressiveCallResults,
    /// `pattern_based_registration`
    PatternBasedRegistration,
    /// `shared_registration`
    SharedRegistration,
    /// `registration_revocation`
    RegistrationRevocation,
    /// `publisher_identification`
    PublisherIdentification,
    /// `subscriber_blackwhite_listing`
    SubscriberBlackwhiteListing,
    /// `pattern_based_subscription`
    PatternBasedSubscription,
    /// `subscription_revocation`
    SubscriptionRevocation,
    /// `progressive_call_invocations` (also announced as `progressive_calls`)
    ProgressiveCallInvocations,
    /// `call_timeout`
    CallTimeout,
    /// `call_trustlevels`
    CallTrustlevels,
    /// `registration_meta_api`
    RegistrationMetaApi,
    /// `sharded_registration`
    ShardedRegistration,
    /// `call_reroute`
    CallReroute,
    /// `payload_passthru_mode`
    PayloadPassthruMode,
    /// `publication_trustlevels`
    PublicationTrustlevels,
    /// `subscription_meta_api`
    SubscriptionMetaApi,
    /// `sharded_subscription` (the specification's chapter on it writes `shareded_subscriptions`)
    ShardedSubscription,
    /// `event_history`
    EventHistory,
    /// `event_retention`
    EventRetention,
    /// `session_meta_api`
    SessionMetaApi,
    /// `testament_meta_api`
    TestamentMetaApi,
    /// `payload_encryption_cryptobox`: not of the specification, but autobahn-python's
    PayloadEncryptionCryptobox,
    /// `x_least_pending`: this router's own, an invocation policy
    LeastPending,
    /// `x_call_queue`: this router's own, calls that wait for a callee's `concurrency`
    CallQueue,
}

impl Feature {
    const ALL: [Feature; 28] = [
        Feature::CallCanceling,
        Feature::PublisherExclusion,
        Feature::CallerIdentification,
        Feature::ProgressiveCallResults,
        Feature::PatternBasedRegistration,
        Feature::SharedRegistration,
        Feature::RegistrationRevocation,
        Feature::PublisherIdentification,
        Feature::SubscriberBlackwhiteListing,
        Feature::PatternBasedSubscription,
        Feature::SubscriptionRevocation,
        Feature::ProgressiveCallInvocations,
        Feature::CallTimeout,
        Feature::CallTrustlevels,
        Feature::RegistrationMetaApi,
        Feature::ShardedRegistration,
        Feature::CallReroute,
        Feature::PayloadPassthruMode,
        Feature::PublicationTrustlevels,
        Feature::SubscriptionMetaApi,
        Feature::ShardedSubscription,
        Feature::EventHistory,
        Feature::EventRetention,
        Feature::SessionMetaApi,
        Feature::TestamentMetaApi,
        Feature::PayloadEncryptionCryptobox,
        Feature::LeastPending,
        Feature::CallQueue,
    ];

    /// The name in announcements.
    pub const fn name(self) -> &'static str {
        match self {
            Feature::CallCanceling => "call_canceling",
            Feature::PublisherExclusion => "publisher_exclusion",
            Feature::CallerIdentification => "caller_identification",
            Feature::ProgressiveCallResults => "progressive_call_results",
            Feature::PatternBasedRegistration => "pattern_based_registration",
            Feature::SharedRegistration => "shared_registration",
            Feature::RegistrationRevocation => "registration_revocation",
            Feature::PublisherIdentification => "publisher_identification",
            Feature::SubscriberBlackwhiteListing => "subscriber_blackwhite_listing",
            Feature::PatternBasedSubscription => "pattern_based_subscription",
            Feature::SubscriptionRevocation => "subscription_revocation",
            Feature::ProgressiveCallInvocations => "progressive_call_invocations",
            Feature::CallTimeout => "call_timeout",
            Feature::CallTrustlevels => "call_trustlevels",
            Feature::RegistrationMetaApi => "registration_meta_api",
            Feature::ShardedRegistration => "sharded_registration",
            Feature::CallReroute => "call_reroute",
            Feature::PayloadPassthruMode => "payload_passthru_mode",
            Feature::PublicationTrustlevels => "publication_trustlevels",
            Feature::SubscriptionMetaApi => "subscription_meta_api",
            Feature::ShardedSubscription => "sharded_subscription",
            Feature::EventHistory => "event_history",
            Feature::EventRetention => "event_retention",
            Feature::SessionMetaApi => "session_meta_api",
            Feature::TestamentMetaApi => "testament_meta_api",
            Feature::PayloadEncryptionCryptobox => "payload_encryption_cryptobox",
            Feature::LeastPending => "x_least_pending",
            Feature::CallQueue => "x_call_queue",
        }
    }

    /// The feature of that name, legacy spellings included.
    pub fn from_name(name: &str) -> Option<Feature> {
        match name {
            "call_cancelling" => Some(Feature::CallCanceling),
            "shareded_subscriptions" => Some(Feature::ShardedSubscription),
            "progressive_calls" => Some(Feature::ProgressiveCallInvocations),
            name => Feature::ALL.into_iter().find(|feature| feature.name() == name),
        }
    }
}

/// A set of features: what a peer announced for one role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features(u32);

impl Features {
    /// None.
    pub const NONE: Features = Features(0);

    /// This set and one more.
    #[must_use]
    pub const fn with(self, feature: Feature) -> Features {
        Features(self.0 | 1 << feature as u8)
    }

    /// This set and one less.
    #[must_use]
    pub const fn without(self, feature: Feature) -> Features {
        Features(self.0 & !(1 << feature as u8))
    }

    /// Is the feature in the set?
    pub const fn has(self, feature: Feature) -> bool {
        self.0 & (1 << feature as u8) != 0
    }

    /// The features of the set, in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = Feature> {
        Feature::ALL.into_iter().filter(move |feature| self.has(*feature))
    }
}

/// The six roles of WAMP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Calls procedures.
    Caller,
    /// Provides procedures.
    Callee,
    /// Publishes events.
    Publisher,
    /// Receives events.
    Subscriber,
    /// The router, for calls.
    Dealer,
    /// The router, for events.
    Broker,
}

impl Role {
    /// All of them, clients' roles first.
    pub const ALL: [Role; 6] =
        [Role::Caller, Role::Callee, Role::Publisher, Role::Subscriber, Role::Dealer, Role::Broker];

    /// The key in `Details.roles`.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Caller => "caller",
            Role::Callee => "callee",
            Role::Publisher => "publisher",
            Role::Subscriber => "subscriber",
            Role::Dealer => "dealer",
            Role::Broker => "broker",
        }
    }

    /// The role of that name.
    pub fn from_name(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// What a peer announced: its roles, each with features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Roles([Option<Features>; 6]);

impl Roles {
    /// No role at all.
    pub const NONE: Roles = Roles([None; 6]);

    /// These roles and one more (or the same with other features).
    #[must_use]
    pub const fn with(mut self, role: Role, features: Features) -> Roles {
        self.0[role as usize] = Some(features);
        self
    }

    /// The features announced for a role; none if the role was not announced.
    pub fn features(&self, role: Role) -> Features {
        self.0[role as usize].unwrap_or_default()
    }

    /// The roles announced, each with its features.
    pub fn iter(&self) -> impl Iterator<Item = (Role, Features)> {
        Role::ALL.into_iter().filter_map(|role| Some((role, self.0[role as usize]?)))
    }
}
