//! Certificates and keys in PEM files, and what is wrong with them.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustls::RootCertStore;
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_cert::Certificate;
use x509_cert::attr::AttributeValue;
use x509_cert::der::asn1::{AnyRef, ObjectIdentifier, PrintableStringRef, Utf8StringRef};
use x509_cert::der::{Decode as _, Reader as _, SliceReader, Tagged as _};
use x509_cert::name::Name;
use x509_cert::time::{Time, Validity};

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Material {
    /// The certificate that one shows, and those that lead from it to one that the other side trusts.
    Certificate,
    /// The private key of the certificate.
    Key,
    /// Certificates of those who are trusted to sign others.
    Authorities,
}

impl fmt::Display for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Material::Certificate | Material::Authorities => "certificate",
            Material::Key => "private key",
        })
    }
}

/// What is wrong with certificates or keys.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MaterialError {
    /// Correct the name, or let the program read the file.
    #[error("cannot read {}: {error}", path.display())]
    Unreadable {
        /// What it was to be.
        material: Material,
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// It is another file, or it is in another form than PEM.
    #[error("there is no {material} in {}", path.display())]
    Missing {
        /// What it was to be.
        material: Material,
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged, or not what its head says.
    #[error("the {material} in {} cannot be used: {reason}", path.display())]
    Unusable {
        /// What it was to be.
        material: Material,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// One of the two is that of something else.
    #[error("the key in {} is not that of the certificate in {}", key.display(), certificate.display())]
    Mismatch {
        /// The file with the certificate.
        certificate: PathBuf,
        /// The file with the key.
        key: PathBuf,
    },
    /// The system's certificates cannot be found: name a file.
    #[error("the certificates that this system trusts cannot be had: {0}")]
    NoSystemRoots(String),
}

impl MaterialError {
    /// What it is wrong with.
    pub fn material(&self) -> Material {
        match self {
            MaterialError::Unreadable { material, .. }
            | MaterialError::Missing { material, .. }
            | MaterialError::Unusable { material, .. } => *material,
            MaterialError::Mismatch { .. } => Material::Key,
            MaterialError::NoSystemRoots(_) => Material::Authorities,
        }
    }

    /// What to do about it, if there is something to be said.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            MaterialError::Unreadable { error, .. } => (error.kind()
                == io::ErrorKind::PermissionDenied)
                .then_some("the user who runs this must be allowed to read the file"),
            MaterialError::Missing { material: Material::Key, .. } => Some(
                "it is in PEM and begins with -----BEGIN PRIVATE KEY-----; one with a password has to be \
                 written without it",
            ),
            MaterialError::Missing { .. } => {
                Some("it is in PEM and begins with -----BEGIN CERTIFICATE-----")
            }
            MaterialError::Mismatch { .. } => Some(
                "they are made together; the first certificate in the file has to be the router's own, and \
                 then come those that signed it",
            ),
            MaterialError::NoSystemRoots(_) => {
                Some("name a file with the certificates to be trusted")
            }
            MaterialError::Unusable { .. } => None,
        }
    }
}

/// The certificates in a file, at least one.
pub(super) fn certificates(
    path: &Path,
    material: Material,
) -> Result<Vec<CertificateDer<'static>>, MaterialError> {
    let wrong = |error| cannot_take(error, path, material);
    let certificates: Vec<_> = CertificateDer::pem_file_iter(path)
        .map_err(wrong)?
        .collect::<Result<_, _>>()
        .map_err(wrong)?;
    if certificates.is_empty() {
        return Err(MaterialError::Missing { material, path: path.to_owned() });
    }
    Ok(certificates)
}

/// The private key in a file: PKCS #8, PKCS #1 or SEC 1.
pub(super) fn key(path: &Path) -> Result<PrivateKeyDer<'static>, MaterialError> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| cannot_take(error, path, Material::Key))
}

/// Those who are trusted to sign certificates, from a file.
pub(super) fn authorities(path: &Path) -> Result<RootCertStore, MaterialError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path, Material::Authorities)? {
        roots.add(certificate).map_err(|error| MaterialError::Unusable {
            material: Material::Authorities,
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
    }
    Ok(roots)
}

fn cannot_take(error: PemError, path: &Path, material: Material) -> MaterialError {
    let path = path.to_owned();
    match error {
        PemError::Io(error) => MaterialError::Unreadable { material, path, error },
        PemError::NoItemsFound => MaterialError::Missing { material, path },
        error => MaterialError::Unusable { material, path, reason: error.to_string() },
    }
}

/// What stands in a certificate, if it can be read.
pub(super) fn decoded(certificate: &CertificateDer<'_>) -> Option<Certificate> {
    if !are_there(certificate, DEPTH_MAX) {
        return None;
    }
    Certificate::from_der(certificate).ok()
}

/// As deep as nothing in a certificate goes that says whose it is, and for how long.
const DEPTH_MAX: usize = 16;

/// Does everything end before that ends in which it stands? The decoder allocates what a length announces before it
/// sees that so much is not there.
fn are_there(values: &[u8], depth: usize) -> bool {
    let Ok(mut reader) = SliceReader::new(values) else { return values.is_empty() };
    while !reader.is_finished() {
        let Ok(value) = AnyRef::decode(&mut reader) else { return false };
        if value.tag().is_constructed() && (depth == 0 || !are_there(value.value(), depth - 1)) {
            return false;
        }
    }
    true
}

/// Its common name, of which there may be several: then none of them is the one.
pub(super) fn common_name(subject: &Name) -> Option<String> {
    const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
    let attributes = subject.0.iter().flat_map(|names| names.0.iter());
    let mut names = attributes.filter(|attribute| attribute.oid == COMMON_NAME);
    match (names.next(), names.next()) {
        (Some(name), None) => text(&name.value),
        _ => None,
    }
}

/// In one of the kinds of strings that RFC 5280 wants here.
fn text(value: &AttributeValue) -> Option<String> {
    let utf8 = value.decode_as::<Utf8StringRef<'_>>().map(|text| text.as_str().to_owned());
    utf8.or_else(|_| value.decode_as::<PrintableStringRef<'_>>().map(|it| it.as_str().to_owned()))
        .ok()
}

/// Why a certificate does not count now, if its time is what is wrong with it.
pub(super) fn outdated(certificate: &CertificateDer<'_>, now: SystemTime) -> Option<String> {
    let certificate = decoded(certificate)?;
    let Validity { not_before, not_after } = certificate.tbs_certificate.validity;
    if now > not_after.to_system_time() {
        return Some(format!("has expired: it counted until {}", written(not_after)));
    }
    (now < not_before.to_system_time())
        .then(|| format!("does not count yet, but from {} on", written(not_before)))
}

fn written(time: Time) -> String {
    time.to_date_time().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fuzzing has found that 20 MB were allocated for such a one.
    #[test]
    fn lengths_that_are_announced_are_there() {
        let number: &[u8] = &[0x30, 0x03, 0x02, 0x01, 0x07];
        assert!(are_there(number, DEPTH_MAX) && are_there(&[], DEPTH_MAX));
        let too_long: &[u8] = &[0x30, 0x06, 0x02, 0x84, 0x01, 0x30, 0x04, 0x06];
        assert!(!are_there(too_long, DEPTH_MAX));
        assert!(!are_there(&number[..4], DEPTH_MAX));
        assert!(!are_there(number, 0), "it goes deeper");
        let deep = (0..10_000).fold(Vec::new(), |inner: Vec<u8>, _| {
            let len = u32::try_from(inner.len()).unwrap().to_be_bytes();
            [&[0x30, 0x84], &len[..], &inner].concat()
        });
        assert!(!are_there(&deep, DEPTH_MAX));
    }
}
