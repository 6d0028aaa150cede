//! TLS as a client speaks it: whom it trusts.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ClientConnection, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore, SignatureScheme,
};

use super::pem::{self, MaterialError};
use crate::stream::Stream;

/// Whose word counts for a router's being who it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// That of the authorities that the system trusts.
    #[default]
    System,
    /// That of the authorities in a PEM file, and of nobody else.
    Authorities(PathBuf),
    /// Nobody's: whoever is in between can read and change everything. For experiments.
    Anybody,
}

impl Trust {
    /// Does the handshake with the server that calls itself `host`: a name, or an IP address. Whoever
    /// calls limits the time.
    pub(crate) async fn connect(&self, stream: Stream, host: &str) -> Result<Stream, ConnectError> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| ConnectError::Name)?;
        let connection =
            ClientConnection::new(Arc::new(self.config()?), name).map_err(io::Error::other)?;
        Ok(super::handshake(stream, connection.into()).await?)
    }

    fn config(&self) -> Result<ClientConfig, ConnectError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?;
        let verifier: Arc<dyn ServerCertVerifier> = match self {
            Trust::Anybody => Arc::new(Credulous(provider)),
            Trust::System | Trust::Authorities(_) => {
                let roots = Arc::new(self.roots()?);
                WebPkiServerVerifier::builder_with_provider(roots, provider)
                    .build()
                    .map_err(io::Error::other)?
            }
        };
        // What is called dangerous is to bring a verifier of one's own; all but one are rustls's.
        let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
        Ok(builder.with_no_client_auth())
    }

    fn roots(&self) -> Result<RootCertStore, MaterialError> {
        if let Trust::Authorities(path) = self {
            return pem::authorities(path);
        }
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        // Systems have certificates that nobody can read any more, beside those that count.
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            let errors = found.errors.iter().map(ToString::to_string);
            let why = errors.reduce(|all, error| format!("{all}; {error}"));
            return Err(MaterialError::NoSystemRoots(
                why.unwrap_or_else(|| "there are none".into()),
            ));
        }
        Ok(roots)
    }
}

/// Why there is no TLS with a server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// Nothing that a certificate could be made out to.
    #[error("a certificate cannot be made out to such a host")]
    Name,
    /// Correct the file, or name another.
    #[error(transparent)]
    Material(#[from] MaterialError),
    /// The handshake failed: the server is not who it should be, speaks no TLS, or wants a certificate.
    #[error("the TLS handshake failed: {0}")]
    Handshake(#[from] io::Error),
}

impl ConnectError {
    /// Is it that the server's certificate is not trusted?
    pub fn is_distrust(&self) -> bool {
        let ConnectError::Handshake(error) = self else { return false };
        let error = error.get_ref().and_then(|error| error.downcast_ref::<TlsError>());
        matches!(error, Some(TlsError::InvalidCertificate(_)))
    }
}

/// Believes what every certificate says. The handshake has to be right nevertheless.
#[derive(Debug)]
struct Credulous(Arc<CryptoProvider>);

impl ServerCertVerifier for Credulous {
    fn verify_server_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _others: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
