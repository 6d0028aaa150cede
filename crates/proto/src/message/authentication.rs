//! The messages by which a client proves who it is, and what they carry besides: between HELLO and
//! WELCOME, which are in [`super::session`].
//!
//! ```text
//! HELLO.Details.authextra -> CHALLENGE.Extra -> AUTHENTICATE.Extra -> WELCOME.Details.authextra
//! ```
//!
//! The extras of all methods stand in one struct for each message, as they stand in one dict on the wire.
//! What is computed from them is in [`crate::auth`]. Applications put entries of their own into these
//! dicts: what is not known, or is no text where one is expected from a client, is passed over.
//!
//! See "Authentication Methods" in the specification's Advanced Profile.

use std::borrow::Cow;
use std::fmt;

use super::elements::{Elements, Entries, Entry};
use super::options::{Item, text, write_entries};
use super::violation::Violation;
use crate::serializer::{Reader, Writer};
use crate::value::Dict;

/// `HELLO.Details.authextra`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HelloExtra<'a> {
    /// Cryptosign: the client's public key, in hexadecimal digits.
    pub pubkey: Option<Cow<'a, str>>,
    /// Cryptosign: what the router is to sign, in hexadecimal digits.
    pub challenge: Option<Cow<'a, str>>,
    /// SCRAM: the client's nonce, in base64.
    pub nonce: Option<Cow<'a, str>>,
    /// Cryptosign and SCRAM: what kind of channel binding the client wants, such as `tls-unique`.
    pub channel_binding: Option<Cow<'a, str>>,
}

impl HelloExtra<'_> {
    pub(super) fn is_empty(&self) -> bool {
        *self == HelloExtra::default()
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        write_entries(
            w,
            &[
                ("pubkey", text(self.pubkey.as_ref())),
                ("challenge", text(self.challenge.as_ref())),
                ("nonce", text(self.nonce.as_ref())),
                ("channel_binding", text(self.channel_binding.as_ref())),
            ],
        );
    }
}

impl<'a> Entries<'a> for HelloExtra<'a> {
    fn entry<R: Reader<'a>>(
        &mut self,
        key: &str,
        entry: Entry<'_, 'a, R>,
    ) -> Result<(), Violation> {
        match key {
            "pubkey" => self.pubkey = entry.text_or_other()?,
            "challenge" => self.challenge = entry.text_or_other()?,
            "nonce" => self.nonce = entry.text_or_other()?,
            "channel_binding" => self.channel_binding = entry.text_or_other()?,
            _ => entry.skip()?,
        }
        Ok(())
    }
}

/// Asks for a proof: `[CHALLENGE, AuthMethod|string, Extra|dict]`
#[derive(Clone, Debug, PartialEq)]
pub struct Challenge<'a> {
    /// The method that the proof has to follow.
    pub method: Cow<'a, str>,
    /// What there is to prove, boxed like HELLO's details.
    pub extra: Box<ChallengeExtra<'a>>,
}

impl<'a> Challenge<'a> {
    pub(super) const TYPE: u64 = 4;
    pub(super) const NAME: &'static str = "CHALLENGE";

    pub(super) fn read<R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        Ok(Challenge { method: e.text("AuthMethod")?, extra: Box::new(e.dict("Extra")?) })
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        w.list(3);
        w.uint(Self::TYPE);
        w.str(&self.method);
        self.extra.write(w);
    }
}

/// `CHALLENGE.Extra`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChallengeExtra<'a> {
    /// WAMP-CRA: the text to sign. Cryptosign: the octets to sign, in hexadecimal digits.
    pub challenge: Option<Cow<'a, str>>,
    /// Cryptosign and SCRAM: what kind of channel binding is in use, if any.
    pub channel_binding: Option<Cow<'a, str>>,
    /// Cryptosign: the router's public key, in hexadecimal digits.
    pub pubkey: Option<Cow<'a, str>>,
    /// Cryptosign: the router's signature of the client's challenge.
    pub signature: Option<Cow<'a, str>>,
    /// SCRAM: the nonces of both, in base64 each.
    pub nonce: Option<Cow<'a, str>>,
    /// SCRAM: the key derivation function.
    pub kdf: Option<Cow<'a, str>>,
    /// WAMP-CRA: as it is. SCRAM: in base64.
    pub salt: Option<Cow<'a, str>>,
    /// WAMP-CRA and SCRAM: what the key derivation costs.
    pub iterations: Option<u64>,
    /// SCRAM: in KiB, for Argon2.
    pub memory: Option<u64>,
    /// WAMP-CRA: the length of the derived key in octets.
    pub keylen: Option<u64>,
}

impl ChallengeExtra<'_> {
    fn write<W: Writer>(&self, w: &mut W) {
        write_entries(
            w,
            &[
                ("challenge", text(self.challenge.as_ref())),
                ("channel_binding", text(self.channel_binding.as_ref())),
                ("pubkey", text(self.pubkey.as_ref())),
                ("signature", text(self.signature.as_ref())),
                ("nonce", text(self.nonce.as_ref())),
                ("kdf", text(self.kdf.as_ref())),
                ("salt", text(self.salt.as_ref())),
                ("iterations", self.iterations.map(Item::Number)),
                ("memory", self.memory.map(Item::Number)),
                ("keylen", self.keylen.map(Item::Number)),
            ],
        );
    }
}

impl<'a> Entries<'a> for ChallengeExtra<'a> {
    fn entry<R: Reader<'a>>(
        &mut self,
        key: &str,
        entry: Entry<'_, 'a, R>,
    ) -> Result<(), Violation> {
        match key {
            "challenge" => self.challenge = entry.text("challenge")?,
            "channel_binding" => self.channel_binding = entry.text("channel_binding")?,
            "pubkey" => self.pubkey = entry.text("pubkey")?,
            "signature" => self.signature = entry.text("signature")?,
            "nonce" => self.nonce = entry.text("nonce")?,
            "kdf" => self.kdf = entry.text("kdf")?,
            "salt" => self.salt = entry.text("salt")?,
            "iterations" => self.iterations = entry.number("iterations")?,
            "memory" => self.memory = entry.number("memory")?,
            "keylen" => self.keylen = entry.number("keylen")?,
            _ => entry.skip()?,
        }
        Ok(())
    }
}

/// The proof: `[AUTHENTICATE, Signature|string, Extra|dict]`
#[derive(Clone, PartialEq)]
pub struct Authenticate<'a> {
    /// What the method makes of the challenge. A ticket is a secret: this does not show in `Debug` output.
    pub signature: Cow<'a, str>,
    /// What the proof is of.
    pub extra: AuthenticateExtra<'a>,
}

impl<'a> Authenticate<'a> {
    pub(super) const TYPE: u64 = 5;
    pub(super) const NAME: &'static str = "AUTHENTICATE";

    pub(super) fn read<R: Reader<'a>>(e: &mut Elements<'a, R>) -> Result<Self, Violation> {
        e.expect(Self::NAME);
        Ok(Authenticate { signature: e.text("Signature")?, extra: e.dict("Extra")? })
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        w.list(3);
        w.uint(Self::TYPE);
        w.str(&self.signature);
        self.extra.write(w);
    }
}

impl fmt::Debug for Authenticate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticate").field("extra", &self.extra).finish_non_exhaustive()
    }
}

/// `AUTHENTICATE.Extra`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuthenticateExtra<'a> {
    /// SCRAM: the nonces of both, once more.
    pub nonce: Option<Cow<'a, str>>,
    /// SCRAM: what kind of channel binding the client has asked for in HELLO.
    pub channel_binding: Option<Cow<'a, str>>,
    /// SCRAM: what the channel is known by, in base64.
    pub cbind_data: Option<Cow<'a, str>>,
}

impl AuthenticateExtra<'_> {
    fn write<W: Writer>(&self, w: &mut W) {
        write_entries(
            w,
            &[
                ("nonce", text(self.nonce.as_ref())),
                ("channel_binding", text(self.channel_binding.as_ref())),
                ("cbind_data", text(self.cbind_data.as_ref())),
            ],
        );
    }
}

impl<'a> Entries<'a> for AuthenticateExtra<'a> {
    fn entry<R: Reader<'a>>(
        &mut self,
        key: &str,
        entry: Entry<'_, 'a, R>,
    ) -> Result<(), Violation> {
        match key {
            "nonce" => self.nonce = entry.text_or_other()?,
            "channel_binding" => self.channel_binding = entry.text_or_other()?,
            "cbind_data" => self.cbind_data = entry.text_or_other()?,
            _ => entry.skip()?,
        }
        Ok(())
    }
}

/// `WELCOME.Details.authextra`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WelcomeExtra<'a> {
    /// SCRAM: the router's proof, in base64. It is written as `verifier`, and as `scram_server_signature`
    /// for Autobahn; either is read.
    pub verifier: Option<Cow<'a, str>>,
    /// What an application's authenticator has the client told: written, and passed over when it is read.
    pub more: Cow<'a, Dict>,
}

impl WelcomeExtra<'_> {
    /// The names of the verifier.
    const VERIFIER: [&'static str; 2] = ["verifier", "scram_server_signature"];

    pub(super) fn is_empty(&self) -> bool {
        self.verifier.is_none() && self.more.is_empty()
    }

    pub(super) fn write<W: Writer>(&self, w: &mut W) {
        // Nobody else speaks for the router where it proves itself.
        let more = || {
            let taken = |key| self.verifier.is_some() && Self::VERIFIER.contains(&key);
            self.more.iter().filter(move |(key, _)| !taken(key))
        };
        let verifier = self.verifier.iter().flat_map(|it| Self::VERIFIER.map(|key| (key, it)));
        w.dict(verifier.clone().count() + more().count());
        for (key, verifier) in verifier {
            w.key(key);
            w.str(verifier);
        }
        for (key, value) in more() {
            w.key(key);
            let written = value.write(w);
            debug_assert!(written.is_ok(), "it was read from an answer, where it stood deeper");
        }
        w.end_dict();
    }
}

impl<'a> Entries<'a> for WelcomeExtra<'a> {
    fn entry<R: Reader<'a>>(
        &mut self,
        key: &str,
        entry: Entry<'_, 'a, R>,
    ) -> Result<(), Violation> {
        match key {
            "verifier" => self.verifier = entry.text_or_other()?.or(self.verifier.take()),
            "scram_server_signature" => {
                let verifier = entry.text_or_other()?;
                self.verifier = self.verifier.take().or(verifier);
            }
            _ => entry.skip()?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
