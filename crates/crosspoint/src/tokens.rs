//! Tokens (JWT, RFC 7519): who has signed them, and what they have to say.
//!
//! The algorithm is the issuer's, and not the token's own: what a token calls its algorithm must be that, so that
//! none (`none`) is none, and nobody signs with a public key as if it were a secret.

use std::collections::BTreeSet;
use std::fmt;

use crosspoint_router::authentication::{Holder, TokenVerifier};
use crosspoint_transport::tls::public_key::{KeyKind, PublicKey};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};

/// How far the clocks of the router and of those who sign may be apart.
const LEEWAY_S: u64 = 30;

/// A secret of HS256 is not shorter: RFC 7518, section 3.2.
pub(crate) const SECRET_OCTETS_MIN: usize = 32;

/// What tokens are signed with.
pub(crate) enum IssuerKey {
    /// HS256: whoever checks tokens can make them, too.
    Secret(Vec<u8>),
    /// RS256 or `EdDSA`.
    Public(PublicKey),
}

/// Somebody who signs tokens, and what he says of whom they are for.
pub(crate) struct Issuer {
    /// What it is called in the configuration.
    pub(crate) name: String,
    pub(crate) key: IssuerKey,
    /// What tokens have to have as `iss`, if it matters.
    pub(crate) iss: Option<String>,
    /// What they have to have as `aud`, among others perhaps, if it matters.
    pub(crate) aud: Option<String>,
    /// The claim with the authid.
    pub(crate) authid_claim: String,
    pub(crate) role: RoleOf,
}

/// What says in which role somebody is.
#[derive(Clone, Debug)]
pub(crate) enum RoleOf {
    /// All are in this one.
    Issuer(String),
    /// This claim does. Where roles are listed, a token with another is nobody's.
    Claim(String, Option<BTreeSet<String>>),
}

/// All whose tokens a realm takes.
pub(crate) struct Issuers {
    issuers: Vec<(DecodingKey, Validation, Issuer)>,
    /// Names that are somebody's who proves otherwise who he is: no token makes anybody him.
    taken: BTreeSet<String>,
}

impl Issuers {
    pub(crate) fn new(issuers: Vec<Issuer>, taken: BTreeSet<String>) -> Issuers {
        let prepared = issuers.into_iter().map(|issuer| {
            let (algorithm, key) = issuer.key.prepared();
            let mut validation = Validation::new(algorithm);
            validation.leeway = LEEWAY_S;
            validation.validate_nbf = true;
            let mut required = vec!["exp"];
            match &issuer.aud {
                Some(audience) => {
                    validation.set_audience(&[audience]);
                    required.push("aud");
                }
                None => validation.validate_aud = false,
            }
            if let Some(name) = &issuer.iss {
                validation.set_issuer(&[name]);
                required.push("iss");
            }
            validation.set_required_spec_claims(&required);
            (key, validation, issuer)
        });
        Issuers { issuers: prepared.collect(), taken }
    }
}

impl IssuerKey {
    fn prepared(&self) -> (Algorithm, DecodingKey) {
        match self {
            IssuerKey::Secret(secret) => (Algorithm::HS256, DecodingKey::from_secret(secret)),
            IssuerKey::Public(PublicKey { kind: KeyKind::Rsa, der }) => {
                (Algorithm::RS256, DecodingKey::from_rsa_der(der))
            }
            IssuerKey::Public(PublicKey { kind: KeyKind::Ed25519, der }) => {
                (Algorithm::EdDSA, DecodingKey::from_ed_der(der))
            }
        }
    }
}

impl TokenVerifier for Issuers {
    fn verify(&self, token: &str) -> Option<Holder> {
        // What a token demands to be understood is not: RFC 7515, section 4.1.11.
        if decode_header(token).ok()?.crit.is_some() {
            return None;
        }
        self.issuers.iter().find_map(|(key, validation, issuer)| {
            let claims = decode::<Map<String, Value>>(token, key, validation).ok()?.claims;
            let text = |claim: &str| claims.get(claim)?.as_str().map(str::to_owned);
            let role = match &issuer.role {
                RoleOf::Issuer(role) => role.clone(),
                RoleOf::Claim(claim, roles) => text(claim).filter(|role| match roles {
                    Some(roles) => roles.contains(role),
                    None => !role.is_empty(),
                })?,
            };
            let authid = text(&issuer.authid_claim).filter(|name| !self.taken.contains(name))?;
            Some(Holder { authid, role, provider: issuer.name.clone() })
        })
    }
}

impl fmt::Debug for Issuers {
    /// Without what is secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.issuers.iter().map(|(_, _, issuer)| &issuer.name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    use jsonwebtoken::{EncodingKey, Header, encode};
    use rcgen::{KeyPair, PKCS_ED25519, PKCS_RSA_SHA256, PublicKeyData as _};
    use serde_json::json;

    use super::*;

    const SECRET: &[u8] = b"a secret of thirty-two octets and more";

    /// What stands before the key of RSA in PKCS #8.
    const PKCS8_HEAD_OCTETS: usize = 26;

    fn issuer(key: IssuerKey) -> Issuer {
        Issuer {
            name: "accounts".to_owned(),
            key,
            iss: Some("https://accounts.example.com".to_owned()),
            aud: Some("crosspoint".to_owned()),
            authid_claim: "sub".to_owned(),
            role: RoleOf::Claim("role".to_owned(), None),
        }
    }

    fn issuers(issuers: Vec<Issuer>) -> Issuers {
        Issuers::new(issuers, BTreeSet::from(["bob".to_owned()]))
    }

    fn in_seconds(seconds: i64) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        i64::try_from(now).unwrap() + seconds
    }

    fn claims() -> Value {
        json!({
            "iss": "https://accounts.example.com",
            "aud": ["crosspoint", "shop"],
            "sub": "alice",
            "role": "user",
            "exp": in_seconds(60),
        })
    }

    fn with(claim: &str, value: Value) -> Value {
        let mut claims = claims();
        claims[claim] = value;
        claims
    }

    fn without(claim: &str) -> Value {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(claim);
        claims
    }

    fn signed(algorithm: Algorithm, key: &EncodingKey, claims: &Value) -> String {
        encode(&Header::new(algorithm), claims, key).unwrap()
    }

    fn signed_with(secret: &[u8], claims: &Value) -> String {
        signed(Algorithm::HS256, &EncodingKey::from_secret(secret), claims)
    }

    fn alice() -> Holder {
        let (authid, role) = ("alice".to_owned(), "user".to_owned());
        Holder { authid, role, provider: "accounts".to_owned() }
    }

    #[test]
    fn each_algorithm_has_its_own_key() {
        let (rsa, ed) = (
            KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap(),
            KeyPair::generate_for(&PKCS_ED25519).unwrap(),
        );
        let public = |pair: &KeyPair| PublicKey::from_pem(&pair.public_key_pem()).unwrap();
        let rsa_key = EncodingKey::from_rsa_der(&rsa.serialize_der()[PKCS8_HEAD_OCTETS..]);
        let ways = [
            (IssuerKey::Secret(SECRET.to_vec()), signed_with(SECRET, &claims())),
            (IssuerKey::Public(public(&rsa)), signed(Algorithm::RS256, &rsa_key, &claims())),
            (
                IssuerKey::Public(public(&ed)),
                signed(Algorithm::EdDSA, &EncodingKey::from_ed_der(&ed.serialize_der()), &claims()),
            ),
        ];
        let tokens: Vec<String> = ways.iter().map(|(_, token)| token.clone()).collect();
        for (index, (key, _)) in ways.into_iter().enumerate() {
            let issuers = issuers(vec![issuer(key)]);
            for (other, token) in tokens.iter().enumerate() {
                let expected = (index == other).then(alice);
                assert_eq!(issuers.verify(token), expected, "{index} {other}");
            }
        }
        // With the public key as a secret, whichever way it is written.
        let issuers = issuers(vec![issuer(IssuerKey::Public(public(&rsa)))]);
        let der = public(&rsa).der;
        for secret in [rsa.public_key_pem().as_bytes(), &der, rsa.der_bytes()] {
            assert_eq!(issuers.verify(&signed_with(secret, &claims())), None);
        }
        // Of another algorithm of the same family.
        let rs512 = signed(Algorithm::RS512, &rsa_key, &claims());
        assert_eq!(issuers.verify(&rs512), None);
    }

    #[test]
    fn what_a_token_has_to_say() {
        let issuers = issuers(vec![issuer(IssuerKey::Secret(SECRET.to_vec()))]);
        for (claims, is_right) in [
            (claims(), true),
            (with("aud", json!("crosspoint")), true),
            (with("exp", json!(in_seconds(-20))), true),
            (with("exp", json!(in_seconds(-40))), false),
            (with("exp", json!("tomorrow")), false),
            (with("nbf", json!(in_seconds(-10))), true),
            (with("nbf", json!(in_seconds(600))), false),
            (with("iss", json!("https://elsewhere.example.com")), false),
            (with("aud", json!(["shop"])), false),
            (with("role", json!(["user", "admin"])), false),
            (with("role", json!("")), false),
            (with("sub", json!(7)), false),
            (with("sub", json!("bob")), false),
            (without("exp"), false),
            (without("iss"), false),
            (without("aud"), false),
            (without("sub"), false),
            (without("role"), false),
            (json!([]), false),
        ] {
            let found = issuers.verify(&signed_with(SECRET, &claims));
            assert_eq!(found.is_some(), is_right, "{claims}");
        }
    }

    #[test]
    fn a_role_has_to_be_one_of_those_that_are_listed() {
        let roles = BTreeSet::from(["user".to_owned(), "guest".to_owned()]);
        let role = RoleOf::Claim("role".to_owned(), Some(roles));
        let issuer = Issuer { role, ..issuer(IssuerKey::Secret(SECRET.to_vec())) };
        let issuers = issuers(vec![issuer]);
        assert_eq!(issuers.verify(&signed_with(SECRET, &claims())), Some(alice()));
        for other in ["admin", "", "User"] {
            assert_eq!(issuers.verify(&signed_with(SECRET, &with("role", json!(other)))), None);
        }
    }

    #[test]
    fn what_is_no_token() {
        let issuers = issuers(vec![issuer(IssuerKey::Secret(SECRET.to_vec()))]);
        let right = signed_with(SECRET, &claims());
        let (head_and_body, signature) = right.rsplit_once('.').unwrap();
        let (_, body) = head_and_body.split_once('.').unwrap();
        // {"alg":"none"}
        let unsigned = format!("eyJhbGciOiJub25lIn0.{body}.");
        let wrong = signed_with(b"another secret of thirty-two octets", &claims());
        let giant = format!("{head_and_body}.{}", "A".repeat(1 << 20));
        let cut = format!("{head_and_body}.{}", &signature[1..]);
        let longer = format!("{right}A");
        let crit = Some(vec!["exp".to_owned()]);
        let header = Header { crit, ..Header::new(Algorithm::HS256) };
        let demanding = encode(&header, &claims(), &EncodingKey::from_secret(SECRET)).unwrap();
        for token in [
            "",
            ".",
            "..",
            "a.b.c",
            "sesame",
            &unsigned,
            &wrong,
            &giant,
            &cut,
            &longer,
            &demanding,
            head_and_body,
        ] {
            assert_eq!(issuers.verify(token), None, "{}", &token[..token.len().min(100)]);
        }
        assert_eq!(issuers.verify(&right), Some(alice()));
    }

    #[test]
    fn several_may_sign() {
        let other = Issuer {
            name: "gates".to_owned(),
            iss: None,
            aud: None,
            role: RoleOf::Issuer("gate".to_owned()),
            authid_claim: "gate".to_owned(),
            ..issuer(IssuerKey::Secret(b"another secret of thirty-two octets".to_vec()))
        };
        let issuers = issuers(vec![issuer(IssuerKey::Secret(SECRET.to_vec())), other]);
        let gate = json!({ "gate": "north", "exp": in_seconds(60), "aud": "anybody" });
        let found = issuers.verify(&signed_with(b"another secret of thirty-two octets", &gate));
        assert_eq!(found.unwrap().role, "gate");
        assert_eq!(issuers.verify(&signed_with(SECRET, &gate)), None);
        assert_eq!(format!("{issuers:?}"), r#"["accounts", "gates"]"#);
    }
}
