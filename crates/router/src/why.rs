//! Why a session ends: kept for the log, which tells it when the session has ended.

use std::borrow::Cow;

use crate::limits::WHY_OCTETS_MAX;

/// A text as it is kept: not all of it, if it is long. Clients choose their reasons, and may take as long for one as for
/// any message.
pub(crate) fn shortened(text: &str) -> Cow<'_, str> {
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
