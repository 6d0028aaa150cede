//! A challenge that was made, and waits for its answer.

use crosspoint_proto::auth::cryptosign::{self, ChannelId, PublicKey};
use crosspoint_proto::auth::scram::{AuthMessage, Nonce, StoredKeys};
use crosspoint_proto::auth::ticket::Ticket;
use crosspoint_proto::auth::{AuthError, wampcra};
use crosspoint_proto::message::authentication::Authenticate;

use super::{Admission, denied};
use crate::member::Identity;
use crate::refusal::Refusal;

/// What a client has to prove, and who it is then. It takes one answer.
pub(crate) struct Challenged {
    /// Nobody, if nobody is known by what the client has said: then no proof is right.
    identity: Option<Identity>,
    proof: Proof,
}

/// What the answer is held against.
pub(super) enum Proof {
    Ticket(Ticket),
    WampCra { key: wampcra::Key, challenge: String },
    Scram { stored: StoredKeys, message: AuthMessage, nonce: Nonce },
    Cryptosign { key: PublicKey, challenge: cryptosign::Challenge, channel: Option<ChannelId> },
}

impl Challenged {
    pub(super) fn new(identity: Option<Identity>, proof: Proof) -> Challenged {
        Challenged { identity, proof }
    }

    /// Who the client is, if this is the answer.
    pub(crate) fn check(self, answer: &Authenticate<'_>) -> Result<Admission, Refusal> {
        // First what takes its time, also for those who are nobody.
        let verifier = self.proof.check(answer);
        match (verifier, self.identity) {
            (Ok(verifier), Some(identity)) => Ok(Admission { identity, verifier }),
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
