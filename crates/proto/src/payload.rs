//! The payload: `Arguments` and `ArgumentsKw` of a message, as octets that the router carries and
//! does not read.
//!
//! A payload is checked once, when its message is decoded; from then on its octets are trusted and
//! copied as they are. Only for a receiver with another serializer are they transcoded.
//!
//! See "Structure" under "Messages" in the specification's Basic Profile.

use crate::serializer::{
    CborReader, CborWriter, JsonReader, JsonWriter, Malformed, MsgPackReader, MsgPackWriter,
    Reader, Serializer, Untranslatable, Unwritable, Writer, transcode,
};
use crate::value::{Dict, Value};

/// Which of the two payload elements a message carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Arity {
    /// Neither.
    #[default]
    None,
    /// `Arguments` only.
    Args,
    /// `Arguments` and `ArgumentsKw`.
    ArgsKwargs,
}

impl Arity {
    /// How many elements of the message's list these are.
    pub const fn elements(self) -> usize {
        match self {
            Arity::None => 0,
            Arity::Args => 1,
            Arity::ArgsKwargs => 2,
        }
    }
}

/// The checked octets of a message's payload elements, borrowed from the message they came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload<'a> {
    /// The serializer in whose notation the octets are.
    pub serializer: Serializer,
    /// Which elements there are.
    pub arity: Arity,
    /// The elements one after the other, as they stood in the message: `[1,2],{"a":3}` in JSON,
    /// without anything between them in `MessagePack` and CBOR. Empty for [`Arity::None`].
    pub octets: &'a [u8],
}

impl<'a> Payload<'a> {
    /// No payload at all.
    pub const NONE: Payload<'static> =
        Payload { serializer: Serializer::Json, arity: Arity::None, octets: &[] };

    /// The same payload for a receiver with this serializer: itself if it is the same, else
    /// transcoded, in place of what is in `scratch`.
    pub fn transcoded<'s>(
        self,
        to: Serializer,
        scratch: &'s mut Vec<u8>,
    ) -> Result<Payload<'s>, Untranslatable>
    where
        'a: 's,
    {
        if self.serializer == to {
            return Ok(self);
        }
        scratch.clear();
        transcode(self, to, scratch)?;
        Ok(Payload { serializer: to, arity: self.arity, octets: scratch })
    }

    /// The octets of `Arguments` and of `ArgumentsKw`, where they are there.
    pub fn elements(self) -> Result<[Option<&'a [u8]>; 2], Malformed> {
        match self.serializer {
            Serializer::Json => elements(JsonReader::new(self.octets), self),
            Serializer::MsgPack => elements(MsgPackReader::new(self.octets), self),
            Serializer::Cbor => elements(CborReader::new(self.octets), self),
        }
    }

    /// `Arguments` and `ArgumentsKw` as values, empty where they are missing.
    pub fn values(self) -> Result<(Vec<Value>, Dict), Malformed> {
        match self.serializer {
            Serializer::Json => values(JsonReader::new(self.octets), self.arity),
            Serializer::MsgPack => values(MsgPackReader::new(self.octets), self.arity),
            Serializer::Cbor => values(CborReader::new(self.octets), self.arity),
        }
    }

    /// Appends these values to a buffer, and gives the payload that they are. Elements that are
    /// empty are left out where nothing follows them.
    pub fn write(
        args: &[Value],
        kwargs: &Dict,
        serializer: Serializer,
        out: &'a mut Vec<u8>,
    ) -> Result<Self, Unwritable> {
        let arity = match (args.is_empty(), kwargs.is_empty()) {
            (true, true) => Arity::None,
            (false, true) => Arity::Args,
            (_, false) => Arity::ArgsKwargs,
        };
        Self::write_as(arity, args, kwargs, serializer, out)
    }

    /// As [`Payload::write`], with these elements, empty or not.
    pub fn write_as(
        arity: Arity,
        args: &[Value],
        kwargs: &Dict,
        serializer: Serializer,
        out: &'a mut Vec<u8>,
    ) -> Result<Self, Unwritable> {
        let start = out.len();
        match serializer {
            Serializer::Json => write(arity, args, kwargs, &mut JsonWriter::new(out))?,
            Serializer::MsgPack => write(arity, args, kwargs, &mut MsgPackWriter::new(out))?,
            Serializer::Cbor => write(arity, args, kwargs, &mut CborWriter::new(out))?,
        }
        Ok(Payload { serializer, arity, octets: &out[start..] })
    }
}

fn elements<'a>(
    mut reader: impl Reader<'a>,
    payload: Payload<'a>,
) -> Result<[Option<&'a [u8]>; 2], Malformed> {
    let mut elements = [None, None];
    for element in elements.iter_mut().take(payload.arity.elements()) {
        reader.at_end()?;
        let start = reader.position();
        reader.skip()?;
        *element = Some(&payload.octets[start..reader.position()]);
    }
    reader.finish()?;
    Ok(elements)
}

fn values<'a>(mut reader: impl Reader<'a>, arity: Arity) -> Result<(Vec<Value>, Dict), Malformed> {
    let (mut args, mut kwargs) = (Vec::new(), Dict::new());
    if arity != Arity::None {
        args = Value::read_list(&mut reader)?;
    }
    if arity == Arity::ArgsKwargs {
        kwargs = Dict::read(&mut reader)?;
    }
    reader.finish()?;
    Ok((args, kwargs))
}

fn write(
    arity: Arity,
    args: &[Value],
    kwargs: &Dict,
    writer: &mut impl Writer,
) -> Result<(), Unwritable> {
    if arity != Arity::None {
        Value::write_list(args, writer)?;
    }
    if arity == Arity::ArgsKwargs {
        kwargs.write(writer)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_stand_behind_one_another() {
        for (serializer, octets, args) in [
            (Serializer::Json, &br#"[1,"]"] , {"a":[2]}"#[..], 7),
            (Serializer::MsgPack, b"\x92\x01\xa1]\x81\xa1a\x91\x02", 4),
            (Serializer::Cbor, b"\x82\x01\x61]\xa1\x61a\x81\x02", 4),
        ] {
            let payload = Payload { serializer, arity: Arity::ArgsKwargs, octets };
            let [Some(found), Some(kwargs)] = payload.elements().unwrap() else { panic!() };
            assert_eq!(found, &octets[..args]);
            assert!(octets.ends_with(kwargs));
            let mut out = Vec::new();
            match serializer {
                Serializer::Json => splice(&mut JsonWriter::new(&mut out), found, kwargs),
                Serializer::MsgPack => splice(&mut MsgPackWriter::new(&mut out), found, kwargs),
                Serializer::Cbor => splice(&mut CborWriter::new(&mut out), found, kwargs),
            }
            let spliced = Payload { serializer, arity: Arity::Args, octets: &out }.values();
            let (args, kwargs) = payload.values().unwrap();
            assert_eq!(spliced, Ok((vec![args.into(), kwargs.into()], Dict::new())));
        }
        assert_eq!(Payload::NONE.elements(), Ok([None, None]));
    }

    fn splice<W: Writer>(w: &mut W, args: &[u8], kwargs: &[u8]) {
        w.list(2);
        w.splice(args);
        w.splice(kwargs);
        w.end_list();
    }
}
