//! WAMP-CRA against the specification's example, against what Autobahn computes, and against the hostile.

use proptest::prelude::*;

use super::*;

/// The specification's example. The signature there is what these octets give with its salt, and with
/// the password that its examples have elsewhere.
const CHALLENGE: &str = r#"{"nonce": "LHRTC9zeOIrt_9U3", "authprovider": "userdb", "authid": "peter", "timestamp": "2014-06-22T16:36:25.448Z", "authrole": "user", "authmethod": "wampcra", "session": 3251278072152162}"#;
const SIGNATURE: &str = "gir1mSx+deCDUV7wRM5SGIn/+R/ClqLZuH4m7FJeBVI=";

#[test]
fn the_example_of_the_specification() {
    let key = Key::derive("secret1", &Salting::new("salt123", 1000, 32).unwrap());
    assert_eq!(key.sign(CHALLENGE), SIGNATURE);
    assert_eq!(key.verify(CHALLENGE, SIGNATURE), Ok(()));
    assert_eq!(
        Key::from_secret("secret1").verify(CHALLENGE, SIGNATURE),
        Err(AuthError::WrongProof)
    );
}

/// From Autobahn's own tests; and RFC 7914, section 11, of which the key is the base64 text.
#[test]
fn known_keys_and_signatures() {
    let signature = Key::from_secret("L3L1YUE8Txlw").sign("[1, 2, 3]");
    assert_eq!(signature, "1njQtmmeYO41N5EWEzD2kAjjEKRZ5kPZt/TzpYXOzR0=");
    for (password, salt, iterations, keylen, key) in [
        ("secret1", "salt123", 100, 16, "prq7+YkJ1/KlW1X0YczMHw=="),
        (
            "passwd",
            "salt",
            1,
            64,
            "VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLxJypzM8Xm2RZkWZLOdd+8xfHG4RbHjC9UJESBB06GXgw==",
        ),
        (
            "Password",
            "NaCl",
            80000,
            64,
            "TdzY9guYviGDDO5e8icB+WQaRBjQTAQUrv8Ih2s0q1ah1CWhIlgzVJrbhBtRybMXaicr3ruh0HhHj2Kzl/M8jQ==",
        ),
    ] {
        let salting = Salting::new(salt, iterations, keylen).unwrap();
        assert_eq!(Key::derive(password, &salting).0, Key::from_secret(key).0);
    }
}

#[test]
fn a_challenge_is_an_object_with_everything_in_it() {
    let challenge = Challenge {
        authid: "peter \"the\" \u{1}",
        authrole: "user",
        authprovider: "userdb",
        nonce: "LHRTC9zeOIrt_9U3",
        timestamp: "2014-06-22T16:36:25.448Z",
        session: SessionId(3_251_278_072_152_162),
    };
    let object: serde_json::Value = serde_json::from_str(&challenge.to_json()).unwrap();
    assert_eq!(
        object,
        serde_json::json!({
            "authid": "peter \"the\" \u{1}",
            "authrole": "user",
            "authmethod": "wampcra",
            "authprovider": "userdb",
            "nonce": "LHRTC9zeOIrt_9U3",
            "timestamp": "2014-06-22T16:36:25.448Z",
            "session": 3_251_278_072_152_162_u64,
        })
    );
}

#[test]
fn nobody_is_made_to_compute_for_ever() {
    let refused = |what, most| Err(AuthError::OutOfRange { what, least: 1, most });
    for iterations in [0, 2_000_001, 1 << 32, u64::MAX] {
        assert_eq!(Salting::new("salt", iterations, 32), refused("iterations", 2_000_000));
    }
    for keylen in [0, 65, (1 << 32) + 1, u64::MAX] {
        assert_eq!(Salting::new("salt", 1000, keylen), refused("keylen", 64));
    }
    for salt in ["", &"s".repeat(257)] {
        assert_eq!(Salting::new(salt, 1000, 32), refused("the salt's length", 256));
    }
}

#[test]
fn what_is_no_signature_is_refused() {
    let key = Key::from_secret("secret");
    for (signature, refused) in [
        ("", AuthError::WrongLength { what: "the signature", octets: 32 }),
        ("AAAA", AuthError::WrongLength { what: "the signature", octets: 32 }),
        (
            "gir1mSx+deCDUV7wRM5SGIn/+R/ClqLZuH4m7FJeBVI",
            AuthError::NotBase64 { what: "the signature" },
        ),
        (
            "gir1mSx+deCDUV7wRM5SGIn/+R/ClqLZuH4m7FJeBVJ=",
            AuthError::NotBase64 { what: "the signature" },
        ),
        (
            "gir1mSx+deCDUV7wRM5SGIn/+R/ClqLZuH4m7FJeBVI=\n",
            AuthError::NotBase64 { what: "the signature" },
        ),
        (
            "gir1mSx-deCDUV7wRM5SGIn_-R_ClqLZuH4m7FJeBVI=",
            AuthError::NotBase64 { what: "the signature" },
        ),
    ] {
        assert_eq!(key.verify(CHALLENGE, signature), Err(refused), "{signature}");
    }
}

#[test]
fn keys_do_not_show() {
    assert_eq!(format!("{:?}", Key::from_secret("secret")), "Key(..)");
}

proptest! {
    #[test]
    fn what_the_client_signs_the_router_accepts(
        secret in ".{0,100}",
        challenge in ".{0,100}",
        bit in 0usize..256,
    ) {
        let key = Key::from_secret(&secret);
        let signature = key.sign(&challenge);
        prop_assert_eq!(key.verify(&challenge, &signature), Ok(()));

        let mut octets = BASE64.decode(&signature).unwrap();
        octets[bit / 8] ^= 1 << (bit % 8);
        let flipped = BASE64.encode(octets);
        prop_assert_eq!(key.verify(&challenge, &flipped), Err(AuthError::WrongProof));
        let longer = format!("{challenge}.");
        prop_assert_eq!(key.verify(&longer, &signature), Err(AuthError::WrongProof));
    }

    #[test]
    fn no_signature_makes_the_router_panic(signature in ".{0,60}") {
        prop_assert!(Key::from_secret("secret").verify(CHALLENGE, &signature).is_err());
    }
}
