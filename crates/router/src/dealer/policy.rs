//! The invocation policy: which of the callees that share a registration gets a call.
//!
//! See "Shared Registration" in the specification's Advanced Profile.

/// `REGISTER.Options.invoke`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum InvokePolicy {
    /// There is only one.
    #[default]
    Single,
    /// One after the other, in the order in which they have registered.
    RoundRobin,
    /// Any, by chance.
    Random,
    /// Whoever has been registered longest.
    First,
    /// Whoever has registered last.
    Last,
    /// Whoever has the fewest calls in flight, among equals the one registered longest. This
    /// router's own.
    LeastPending,
}

impl InvokePolicy {
    const ALL: [InvokePolicy; 6] = [
        InvokePolicy::Single,
        InvokePolicy::RoundRobin,
        InvokePolicy::Random,
        InvokePolicy::First,
        InvokePolicy::Last,
        InvokePolicy::LeastPending,
    ];

    /// The name in options and details.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            InvokePolicy::Single => "single",
            InvokePolicy::RoundRobin => "roundrobin",
            InvokePolicy::Random => "random",
            InvokePolicy::First => "first",
            InvokePolicy::Last => "last",
            InvokePolicy::LeastPending => "x_least_pending",
        }
    }

    /// The policy of that name.
    pub(crate) fn from_name(name: &str) -> Option<InvokePolicy> {
        InvokePolicy::ALL.into_iter().find(|policy| policy.name() == name)
    }

    /// May there be more than one callee?
    pub(crate) fn is_shared(self) -> bool {
        self != InvokePolicy::Single
    }
}
