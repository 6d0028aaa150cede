//! What a listener speaks TLS with: what is written of it, and what is in the files that it names.

use std::io;
use std::path::PathBuf;

use crosspoint_proto::transport;
use crosspoint_transport::tls::pem::{Material, MaterialError};
use crosspoint_transport::tls::server::{self, Acceptor, ServerSettings};

use super::file::{ClientCertificates, Tls, TlsVersion};
use super::problem::Problem;
use super::settings::Check;
use super::tree::Path;

impl Check<'_> {
    /// What stands in this table, with the files read; `None` if TLS is not spoken, or cannot be.
    pub(super) fn tls(&mut self, path: &Path, tls: &Tls) -> Option<Acceptor> {
        // What is absent may be so because it was wrong.
        if !self.is_whole {
            return None;
        }
        if !self.check_files(path, tls) {
            return None;
        }
        let client_certificates = self.client_certificates(path, tls);
        let (certificate, key) = match (&tls.certificate, &tls.key) {
            (Some(certificate), Some(key)) => (certificate, key),
            (None, None) => {
                if tls.client_certificates != ClientCertificates::Off {
                    return self.report_missing(path, "certificate", "client_certificates");
                }
                return None;
            }
            (Some(_), None) => return self.report_missing(path, "key", "the certificate"),
            (None, Some(_)) => return self.report_missing(path, "certificate", "the key"),
        };
        let settings = ServerSettings {
            certificate: self.resolve(&path.name("certificate"), certificate),
            key: self.resolve(&path.name("key"), key),
            client_certificates: client_certificates?,
            versions: tls.versions.iter().map(|&version| version.into()).collect(),
        };
        settings.load().map_err(|error| self.report_material(path, &error)).ok()
    }

    /// What somebody has pasted there is no file, and not told: it may be the key.
    fn check_files(&mut self, path: &Path, tls: &Tls) -> bool {
        let Tls { certificate, key, client_ca, .. } = tls;
        let mut are_files = true;
        for (name, file) in [("certificate", certificate), ("key", key), ("client_ca", client_ca)] {
            let Some(text) = file.as_ref().map(|file| file.to_string_lossy()) else { continue };
            if text.contains('\n') || text.contains("-----") {
                let what = format!("{name} is no file, but what should stand in one");
                let hint = "put it into a file that only the router can read, and name that";
                self.report(&path.name(name), Problem::new(what).hint(hint));
                are_files = false;
            }
        }
        are_files
    }

    /// `None` if it is not said who signs them.
    fn client_certificates(
        &mut self,
        path: &Path,
        tls: &Tls,
    ) -> Option<server::ClientCertificates> {
        let authorities = |check: &mut Check<'_>| -> Option<PathBuf> {
            match &tls.client_ca {
                Some(file) => Some(check.resolve(&path.name("client_ca"), file)),
                None => check.report_missing(path, "client_ca", "client_certificates"),
            }
        };
        Some(match tls.client_certificates {
            ClientCertificates::Off => server::ClientCertificates::Off,
            ClientCertificates::Optional => {
                server::ClientCertificates::Optional(authorities(self)?)
            }
            ClientCertificates::Required => {
                server::ClientCertificates::Required(authorities(self)?)
            }
        })
    }

    fn report_missing<T>(&mut self, path: &Path, name: &str, needs: &str) -> Option<T> {
        let problem = Problem::new(format!("{needs} cannot do without a {name}"));
        let hint = format!("say {name} = \"FILE\" in {}", path.as_table());
        self.report(path, problem.hint(hint));
        None
    }

    fn report_material(&mut self, path: &Path, error: &MaterialError) {
        let name = match error.material() {
            Material::Certificate => "certificate",
            Material::Key => "key",
            Material::Authorities => "client_ca",
        };
        let problem = Problem::new(error.to_string());
        let is_absent = matches!(error, MaterialError::Unreadable { error, .. } if error.kind() == io::ErrorKind::NotFound);
        let relative = is_absent.then_some("a relative path begins where the configuration is");
        let problem = match error.hint().or(relative) {
            Some(hint) => problem.hint(hint),
            None => problem,
        };
        self.report(&path.name(name), problem);
    }
}

impl From<TlsVersion> for transport::TlsVersion {
    fn from(version: TlsVersion) -> transport::TlsVersion {
        match version {
            TlsVersion::Tls12 => transport::TlsVersion::Tls12,
            TlsVersion::Tls13 => transport::TlsVersion::Tls13,
        }
    }
}
