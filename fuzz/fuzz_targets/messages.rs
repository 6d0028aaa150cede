//! Messages: what can be read can be written, in every serializer, and reads the same again.
//!
//! ```text
//! serializer (1 octet)   message
//! ```

#![no_main]

use crosspoint_fuzz::memory::within;
use crosspoint_proto::message::Message;
use crosspoint_proto::payload::{Arity, Payload};
use crosspoint_proto::serializer::Serializer;
use crosspoint_proto::value::{Dict, Value};
use libfuzzer_sys::fuzz_target;

/// What a message takes in memory for each of its octets, at most: an empty text in a list of texts is one
/// octet, and a list that grows is there twice for a moment.
const MEMORY_OF_MESSAGE: usize = 100;

/// The same for its payload as values: an item of a list, or a key without a character with its value.
const MEMORY_OF_VALUES: usize = 200;

/// The same in another notation: an octet becomes six (`\u0000`), in a buffer that grows.
const MEMORY_OF_TRANSCODED: usize = 24;

/// What is allocated for any of these, however short.
const MEMORY: usize = 4096;

fuzz_target!(|input: &[u8]| {
    let Some((&first, octets)) = input.split_first() else { return };
    let serializer = Serializer::ALL[usize::from(first) % Serializer::ALL.len()];
    let decode = || Message::decode(serializer, octets);
    let Ok(message) = within(octets.len() * MEMORY_OF_MESSAGE + MEMORY, decode) else { return };
    check_encoding(&message, serializer);
    let payload = message.payload();
    check_elements(payload);
    let values = within(octets.len() * MEMORY_OF_VALUES + MEMORY, || payload.values());
    if let Ok((args, kwargs)) = &values {
        check_writing(payload, args, kwargs);
    }
    for to in Serializer::ALL {
        check_transcoding(payload, values.as_ref().ok(), to);
    }
});

/// What is written says the same, and is written so once more.
fn check_encoding(message: &Message<'_>, serializer: Serializer) {
    let octets = message.to_octets(serializer);
    let again = Message::decode(serializer, &octets).unwrap_or_else(|violation| {
        panic!("{violation}: {message:?} as {}", octets.escape_ascii())
    });
    // A progressive RESULT is written with all the payload elements that it can have.
    let completed = matches!(message, Message::Result(result) if result.details.progress)
        && message.payload().arity != Arity::ArgsKwargs;
    // NaN is nothing's equal, but it looks the same.
    if !completed && again != *message {
        assert_eq!(format!("{again:?}"), format!("{message:?}"));
    }
    assert_eq!(again.payload().values().ok().is_some(), message.payload().values().is_ok());
    assert_eq!(
        again.to_octets(serializer).escape_ascii().to_string(),
        octets.escape_ascii().to_string()
    );
}

/// The payload's elements are the octets that it has.
fn check_elements(payload: Payload<'_>) {
    let elements = payload.elements().expect("they were read");
    let found = elements.iter().flatten().count();
    assert_eq!(found, payload.arity.elements());
    for element in elements.into_iter().flatten() {
        let one = Payload { arity: Arity::Args, octets: element, ..payload };
        assert_eq!(one.elements(), Ok([Some(element), None]));
    }
}

/// Values that were read can be written where they come from, and are the same then.
fn check_writing(payload: Payload<'_>, args: &[Value], kwargs: &Dict) {
    let mut octets = Vec::new();
    let written = Payload::write_as(payload.arity, args, kwargs, payload.serializer, &mut octets);
    let again = written.expect("they were read").values().expect("they were written");
    assert!(same_values(&again, &(args.to_vec(), kwargs.clone())), "{again:?} {args:?} {kwargs:?}");
}

/// What can be said in another serializer means the same there, and can be said back. What cannot is an
/// integer that is too large, or one of the few things that are no values.
fn check_transcoding(payload: Payload<'_>, values: Option<&(Vec<Value>, Dict)>, to: Serializer) {
    let memory = payload.octets.len() * MEMORY_OF_TRANSCODED + MEMORY;
    let (mut there, mut back, mut there_again) = (Vec::new(), Vec::new(), Vec::new());
    let transcoded = match within(memory, || payload.transcoded(to, &mut there)) {
        Ok(transcoded) => transcoded,
        Err(refusal) => {
            let plain = values.is_some_and(|(args, kwargs)| {
                args.iter().all(is_plain)
                    && kwargs.iter().all(|(key, value)| is_plain_entry(key, value))
            });
            assert!(!plain, "{refusal}: {values:?}");
            return;
        }
    };
    if let Some((args, kwargs)) = values {
        let expected = (args.iter().map(|arg| said_in(to, arg)).collect(), entries_in(to, kwargs));
        let found = transcoded.values().expect("it was written");
        assert!(same_values(&found, &expected), "{found:?} {expected:?}");
    }
    transcoded.elements().expect("it was written");
    let from = payload.serializer;
    let returned = transcoded.transcoded(from, &mut back).expect("it could be said there before");
    let again = returned.transcoded(to, &mut there_again).expect("it could be said here before");
    let (again, transcoded) = (again.octets, transcoded.octets);
    // What has not been written by us may be written otherwise the first time.
    if to != from {
        assert_eq!(again.escape_ascii().to_string(), transcoded.escape_ascii().to_string());
    }
}

/// Can be said in all serializers?
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Int(value) => i64::try_from(*value).is_ok() || u64::try_from(*value).is_ok(),
        Value::BigInt { .. } => false,
        Value::List(items) => items.iter().all(is_plain),
        Value::Dict(dict) => dict.iter().all(|(key, value)| is_plain_entry(key, value)),
        _ => true,
    }
}

/// A key of digits may have been an integer.
fn is_plain_entry(key: &str, value: &Value) -> bool {
    let digits = key.strip_prefix('-').unwrap_or(key);
    let integer = digits.len() > 18 && digits.bytes().all(|octet| octet.is_ascii_digit());
    !integer && is_plain(value)
}

/// What becomes of a value on the way to a serializer.
fn said_in(to: Serializer, value: &Value) -> Value {
    match value {
        Value::Float(value) if to == Serializer::Json && !value.is_finite() => Value::Null,
        Value::Str(text) if to == Serializer::Json && text.starts_with('\0') => as_read(text),
        Value::List(items) => Value::List(items.iter().map(|item| said_in(to, item)).collect()),
        Value::Dict(dict) => Value::Dict(entries_in(to, dict)),
        value => value.clone(),
    }
}

fn entries_in(to: Serializer, dict: &Dict) -> Dict {
    dict.iter().map(|(key, value)| (key, said_in(to, value))).collect()
}

/// A text that looks like bytes in JSON is bytes there.
fn as_read(text: &str) -> Value {
    let mut octets = Vec::new();
    let args = [Value::Str(text.to_owned())];
    let payload = Payload::write(&args, &Dict::new(), Serializer::Json, &mut octets);
    let (mut args, _) = payload.expect("a text").values().expect("a text");
    args.pop().expect("the only one")
}

/// The same, though NaN is nothing's equal.
fn same_values(one: &(Vec<Value>, Dict), other: &(Vec<Value>, Dict)) -> bool {
    one == other || format!("{one:?}") == format!("{other:?}")
}
