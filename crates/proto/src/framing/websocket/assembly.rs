//! An assembly is where a message is put together that cannot be handed out as it arrived: because
//! it came in fragments, because it is compressed, or both.

use super::deflate;
use crate::framing::{Frame, Violation};

/// The message in the making, or the last one that was made.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    /// What the first fragment said, until the last one is there.
    open: Option<Kind>,
    /// The fragments so far.
    stored: Vec<u8>,
    /// How many of the stored octets are known to be UTF-8.
    checked: usize,
    /// What a compressed message was inflated to.
    inflated: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) text: bool,
    pub(super) compressed: bool,
}

impl Assembly {
    /// A message has begun and its last fragment is still to come.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// The octets stored of the message that is open.
    pub(super) fn stored_len(&self) -> usize {
        if self.is_open() { self.stored.len() } else { 0 }
    }

    /// A message begins; the one before it was handed out.
    pub(super) fn begin(&mut self, kind: Kind) {
        self.open = Some(kind);
        self.stored.clear();
        self.checked = 0;
    }

    /// Stores a fragment. Text is checked at once, so that bad text ends the connection early;
    /// compressed text can only be checked when it is complete.
    pub(super) fn push(&mut self, fragment: &[u8]) -> Result<(), Violation> {
        self.stored.extend_from_slice(fragment);
        if self.open != Some(Kind { text: true, compressed: false }) {
            return Ok(());
        }
        match simdutf8::compat::from_utf8(&self.stored[self.checked..]) {
            Ok(_) => self.checked = self.stored.len(),
            Err(error) if error.error_len().is_some() => return Err(Violation::NotUtf8),
            // A character is cut in two: its rest comes with the next fragment.
            Err(error) => self.checked += error.valid_up_to(),
        }
        Ok(())
    }

    /// The last fragment was stored: what they amount to.
    pub(super) fn finish(&mut self, limit: usize) -> Result<Option<Frame<'_>>, Violation> {
        let Some(Kind { text, compressed }) = self.open.take() else {
            return Ok(None);
        };
        if compressed {
            return inflate(&self.stored, text, limit, &mut self.inflated).map(Some);
        }
        if text && self.checked < self.stored.len() {
            return Err(Violation::NotUtf8);
        }
        Ok(Some(Frame::Message { octets: &self.stored, text }))
    }

    /// A compressed message that came in one frame.
    pub(super) fn inflate(
        &mut self,
        compressed: &[u8],
        text: bool,
        limit: usize,
    ) -> Result<Frame<'_>, Violation> {
        inflate(compressed, text, limit, &mut self.inflated)
    }
}

fn inflate<'a>(
    compressed: &[u8],
    text: bool,
    limit: usize,
    inflated: &'a mut Vec<u8>,
) -> Result<Frame<'a>, Violation> {
    inflated.clear();
    deflate::inflate(compressed, limit, inflated)?;
    message(text, inflated)
}

/// A message that was not checked before.
pub(super) fn message(text: bool, octets: &[u8]) -> Result<Frame<'_>, Violation> {
    if text && simdutf8::basic::from_utf8(octets).is_err() {
        return Err(Violation::NotUtf8);
    }
    Ok(Frame::Message { octets, text })
}
