//! TLS as a listener speaks it: what it shows its clients, and what it wants to see of them.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crosspoint_proto::transport::TlsVersion;
use rustls::crypto::aws_lc_rs;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, WebPkiClientVerifier};
use rustls::{
    Error as TlsError, ServerConfig, ServerConnection, SupportedProtocolVersion, version,
};

use sha2::{Digest as _, Sha256};

use super::pem::{self, Material, MaterialError};
use crate::stream::Stream;

/// What a listener speaks TLS with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSettings {
    /// The file with its certificate, and with those that lead from it to one that clients trust.
    pub certificate: PathBuf,
    /// The file with the certificate's private key.
    pub key: PathBuf,
    /// Which certificates clients have to show.
    pub client_certificates: ClientCertificates,
    /// The versions that are spoken; at least one.
    pub versions: Vec<TlsVersion>,
}

/// Which certificates clients have to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientCertificates {
    /// None: they are not asked for any.
    Off,
    /// None, but one that they show has to be signed by an authority in this file.
    Optional(PathBuf),
    /// One that is signed by an authority in this file. Without it there is no connection.
    Required(PathBuf),
}

/// All that TLS needs, read and checked. Two are equal that were made of the same.
#[derive(Clone, Debug)]
pub struct Acceptor {
    config: Arc<ServerConfig>,
    /// The SHA-256 of the certificate that is shown.
    fingerprint: [u8; 32],
    /// What it is made of: settings, and the SHA-256 of what is in the files.
    made_of: (ServerSettings, [u8; 32]),
    /// Why clients will not trust the certificate, if its time is over or has not come.
    outdated: Option<String>,
}

impl ServerSettings {
    /// Reads the files. The clock is asked whether the certificate counts now.
    pub fn load(&self) -> Result<Acceptor, MaterialError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let chain = pem::certificates(&self.certificate, Material::Certificate)?;
        let outdated = chain.first().and_then(|own| pem::outdated(own, SystemTime::now()));
        let outdated =
            outdated.map(|why| format!("the certificate in {} {why}", self.certificate.display()));
        let fingerprint = chain.first().map(Sha256::digest).unwrap_or_default().into();
        let key = pem::key(&self.key)?;
        let mut material = Sha256::new_with_prefix(key.secret_der());
        let authorities = self.client_certificates.authorities();
        let authorities = authorities.map(|path| pem::certificates(path, Material::Authorities));
        for certificate in chain.iter().chain(authorities.transpose()?.iter().flatten()) {
            material.update(Sha256::digest(certificate));
        }
        let versions: Vec<_> = self.versions.iter().map(|&version| supported(version)).collect();
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions)
            .map_err(|error| self.unusable(&error))?
            .with_client_cert_verifier(self.client_certificates.verifier()?)
            .with_single_cert(chain, key)
            .map_err(|error| self.cannot_show(&error))?;
        Ok(Acceptor {
            config: Arc::new(config),
            fingerprint,
            made_of: (self.clone(), material.finalize().into()),
            outdated,
        })
    }

    fn cannot_show(&self, error: &TlsError) -> MaterialError {
        match error {
            TlsError::InconsistentKeys(_) => MaterialError::Mismatch {
                certificate: self.certificate.clone(),
                key: self.key.clone(),
            },
            TlsError::General(reason) => MaterialError::Unusable {
                material: Material::Key,
                path: self.key.clone(),
                reason: reason.clone(),
            },
            error => self.unusable(error),
        }
    }

    fn unusable(&self, error: &TlsError) -> MaterialError {
        let (material, path) = (Material::Certificate, self.certificate.clone());
        let reason = match error {
            TlsError::InvalidCertificate(error) => format!("{error:?}"),
            error => error.to_string(),
        };
        MaterialError::Unusable { material, path, reason }
    }
}

fn supported(version: TlsVersion) -> &'static SupportedProtocolVersion {
    match version {
        TlsVersion::Tls12 => &version::TLS12,
        TlsVersion::Tls13 => &version::TLS13,
    }
}

impl ClientCertificates {
    fn verifier(&self) -> Result<Arc<dyn ClientCertVerifier>, MaterialError> {
        let (authorities, required) = match self {
            ClientCertificates::Off => return Ok(Arc::new(NoClientAuth)),
            ClientCertificates::Optional(path) => (path, false),
            ClientCertificates::Required(path) => (path, true),
        };
        let unusable = |error: &dyn ToString| MaterialError::Unusable {
            material: Material::Authorities,
            path: authorities.clone(),
            reason: error.to_string(),
        };
        let roots = Arc::new(pem::authorities(authorities)?);
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = WebPkiClientVerifier::builder_with_provider(roots, provider);
        let builder = if required { builder } else { builder.allow_unauthenticated() };
        builder.build().map_err(|error| unusable(&error))
    }

    /// The file with those who may sign clients' certificates.
    pub fn authorities(&self) -> Option<&Path> {
        match self {
            ClientCertificates::Off => None,
            ClientCertificates::Optional(path) | ClientCertificates::Required(path) => Some(path),
        }
    }
}

impl Acceptor {
    /// The server's side of the handshake. Whoever calls limits the time; without a limit, a client
    /// that says nothing is waited for.
    pub async fn accept(&self, stream: Stream) -> io::Result<Stream> {
        let connection =
            ServerConnection::new(Arc::clone(&self.config)).map_err(io::Error::other)?;
        super::handshake(stream, connection.into()).await
    }

    /// The SHA-256 of the certificate that is shown.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }

    /// Why clients will not trust the certificate, if its time is over or has not come.
    pub fn outdated(&self) -> Option<&str> {
        self.outdated.as_deref()
    }
}

impl PartialEq for Acceptor {
    fn eq(&self, other: &Acceptor) -> bool {
        self.made_of == other.made_of
    }
}

impl Eq for Acceptor {}
