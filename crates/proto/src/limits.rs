//! The limits of the words themselves, each with its reason. Limits of sessions and queues are the
//! router's.

/// How deep lists and dicts may nest in a message: deeper payloads crash receivers that recurse.
pub const NESTING_DEPTH_MAX: usize = 128;

/// The longest message that any transport carries: RawSocket cannot say more.
pub const MESSAGE_OCTETS_MAX: usize = 1 << 24;

/// The longest URI: long enough for anything that a person names, and short enough that a table of
/// them is not a weapon.
pub const URI_OCTETS_MAX: usize = 1024;

/// The largest ID, and the largest integer that a double holds with all its smaller neighbours.
pub const ID_MAX: u64 = 1 << 53;

/// The longest list of texts among options and details, such as `authmethods`: everything there is to
/// say, and far less than a message of empty texts would blow up to.
pub const TEXTS_MAX: usize = 32;

/// The longest list of sessions, `authid` or `authrole` to which a publication is restricted. Whoever has
/// more to name gives them a role.
pub const RECEIVERS_MAX: usize = 1 << 16;

/// The most components that a wildcard pattern has: its wildcards are the bits of one word, and
/// nobody names things sixty-four levels deep.
pub const PATTERN_COMPONENTS_MAX: usize = 64;
