//! Certificates for tests: an authority, and what it signs. Keys and all are made anew for every run.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crosspoint_transport::tls::server::{Acceptor, ClientCertificates, ServerSettings};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tempfile::TempDir;

/// Somebody who signs certificates, and the folder in which all of it is.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: TempDir,
}

/// A certificate and its key, in files.
#[derive(Clone)]
pub(crate) struct Certified {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Authority {
    pub(crate) fn new() -> Authority {
        let mut params = named("An authority", &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.crt"), params.self_signed(&key).unwrap().pem()).unwrap();
        Authority { issuer: Issuer::new(params, key), folder }
    }

    /// The one of this run, which nobody has told anything.
    pub(crate) fn common() -> &'static Authority {
        static COMMON: OnceLock<Authority> = OnceLock::new();
        COMMON.get_or_init(Authority::new)
    }

    /// The file that makes others trust it.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.path().join("ca.crt")
    }

    /// Signs a certificate for somebody of this name, who is on this machine.
    pub(crate) fn sign(&self, name: &str) -> Certified {
        let params = named(name, &["localhost".to_owned(), "127.0.0.1".to_owned()]);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let file = |ending| self.folder.path().join(format!("{name}.{ending}"));
        let certified = Certified { certificate: file("crt"), key: file("key") };
        fs::write(&certified.certificate, certificate.pem()).unwrap();
        fs::write(&certified.key, key.serialize_pem()).unwrap();
        certified
    }

    /// The settings of a client that trusts it, and shows what it has.
    pub(crate) fn client(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        own: Option<&Certified>,
    ) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(certificate(&self.certificate())).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots);
        Arc::new(match own {
            None => builder.with_no_client_auth(),
            Some(Certified { certificate: file, key }) => {
                let key = PrivateKeyDer::from_pem_file(key).unwrap();
                builder.with_client_auth_cert(vec![certificate(file)], key).unwrap()
            }
        })
    }
}

fn named(name: &str, alternatives: &[String]) -> CertificateParams {
    let mut params = CertificateParams::new(alternatives).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

pub(crate) fn certificate(file: &Path) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(file).unwrap()
}

impl Certified {
    /// The same in a configuration.
    pub(crate) fn setting(&self) -> String {
        let Certified { certificate, key } = self;
        let (certificate, key) = (certificate.display(), key.display());
        format!("tls = {{ certificate = '{certificate}', key = '{key}' }}\n")
    }

    /// What a listener speaks TLS with that shows this.
    pub(crate) fn acceptor(&self, client_certificates: ClientCertificates) -> Acceptor {
        use crosspoint_proto::transport::TlsVersion::{Tls12, Tls13};
        let Certified { certificate, key } = self.clone();
        let versions = vec![Tls12, Tls13];
        ServerSettings { certificate, key, client_certificates, versions }.load().unwrap()
    }
}

/// What every test's listener shows, and its clients trust, where nothing else is said.
pub(crate) fn common_acceptor() -> Acceptor {
    static COMMON: OnceLock<Acceptor> = OnceLock::new();
    let make = || Authority::common().sign("common").acceptor(ClientCertificates::Off);
    COMMON.get_or_init(make).clone()
}
