//! Conversations of a client that proves who it is, in every serializer: each message is written by one
//! side and read by the other.

use super::*;
use crate::auth::{AuthError, cryptosign, scram, wampcra};
use crate::id::SessionId;
use crate::message::Message;
use crate::message::session::{Hello, HelloDetails, Welcome, WelcomeDetails};
use crate::serializer::Serializer;

/// What has been written arrives as this.
fn sent(message: &Message<'_>, serializer: Serializer) -> Vec<u8> {
    let mut octets = Vec::new();
    let tail = message.encode(serializer, &mut octets).tail;
    octets.extend_from_slice(tail);
    octets
}

fn hello<'a>(authid: &'a str, method: &'a str, authextra: HelloExtra<'a>) -> Message<'a> {
    let authmethods = vec![method.into()];
    let authid = Some(authid.into());
    let details = HelloDetails { authid, authmethods, authextra, ..HelloDetails::default() };
    Message::Hello(Hello { realm: "realm1".into(), details: Box::new(details) })
}

fn challenge<'a>(method: &'a str, extra: ChallengeExtra<'a>) -> Message<'a> {
    Message::Challenge(Challenge { method: method.into(), extra: Box::new(extra) })
}

fn authenticate(signature: String, extra: AuthenticateExtra<'_>) -> Message<'_> {
    Message::Authenticate(Authenticate { signature: signature.into(), extra })
}

macro_rules! heard {
    ($octets:expr, $serializer:expr, $message:ident) => {
        match Message::decode($serializer, &$octets[..]).unwrap() {
            Message::$message(message) => message,
            other => panic!("{other:?}"),
        }
    };
}

#[test]
fn wampcra_with_a_salted_password() {
    let stored = wampcra::Key::from_secret("64xfzBvZhGDT7PB0bQwDeI8/WR1M9x6Cw5dt0yP9koc=");
    let salting = wampcra::Salting::new("salt123", 1000, 32).unwrap();
    for s in Serializer::ALL {
        let octets = sent(&hello("peter", "wampcra", HelloExtra::default()), s);
        let heard = heard!(octets, s, Hello);
        let text = wampcra::Challenge {
            authid: heard.details.authid.as_deref().unwrap(),
            authrole: "user",
            authprovider: "userdb",
            nonce: "LHRTC9zeOIrt_9U3",
            timestamp: "2014-06-22T16:36:25.448Z",
            session: SessionId(3_251_278_072_152_162),
        }
        .to_json();
        let extra = ChallengeExtra {
            challenge: Some(text.as_str().into()),
            salt: Some(salting.salt().into()),
            iterations: Some(salting.iterations().into()),
            keylen: Some(salting.keylen().into()),
            ..ChallengeExtra::default()
        };
        let octets = sent(&challenge("wampcra", extra), s);

        let ChallengeExtra { challenge, salt, iterations, keylen, .. } =
            *heard!(octets, s, Challenge).extra;
        let (iterations, keylen) = (iterations.unwrap(), keylen.unwrap());
        let salting = wampcra::Salting::new(&salt.unwrap(), iterations, keylen).unwrap();
        let signature = wampcra::Key::derive("secret1", &salting).sign(&challenge.unwrap());
        let octets = sent(&authenticate(signature, AuthenticateExtra::default()), s);

        let heard = heard!(octets, s, Authenticate);
        assert_eq!(stored.verify(&text, &heard.signature), Ok(()), "{s}");
    }
}

#[test]
fn cryptosign_where_both_sides_sign() {
    use cryptosign::{PrivateKey, PublicKey};
    let (client, router) = (PrivateKey::new(&[1; 32]), PrivateKey::new(&[2; 32]));
    let (of_client, of_router) = (cryptosign::Challenge([3; 32]), cryptosign::Challenge([4; 32]));
    for s in Serializer::ALL {
        let extra = HelloExtra {
            pubkey: Some(client.public().to_hex().into()),
            challenge: Some(of_client.to_hex().into()),
            ..HelloExtra::default()
        };
        let octets = sent(&hello("joe", "cryptosign", extra), s);

        let HelloExtra { pubkey, challenge: asked, .. } =
            heard!(octets, s, Hello).details.authextra;
        let known = PublicKey::from_hex(&pubkey.unwrap()).unwrap();
        let asked = cryptosign::Challenge::from_hex(&asked.unwrap()).unwrap();
        let extra = ChallengeExtra {
            challenge: Some(of_router.to_hex().into()),
            pubkey: Some(router.public().to_hex().into()),
            signature: Some(router.sign(&asked, None).into()),
            ..ChallengeExtra::default()
        };
        let octets = sent(&challenge("cryptosign", extra), s);

        let ChallengeExtra { challenge: asked, pubkey, signature, .. } =
            *heard!(octets, s, Challenge).extra;
        let trusted = PublicKey::from_hex(&pubkey.unwrap()).unwrap();
        assert_eq!(trusted.verify(&of_client, None, &signature.unwrap()), Ok(()));
        let asked = cryptosign::Challenge::from_hex(&asked.unwrap()).unwrap();
        let signed = client.sign(&asked, None);
        let octets = sent(&authenticate(signed, AuthenticateExtra::default()), s);

        let heard = heard!(octets, s, Authenticate);
        assert_eq!(known.verify(&of_router, None, &heard.signature), Ok(()), "{s}");
    }
}

#[test]
fn scram_in_both_dialects() {
    let salt = scram::Salt::new(b"salt of the user").unwrap();
    for (s, dialect, kdf) in [
        (Serializer::Json, scram::Dialect::Specification, scram::Kdf::Argon2id13),
        (Serializer::MsgPack, scram::Dialect::Autobahn, scram::Kdf::Argon2id13Text),
        (Serializer::Cbor, scram::Dialect::Specification, scram::Kdf::Pbkdf2),
    ] {
        let cost = scram::Cost::new(kdf, 4096, Some(8)).unwrap();
        let keys = scram::ClientKeys::derive("pencil", &salt, cost).unwrap();
        let stored = keys.stored();

        let mine = scram::ClientNonce::new(&[1; 16]).unwrap();
        let extra = HelloExtra { nonce: Some(mine.as_str().into()), ..HelloExtra::default() };
        let octets = sent(&hello("joe", dialect.method(), extra), s);

        let heard = heard!(octets, s, Hello);
        assert_eq!(scram::Dialect::from_method(&heard.details.authmethods[0]), Some(dialect));
        let theirs = heard.details.authextra.nonce.unwrap();
        let theirs = scram::ClientNonce::from_base64(&theirs).unwrap();
        let both = scram::Nonce::answer(&theirs, &[2; 16]).unwrap();
        let extra = ChallengeExtra {
            nonce: Some(both.both().into()),
            kdf: Some(cost.kdf().name().into()),
            salt: Some(salt.to_base64().into()),
            iterations: Some(cost.iterations().into()),
            memory: cost.memory_kib().map(Into::into),
            ..ChallengeExtra::default()
        };
        let octets = sent(&challenge(dialect.method(), extra), s);

        let extra = *heard!(octets, s, Challenge).extra;
        let nonce = scram::Nonce::of_challenge(&mine, &extra.nonce.unwrap()).unwrap();
        let salt = scram::Salt::from_base64(&extra.salt.unwrap()).unwrap();
        let kdf = scram::Kdf::from_name(&extra.kdf.unwrap()).unwrap();
        let cost = scram::Cost::new(kdf, extra.iterations.unwrap(), extra.memory).unwrap();
        let keys = scram::ClientKeys::derive("pencil", &salt, cost).unwrap();
        let message = scram::AuthMessage::new(dialect, "joe", &nonce, &salt, cost).unwrap();
        let nonce = Some(nonce.both().into());
        let extra = AuthenticateExtra { nonce, ..AuthenticateExtra::default() };
        let octets = sent(&authenticate(keys.prove(&message), extra), s);

        let heard = heard!(octets, s, Authenticate);
        assert_eq!(both.check(heard.extra.nonce.as_deref()), Ok(()));
        let message = scram::AuthMessage::new(dialect, "joe", &both, &salt, cost).unwrap();
        let verifier = stored.verify(&message, &heard.signature).unwrap();
        let authextra =
            WelcomeExtra { verifier: Some(verifier.as_str().into()), ..WelcomeExtra::default() };
        let details = WelcomeDetails { authextra, ..WelcomeDetails::default() };
        let welcome = Welcome { session: SessionId(1), details: Box::new(details) };
        let octets = sent(&Message::Welcome(welcome), s);

        let heard = heard!(octets, s, Welcome).details.authextra.verifier.unwrap();
        assert_eq!(keys.verify_router(&message, &heard), Ok(()), "{s}");
        assert_eq!(stored.verify(&message, &verifier), Err(AuthError::WrongProof));
    }
}

/// As the specification's examples have them.
#[test]
fn nothing_may_be_said_as_null() {
    let octets = br#"[4,"wamp-scram",{"nonce":"n","salt":"s","kdf":"pbkdf2","iterations":4096.0,"memory":null}]"#;
    let extra = *heard!(octets, Serializer::Json, Challenge).extra;
    assert_eq!((extra.iterations, extra.memory), (Some(4096), None));
    let octets = br#"[5,"proof",{"nonce":"n","channel_binding":null,"cbind_data":null}]"#;
    let extra = heard!(octets, Serializer::Json, Authenticate).extra;
    assert_eq!(extra, AuthenticateExtra { nonce: Some("n".into()), ..extra.clone() });
    assert_eq!((extra.channel_binding, extra.cbind_data), (None, None));
    let octets = br#"[1,"realm1",{"authextra":null}]"#;
    assert!(heard!(octets, Serializer::Json, Hello).details.authextra.is_empty());
}

/// Applications use `authextra` for themselves, with any method.
#[test]
fn what_applications_say_in_authextra_is_passed_over() {
    let octets = br#"[1,"realm1",{"authextra":{"nonce":[1,[2],{"a":[3]}],"challenge":{"pubkey":{"k":[]},"b":1},"x":{"y":[]},"pubkey":"p","channel_binding":7},"agent":"A"}]"#;
    let hello = heard!(octets, Serializer::Json, Hello);
    let pubkey = Some("p".into());
    assert_eq!(hello.details.authextra, HelloExtra { pubkey, ..HelloExtra::default() });
    assert_eq!(hello.details.agent.as_deref(), Some("A"));

    // {"nonce": {1: [2]}, "pubkey": "p"} in the other serializers.
    let msgpack = b"\x93\x01\xa1r\x81\xa9authextra\x82\xa5nonce\x81\x01\x91\x02\xa6pubkey\xa1p";
    let cbor =
        b"\x83\x01\x61r\xa1\x69authextra\xbf\x65nonce\xbf\x01\x9f\x02\xff\xff\x66pubkey\x61p\xff";
    for (s, octets) in [(Serializer::MsgPack, &msgpack[..]), (Serializer::Cbor, cbor)] {
        let authextra = heard!(octets, s, Hello).details.authextra;
        assert_eq!(authextra, hello.details.authextra, "{s}");
    }
}

#[test]
fn what_a_router_says_is_what_it_should_be() {
    for (extra, why) in [
        (r#"{"iterations":"many"}"#, "CHALLENGE.Extra.iterations must be a non-negative number"),
        (r#"{"iterations":-1}"#, "CHALLENGE.Extra.iterations must be a non-negative number"),
        (r#"{"challenge":1}"#, "CHALLENGE.Extra.challenge must be a string"),
        (r"[]", "CHALLENGE.Extra must be a dict"),
    ] {
        let json = format!(r#"[4,"wampcra",{extra}]"#);
        let violation = Message::decode(Serializer::Json, json.as_bytes()).unwrap_err();
        assert_eq!(violation.to_string(), why);
    }
}

#[test]
fn the_routers_proof_goes_by_two_names() {
    for (authextra, verifier) in [
        (r#"{"verifier":"v=a"}"#, Some("v=a")),
        (r#"{"scram_server_signature":"b"}"#, Some("b")),
        (r#"{"verifier":"a","scram_server_signature":"b"}"#, Some("a")),
        (r#"{"scram_server_signature":"b","verifier":"a"}"#, Some("a")),
        (r#"{"scram_server_signature":"b","verifier":null}"#, Some("b")),
        (r#"{"verifier":[1],"x_cb_node":"n","x_cb_pid":7}"#, None),
    ] {
        let json = format!(r#"[2,1,{{"authextra":{authextra}}}]"#);
        let welcome = heard!(json.as_bytes(), Serializer::Json, Welcome);
        assert_eq!(welcome.details.authextra.verifier.as_deref(), verifier, "{authextra}");
    }
}

#[test]
fn a_ticket_does_not_show() {
    let message = authenticate("secret!!!".into(), AuthenticateExtra::default());
    assert!(!format!("{message:?}").contains("secret"));
}
