//! Who a session is: what is asked of a client before its WELCOME, and what becomes of the answer.
//!
//! Alice, bob, carol and dave have credentials; eve and mallory have none. Connections have other names:
//! `one`, `two`, `three`.

mod attempts;
mod authenticators;
mod certificates;
mod cookies;
mod methods;
mod proofs;
mod strangers;
mod tokens;

use crosspoint_proto::auth::AuthMethod;
use crosspoint_proto::auth::cryptosign::PrivateKey;
use crosspoint_proto::auth::scram::{ClientKeys, Cost, Kdf, Salt};
use crosspoint_proto::auth::ticket::Ticket;
use crosspoint_proto::auth::wampcra::{Key, Salting};
use crosspoint_proto::message::Message;
use crosspoint_proto::message::authentication::Challenge;
use crosspoint_proto::serializer::Serializer;
use crosspoint_router::authentication::{
    AttemptLimits, Authentication, Credentials, Principal, Principals, ScramKeys, SharedKey,
};
use crosspoint_router::router::RealmSettings;

use crate::conversation::Conversation;

/// A realm that takes these methods.
fn realm(methods: &[AuthMethod]) -> RealmSettings {
    let authentication = Authentication {
        methods: methods.to_vec(),
        anonymous_role: "guest".to_owned(),
        certificate_role: None,
        principals: principals(),
        tokens: None,
        authenticators: Vec::new(),
        attempts: AttemptLimits::default(),
    };
    RealmSettings { authentication, ..RealmSettings::from("realm1") }
}

/// All methods but being anonymous.
const PROOFS: [AuthMethod; 4] =
    [AuthMethod::Ticket, AuthMethod::WampCra, AuthMethod::WampScram, AuthMethod::Cryptosign];

fn principals() -> Principals {
    let mut principals = Principals::default();
    for (authid, credentials) in [
        ("alice", Credentials { ticket: Some(Ticket::new("sesame")), ..Credentials::default() }),
        ("bob", Credentials { wampcra: Some(secret()), ..Credentials::default() }),
        ("carol", Credentials { wampcra: Some(password()), ..Credentials::default() }),
        ("dave", Credentials { scram: Some(scram()), ..Credentials::default() }),
        (
            "frank",
            Credentials {
                ticket: Some(Ticket::new("sesame")),
                cryptosign: vec![key(1).public(), key(2).public()],
                ..Credentials::default()
            },
        ),
    ] {
        let (authid, role) = (authid.to_owned(), format!("role-of-{authid}"));
        principals.add(Principal { authid, role, credentials }).unwrap();
    }
    principals
}

fn secret() -> SharedKey {
    SharedKey { key: Key::from_secret("secret"), salting: None }
}

fn password() -> SharedKey {
    let salting = Salting::new("c2FsdCBvZiAxNiBvY3RldA==", 10, 32).unwrap();
    SharedKey { key: Key::derive("password", &salting), salting: Some(salting) }
}

fn cost() -> Cost {
    Cost::new(Kdf::Pbkdf2, 4096, None).unwrap()
}

fn scram() -> ScramKeys {
    let (salt, cost) = (Salt::new(b"salt of 16 octet").unwrap(), cost());
    let keys = ClientKeys::derive("pencil", &salt, cost).unwrap();
    ScramKeys { stored: keys.stored().clone(), salt, cost }
}

fn key(number: u8) -> PrivateKey {
    PrivateKey::new(&[number; 32])
}

/// What has happened, if a script is played to a realm that takes all proofs.
fn play(script: &str) -> String {
    let mut conversation = Conversation::in_realm(realm(&PROOFS));
    conversation.play(script);
    conversation.transcript()
}

/// What is made of the last CHALLENGE.
fn answer_to<T>(conversation: &Conversation, answer: impl FnOnce(&Challenge<'_>) -> T) -> T {
    let line = conversation.transcript_so_far().lines().last().unwrap();
    let (_, challenge) = line.split_once(" < CHALLENGE ").unwrap();
    let (method, extra) = challenge.split_once(' ').unwrap();
    let octets = format!("[4,\"{method}\",{extra}]");
    match Message::decode(Serializer::Json, octets.as_bytes()) {
        Ok(Message::Challenge(challenge)) => answer(&challenge),
        other => panic!("{other:?}"),
    }
}
