//! Certificates and keys, read from their files.

use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use std::{
    fmt,
    path::{Path, PathBuf},
};

/// A reason why TLS cannot work as configured: the configuration key, the file that it names, and the fault.
#[derive(Debug, thiserror::Error)]
#[error("{key} {}: {reason}", .path.display())]
pub struct TlsError {
    /// The full name of the key.
    pub key: &'static str,
    /// The file.
    pub path: PathBuf,
    /// The fault. It repeats nothing of the file.
    pub reason: String,
}

/// A file and the key that names it.
pub(crate) struct PemFile<'p> {
    key: &'static str,
    path: &'p Path,
    pub(crate) bytes: Vec<u8>,
}

impl<'p> PemFile<'p> {
    /// Reads the file that a key of the configuration names.
    pub(crate) fn read(key: &'static str, path: &'p Path) -> Result<Self, TlsError> {
        let file = PemFile { key, path, bytes: Vec::new() };
        match std::fs::read(path) {
            Ok(bytes) => Ok(PemFile { bytes, ..file }),
            Err(error) => Err(file.wrong(error)),
        }
    }

    /// Returns the certificates in the file, at least one.
    pub(crate) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.bytes).collect();
        match certificates {
            Ok(certificates) if certificates.is_empty() => Err(self.wrong("it holds no certificate in PEM")),
            Ok(certificates) => Ok(certificates),
            Err(error) => Err(self.wrong(error)),
        }
    }

    /// Returns the private key in the file. An error does not repeat any of it.
    pub(crate) fn private_key(&self) -> Result<PrivateKeyDer<'static>, TlsError> {
        PrivateKeyDer::from_pem_slice(&self.bytes)
            .map_err(|_| self.wrong("it holds no key in PEM (PKCS #8, PKCS #1 or SEC 1, not encrypted)"))
    }

    pub(crate) fn wrong(&self, reason: impl fmt::Display) -> TlsError {
        TlsError { key: self.key, path: self.path.to_owned(), reason: reason.to_string() }
    }
}
