//! TLS towards a database, with the server's certificate checked as strictly as the address asks for.

use std::path::Path;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use crate::fault::SourceFault;

/// Who the other end may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// Anybody: nobody reads along, but nobody proves to be the server either.
    Anybody,
    /// Whoever an authority vouches for, under any name.
    Authority,
    /// Who an authority vouches for under the host's name.
    Name,
}

/// Protects a connection.
///
/// # Errors
/// [`SourceFault::File`] for authorities that cannot be read, [`SourceFault::Connection`] where the other end does not prove
/// to be who it should be.
pub(super) async fn protect<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    host: &str,
    trust: Trust,
    authorities: Option<&Path>,
) -> Result<TlsStream<S>, SourceFault> {
    let name = server_name(host)?;
    let connector = TlsConnector::from(Arc::new(config(trust, authorities)?));
    let protected = connector.connect(name, stream).await;
    protected.map_err(|error| SourceFault::Connection { why: error.to_string() })
}

/// The name that a certificate has to bear.
///
/// # Errors
/// [`SourceFault::Address`] where the host is no such name.
pub(super) fn server_name(host: &str) -> Result<ServerName<'static>, SourceFault> {
    ServerName::try_from(host.to_owned()).map_err(|_| SourceFault::Address)
}

/// How a client speaks TLS; without a file of authorities the public ones vouch.
///
/// # Errors
/// [`SourceFault::File`].
pub(super) fn config(trust: Trust, authorities: Option<&Path>) -> Result<ClientConfig, SourceFault> {
    let roots = match authorities {
        None => RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => read(path)?,
    };
    let provider = Arc::new(ring::default_provider());
    let authority = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .build()
        .expect("there is at least one authority, and none is revoked");
    let check = Check {
        trust,
        authority,
        provider: Arc::clone(&provider),
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(check))
        .with_no_client_auth();
    Ok(config)
}

fn read(path: &Path) -> Result<RootCertStore, SourceFault> {
    let fault = |why: String| SourceFault::File {
        file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        why,
    };
    let bytes = std::fs::read(path).map_err(|error| fault(error.kind().to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&bytes) {
        let certificate = certificate.map_err(|_| fault("expected certificates in PEM".to_owned()))?;
        roots
            .add(certificate)
            .map_err(|_| fault("a certificate in it is none of an authority".to_owned()))?;
    }
    if roots.is_empty() {
        return Err(fault("expected certificates in PEM, found none".to_owned()));
    }
    Ok(roots)
}

/// Looks at the server's certificate as far as it is asked for; that the server holds its key is always checked.
#[derive(Debug)]
struct Check {
    trust: Trust,
    authority: Arc<WebPkiServerVerifier>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Check {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.trust == Trust::Anybody {
            return Ok(ServerCertVerified::assertion());
        }
        let found = (self.authority).verify_server_cert(certificate, intermediates, name, ocsp, now);
        let is_of_other_name = matches!(
            found,
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
            ))
        );
        // The chain is looked at before the name is.
        if self.trust == Trust::Authority && is_of_other_name {
            return Ok(ServerCertVerified::assertion());
        }
        found
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
