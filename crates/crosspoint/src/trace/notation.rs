//! Messages in the notation of the specification and of our tests: a name, then the elements as JSON.
//!
//! ```text
//! REGISTER 1 {} com.add     words that are one are written as they are
//! INVOCATION i1 r7 {} [2]   IDs have the letter of their kind: invocation, registration, subscription,
//! EVENT s4 p9 {}            publication
//! sends no message: …       why it is none; what it was might be a secret
//! ```
//!
//! Nothing of it is a secret: what an AUTHENTICATE says, and what goes by a name that secrets have, is left out.

use crosspoint_proto::message::Message;
use crosspoint_proto::serializer::Serializer;
use crosspoint_proto::value::Value;

/// Longer messages are only named.
const MESSAGE_OCTETS_MAX: usize = 16 << 10;

/// What stands for what is left out.
const LEFT_OUT: &str = "…";

/// Names that have this in them are those of secrets: in HELLO, between authenticators and the router, and in what
/// applications say to each other, whose names nobody knows beforehand. Rather too much is left out than too little.
const SECRET_PARTS: [&str; 20] = [
    "accesskey",
    "apikey",
    "authorization",
    "bearer",
    "cbtid",
    "cookie",
    "credential",
    "jwt",
    "passcode",
    "passphrase",
    "passw",
    "privatekey",
    "privkey",
    "pwd",
    "secret",
    "serverkey",
    "signature",
    "storedkey",
    "ticket",
    "token",
];

/// These are secrets, too, but are parts of words that are none.
const SECRET_NAMES: [&str; 4] = ["otp", "pass", "pin", "seed"];

/// A message, as far as a trace has to know what it says.
pub(super) struct Notation {
    /// All of it, in one line.
    pub(super) line: String,
    /// `authid`, as HELLO and WELCOME have it.
    pub(super) authid: Option<String>,
    /// The session's ID, as WELCOME has it.
    pub(super) session: Option<u64>,
}

/// The notation of a message.
pub(super) fn of(serializer: Serializer, octets: &[u8]) -> Notation {
    let (line, authid, session) = match Message::decode(serializer, octets) {
        Err(violation) => {
            let line = format!("sends no message: {violation} ({} octets)", octets.len());
            (line, None, None)
        }
        Ok(message) => {
            let (authid, session) = match &message {
                Message::Hello(hello) => (hello.details.authid.as_deref().map(str::to_owned), None),
                Message::Welcome(welcome) => {
                    (Some(welcome.details.authid.to_string()), Some(welcome.session.0))
                }
                _ => (None, None),
            };
            let name = message.name();
            let line = match elements(serializer, octets) {
                Some(elements) => written(name, elements),
                None => format!("{name} {LEFT_OUT} ({} octets)", octets.len()),
            };
            (line, authid, session)
        }
    };
    Notation { line, authid, session }
}

fn elements(serializer: Serializer, octets: &[u8]) -> Option<Vec<Value>> {
    if octets.len() > MESSAGE_OCTETS_MAX {
        return None;
    }
    match Value::decode(serializer, octets) {
        Ok(Value::List(elements)) => Some(elements),
        _ => None,
    }
}

fn written(name: &str, elements: Vec<Value>) -> String {
    let mut line = name.to_owned();
    for (index, element) in elements.into_iter().enumerate().skip(1) {
        let element = without_secrets(element);
        let element = match (name, index) {
            ("AUTHENTICATE", 1) => LEFT_OUT.to_owned(),
            ("WELCOME", 2) => without_roles(element).to_string(),
            ("INVOCATION" | "INTERRUPT" | "YIELD", 1) => format!("i{element}"),
            ("INVOCATION" | "REGISTERED" | "UNREGISTER", 2) => format!("r{element}"),
            ("EVENT", 1) | ("SUBSCRIBED" | "UNSUBSCRIBE", 2) => format!("s{element}"),
            ("EVENT" | "PUBLISHED", 2) => format!("p{element}"),
            _ => bare(&element),
        };
        line.extend([" ", &element]);
    }
    line
}

/// What the router can do it says to everybody.
fn without_roles(mut details: Value) -> Value {
    if let Value::Dict(details) = &mut details {
        details.remove("roles");
    }
    details
}

/// The same without secrets, however deep they are.
fn without_secrets(value: Value) -> Value {
    match value {
        Value::List(items) => Value::List(items.into_iter().map(without_secrets).collect()),
        Value::Dict(entries) => {
            let entries = entries.into_iter().map(|(name, value)| {
                let value = if is_secret(&name) { LEFT_OUT.into() } else { without_secrets(value) };
                (name, value)
            });
            Value::Dict(entries.collect())
        }
        other => other,
    }
}

/// Is that the name of a secret, however it is spelled: `api_key`, `apiKey`, `API-Key`?
fn is_secret(name: &str) -> bool {
    let letters = name.chars().filter(|letter| letter.is_alphanumeric());
    let name: String = letters.flat_map(char::to_lowercase).collect();
    SECRET_PARTS.iter().any(|part| name.contains(part)) || SECRET_NAMES.contains(&&*name)
}

/// A string that is one word needs no quotes.
fn bare(element: &Value) -> String {
    let is_word = |text: &str| {
        !text.is_empty() && text.chars().all(|it| it.is_alphanumeric() || "._-:/@".contains(it))
    };
    match element {
        Value::Str(text) if is_word(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(messages: &[&str], expected: &Expect) {
        let lines = messages.iter().map(|octets| of(Serializer::Json, octets.as_bytes()).line);
        expected.assert_eq(&lines.map(|line| line + "\n").collect::<String>());
    }

    #[test]
    fn messages_are_written_as_in_the_tests() {
        let messages = [
            r#"[64,1,{"match":"prefix"},"com.example."]"#,
            r#"[65,1,77]"#,
            r#"[68,3,77,{"procedure":"com.example.add"},[2,3],{"exact":true}]"#,
            r#"[70,3,{},[5]]"#,
            r#"[36,5,9,{},["two words","one"]]"#,
            r#"[8,48,1,{},"com.example.error",["\u001b[31m it\n failed"]]"#,
            r#"[6,{"message":"so long"},"wamp.close.close_realm"]"#,
            r#"[64,1,"#,
            r#"[999]"#,
        ];
        check(
            &messages,
            &expect![[r#"
                REGISTER 1 {"match":"prefix"} com.example.
                REGISTERED 1 r77
                INVOCATION i3 r77 {"procedure":"com.example.add"} [2,3] {"exact":true}
                YIELD i3 {} [5]
                EVENT s5 p9 {} ["two words","one"]
                ERROR 48 1 {} com.example.error ["\u001b[31m it\n failed"]
                GOODBYE {"message":"so long"} wamp.close.close_realm
                sends no message: ill-formed json: unexpected end at octet 6 (6 octets)
                sends no message: 999 is not a message type (5 octets)
            "#]],
        );
    }

    #[test]
    fn secrets_are_left_out() {
        let messages = [
            r#"[1,"realm1",{"roles":{},"authid":"alice","authmethods":["ticket"],"authextra":{"nonce":"abc","Token":"sesame"}}]"#,
            r#"[5,"sesame",{}]"#,
            r#"[68,1,2,{},["realm1","alice",{"authmethod":"ticket","ticket":"sesame"}]]"#,
            r#"[70,1,{},[{"role":"user","secret":"sesame","deeper":[{"password":{"a":"sesame"}}]}]]"#,
        ];
        check(
            &messages,
            &expect![[r#"
            HELLO realm1 {"roles":{},"authid":"alice","authmethods":["ticket"],"authextra":{"nonce":"abc","Token":"…"}}
            AUTHENTICATE … {}
            INVOCATION i1 r2 {} ["realm1","alice",{"authmethod":"ticket","ticket":"…"}]
            YIELD i1 {} [{"role":"user","secret":"…","deeper":[{"password":"…"}]}]
        "#]],
        );
    }

    #[test]
    fn names_of_secrets_are_known_however_they_are_spelled() {
        let names = [
            "jwt",
            "passwd",
            "pwd",
            "access_token",
            "accessToken",
            "X-Api-Key",
            "api_key",
            "new_password",
            "oldPassword",
            "Passwort",
            "pass",
            "PIN",
            "client_secret",
            "private-key",
            "Authorization",
            "set-cookie",
            "server_key",
            "stored-key",
            "credentials",
            "ticket",
            "authid",
            "authmethod",
            "pubkey",
            "nkey",
            "passengers",
            "pinned",
            "key",
            "salt",
            "nonce",
            "x_cb_node",
            "seed",
            "seeds",
        ];
        let (secret, plain): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| is_secret(name));
        expect![[r#"
            secret: jwt passwd pwd access_token accessToken X-Api-Key api_key new_password oldPassword Passwort pass PIN client_secret private-key Authorization set-cookie server_key stored-key credentials ticket seed
            plain: authid authmethod pubkey nkey passengers pinned key salt nonce x_cb_node seeds
        "#]].assert_eq(&format!(
            "secret: {}\nplain: {}\n",
            secret.join(" "),
            plain.join(" ")
        ));
    }

    #[test]
    fn long_messages_are_named() {
        let message = format!(r#"[16,1,{{}},"com.example.topic",["{}"]]"#, "x".repeat(20_000));
        check(
            &[&message],
            &expect![[r#"
            PUBLISH … (20034 octets)
        "#]],
        );
    }
}
