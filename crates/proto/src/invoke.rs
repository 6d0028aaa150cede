//! The invocation policy: which of the callees that share a registration gets a call.
//!
//! See "Shared Registration" in the specification's Advanced Profile.

/// `REGISTER.Options.invoke`. All who share a registration must say the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum InvokePolicy {
    /// There is only one: nobody else can register the procedure.
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
    /// Whoever has the fewest calls in flight, among equals the one registered longest. Not of the
    /// specification: this router's own.
    LeastPending,
}

impl InvokePolicy {
    /// All of them.
    pub const ALL: [InvokePolicy; 6] = [
        InvokePolicy::Single,
        InvokePolicy::RoundRobin,
        InvokePolicy::Random,
        InvokePolicy::First,
        InvokePolicy::Last,
        InvokePolicy::LeastPending,
    ];

    /// The name in options and details.
    pub const fn name(self) -> &'static str {
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
    pub fn from_name(name: &str) -> Option<InvokePolicy> {
        InvokePolicy::ALL.into_iter().find(|policy| policy.name() == name)
    }

    /// May there be more than one callee?
    pub const fn is_shared(self) -> bool {
        !matches!(self, InvokePolicy::Single)
    }
}
