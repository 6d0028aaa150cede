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

/// The most iterations of PBKDF2: three times what is recommended today, about a second of work. What
/// a router asks of its clients, and a configuration of its router, is not for ever.
pub const PBKDF2_ITERATIONS_MAX: u32 = 2_000_000;

/// The fewest iterations of PBKDF2 that SCRAM derives keys with, as RFC 7677 has it: a router that asks
/// for less may be after a password that is easily guessed.
pub const SCRAM_PBKDF2_ITERATIONS_MIN: u32 = 4096;

/// The longest key that WAMP-CRA derives: the block of SHA-256, beyond which HMAC shortens keys.
pub const CRA_KEY_OCTETS_MAX: u32 = 64;

/// The most memory that Argon2 fills: what a small device can still give away for a moment.
pub const ARGON2_MEMORY_KIB_MAX: u32 = 1 << 18;

/// The most that Argon2 writes, iterations times memory: a few seconds, whichever of the two is large.
pub const ARGON2_WORK_KIB_MAX: u64 = 1 << 22;

/// The least that Argon2 writes: a little less than each of the weakest settings that are still
/// recommended (7 MiB five times, 19 MiB twice).
pub const ARGON2_WORK_KIB_MIN: u64 = 1 << 15;

/// The longest salt, in octets and as text: nobody needs more than 64, and all of it is hashed.
pub const SALT_OCTETS_MAX: usize = 256;

/// The shortest salt, which is also the shortest that Argon2 takes.
pub const SALT_OCTETS_MIN: usize = 8;

/// The shortest nonce of each side, as in the specification's example; 16 octets are recommended.
pub const NONCE_OCTETS_MIN: usize = 8;

/// The longest nonce of each side, in octets: it is kept until the proof comes.
pub const NONCE_OCTETS_MAX: usize = 64;

/// The longest password, ticket or `authid` that is normalised: normalisation makes texts up to 18
/// times as long.
pub const PREPARED_OCTETS_MAX: usize = 1024;
