//! Why a session ends, and by whom: kept for the log, which tells it when the session has ended.

use std::borrow::Cow;

use crosspoint_proto::id::SessionId;

use crate::limits::WHY_OCTETS_MAX;

/// Why a session ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// Whose words these are.
    pub by: EndedBy,
    /// A reason, which is a URI, or a sentence; in part, if it is long.
    pub text: Box<str>,
}

/// Who has ended a session. What reason is given says nothing of that: clients choose theirs as they like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedBy {
    /// Its client, which has said GOODBYE or ABORT.
    Client,
    /// The router, for reasons of its own.
    Router,
    /// Another session, which has had it killed.
    Session(SessionId),
}

impl Why {
    pub(crate) fn new(by: EndedBy, text: &str) -> Why {
        Why { by, text: shortened(text, WHY_OCTETS_MAX).into() }
    }
}

/// A text as it is kept for the log: not all of it, if it is long. Clients choose their reasons, and may take as long
/// for one as for any message.
pub(crate) fn shortened(text: &str, octets_max: usize) -> Cow<'_, str> {
    if text.len() <= octets_max {
        return text.into();
    }
    let end = text.floor_char_boundary(octets_max);
    let more = text.len() - end;
    format!("{}… ({more} octets more)", &text[..end]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_is_kept_in_part() {
        assert_eq!(shortened("wamp", 4), "wamp");
        assert_eq!(shortened("wampus", 4), "wamp… (2 octets more)");
        // A character is kept or left out as a whole.
        assert_eq!(shortened("wamää", 4), "wam… (4 octets more)");
        let why = Why::new(EndedBy::Client, &"x".repeat(15_000_000));
        assert!(why.text.len() < WHY_OCTETS_MAX + 30);
    }
}
