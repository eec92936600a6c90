//! TLS towards a source: its certificate is checked against the host's name and the public authorities, or our own.

use std::io;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

static PUBLIC: LazyLock<TlsConnector> =
    LazyLock::new(|| connector(RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned())));

/// Protects a connection. A file of authorities is read each time: it may have been renewed.
///
/// # Errors
/// The host is no name a certificate could bear, the other end does not prove to be it, or the authorities cannot be read.
pub(super) async fn protect(
    host: &str,
    stream: TcpStream,
    authorities: Option<&Path>,
) -> io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let connector = match authorities {
        None => PUBLIC.clone(),
        Some(path) => {
            let unread = |why: String| io::Error::other(format!("the authorities cannot be read: {why}"));
            let bytes = tokio::fs::read(path)
                .await
                .map_err(|error| unread(error.kind().to_string()))?;
            connector(roots(&bytes).ok_or_else(|| unread("no certificates in PEM".to_owned()))?)
        }
    };
    connector.connect(name, stream).await
}

/// The certificates of a file; none when one cannot be read, or there is none.
fn roots(pem: &[u8]) -> Option<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.ok()?).ok()?;
    }
    (!roots.is_empty()).then_some(roots)
}

fn connector(roots: RootCertStore) -> TlsConnector {
    // The provider is named here: nothing depends on what the process has installed.
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}
