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
        Why { by, text: shortened(text).into() }
    }
}

/// A text as it is kept: not all of it, if it is long. Clients choose their reasons, and may take as long for one as for
/// any message.
fn shortened(text: &str) -> Cow<'_, str> {
    if text.len() <= WHY_OCTETS_MAX {
        return text.into();
    }
    let end = text.floor_char_boundary(WHY_OCTETS_MAX);
    let more = text.len() - end;
    format!("{}… ({more} octets more)", &text[..end]).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_is_kept_in_part() {
        let fits = "x".repeat(WHY_OCTETS_MAX);
        assert_eq!(shortened(&fits), fits);
        let long = format!("{fits}yyy");
        assert_eq!(shortened(&long), format!("{fits}… (3 octets more)"));
        // A character is kept or left out as a whole.
        let long = format!("{}ää", &fits[1..]);
        assert_eq!(shortened(&long), format!("{}… (4 octets more)", &fits[1..]));
    }
}
