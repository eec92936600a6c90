//! TLS towards PostgreSQL, asked for in the address by the words that libpq has for it.
//!
//! # Source
//! PostgreSQL documentation, "SSL Support", table of `sslmode` values; `sslrootcert`.

use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;

use crate::fault::SourceFault;
use crate::source::tls::{self, Trust};

/// The authorities of whoever runs this, below their home.
const AUTHORITIES: &str = ".postgresql/root.crt";

/// How a connection is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Protection {
    trust: Trust,
    /// Who vouches for the server; the public authorities where there is no file.
    authorities: Option<PathBuf>,
}

/// What an address says of TLS, and the rest of it. Without a word for it, the rest alone.
///
/// # Errors
/// [`SourceFault::Address`] for a word that libpq does not know.
pub(super) fn taken_from(address: &str) -> Result<(String, Option<Protection>), SourceFault> {
    let Some((before, options)) = address.split_once('?') else {
        return Ok((address.to_owned(), None));
    };
    let (mut mode, mut file, mut rest) = (None, None, Vec::new());
    for option in options.split('&') {
        match option.split_once('=') {
            Some(("sslmode", word @ ("require" | "verify-ca" | "verify-full"))) => mode = Some(word),
            Some(("sslmode", "disable" | "prefer")) => rest.push(option),
            Some(("sslmode", _)) => return Err(SourceFault::Address),
            Some(("sslrootcert", path)) => file = Some(path),
            _ => rest.push(option),
        }
    }
    let rest = match rest.is_empty() {
        true => before.to_owned(),
        false => format!("{before}?{}", rest.join("&")),
    };
    let Some(mode) = mode else {
        return Ok((rest, None));
    };
    let authorities = match file {
        Some("system") => None,
        Some(path) => Some(PathBuf::from(path)),
        None => std::env::home_dir()
            .map(|home| home.join(AUTHORITIES))
            .filter(|path| path.exists()),
    };
    let trust = match (mode, &authorities) {
        ("verify-full", _) => Trust::Name,
        ("verify-ca", _) => Trust::Authority,
        // As libpq has it: who names authorities wants them asked.
        (_, Some(_)) => Trust::Authority,
        (_, None) => Trust::Anybody,
    };
    Ok((rest, Some(Protection { trust, authorities })))
}

impl Protection {
    /// What connects under it.
    ///
    /// # Errors
    /// [`SourceFault::File`] for authorities that cannot be read.
    pub(super) fn connector(&self) -> Result<Connector, SourceFault> {
        let config = tls::config(self.trust, self.authorities.as_deref())?;
        Ok(Connector {
            config: Arc::new(config),
            host: String::new(),
        })
    }
}

/// Connects to one host.
#[derive(Clone)]
pub(super) struct Connector {
    config: Arc<ClientConfig>,
    host: String,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> MakeTlsConnect<S> for Connector {
    type Stream = Protected<S>;
    type TlsConnect = Self;
    type Error = SourceFault;

    fn make_tls_connect(&mut self, host: &str) -> Result<Self, SourceFault> {
        Ok(Self {
            host: host.to_owned(),
            ..self.clone()
        })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for Connector {
    type Stream = Protected<S>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Protected<S>>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move {
            let name = tls::server_name(&self.host).map_err(io::Error::other)?;
            let connector = TlsConnector::from(self.config);
            connector.connect(name, stream).await.map(Protected)
        })
    }
}

/// A protected connection.
pub(super) struct Protected<S>(tokio_rustls::client::TlsStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Protected<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Protected<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Protected<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
