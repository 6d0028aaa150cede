//! SCRAM against RFC 7677, in the words of both sides, and against the hostile.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

/// What one client and one router say to each other, from HELLO to WELCOME.
struct Conversation {
    message: AuthMessage,
    keys: ClientKeys,
}

impl Conversation {
    fn new(dialect: Dialect, authid: &str, cost: Cost) -> Self {
        let client = ClientNonce::new(b"client's octets.").unwrap();
        let salt = Salt::new(b"salt of the user").unwrap();

        let heard = ClientNonce::from_base64(client.as_str()).unwrap();
        let answer = Nonce::answer(&heard, b"router's octets.").unwrap();
        let router = AuthMessage::new(dialect, authid, &answer, &salt, cost).unwrap();

        let nonce = Nonce::of_challenge(&client, answer.both()).unwrap();
        let salt = Salt::from_base64(&salt.to_base64()).unwrap();
        let message = AuthMessage::new(dialect, authid, &nonce, &salt, cost).unwrap();
        assert_eq!(message, router);
        answer.check(Some(nonce.both())).unwrap();
        Conversation { message, keys: ClientKeys::derive("pencil", &salt, cost).unwrap() }
    }
}

fn weakest() -> Cost {
    Cost::pbkdf2(4096).unwrap()
}

static CONVERSATION: LazyLock<Conversation> =
    LazyLock::new(|| Conversation::new(Dialect::Specification, "user", weakest()));

/// Section 3. The specification's own example has these two proofs with other nonces, to which they do
/// not belong.
#[test]
fn the_example_of_rfc_7677() {
    let salt = Salt::from_base64("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
    let keys = ClientKeys::derive("pencil", &salt, weakest()).unwrap();
    let client = "rOprNGfwEbeRWgbNEkqO";
    let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    let salt = salt.to_base64();
    let message = AuthMessage::of_parts(Dialect::Specification, "user", client, nonce, &salt, 4096);
    let proof = keys.prove(&message);
    assert_eq!(proof, "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    let verifier = keys.stored().verify(&message, &proof).unwrap();
    assert_eq!(verifier, "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    assert_eq!(keys.verify_router(&message, &verifier), Ok(()));
    assert_eq!(keys.verify_router(&message, &format!("v={verifier}")), Ok(()));
}

/// What Autobahn signs for the same user; computed with Python's `hmac`, as Autobahn does it.
#[test]
fn the_dialect_of_autobahn() {
    let salt = Salt::from_base64("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
    let keys = ClientKeys::derive("pencil", &salt, weakest()).unwrap();
    let client = "rOprNGfwEbeRWgbNEkqO";
    let nonce = "rOprNGfwEbeRWgbNEkqOabcd";
    let salt = salt.to_base64();
    let message = AuthMessage::of_parts(Dialect::Autobahn, "user", client, nonce, &salt, 4096);
    assert_eq!(keys.prove(&message), "jaSbs4Xjrtzv02orWyGYDsCPlLQmWiyMIwubbYWKuls=");
    assert_eq!(Dialect::from_method("scram"), Some(Dialect::Autobahn));
    assert_eq!(Dialect::from_method("wamp-scram"), Some(Dialect::Specification));
    assert_eq!(Dialect::from_method("ticket"), None);
}

/// From the tests of Argon2's reference implementation.
#[test]
fn known_hashes_of_argon2() {
    let hash = "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7";
    let salt = Salt::new(b"somesalt").unwrap();
    let salted = |kdf| Cost::new(kdf, 2, Some(1 << 16)).unwrap().salted("password", &salt).unwrap();
    let octets = salted(Kdf::Argon2id13);
    assert_eq!(super::super::hex::encode(&octets), hash);
    let text = salted(Kdf::Argon2id13Text);
    assert_eq!(text.as_slice(), BASE64.encode(&*octets).trim_end_matches('=').as_bytes());
}

#[test]
fn both_sides_agree() {
    for (dialect, authid, cost) in [
        (Dialect::Specification, "user", weakest()),
        (Dialect::Specification, "a,b=c", Cost::argon2id13(8, 4096).unwrap()),
        (Dialect::Autobahn, "a,b=c", Cost::new(Kdf::Argon2id13Text, 64, Some(512)).unwrap()),
        // The dialect is in the names, the key derivation in what was stored.
        (Dialect::Specification, "\u{2168}", Cost::new(Kdf::Pbkdf2, 5000, Some(7)).unwrap()),
    ] {
        let Conversation { message, keys } = Conversation::new(dialect, authid, cost);
        let (stored_key, server_key) = keys.stored().to_hex();
        let router = StoredKeys::from_hex(&stored_key, &server_key).unwrap();
        let verifier = router.verify(&message, &keys.prove(&message)).unwrap();
        assert_eq!(keys.verify_router(&message, &verifier), Ok(()));
    }
}

#[test]
fn what_is_signed_is_escaped_and_normalised() {
    let salt = Salt::new(b"saltsalt").unwrap();
    let nonce = Nonce::answer(&ClientNonce::new(&[0; 8]).unwrap(), &[255; 8]).unwrap();
    let signed = |dialect, authid| {
        AuthMessage::new(dialect, authid, &nonce, &salt, weakest()).map(|message| message.0)
    };
    let behind = "r=AAAAAAAAAAA=,r=AAAAAAAAAAA=//////////8=,s=c2FsdHNhbHQ=,i=4096";
    let twice = "r=AAAAAAAAAAA=//////////8=";
    assert_eq!(
        signed(Dialect::Specification, "a,b=I\u{ad}\u{2168}"),
        Ok(format!("n=a=2Cb=3DIIX,{behind},c=biws,{twice}"))
    );
    assert_eq!(signed(Dialect::Autobahn, "a,b"), Ok(format!("n=a,b,{behind},c=,{twice}")));
    for authid in ["", "a\u{0}", "\u{ad}", "\u{627}1", "\u{e000}", "\u{1f600}", &"a".repeat(1025)] {
        assert!(signed(Dialect::Specification, authid).is_err(), "{authid:?}");
    }
}

#[test]
fn a_nonce_is_an_answer_to_the_clients() {
    let client = ClientNonce::from_base64("egVDf3DMJh0=").unwrap();
    let nonce = Nonce::of_challenge(&client, "egVDf3DMJh0=SBmkFIh7sSo=").unwrap();
    assert_eq!(nonce.client(), "egVDf3DMJh0=");
    assert_eq!(nonce.check(None), Ok(()));
    assert_eq!(nonce.check(Some("egVDf3DMJh0=SBmkFIh7sSo=")), Ok(()));
    assert_eq!(nonce.check(Some("egVDf3DMJh0=")), Err(AuthError::NotTheNonce));
    for foreign in ["", "egVDf3DMJh0=", "SBmkFIh7sSo=egVDf3DMJh0="] {
        assert_eq!(Nonce::of_challenge(&client, foreign), Err(AuthError::ForeignNonce));
    }
    for short in ["egVDf3DMJh0=AAAA", "egVDf3DMJh0=%%%%", "egVDf3DMJh0=SBmkFIh7sSo"] {
        assert!(Nonce::of_challenge(&client, short).is_err(), "{short}");
    }
    for hello in ["", "AAAA", "egVDf3DMJh0", "a,r=egVDf3DMJh0=", &"A".repeat(88)] {
        assert!(ClientNonce::from_base64(hello).is_err(), "{hello}");
    }
    assert!(ClientNonce::new(&[0; 65]).is_err());
}

#[test]
fn what_is_too_cheap_or_too_expensive_is_refused() {
    for iterations in [0, 4095, 2_000_001, 1 << 32, u64::MAX] {
        assert!(Cost::pbkdf2(iterations).is_err(), "{iterations}");
    }
    for (iterations, memory) in [
        (0, 1 << 16),
        (1, 0),
        (1, 1 << 14),
        (1 << 20, 7),
        (1, (1 << 18) + 1),
        (17, 1 << 18),
        (1, u64::MAX),
        (u64::MAX, 1 << 10),
        (u64::MAX, u64::MAX),
    ] {
        assert!(Cost::argon2id13(iterations, memory).is_err(), "{iterations} {memory}");
    }
    assert!(Cost::argon2id13(16, 1 << 18).is_ok());
    // Autobahn's own setting.
    assert!(Cost::new(Kdf::Argon2id13Text, 4096, Some(512)).is_ok());
    assert!(Cost::new(Kdf::Argon2id13, 2, None).is_err());
    assert_eq!(Kdf::from_name("argon2d"), Err(AuthError::UnknownKdf));
    assert_eq!(Kdf::from_name("argon2id13"), Ok(Kdf::Argon2id13));

    assert!(Salt::new(&[0; 7]).is_err());
    assert!(Salt::new(&[0; 257]).is_err());
    assert!(Salt::from_base64("c2FsdHNhbHQ").is_err());
    let long = "p".repeat(1025);
    assert!(ClientKeys::derive(&long, &Salt::new(&[0; 16]).unwrap(), weakest()).is_err());
}

#[test]
fn nobody_has_the_same_salt_every_time() {
    let like = |octets: usize| Salt::new(&vec![0; octets]).unwrap();
    let salt = |key: &[u8], authid: &str| Salt::of_nobody(key, authid, &like(16));
    assert_eq!(salt(b"key", "joe"), salt(b"key", "joe"));
    assert_ne!(salt(b"key", "joe"), salt(b"key", "eve"));
    assert_ne!(salt(b"key", "joe"), salt(b"another", "joe"));
    for octets in [8, 33, 256] {
        assert_eq!(Salt::of_nobody(b"key", "joe", &like(octets)).0.len(), octets);
    }
}

#[test]
fn keys_do_not_show() {
    let Conversation { keys, .. } = &*CONVERSATION;
    assert_eq!(format!("{keys:?} {:?}", keys.stored()), "ClientKeys(..) StoredKeys(..)");
    let refused = prepare("pass\u{7}word", "the password").unwrap_err().to_string();
    assert!(!refused.contains("pass\u{7}"), "{refused}");
}

proptest! {
    #[test]
    fn a_flipped_bit_is_not_a_proof(bit in 0usize..256, authid in "[a-z,=]{1,20}") {
        let Conversation { message, keys } = &*CONVERSATION;
        let flipped = |text: &str| {
            let mut octets = BASE64.decode(text).unwrap();
            octets[bit / 8] ^= 1 << (bit % 8);
            BASE64.encode(octets)
        };
        let proof = keys.prove(message);
        prop_assert_eq!(keys.stored().verify(message, &flipped(&proof)), Err(AuthError::WrongProof));
        let verifier = keys.stored().verify(message, &proof).unwrap();
        prop_assert_eq!(
            keys.verify_router(message, &flipped(&verifier)),
            Err(AuthError::WrongProof)
        );

        // Nor is it one for anybody else.
        let nonce = Nonce::answer(&ClientNonce::new(&[1; 16]).unwrap(), &[2; 16]).unwrap();
        let salt = Salt::new(b"salt of the user").unwrap();
        let other = AuthMessage::new(Dialect::Specification, &authid, &nonce, &salt, weakest());
        let other = other.unwrap();
        prop_assert_eq!(keys.stored().verify(&other, &proof), Err(AuthError::WrongProof));
    }

    #[test]
    fn nothing_that_a_peer_sends_makes_the_other_panic(text in ".{0,60}", number: u64) {
        let Conversation { message, keys } = &*CONVERSATION;
        prop_assert!(keys.stored().verify(message, &text).is_err());
        prop_assert!(keys.verify_router(message, &text).is_err());
        let _ = (ClientNonce::from_base64(&text), Salt::from_base64(&text), prepare(&text, "it"));
        let _ = (Cost::pbkdf2(number), Cost::argon2id13(number, number), Kdf::from_name(&text));
        let _ = StoredKeys::from_hex(&text, &text);
    }
}
