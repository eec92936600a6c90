//! An upstream whose connections end as a script says: behind an answer, instead of one, or in the middle of one.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;
use tokio::task::{JoinHandle, JoinSet};

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// With FIN; what was not read turns it into a reset.
    Close,
    /// With RST.
    Reset,
}

/// What happens to a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    /// It is read whole and answered; the connection stays.
    Answer,
    /// As before, once as many requests as the upstream gathers wait for it.
    AnswerTogether,
    /// It is answered as if the connection stayed, its body is not read, and the connection ends at once.
    AnswerAndEnd(End),
    /// The connection ends.
    End(End),
    /// The answer breaks off in its body.
    BreakOff,
}

/// A request whose head was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Number of the connection, from 0.
    pub(crate) connection: usize,
    /// Number of the request on it, from 0.
    pub(crate) turn: usize,
    pub(crate) method: String,
    pub(crate) says_close: bool,
}

type Script = Arc<dyn Fn(&Seen) -> Act + Send + Sync>;

/// The upstream; it closes when dropped.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Upstream {
    pub(crate) async fn open(gathers: usize, script: impl Fn(&Seen) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (script, barrier): (Script, _) = (Arc::new(script), Arc::new(Barrier::new(gathers)));
        let noted = seen.clone();
        let task = tokio::spawn(async move {
            let mut visits = JoinSet::new();
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                visits.spawn(serve(
                    stream,
                    connection,
                    script.clone(),
                    barrier.clone(),
                    noted.clone(),
                ));
            }
        });
        Self { address, seen, task }
    }

    /// Every request whose head arrived.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
const BROKEN: &str = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}";

async fn serve(
    stream: TcpStream,
    connection: usize,
    script: Script,
    barrier: Arc<Barrier>,
    noted: Arc<Mutex<Vec<Seen>>>,
) {
    stream.set_nodelay(true).unwrap();
    let mut stream = BufReader::new(stream);
    for turn in 0.. {
        let Some((seen, body_bytes)) = read_head(&mut stream, connection, turn).await else {
            return;
        };
        let act = script(&seen);
        noted.lock().unwrap().push(seen);
        let (text, end) = match act {
            Act::Answer | Act::AnswerTogether => {
                let mut body = vec![0; body_bytes];
                if stream.read_exact(&mut body).await.is_err() {
                    return;
                }
                if matches!(act, Act::AnswerTogether) {
                    barrier.wait().await;
                }
                (ANSWER, None)
            }
            Act::AnswerAndEnd(end) => (ANSWER, Some(end)),
            Act::End(end) => ("", Some(end)),
            Act::BreakOff => (BROKEN, Some(End::Close)),
        };
        if stream.get_mut().write_all(text.as_bytes()).await.is_err() {
            return;
        }
        if let Some(end) = end {
            if end == End::Reset {
                stream.get_mut().set_zero_linger().unwrap();
            }
            return;
        }
    }
}

/// Reads a head and says how long its body is; `None` when the client has left.
async fn read_head(stream: &mut BufReader<TcpStream>, connection: usize, turn: usize) -> Option<(Seen, usize)> {
    let (mut method, mut says_close, mut body_bytes) = (None, false, 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        match (&method, line.split_once(": ")) {
            (None, _) => method = Some(line.split(' ').next()?.to_ascii_uppercase()),
            (Some(_), Some(("connection", "close"))) => says_close = true,
            (Some(_), Some(("content-length", n))) => body_bytes = n.parse().ok()?,
            (Some(_), Some(_)) => {}
            (Some(_), None) => break,
        }
    }
    let seen = Seen {
        connection,
        turn,
        method: method?,
        says_close,
    };
    Some((seen, body_bytes))
}
