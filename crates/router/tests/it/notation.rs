//! Messages in the notation of the specification: a name, then the elements as JSON.
//!
//! ```text
//! REGISTER 1 {} com.add     bare words are strings
//! INVOCATION i1 r1 {}       IDs have the letter of their kind: invocation, registration, s1
//!                           subscription, p1 publication (numbered as they appear), #bob session
//! ```

use std::collections::HashMap;

use crosspoint_proto::serializer::{
    CborReader, CborWriter, JsonReader, JsonWriter, MsgPackReader, MsgPackWriter, Reader as _,
    Serializer,
};
use crosspoint_proto::value::Value;

/// The numbers of the publications that have appeared, by their IDs.
pub(crate) type Publications = HashMap<u64, usize>;

/// The octets of a message.
pub(crate) fn write(serializer: Serializer, message: &str, elements: &str) -> Vec<u8> {
    let code = CODES.iter().find(|(_, known)| *known == message).unwrap().0;
    let mut list = vec![Value::from(code)];
    list.extend(tokens(elements).into_iter().map(element));
    let mut octets = Vec::new();
    match serializer {
        Serializer::Json => Value::write_list(&list, &mut JsonWriter::new(&mut octets)),
        Serializer::MsgPack => Value::write_list(&list, &mut MsgPackWriter::new(&mut octets)),
        Serializer::Cbor => Value::write_list(&list, &mut CborWriter::new(&mut octets)),
    }
    .unwrap();
    octets
}

/// The notation of a message that `name` got.
pub(crate) fn read(
    name: &str,
    serializer: Serializer,
    octets: &[u8],
    publications: &mut Publications,
) -> String {
    let message = match serializer {
        Serializer::Json => Value::read_list(&mut JsonReader::new(octets)),
        Serializer::MsgPack => Value::read_list(&mut MsgPackReader::new(octets)),
        Serializer::Cbor => Value::read_list(&mut CborReader::new(octets)),
    }
    .unwrap();
    let code = message[0].as_u64().unwrap();
    let kind = CODES.iter().find(|(known, _)| *known == code).unwrap().1;
    let mut line = kind.to_owned();
    for (index, element) in message.iter().enumerate().skip(1) {
        let element = match (kind, index) {
            ("WELCOME", 1) => format!("#{name}"),
            ("WELCOME", 2) => without_roles(element),
            ("INVOCATION" | "INTERRUPT", 1) => format!("i{element}"),
            ("INVOCATION" | "REGISTERED", 2) => format!("r{element}"),
            ("EVENT", 1) | ("SUBSCRIBED", 2) => format!("s{element}"),
            ("EVENT" | "PUBLISHED", 2) => {
                let next = publications.len() + 1;
                format!("p{}", publications.entry(element.as_u64().unwrap()).or_insert(next))
            }
            _ => bare(element),
        };
        line.push(' ');
        line.push_str(&element);
    }
    line
}

/// The same in every WELCOME: one test looks at them.
fn without_roles(details: &Value) -> String {
    let mut details = details.clone();
    if let Value::Dict(details) = &mut details {
        details.remove("roles");
    }
    details.to_string()
}

fn bare(element: &Value) -> String {
    match element {
        Value::Str(text) if !text.is_empty() && !text.contains(' ') => text.clone(),
        other => other.to_string(),
    }
}

/// Splits at spaces outside of brackets and quotes.
fn tokens(elements: &str) -> Vec<&str> {
    let (mut tokens, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0, false);
    for (index, octet) in elements.bytes().enumerate() {
        match octet {
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => depth += 1,
            b']' | b'}' if !quoted => depth -= 1,
            b' ' if !quoted && depth == 0 => {
                tokens.push(&elements[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    tokens.push(&elements[start..]);
    tokens.into_iter().filter(|token| !token.is_empty()).collect()
}

fn element(token: &str) -> Value {
    let id = token.strip_prefix(['i', 'r', 's']).and_then(|digits| digits.parse::<u64>().ok());
    if let Some(id) = id {
        return Value::from(id);
    }
    let mut reader = JsonReader::new(token.as_bytes());
    Value::read(&mut reader).unwrap_or_else(|_| Value::from(token))
}

const CODES: [(u64, &str); 24] = [
    (1, "HELLO"),
    (2, "WELCOME"),
    (3, "ABORT"),
    (4, "CHALLENGE"),
    (5, "AUTHENTICATE"),
    (6, "GOODBYE"),
    (8, "ERROR"),
    (16, "PUBLISH"),
    (17, "PUBLISHED"),
    (32, "SUBSCRIBE"),
    (33, "SUBSCRIBED"),
    (34, "UNSUBSCRIBE"),
    (35, "UNSUBSCRIBED"),
    (36, "EVENT"),
    (48, "CALL"),
    (49, "CANCEL"),
    (50, "RESULT"),
    (64, "REGISTER"),
    (65, "REGISTERED"),
    (66, "UNREGISTER"),
    (67, "UNREGISTERED"),
    (68, "INVOCATION"),
    (69, "INTERRUPT"),
    (70, "YIELD"),
];
