//! TLS on the listener: certificate, key and the authorities of clients, read from their files.

use super::pem::{PemFile, TlsError};
use crate::config::Listen;
use rustls::{
    CertificateError, Error, RootCertStore, ServerConfig,
    client::verify_server_cert_signed_by_trust_anchor,
    crypto::ring,
    server::{ParsedCertificate, WebPkiClientVerifier, danger::ClientCertVerifier},
};
use rustls_pki_types::{CertificateDer, UnixTime};
use sha2::{Digest, Sha256};
use std::{fmt, sync::Arc, time::Duration};

/// The TLS configuration for new connections.
pub(crate) struct Tls {
    config: Arc<ServerConfig>,
    /// The digest of the files that the configuration was made from.
    digest: [u8; 32],
    /// The time, in Unix seconds, at which the first certificate of the chain expires.
    expires: Option<u64>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads the files that the configuration names; nothing where it names none. Where they hold what `old` was made
    /// of, that is returned, so that sessions can still be resumed.
    ///
    /// # Errors
    /// A file cannot be read, or does not hold what it should.
    pub(crate) fn load(listen: &Listen, old: Option<&Arc<Tls>>) -> Result<Option<Arc<Tls>>, TlsError> {
        let (Some(cert), Some(key)) = (&listen.tls_cert, &listen.tls_key) else { return Ok(None) };
        let cert = PemFile::read("listen.tls_cert", cert)?;
        let key = PemFile::read("listen.tls_key", key)?;
        let ca = listen.client_ca.as_ref().map(|path| PemFile::read("listen.client_ca", path)).transpose()?;
        let digest = digest([Some(&cert), Some(&key), ca.as_ref()]);
        if let Some(old) = old.filter(|old| old.digest == digest) {
            return Ok(Some(Arc::clone(old)));
        }
        let config = Arc::new(config(&cert, &key, ca.as_ref())?);
        let expires = cert.certificates()?.iter().filter_map(expires).min();
        Ok(Some(Arc::new(Tls { config, digest, expires })))
    }

    /// Returns the time, in Unix seconds, at which the first certificate of the chain expires, if it can be read.
    pub(crate) fn expires(&self) -> Option<u64> {
        self.expires
    }

    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }
}

/// Returns the end of a certificate's validity (RFC 5280, 4.1.2.5) in Unix seconds.
///
/// The library tells it only of one that has expired, which it looks at before anything else: so this one is looked at
/// from the end of all time.
fn expires(certificate: &CertificateDer<'_>) -> Option<u64> {
    let parsed = ParsedCertificate::try_from(certificate).ok()?;
    let algorithms = ring::default_provider().signature_verification_algorithms.all;
    let end = UnixTime::since_unix_epoch(Duration::MAX);
    let roots = RootCertStore::empty();
    match verify_server_cert_signed_by_trust_anchor(&parsed, &roots, &[], end, algorithms) {
        Err(Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
            Some(not_after.as_secs())
        }
        Ok(()) | Err(_) => None,
    }
}

fn config(cert: &PemFile<'_>, key: &PemFile<'_>, ca: Option<&PemFile<'_>>) -> Result<ServerConfig, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let chain = cert.certificates()?;
    let private = key.private_key()?;
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| cert.wrong(error))?;
    let builder = match ca {
        Some(ca) => builder.with_client_cert_verifier(verifier(ca, &provider)?),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_single_cert(chain, private).map_err(|error| match error {
        Error::InconsistentKeys(_) => key.wrong("it is not the key of the certificate in listen.tls_cert"),
        Error::General(_) => key.wrong(error),
        _ => cert.wrong(error),
    })?;
    // A client that offers nothing but HTTP/1.0 would be refused without it (RFC 7301, 3.2).
    config.alpn_protocols = [&b"h2"[..], b"http/1.1", b"http/1.0"].map(<[u8]>::to_vec).into();
    // Sessions are resumed without memory of them. Never with early data, which can be replayed (RFC 8446, 8).
    config.ticketer = ring::Ticketer::new().map_err(|error| key.wrong(error))?;
    Ok(config)
}

/// Demands a certificate that one of these authorities has signed.
fn verifier(
    ca: &PemFile<'_>,
    provider: &Arc<rustls::crypto::CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in ca.certificates()? {
        roots.add(certificate).map_err(|error| ca.wrong(error))?;
    }
    let built = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build();
    built.map_err(|error| ca.wrong(error))
}

fn digest(files: [Option<&PemFile<'_>>; 3]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for file in files {
        let bytes = file.map_or(&[][..], |file| &file.bytes);
        digest.update((bytes.len() as u64).to_be_bytes());
        digest.update(bytes);
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair};
    use tempfile::TempDir;

    /// A folder with `cert.pem`, `key.pem` and `other.pem`, the key of nothing.
    fn files() -> (TempDir, Listen) {
        let folder = TempDir::new().unwrap();
        let (key, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let cert = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        let write = |name: &str, text: String| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            Some(path)
        };
        let listen = Listen {
            tls_cert: write("cert.pem", cert.pem()),
            tls_key: write("key.pem", key.serialize_pem()),
            client_ca: write("ca.pem", cert.pem()),
            ..crate::Config::default().listen
        };
        write("other.pem", other.serialize_pem());
        write("empty.pem", String::new());
        (folder, listen)
    }

    #[test]
    fn the_same_files_make_nothing_new() {
        let (folder, mut listen) = files();
        let old = Tls::load(&listen, None).unwrap().unwrap();
        let again = Tls::load(&listen, Some(&old)).unwrap().unwrap();
        assert!(Arc::ptr_eq(&old, &again));
        listen.client_ca = None;
        let other = Tls::load(&listen, Some(&old)).unwrap().unwrap();
        assert!(!Arc::ptr_eq(&old, &other));
        listen.tls_cert = None;
        listen.tls_key = None;
        assert!(Tls::load(&listen, Some(&old)).unwrap().is_none());
        drop(folder);
    }

    #[test]
    fn the_first_certificate_to_expire_is_told() {
        let (folder, mut listen) = files();
        let certificate = |year, of_authority| {
            let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
            params.not_after = rcgen::date_time_ymd(year, 3, 4);
            if of_authority {
                params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            }
            params
                .self_signed(
                    &KeyPair::from_pem(&std::fs::read_to_string(folder.path().join("key.pem")).unwrap())
                        .unwrap(),
                )
                .unwrap()
        };
        for (leaf, authority, seconds) in [(2027, 2099, 1_804_118_400), (2099, 2060, 2_845_584_000)] {
            let chain =
                [certificate(leaf, false), certificate(authority, true)].map(|certificate| certificate.pem());
            std::fs::write(folder.path().join("cert.pem"), chain.concat()).unwrap();
            listen.client_ca = None;
            assert_eq!(Tls::load(&listen, None).unwrap().unwrap().expires(), Some(seconds));
        }
    }

    #[test]
    fn a_mistake_names_key_and_file() {
        let (folder, good) = files();
        let at = |name: &str| Some(folder.path().join(name));
        let wrong = |change: &dyn Fn(&mut Listen)| {
            let mut listen = good.clone();
            change(&mut listen);
            let error = Tls::load(&listen, None).unwrap_err();
            assert!(error.to_string().contains(error.path.to_str().unwrap()), "{error}");
            (error.key, error.path.file_name().unwrap().to_str().unwrap().to_owned(), error.reason)
        };
        for (told, key, file, reason) in [
            (wrong(&|listen| listen.tls_cert = at("no.pem")), "listen.tls_cert", "no.pem", "No such file"),
            (
                wrong(&|listen| listen.tls_cert = at("key.pem")),
                "listen.tls_cert",
                "key.pem",
                "no certificate",
            ),
            (wrong(&|listen| listen.tls_key = at("cert.pem")), "listen.tls_key", "cert.pem", "no key in PEM"),
            (
                wrong(&|listen| listen.tls_key = at("other.pem")),
                "listen.tls_key",
                "other.pem",
                "not the key of",
            ),
            (
                wrong(&|listen| listen.client_ca = at("empty.pem")),
                "listen.client_ca",
                "empty.pem",
                "no certificate",
            ),
        ] {
            assert_eq!((told.0, told.1.as_str()), (key, file));
            assert!(told.2.contains(reason), "{}", told.2);
        }
    }
}
