//! Who may be connected: so many at once, and nobody who says nothing. A connection without a request under way has until its
//! limit to bring the whole head of one. While a request is under way only its answer is timed, and only while it waits to be
//! taken, so that streams stay open.

use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::connect_info::Connected;
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};
use tokio_stream::StreamExt;

use crate::pace::Pace;

/// From a connection's begin to the end of its first request's head.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// From the end of an answer to the end of the next request's head.
const NEXT_HEAD_WITHIN: Duration = Duration::from_secs(60);

/// A listener that lets so many in at once; the others wait at the system's door.
pub(crate) struct Admission {
    listener: TcpListener,
    places: Arc<Semaphore>,
    slow_after: Duration,
}

impl Admission {
    pub(crate) fn new(listener: TcpListener, connections_max: usize, slow_after: Duration) -> Self {
        Self {
            listener,
            places: Arc::new(Semaphore::new(connections_max)),
            slow_after,
        }
    }
}

impl Listener for Admission {
    type Io = Admitted;
    type Addr = Peer;

    async fn accept(&mut self) -> (Admitted, Peer) {
        let place = self
            .places
            .clone()
            .acquire_owned()
            .await
            .expect("nobody closes the semaphore");
        let (stream, address) = Listener::accept(&mut self.listener).await;
        let requests = Arc::new(Requests::default());
        let admitted = Admitted {
            stream,
            requests: requests.clone(),
            alarm: Box::pin(tokio::time::sleep(HEAD_WITHIN)),
            pace: Pace::new(self.slow_after),
            _place: place,
        };
        (admitted, Peer { address, requests })
    }

    fn local_addr(&self) -> std::io::Result<Peer> {
        let address = self.listener.local_addr()?;
        Ok(Peer {
            address,
            requests: Arc::default(),
        })
    }
}

/// The other end of a connection.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    requests: Arc<Requests>,
}

impl Connected<IncomingStream<'_, Admission>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Admission>) -> Self {
        stream.remote_addr().clone()
    }
}

impl Peer {
    /// A request's head is complete; it is under way until its answer's body is dropped.
    pub(crate) fn begin(&self) -> UnderWay {
        self.requests.lock().under_way += 1;
        UnderWay(self.requests.clone())
    }
}

/// Requests under way on one connection.
#[derive(Debug, Default)]
struct Requests(Mutex<Count>);

#[derive(Debug, Default)]
struct Count {
    under_way: usize,
    /// End of the last one; none before the first has ended.
    rests_since: Option<Instant>,
}

impl Requests {
    fn lock(&self) -> std::sync::MutexGuard<'_, Count> {
        self.0.lock().expect("no code panics while it counts")
    }

    /// When the connection has said nothing for too long; `None` while a request is under way.
    fn limit(&self, begun: Instant) -> Option<Instant> {
        let count = self.lock();
        (count.under_way == 0).then(|| count.rests_since.map_or(begun, |since| since + NEXT_HEAD_WITHIN))
    }
}

/// A request under way; dropped with its answer.
#[derive(Debug)]
pub(crate) struct UnderWay(Arc<Requests>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut count = self.0.lock();
        count.under_way -= 1;
        count.rests_since = Some(Instant::now());
    }
}

impl UnderWay {
    /// Stays as long as the answer: to the end of a stream, or until a body that is there as a whole is handed over.
    pub(crate) fn until_sent(self, response: Response) -> Response {
        let (mut head, body) = response.into_parts();
        if body.size_hint().exact().is_some() {
            head.extensions.insert(Arc::new(self));
            return Response::from_parts(head, body);
        }
        let stream = body.into_data_stream().map(move |chunk| {
            let _stays = &self;
            chunk
        });
        Response::from_parts(head, Body::from_stream(stream))
    }
}

/// A connection that holds its place until it ends.
pub(crate) struct Admitted {
    stream: TcpStream,
    requests: Arc<Requests>,
    /// Set to the limit; looked at when there is nothing to read.
    alarm: Pin<Box<Sleep>>,
    pace: Pace,
    _place: OwnedSemaphorePermit,
}

impl AsyncRead for Admitted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let this = &mut *self;
        if let Some(limit) = this.requests.limit(this.alarm.deadline()) {
            if limit != this.alarm.deadline() {
                this.alarm.as_mut().reset(limit);
            }
            // Before reading: whoever sends a byte now and then brings no request either.
            if this.alarm.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Err(Error::new(ErrorKind::TimedOut, "no request came in time")));
            }
        }
        Pin::new(&mut this.stream).poll_read(cx, into)
    }
}

impl AsyncWrite for Admitted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.pace.wrote(cx, outcome)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        // It is called when nothing waits to be written any more.
        self.pace.sent();
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.pace.wrote(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
