//! Why a proof, or what it is made of, is refused.

/// Something that authentication cannot go on with. The texts name what was wrong, never what stood
/// there: it may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// The peer has not proved who it is: refuse it, and do not say more than that.
    #[error("the proof is wrong")]
    WrongProof,
    /// Not hexadecimal digits, or not as many as there must be.
    #[error("{what} must be {digits} hexadecimal digits")]
    NotHex {
        /// What stood there.
        what: &'static str,
        /// How many there must be.
        digits: usize,
    },
    /// Not base64, or not its canonical form.
    #[error("{what} must be base64, padded and without white space")]
    NotBase64 {
        /// What stood there.
        what: &'static str,
    },
    /// Base64 of too few or too many octets.
    #[error("{what} must be {octets} octets")]
    WrongLength {
        /// What stood there.
        what: &'static str,
        /// How many there must be.
        octets: usize,
    },
    /// A number that is too small to be safe, or too large to be computed in reasonable time.
    #[error("{what} must be from {least} to {most}")]
    OutOfRange {
        /// Which number.
        what: &'static str,
        /// The smallest that is accepted.
        least: u64,
        /// The largest that is accepted.
        most: u64,
    },
    /// The router's nonce does not begin with the client's: it answers somebody else's HELLO.
    #[error("the router's nonce must begin with the client's and go on")]
    ForeignNonce,
    /// Not the nonce that was sent.
    #[error("the nonce is not the one of the challenge")]
    NotTheNonce,
    /// A key derivation function that is not known here.
    #[error("the key derivation function must be pbkdf2 or argon2id13")]
    UnknownKdf,
    /// A text that `SASLprep` (RFC 4013) does not allow: control characters, unassigned code points, mixed
    /// writing directions.
    #[error("{what} cannot be normalised: {why}")]
    Unprepared {
        /// Which text.
        what: &'static str,
        /// What stands in the way.
        why: &'static str,
    },
    /// A public key that is no point of the curve, not the only way to write it, or one under which many
    /// signatures are valid.
    #[error("the public key is not one that can be trusted")]
    WeakKey,
}
