//! The certificate authorities that are trusted for AWS and for proxies. For a cluster, only the authority that EKS names
//! is trusted.
//!
//! `SSL_CERT_FILE` and `SSL_CERT_DIR` replace the system's store, as they do for OpenSSL, curl, Go and kubectl.
//! `AWS_CA_BUNDLE` adds to either, because an organisation's proxy usually needs just one more authority.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::env_vars::{AWS_CA_BUNDLE, SSL_CERT_DIR, SSL_CERT_FILE};
use crate::error::{Error, Result, plain_io};
use crate::host::Host;

/// The authorities that the environment names. The system's are read when needed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trust {
    /// Of `SSL_CERT_FILE` and `SSL_CERT_DIR`, if one of them is set.
    replacement: Option<Vec<CertificateDer<'static>>>,
    /// Of `AWS_CA_BUNDLE`.
    additional: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// # Errors
    /// When a variable names a file or folder that cannot be read or holds no usable certificate.
    pub(crate) fn from_env(host: &Host) -> Result<Self> {
        let file = host.env(SSL_CERT_FILE).map(|path| from_file(host, SSL_CERT_FILE, path)).transpose()?;
        let folder = host.env(SSL_CERT_DIR).map(|path| from_folders(host, path)).transpose()?;
        let replacement = match (file, folder) {
            (None, None) => None,
            (file, folder) => Some(file.into_iter().chain(folder).flatten().collect()),
        };
        let additional = host.env(AWS_CA_BUNDLE).map(|path| from_file(host, AWS_CA_BUNDLE, path)).transpose()?;
        Ok(Trust { replacement, additional: additional.unwrap_or_default() })
    }

    fn certificates(&self) -> Vec<CertificateDer<'static>> {
        let mut all = self.replacement.clone().unwrap_or_else(system_certificates);
        all.extend(self.additional.iter().cloned());
        all
    }

    /// For our own TLS connections.
    pub(super) fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(self.certificates());
        roots
    }

    /// For the AWS SDK, which takes PEM and fails on certificates it cannot use.
    pub(super) fn pem(&self) -> String {
        self.usable().map(|certificate| pem_of(&certificate)).collect()
    }

    /// The certificates that rustls can use.
    pub(super) fn usable(&self) -> impl Iterator<Item = CertificateDer<'static>> {
        self.certificates().into_iter().filter(is_usable)
    }
}

fn pem_of(certificate: &CertificateDer<'_>) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(certificate))
}

fn is_usable(certificate: &CertificateDer<'static>) -> bool {
    RootCertStore::empty().add(certificate.clone()).is_ok()
}

fn unusable(variable: &str, path: &str, why: &str) -> Error {
    Error::usage(format!("invalid certificate bundle {path} in ${variable}"))
        .because(why)
        .try_next(format!("unset {variable}"))
}

/// All certificates of a PEM file. In `AWS_CA_BUNDLE`, which a person wrote, every one must be usable; a system's store
/// always has some that are not.
fn from_file(host: &Host, variable: &str, path: &str) -> Result<Vec<CertificateDer<'static>>> {
    let bytes = host.read_file(&host.expand_home(path));
    let bytes = bytes.map_err(|error| unusable(variable, path, &plain_io(&error)))?;
    certificates_in(&bytes, variable == AWS_CA_BUNDLE).map_err(|why| unusable(variable, path, &why))
}

/// The usable certificates of PEM, or why there are none, or not all if `every` one must be usable.
fn certificates_in(pem: &[u8], every: bool) -> std::result::Result<Vec<CertificateDer<'static>>, String> {
    let (mut found, mut bad) = (Vec::new(), None);
    for (certificate, number) in CertificateDer::pem_slice_iter(pem).zip(1..) {
        match certificate {
            Ok(certificate) => match RootCertStore::empty().add(certificate.clone()) {
                Ok(()) => found.push(certificate),
                Err(error) => {
                    bad = bad.or(Some(format!("certificate number {number} is not a CA certificate: {error}")));
                }
            },
            Err(error) => bad = bad.or(Some(format!("certificate number {number} is invalid: {error}"))),
        }
    }
    match bad {
        Some(bad) if found.is_empty() || every => Err(bad),
        None if found.is_empty() => Err("it contains no PEM certificate".to_owned()),
        _ => Ok(found),
    }
}

/// What must hold for any file of certificates: what a person's file gives, any store's gives, and the SDK gets the same.
///
/// # Panics
/// When it does not hold.
#[cfg(any(test, fuzzing))]
pub(crate) fn bundle_holds(pem: &[u8]) {
    let lenient = certificates_in(pem, false);
    let Ok(found) = certificates_in(pem, true) else { return };
    assert!(!found.is_empty());
    assert_eq!(lenient.as_ref(), Ok(&found));
    let again: String = found.iter().map(pem_of).collect();
    assert_eq!(certificates_in(again.as_bytes(), true), Ok(found));
}

/// The system's certificates. An empty `SSL_CERT_FILE` makes the library find none, hence the usual places.
fn system_certificates() -> Vec<CertificateDer<'static>> {
    const USUAL: [&str; 4] = [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ];
    let found = rustls_native_certs::load_native_certs().certs;
    let usual = || USUAL.iter().map(Path::new).find(|path| path.is_file());
    match (found.is_empty(), usual()) {
        (true, Some(path)) => rustls_native_certs::load_certs_from_paths(Some(path), None).certs,
        _ => found,
    }
}

/// All certificates in a list of folders, separated by `:` as in `PATH`.
fn from_folders(host: &Host, path: &str) -> Result<Vec<CertificateDer<'static>>> {
    let mut found = Vec::new();
    for folder in std::env::split_paths(path).filter(|folder| !folder.as_os_str().is_empty()) {
        let folder = host.expand_home(&folder.display().to_string());
        let read = rustls_native_certs::load_certs_from_paths(None, Some(Path::new(&folder)));
        found.extend(read.certs);
    }
    match found.iter().any(is_usable) {
        true => Ok(found),
        false => Err(unusable(SSL_CERT_DIR, path, "it contains no file with a valid PEM certificate")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ISRG Root X2: small, and good until 2040.
    const ROOT: &str = "-----BEGIN CERTIFICATE-----
MIICGzCCAaGgAwIBAgIQQdKd0XLq7qeAwSxs6S+HUjAKBggqhkjOPQQDAzBPMQsw
CQYDVQQGEwJVUzEpMCcGA1UEChMgSW50ZXJuZXQgU2VjdXJpdHkgUmVzZWFyY2gg
R3JvdXAxFTATBgNVBAMTDElTUkcgUm9vdCBYMjAeFw0yMDA5MDQwMDAwMDBaFw00
MDA5MTcxNjAwMDBaME8xCzAJBgNVBAYTAlVTMSkwJwYDVQQKEyBJbnRlcm5ldCBT
ZWN1cml0eSBSZXNlYXJjaCBHcm91cDEVMBMGA1UEAxMMSVNSRyBSb290IFgyMHYw
EAYHKoZIzj0CAQYFK4EEACIDYgAEzZvVn4CDCuwJSvMWSj5cz3es3mcFDR0HttwW
+1qLFNvicWDEukWVEYmO6gbf9yoWHKS5xcUy4APgHoIYOIvXRdgKam7mAHf7AlF9
ItgKbppbd9/w+kHsOdx1ymgHDB/qo0IwQDAOBgNVHQ8BAf8EBAMCAQYwDwYDVR0T
AQH/BAUwAwEB/zAdBgNVHQ4EFgQUfEKWrt5LSDv6kviejM9ti6lyN5UwCgYIKoZI
zj0EAwMDaAAwZQIwe3lORlCEwkSHRhtFcP9Ymd70/aTSVaYgLXTWNLxBo1BfASdW
tL4ndQavEi51mI38AjEAi/V3bNTIZargCyzuFJ0nN6T5U6VR5CmD1/iQMVtCnwr1
/q4AaOeMSQ+2b1tbFfLn
-----END CERTIFICATE-----
";

    fn with(files: &[(&str, &str)], env: &[(&str, &str)]) -> Result<Trust> {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            std::fs::create_dir_all(folder.path().join(name).parent().expect("a folder")).expect("made");
            #[expect(clippy::disallowed_methods, reason = "a test's own file")]
            std::fs::write(folder.path().join(name), text).expect("written");
        }
        Trust::from_env(&Host::for_test(folder.path(), env, jiff::Timestamp::UNIX_EPOCH))
    }

    #[test]
    fn ssl_cert_variables_replace_and_aws_ca_bundle_adds() {
        let system = rustls_native_certs::load_native_certs().certs.len();
        let files: &[(&str, &str)] = &[("root.pem", ROOT), ("certs/a.pem", ROOT)];
        let count = |env: &[(&str, &str)]| with(files, env).expect("usable").certificates().len();
        assert_eq!(count(&[]), system);
        assert_eq!(count(&[("SSL_CERT_FILE", "~/root.pem")]), 1);
        assert_eq!(count(&[("SSL_CERT_DIR", "~/certs")]), 1);
        assert_eq!(count(&[("AWS_CA_BUNDLE", "~/root.pem")]), system + 1);
        assert_eq!(count(&[("SSL_CERT_FILE", "~/root.pem"), ("AWS_CA_BUNDLE", "~/root.pem")]), 2);
        assert_eq!(count(&[("AWS_CA_BUNDLE", ""), ("SSL_CERT_FILE", "")]), system);
    }

    #[test]
    fn errors_name_the_variable() {
        let broken = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
        let half = format!("{ROOT}{broken}");
        let files: &[(&str, &str)] =
            &[("broken.pem", broken), ("half.pem", &half), ("text", "no certificate"), ("empty/x", "")];
        for (variable, path, why) in [
            ("AWS_CA_BUNDLE", "~/nope", "there is no such file"),
            ("AWS_CA_BUNDLE", "~/text", "it contains no PEM certificate"),
            ("SSL_CERT_FILE", "~/broken.pem", "certificate number 1 is not a CA certificate"),
            ("AWS_CA_BUNDLE", "~/half.pem", "certificate number 2 is not a CA certificate"),
            ("SSL_CERT_DIR", "~/empty", "it contains no file with a valid PEM certificate"),
            ("SSL_CERT_DIR", "~/nope", "it contains no file with a valid PEM certificate"),
        ] {
            let error = with(files, &[(variable, path)]).expect_err(path);
            assert!(error.message.contains(variable) && error.because[0].starts_with(why), "{error}");
            assert_eq!(error.try_next, [format!("unset {variable}")]);
        }
    }

    #[test]
    fn the_sdk_gets_usable_certificates() {
        let files: &[(&str, &str)] = &[("root.pem", ROOT)];
        let pem = with(files, &[("SSL_CERT_FILE", "~/root.pem")]).expect("usable").pem();
        let read =
            |text: &str| CertificateDer::pem_slice_iter(text.as_bytes()).filter_map(std::result::Result::ok).count();
        assert_eq!((read(&pem), read(ROOT)), (1, 1));
    }
}
