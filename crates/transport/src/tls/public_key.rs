//! A public key in PEM, of somebody who signs.

use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::pem::PemObject as _;
use x509_cert::der::Decode as _;
use x509_cert::der::asn1::{AnyRef, BitStringRef, ObjectIdentifier};
use x509_cert::spki::SubjectPublicKeyInfo;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA.
    Rsa,
    /// Ed25519.
    Ed25519,
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// What it is for.
    pub kind: KeyKind,
    /// It, as RFC 5280 has it (`SubjectPublicKeyInfo`), in DER.
    pub der: Vec<u8>,
}

impl PublicKey {
    /// The first in a text that begins with `-----BEGIN PUBLIC KEY-----`; `None` if there is none, or it is of another
    /// kind than [`KeyKind`] has.
    pub fn from_pem(text: &str) -> Option<PublicKey> {
        let der = SubjectPublicKeyInfoDer::from_pem_slice(text.as_bytes()).ok()?;
        let info = SubjectPublicKeyInfo::<AnyRef<'_>, BitStringRef<'_>>::from_der(&der).ok()?;
        let kind = match info.algorithm.oid {
            RSA => KeyKind::Rsa,
            ED25519 => KeyKind::Ed25519,
            _ => return None,
        };
        Some(PublicKey { kind, der: der.to_vec() })
    }
}
