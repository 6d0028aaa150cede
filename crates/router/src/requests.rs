//! Request IDs: whether a client counts as the specification wants, and whether it goes on so.
//!
//! See "IDs" in the specification's Basic Profile: session scope IDs begin with 1 and are
//! incremented by 1.

use crosspoint_proto::id::RequestId;
use crosspoint_proto::limits::ID_MAX;

use crate::refusal::ProtocolViolation;

/// What to do with clients that do not count their requests at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UncountedRequests {
    /// Let them: a session whose first request ID is not 1 may go on with any others.
    #[default]
    Tolerate,
    /// A first request ID other than 1 is a protocol violation, as the specification has it.
    Refuse,
}

/// The last request ID of a session.
#[derive(Debug)]
pub(crate) struct Requests {
    policy: UncountedRequests,
    expected: Expected,
}

/// What the ID of a CALL says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// A call of its own. A client that does not count may also mean an earlier one that is still in
    /// flight.
    New,
    /// No call of its own: the ID was used before. The next is this one.
    Used { next: u64 },
}

#[derive(Debug)]
enum Expected {
    First,
    Next(u64),
    Any,
}

impl Requests {
    pub(crate) fn new(policy: UncountedRequests) -> Self {
        Requests { policy, expected: Expected::First }
    }

    /// As [`Requests::check`], for a CALL: one under the ID of an earlier request may continue that.
    pub(crate) fn check_call(
        &mut self,
        request: RequestId,
    ) -> Result<Freshness, ProtocolViolation> {
        match self.expected {
            Expected::Next(next) if request.0 < next => Ok(Freshness::Used { next }),
            _ => self.check("CALL", request).map(|()| Freshness::New),
        }
    }

    /// Takes note of a new request's ID, or says what is wrong with it.
    pub(crate) fn check(
        &mut self,
        message: &str,
        RequestId(id): RequestId,
    ) -> Result<(), ProtocolViolation> {
        match self.expected {
            Expected::Any => Ok(()),
            Expected::First if id != 1 && self.policy == UncountedRequests::Tolerate => {
                self.expected = Expected::Any;
                Ok(())
            }
            Expected::First if id == 1 => {
                self.expected = Expected::Next(2);
                Ok(())
            }
            Expected::Next(next) if id == next => {
                self.expected = Expected::Next(if next == ID_MAX { 1 } else { next + 1 });
                Ok(())
            }
            Expected::First => Err(out_of_sequence(message, id, 1)),
            Expected::Next(next) => Err(out_of_sequence(message, id, next)),
        }
    }
}

pub(crate) fn out_of_sequence(message: &str, found: u64, next: u64) -> ProtocolViolation {
    ProtocolViolation(format!(
        "{message}.Request is {found}, but this session's next request is {next}"
    ))
}
