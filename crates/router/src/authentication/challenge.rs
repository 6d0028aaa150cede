//! A challenge that was made, and waits for its answer.

use crosspoint_proto::auth::cryptosign::{self, ChannelId, PublicKey};
use crosspoint_proto::auth::scram::{AuthMessage, Nonce, StoredKeys};
use crosspoint_proto::auth::ticket::Ticket;
use crosspoint_proto::auth::{AuthError, wampcra};
use crosspoint_proto::message::authentication::Authenticate;
use crosspoint_proto::value::Dict;

use super::token::TokenCheck;
use super::{Admission, Authentication, Question, Step, denied};
use crate::member::Identity;
use crate::refusal::Refusal;

/// What a client has to prove, and who it is then. It takes one answer.
#[expect(clippy::large_enum_variant, reason = "it is boxed as a whole")]
pub(crate) enum Challenged {
    Proof {
        /// Nobody, if nobody is known by what the client has said: then no proof is right.
        identity: Option<Identity>,
        proof: Proof,
        /// What it is told then.
        extra: Dict,
    },
    /// A ticket, which somebody else knows.
    Ticket(Question),
    /// A token; or else what the same client may say instead of one.
    Token(TokenCheck, Option<Box<Challenged>>),
}

/// What the answer is held against.
pub(crate) enum Proof {
    Ticket(Ticket),
    WampCra { key: wampcra::Key, challenge: String },
    Scram { stored: StoredKeys, message: AuthMessage, nonce: Nonce },
    Cryptosign { key: PublicKey, challenge: cryptosign::Challenge, channel: Option<ChannelId> },
}

impl Challenged {
    pub(super) fn new(identity: Option<Identity>, proof: Proof) -> Challenged {
        Challenged::Proof { identity, proof, extra: Dict::new() }
    }

    /// The same, if the client is told this when it is let in.
    pub(super) fn with_extra(mut self, told: Dict) -> Challenged {
        if let Challenged::Proof { extra, .. } = &mut self {
            *extra = told;
        }
        self
    }

    /// What follows if this is the answer, by how clients say now who they are.
    pub(crate) fn check(
        self,
        answer: &Authenticate<'_>,
        authentication: &Authentication,
    ) -> Result<Step, Refusal> {
        let (identity, proof, extra) = match self {
            Challenged::Proof { identity, proof, extra } => (identity, proof, extra),
            Challenged::Token(check, instead) => {
                return match (check.admission(&answer.signature, authentication), instead) {
                    (Some(admission), _) => Ok(Step::Admit(admission)),
                    (None, Some(instead)) => instead.check(answer, authentication),
                    (None, None) => Err(denied()),
                };
            }
            Challenged::Ticket(question) => {
                return Ok(Step::Consult(question.with_ticket(&answer.signature)));
            }
        };
        // First what takes its time, also for those who are nobody.
        let verifier = proof.check(answer);
        match (verifier, identity) {
            (Ok(verifier), Some(identity)) => {
                Ok(Step::Admit(Admission { identity, verifier, extra }))
            }
            _ => Err(denied()),
        }
    }
}

impl Proof {
    /// What the router proves itself with, where the answer is right.
    fn check(&self, answer: &Authenticate<'_>) -> Result<Option<String>, AuthError> {
        let Authenticate { signature, extra } = answer;
        match self {
            Proof::Ticket(ticket) if ticket.is(signature) => Ok(None),
            Proof::Ticket(_) => Err(AuthError::WrongProof),
            Proof::WampCra { key, challenge } => key.verify(challenge, signature).map(|()| None),
            Proof::Scram { stored, message, nonce } => {
                nonce.check(extra.nonce.as_deref())?;
                // HELLO has asked for none.
                if extra.channel_binding.is_some() || extra.cbind_data.is_some() {
                    return Err(AuthError::WrongProof);
                }
                stored.verify(message, signature).map(Some)
            }
            Proof::Cryptosign { key, challenge, channel } => {
                key.verify(challenge, channel.as_ref(), signature).map(|()| None)
            }
        }
    }
}
