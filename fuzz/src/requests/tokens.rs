//! Tokens: whoever is let in by one has the name and the role of one that was signed with the right key, octet by
//! octet, whatever stands in it.

use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use crosspoint::fuzzing::requests;
use crosspoint_proto::auth::cryptosign::PrivateKey;
use crosspoint_proto::auth::wampcra::Key;
use crosspoint_router::authentication::{Holder, TokenVerifier};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};

use crate::choices::Choices;

const SECRET: &str = "a secret of thirty-two octets and more";
const SEED: [u8; 32] = [9; 32];

/// What stands before a seed in PKCS #8, and before a public key in RFC 8410.
const PRIVATE_HEAD: [u8; 16] = *b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
const PUBLIC_HEAD: [u8; 12] = *b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";

/// What the tokens are signed with, and who checks them.
struct Keys {
    public: Vec<u8>,
    pem: String,
    private: EncodingKey,
    verifier: Arc<dyn TokenVerifier>,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let digits = PrivateKey::new(&SEED).public().to_hex();
    let octet = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("digits");
    let key: Vec<u8> = (0..digits.len()).step_by(2).map(octet).collect();
    let public = [&PUBLIC_HEAD[..], &key].concat();
    let body = base64::engine::general_purpose::STANDARD.encode(&public);
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n");
    let private = EncodingKey::from_ed_der(&[&PRIVATE_HEAD[..], &SEED].concat());
    let verifier = requests::tokens(SECRET.as_bytes(), &pem).expect("a public key");
    Keys { public, pem, private, verifier }
});

/// The first two are those of the two who sign.
const HEADERS: [&str; 12] = [
    r#"{"alg":"HS256","typ":"JWT"}"#,
    r#"{"alg":"EdDSA"}"#,
    r#"{"alg":"none"}"#,
    r#"{"alg":"HS256","crit":["exp"]}"#,
    r#"{"alg":"EdDSA","crit":[]}"#,
    r#"{"alg":"HS512"}"#,
    r#"{"alg":"RS256"}"#,
    r#"{"alg":"EdDSA","jwk":{"kty":"OKP","crv":"Ed25519","x":"AAAA"},"kid":"../../key"}"#,
    r#"{"alg":"HS256","alg":"EdDSA"}"#,
    r#"{"alg":"hs256"}"#,
    r#"{"alg":["HS256"]}"#,
    r#"{"typ":"JWT"}"#,
];

/// Likewise.
const CLAIMS: [&str; 12] = [
    r#"{"sub":"alice","exp":4102444800}"#,
    r#"{"iss":"https://keys.example.com","aud":["crosspoint","shop"],"name":"alice","role":"guest","exp":4102444800}"#,
    r#"{"sub":"bob","exp":4102444800}"#,
    r#"{"sub":"alice","exp":1000}"#,
    r#"{"sub":"alice"}"#,
    r#"{"sub":"alice","exp":4102444800,"nbf":4102444799}"#,
    r#"{"iss":"https://keys.example.com","aud":"crosspoint","name":"bob","role":"user","exp":4102444800}"#,
    r#"{"iss":"https://keys.example.com","aud":"crosspoint","name":"carol","role":"admin","exp":4102444800}"#,
    r#"{"iss":"https://elsewhere.example.com","aud":"crosspoint","name":"carol","role":"user","exp":4102444800}"#,
    r#"{"iss":"https://keys.example.com","name":"carol","role":"user","exp":4102444800}"#,
    r#"{"sub":["alice"],"exp":"4102444800"}"#,
    "[]",
];

/// How a token is signed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Signing {
    Secret,
    Private,
    /// With what everybody knows, as if it were a secret.
    Public,
    Pem,
    Nothing,
    Otherwise,
}

const SIGNINGS: [Signing; 8] = [
    Signing::Secret,
    Signing::Private,
    Signing::Secret,
    Signing::Private,
    Signing::Public,
    Signing::Pem,
    Signing::Nothing,
    Signing::Otherwise,
];

pub fn check(mut choices: Choices<'_>) {
    let signing = *choices.pick(&SIGNINGS);
    let (header, is_header) = part(&mut choices, &HEADERS);
    let (claims, is_claims) = part(&mut choices, &CLAIMS);
    let message = format!("{}.{}", BASE64.encode(header), BASE64.encode(claims));
    let signature = signature(signing, &message, &mut choices);
    let right = format!("{message}.{signature}");
    let token = changed(&right, &mut choices);
    let found = KEYS.verifier.verify(&token);
    let is_right = token == right;
    if let Some(holder) = &found {
        assert!(is_right, "{token} for {right}");
        check_holder(holder, signing);
    }
    let of_theirs = match signing {
        Signing::Secret => is_header == Some(0) && is_claims == Some(0),
        Signing::Private => is_header == Some(1) && is_claims == Some(1),
        _ => false,
    };
    assert!(!(of_theirs && is_right) || found.is_some(), "{token}");
}

/// One of those that there are, or another: then it is written out.
fn part<'c>(choices: &mut Choices<'c>, from: &'static [&'static str]) -> (&'c [u8], Option<usize>) {
    let index = usize::from(choices.octet()) % (from.len() + 1);
    match from.get(index) {
        Some(text) => (text.as_bytes(), Some(index)),
        None => (choices.until(b'\n'), None),
    }
}

fn signature(signing: Signing, message: &str, choices: &mut Choices<'_>) -> String {
    let with_secret = |secret: &[u8]| {
        let key = EncodingKey::from_secret(secret);
        crypto::sign(message.as_bytes(), &key, Algorithm::HS256).expect("any secret will do")
    };
    match signing {
        // By another hand than the one that checks it.
        Signing::Secret => {
            let code = Key::from_secret(SECRET).sign(message);
            code.replace('+', "-").replace('/', "_").replace('=', "")
        }
        Signing::Private => crypto::sign(message.as_bytes(), &KEYS.private, Algorithm::EdDSA)
            .expect("the key is one of Ed25519"),
        Signing::Public => with_secret(&KEYS.public),
        Signing::Pem => with_secret(KEYS.pem.as_bytes()),
        Signing::Nothing => String::new(),
        Signing::Otherwise => BASE64.encode(choices.until(b'\n')),
    }
}

/// What somebody might do to a token that he has.
fn changed(token: &str, choices: &mut Choices<'_>) -> String {
    let mut octets = token.as_bytes().to_vec();
    for _ in 0..4 {
        let kind = choices.below(6);
        let at = (choices.below(256) * 8 + choices.below(8)) % octets.len().max(1);
        match kind {
            1 if at < octets.len() => octets[at] = choices.octet(),
            2 if at < octets.len() => drop(octets.remove(at)),
            3 => octets.insert(at.min(octets.len()), choices.octet()),
            4 => octets.truncate(at),
            5 => octets.extend_from_slice(choices.until(b'\n')),
            _ => {}
        }
    }
    String::from_utf8_lossy(&octets).into_owned()
}

fn check_holder(Holder { authid, role, provider }: &Holder, signing: Signing) {
    assert_ne!(authid, "bob", "he proves otherwise who he is");
    match signing {
        Signing::Secret => assert_eq!((role.as_str(), provider.as_str()), ("user", "secrets")),
        Signing::Private => {
            assert!(matches!(role.as_str(), "user" | "guest"), "{role}");
            assert_eq!(provider, "keys");
        }
        _ => panic!("nobody has signed for {authid}"),
    }
}
