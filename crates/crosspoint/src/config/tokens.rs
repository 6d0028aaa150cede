//! Whose tokens a realm takes: what the file says of them, with the keys from where they are.

use std::sync::Arc;

use crosspoint_router::authentication::TokenVerifier;
use crosspoint_transport::tls::public_key::{KeyKind, PublicKey};

use super::credential::TokenKey;
use super::file::{Method, Realm, Token, TokenAlgorithm};
use super::problem::Problem;
use super::settings::Check;
use super::tree::Path;
use crate::tokens::{Issuer, IssuerKey, Issuers, RoleOf, SECRET_OCTETS_MIN};

impl Check<'_> {
    /// Who knows whether tokens are right; nobody, if none are taken.
    pub(super) fn tokens(&mut self, path: &Path, realm: &Realm) -> Option<Arc<dyn TokenVerifier>> {
        let path = path.name("tokens");
        let is_taken = realm.authmethods.contains(&Method::Jwt) || realm.tokens.is_empty();
        if self.is_whole && !is_taken {
            let problem = Problem::new("these tokens are of no use: jwt is not taken here");
            self.report(&path, problem.hint("add it to the realm's authmethods"));
        }
        let mut issuers = Vec::new();
        for (name, token) in &realm.tokens {
            let path = path.name(name);
            issuers.extend(self.issuer(&path, name, token));
        }
        let principals = realm.principals.iter();
        let taken = principals.map(|(table, it)| it.authid.as_ref().unwrap_or(table).clone());
        let taken = taken.collect();
        let verifier = (!issuers.is_empty()).then(|| Arc::new(Issuers::new(issuers, taken)));
        verifier.map(|issuers| issuers as Arc<dyn TokenVerifier>)
    }

    fn issuer(&mut self, path: &Path, name: &str, token: &Token) -> Option<Issuer> {
        let role = match (&token.role, &token.role_claim) {
            (Some(role), None) => {
                if token.roles.is_some() {
                    let problem = Problem::new("there is a role for all of them already");
                    self.report(&path.name("roles"), problem.hint("they are for role_claim"));
                }
                Some(RoleOf::Issuer(role.clone()))
            }
            (None, Some(claim)) => {
                let roles = token.roles.as_ref().map(|it| it.iter().cloned().collect());
                Some(RoleOf::Claim(claim.clone(), roles))
            }
            (None, None) => {
                let problem = Problem::new("it is not said which role they have");
                self.report(path, problem.hint("say role, or the claim that does: role_claim"));
                None
            }
            (Some(_), Some(_)) => {
                let problem = Problem::new("there is a role for all of them already");
                self.report(&path.name("role_claim"), problem.hint("leave out one of the two"));
                None
            }
        };
        let key = self.credential(&path.name("key"), Some(&token.key));
        let key = key.and_then(|key| self.issuer_key(path, token.algorithm, key));
        Some(Issuer {
            name: name.to_owned(),
            key: key?,
            iss: token.issuer.clone(),
            aud: token.audience.clone(),
            authid_claim: token.authid_claim.clone(),
            role: role?,
        })
    }

    fn issuer_key(
        &mut self,
        path: &Path,
        algorithm: TokenAlgorithm,
        TokenKey(text): TokenKey,
    ) -> Option<IssuerKey> {
        let public = PublicKey::from_pem(&text);
        let problem = match (algorithm, public) {
            (TokenAlgorithm::HS256, None) if text.len() >= SECRET_OCTETS_MIN => {
                return Some(IssuerKey::Secret(text.into_bytes()));
            }
            (TokenAlgorithm::RS256, Some(key)) if key.kind == KeyKind::Rsa => {
                return Some(IssuerKey::Public(key));
            }
            (TokenAlgorithm::EdDSA, Some(key)) if key.kind == KeyKind::Ed25519 => {
                return Some(IssuerKey::Public(key));
            }
            (TokenAlgorithm::HS256, None) => {
                let least = SECRET_OCTETS_MIN;
                Problem::new(format!("a secret of HS256 has at least {least} octets"))
                    .hint("openssl rand -base64 32 makes one")
            }
            (TokenAlgorithm::HS256, Some(_)) => {
                Problem::new("this is a public key: whoever knows it could sign")
                    .hint("say algorithm = \"RS256\" or \"EdDSA\", whichever it is for")
            }
            (TokenAlgorithm::RS256 | TokenAlgorithm::EdDSA, found) => {
                let kind = match algorithm {
                    TokenAlgorithm::RS256 => "RSA",
                    _ => "Ed25519",
                };
                let what = match found {
                    Some(_) => format!("this is no key of {kind}"),
                    None => format!("there is no public key of {kind} here"),
                };
                Problem::new(what).hint("it is in PEM and begins with -----BEGIN PUBLIC KEY-----")
            }
        };
        self.report(&path.name("key"), problem);
        None
    }
}
