//! Batches: several messages in one WebSocket message, for the `wamp.2.*.batched` subprotocols.
//!
//! ```text
//! JSON                   message 1E message 1E ...         (autobahn-python: 18 for 1E)
//! MessagePack and CBOR   length message length message ... (length: 4 octets, big-endian)
//! ```
//!
//! We read batches of any size and write batches of one: joining several is the job of whoever
//! coalesces writes.

use super::{MessageTooLong, Violation};

/// How the messages of a batch are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Batch {
    /// JSON: each message ends with a separator.
    Separated(Separator),
    /// `MessagePack` and CBOR: each message follows its length.
    Counted,
}

/// What ends a JSON message in a batch. Neither octet occurs inside JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Separator {
    /// What the specification says.
    Specified = 0x1E,
    /// What autobahn-python sends and understands: the specification also writes `\30`, which is
    /// decimal there and octal in Python.
    Autobahn = 0x18,
}

impl Batch {
    /// The messages of a batch that was received, which is checked as a whole first.
    ///
    /// A batch of JSON may use either separator, whichever `self` names.
    pub fn split(self, batch: &[u8]) -> Result<Messages<'_>, Violation> {
        let batched = match (self, batch.last()) {
            (_, None) => return Err(Violation::BatchEmpty),
            (Self::Separated(_), Some(0x1E)) => Self::Separated(Separator::Specified),
            (Self::Separated(_), Some(0x18)) => Self::Separated(Separator::Autobahn),
            (Self::Separated(_), Some(_)) => return Err(Violation::BatchCut),
            (Self::Counted, Some(_)) => Self::Counted,
        };
        let messages = Messages { batched, rest: batch };
        let mut checked = messages.clone();
        checked.by_ref().for_each(drop);
        if checked.rest.is_empty() { Ok(messages) } else { Err(Violation::BatchCut) }
    }

    /// Goes on with what was [left](Messages::rest) of a batch that has been split by `self`, which is not
    /// checked again.
    pub fn go_on(self, rest: &[u8]) -> Messages<'_> {
        Messages { batched: self, rest }
    }
}

/// The messages of one batch, in order.
#[derive(Debug, Clone)]
pub struct Messages<'a> {
    batched: Batch,
    rest: &'a [u8],
}

impl<'a> Messages<'a> {
    /// How the sender told its messages apart: answer it in the same way.
    pub fn batched(&self) -> Batch {
        self.batched
    }

    /// The messages that have not been given out yet, as they stand in the batch.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (message, rest) = match self.batched {
            Batch::Separated(separator) => split_separated(self.rest, separator as u8),
            Batch::Counted => split_counted(self.rest),
        }?;
        self.rest = rest;
        Some(message)
    }
}

fn split_separated(batch: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let end = batch.iter().position(|octet| *octet == separator)?;
    Some((&batch[..end], &batch[end + 1..]))
}

fn split_counted(batch: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = batch.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*len)).ok()?)
}

/// What a batch of one puts around its message; nothing where messages are not batched.
#[derive(Default)]
pub(super) struct Envelope {
    prefix: Option<[u8; 4]>,
    suffix: Option<[u8; 1]>,
}

impl Envelope {
    /// The most that an envelope adds.
    pub(super) const LEN_MAX: usize = 4;

    pub(super) fn new(batched: Option<Batch>, message_len: usize) -> Result<Self, MessageTooLong> {
        match batched {
            None => Ok(Self::default()),
            Some(Batch::Separated(separator)) => {
                Ok(Self { suffix: Some([separator as u8]), ..Self::default() })
            }
            Some(Batch::Counted) => {
                let limit = u32::MAX as usize;
                let len = u32::try_from(message_len);
                let len = len.map_err(|_| MessageTooLong { octets: message_len, limit })?;
                Ok(Self { prefix: Some(len.to_be_bytes()), ..Self::default() })
            }
        }
    }

    pub(super) fn wrap<'a>(&'a self, parts: &'a [&'a [u8]]) -> impl Iterator<Item = &'a [u8]> {
        let prefix = self.prefix.iter().map(<[u8; 4]>::as_slice);
        let suffix = self.suffix.iter().map(<[u8; 1]>::as_slice);
        prefix.chain(parts.iter().copied()).chain(suffix)
    }

    pub(super) fn len(batched: Option<Batch>) -> usize {
        match batched {
            None => 0,
            Some(Batch::Separated(_)) => 1,
            Some(Batch::Counted) => 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: Batch = Batch::Separated(Separator::Specified);

    fn split(batched: Batch, batch: &[u8]) -> Result<Vec<&[u8]>, Violation> {
        batched.split(batch).map(Iterator::collect)
    }

    #[test]
    fn json_is_split_at_either_separator_and_mirrored() {
        for separator in [Separator::Specified, Separator::Autobahn] {
            let batch = [b"[1]", &[separator as u8][..], b"[2,3]", &[separator as u8]].concat();
            assert_eq!(split(JSON, &batch), Ok(vec![&b"[1]"[..], b"[2,3]"]));
            assert_eq!(JSON.split(&batch).unwrap().batched(), Batch::Separated(separator));
        }
    }

    #[test]
    fn counted_messages_are_split_at_their_lengths() {
        let batch = b"\0\0\0\x02ab\0\0\0\0\0\0\0\x01c";
        assert_eq!(split(Batch::Counted, batch), Ok(vec![&b"ab"[..], b"", b"c"]));
    }

    #[test]
    fn a_batch_can_be_left_and_gone_on_with() {
        for (batched, batch) in [
            (JSON, &b"[1]\x18[2]\x18[3]\x18"[..]),
            (Batch::Counted, &b"\0\0\0\x01a\0\0\0\0\0\0\0\x01c"[..]),
        ] {
            let whole = split(batched, batch).unwrap();
            let mut messages = batched.split(batch).unwrap();
            assert_eq!(messages.next(), Some(whole[0]));
            let rest: Vec<_> = messages.batched().go_on(messages.rest()).collect();
            assert_eq!(rest, whole[1..]);
        }
    }

    #[test]
    fn a_batch_has_at_least_one_message() {
        assert_eq!(split(JSON, b""), Err(Violation::BatchEmpty));
        assert_eq!(split(Batch::Counted, b""), Err(Violation::BatchEmpty));
    }

    #[test]
    fn a_batch_that_is_cut_off_yields_no_message_at_all() {
        assert_eq!(split(JSON, b"[1]\x1E[2]"), Err(Violation::BatchCut));
        assert_eq!(split(Batch::Counted, b"\0\0\0\x01a\0\0\0\x02b"), Err(Violation::BatchCut));
        assert_eq!(split(Batch::Counted, b"\0\0\0\x01a\0"), Err(Violation::BatchCut));
        assert_eq!(split(Batch::Counted, b"\xFF\xFF\xFF\xFFa"), Err(Violation::BatchCut));
    }

    #[test]
    fn a_batch_of_one_is_what_split_reads() {
        let parts: [&[u8]; 2] = [b"[1,", b"2]"];
        for batched in [JSON, Batch::Separated(Separator::Autobahn), Batch::Counted] {
            let envelope = Envelope::new(Some(batched), 5).unwrap();
            let batch = envelope.wrap(&parts).collect::<Vec<_>>().concat();
            assert_eq!(split(batched, &batch), Ok(vec![&b"[1,2]"[..]]));
            assert_eq!(batched.split(&batch).unwrap().batched(), batched);
            assert_eq!(batch.len(), 5 + Envelope::len(Some(batched)));
        }
    }
}
