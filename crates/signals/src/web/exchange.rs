//! One request and its whole answer, over a connection of its own: bounded in time and bytes, and never led elsewhere.
//!
//! Redirects are answers like any other, no proxy is taken from the environment, and nothing is decompressed.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tidegate_model::seam::PASS_HEADER;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::{WebAddress, tls};

/// Who asks.
const AGENT: &str = concat!("tidegate/", env!("CARGO_PKG_VERSION"));

/// The type of a form that is posted.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// The type of a JSON document.
pub(crate) const JSON: &str = "application/json";

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    /// Path and query.
    pub(crate) path: &'a str,
    /// What is posted: its type and itself; without it the request is a `GET`.
    pub(crate) post: Option<(&'static str, &'a str)>,
    /// Scheme and host that visitors know the other end by; without them it is asked by its own address.
    pub(crate) known_as: Option<(&'a str, &'a str)>,
    /// What a gateway on the way takes it for one of our surveys by.
    pub(crate) pass: Option<&'a str>,
    /// The longest body that is read, in bytes.
    pub(crate) body_bytes_max: usize,
    /// The longest time until the whole answer is there.
    pub(crate) within: Duration,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: StatusCode,
    /// Its headers.
    pub(crate) headers: HeaderMap,
    /// Its body, whole.
    pub(crate) body: Bytes,
    /// Time from before the connection was made until the last byte was read.
    pub(crate) took: Duration,
}

/// Why there is no whole answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ExchangeFault {
    /// No connection: no such name, refused, not protected as it must be.
    #[error("the connection failed: {0}")]
    Unreachable(String),
    /// The path is none that can be asked for.
    #[error("the path cannot be asked for")]
    Path,
    /// There was a connection, and the answer was not whole in time.
    #[error("no answer within {} ms", .0.as_millis())]
    TimeOut(Duration),
    /// There was a connection, and the answer broke off or is none of HTTP.
    #[error("the answer broke off: {0}")]
    Torn(String),
    /// The body goes on beyond the bound.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
}

impl ExchangeFault {
    /// The same, where a question of several exchanges has this bound as a whole.
    pub(crate) fn within(self, limit: Duration) -> Self {
        match self {
            Self::TimeOut(_) => Self::TimeOut(limit),
            Self::Unreachable(_) | Self::Path | Self::Torn(_) | Self::TooLong(_) => self,
        }
    }
}

/// Asks once.
pub(crate) async fn exchange(address: &WebAddress, question: Question<'_>) -> Result<Answer, ExchangeFault> {
    let began = Instant::now();
    let late = |_| ExchangeFault::TimeOut(question.within);
    let request = request(address, question)?;
    let connecting = tokio::time::timeout(
        question.within,
        TcpStream::connect((address.host.as_str(), address.port)),
    );
    let unreachable = |error: std::io::Error| ExchangeFault::Unreachable(error.to_string());
    let Ok(stream) = connecting.await else {
        let limit = question.within.as_millis();
        return Err(ExchangeFault::Unreachable(format!("none within {limit} ms")));
    };
    let stream = stream.map_err(unreachable)?;
    stream.set_nodelay(true).map_err(unreachable)?;
    let rest = question.within.saturating_sub(began.elapsed());
    let answer = async {
        if address.is_tls {
            let stream = tls::protect(&address.host, stream, address.authorities.as_deref())
                .await
                .map_err(unreachable)?;
            talk(stream, request, question.body_bytes_max).await
        } else {
            talk(stream, request, question.body_bytes_max).await
        }
    };
    let (status, headers, body) = tokio::time::timeout(rest, answer).await.map_err(late)??;
    Ok(Answer {
        status,
        headers,
        body,
        took: began.elapsed(),
    })
}

fn request(address: &WebAddress, question: Question<'_>) -> Result<Request<Full<Bytes>>, ExchangeFault> {
    let mut request = Request::builder()
        .uri(question.path)
        .header(
            header::HOST,
            question.known_as.map_or(address.authority.as_str(), |(_, host)| host),
        )
        .header(header::USER_AGENT, AGENT)
        .header(header::ACCEPT, "*/*")
        .header(header::CONNECTION, "close");
    if let Some(authorization) = &address.authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    if let Some((scheme, host)) = question.known_as {
        request = request
            .header("x-forwarded-host", host)
            .header("x-forwarded-proto", scheme);
    }
    if let Some(pass) = question.pass {
        request = request.header(PASS_HEADER, pass);
    }
    let request = match question.post {
        Some((kind, body)) => request
            .method(Method::POST)
            .header(header::CONTENT_TYPE, kind)
            .body(Full::from(body.to_owned())),
        None => request.method(Method::GET).body(Full::default()),
    };
    request.map_err(|_| ExchangeFault::Path)
}

async fn talk<S>(
    stream: S,
    request: Request<Full<Bytes>>,
    body_bytes_max: usize,
) -> Result<(StatusCode, HeaderMap, Bytes), ExchangeFault>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let torn = |error: hyper::Error| ExchangeFault::Torn(error.to_string());
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(torn)?;
    let _line = Line(tokio::spawn(async move {
        if let Err(error) = connection.await {
            // The question fails with it, and says so to whoever asked.
            tracing::debug!(%error, "a connection to a source ended early");
        }
    }));
    let (head, mut body) = sender.send_request(request).await.map_err(torn)?.into_parts();
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(piece) = frame.map_err(torn)?.into_data() {
            if bytes.len() + piece.len() > body_bytes_max {
                return Err(ExchangeFault::TooLong(body_bytes_max));
            }
            bytes.extend_from_slice(&piece);
        }
    }
    Ok((head.status, head.headers, Bytes::from(bytes)))
}

/// The task that keeps the connection going; it ends with the question, answered or not.
struct Line(JoinHandle<()>);

impl Drop for Line {
    fn drop(&mut self) {
        self.0.abort();
    }
}
