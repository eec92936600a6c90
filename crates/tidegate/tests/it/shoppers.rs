//! People with a browser, in plain HTTP/1.1: one request each, a cookie that they keep, and a crowd that does not stop.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// A request that takes longer hangs.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// What was answered; header names in lower case.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    /// What `Set-Cookie` gave, without its attributes.
    pub(crate) cookies: Vec<String>,
    pub(crate) body: String,
}

impl Answer {
    /// Which upstream answered.
    pub(crate) fn side(&self) -> &str {
        self.headers.get("x-side").map_or("nobody", String::as_str)
    }
}

/// Asks on a connection of its own; bytes are sent as they stand.
pub(crate) fn ask_raw(to: SocketAddr, request: &[u8]) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_read_timeout(Some(ANSWER_WITHIN))?;
    stream.write_all(request)?;
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => {}
        // Whoever answers before it has read everything may reset the connection behind its answer.
        Err(error) if !bytes.is_empty() && error.kind() == std::io::ErrorKind::ConnectionReset => {}
        Err(error) => return Err(error),
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    parse(&text).ok_or_else(|| std::io::Error::other(format!("no answer but `{text}`")))
}

/// Asks with headers and a body.
pub(crate) fn ask(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> std::io::Result<Answer> {
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    ask_raw(to, request.as_bytes())
}

fn parse(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split_whitespace().nth(1)?.parse().ok()?;
    let (mut headers, mut cookies) = (BTreeMap::new(), Vec::new());
    for line in lines {
        let (name, value) = line.split_once(':')?;
        let (name, value) = (name.to_lowercase(), value.trim().to_owned());
        if name == "set-cookie" {
            cookies.push(value.split(';').next()?.to_owned());
        } else {
            headers.insert(name, value);
        }
    }
    let is_chunked = headers.get("transfer-encoding").is_some_and(|kind| kind == "chunked");
    let body = if is_chunked { unchunk(body)? } else { body.to_owned() };
    Some(Answer {
        status,
        headers,
        cookies,
        body,
    })
}

fn unchunk(mut text: &str) -> Option<String> {
    let mut body = String::new();
    loop {
        let (size, rest) = text.split_once("\r\n")?;
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.push_str(rest.get(..size)?);
        text = rest.get(size + 2..)?;
    }
}

/// A visitor who keeps the cookies that the edge gave. Whoever brings none is on the safe side and in no sample.
#[derive(Debug, Clone, Default)]
pub(crate) struct Visitor {
    cookies: Vec<String>,
}

impl Visitor {
    /// Asks for a page.
    pub(crate) fn get(&mut self, edge: SocketAddr, path: &str) -> std::io::Result<Answer> {
        self.get_with(edge, path, &[])
    }

    /// The same with more headers.
    pub(crate) fn get_with(&mut self, edge: SocketAddr, path: &str, more: &[(&str, &str)]) -> std::io::Result<Answer> {
        let cookies = self.cookies.join("; ");
        let mut headers = more.to_vec();
        if !cookies.is_empty() {
            headers.push(("Cookie", &cookies));
        }
        let answer = ask(edge, "GET", path, &headers, "")?;
        for given in &answer.cookies {
            let name = given.split('=').next().unwrap_or_default();
            self.cookies.retain(|kept| !kept.starts_with(&format!("{name}=")));
            self.cookies.push(given.clone());
        }
        Ok(answer)
    }
}

/// Visitors who come in by the front page and look at a product, one after the other, until it is dropped.
pub(crate) struct Crowd {
    has_closed: Arc<AtomicBool>,
    unanswered: Arc<AtomicUsize>,
    answered: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<()>>,
}

impl Crowd {
    /// Sends a crowd of four at a time to an edge.
    pub(crate) fn at(edge: SocketAddr) -> Self {
        let has_closed = Arc::new(AtomicBool::new(false));
        let (answered, unanswered) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let threads = (0..4)
            .map(|_| {
                let (has_closed, answered, unanswered) = (has_closed.clone(), answered.clone(), unanswered.clone());
                std::thread::spawn(move || {
                    while !has_closed.load(Ordering::Relaxed) {
                        let mut visitor = Visitor::default();
                        for path in ["/", "/product/7"] {
                            let counter = match visitor.get(edge, path) {
                                Ok(answer) if answer.status < 500 => &answered,
                                Ok(_) | Err(_) => &unanswered,
                            };
                            counter.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                })
            })
            .collect();
        Self {
            has_closed,
            unanswered,
            answered,
            threads,
        }
    }

    /// Requests answered so far, and requests that got no answer or a server's error.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (
            self.answered.load(Ordering::Relaxed),
            self.unanswered.load(Ordering::Relaxed),
        )
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.has_closed.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            if thread.join().is_err() && !std::thread::panicking() {
                panic!("a shopper panicked");
            }
        }
    }
}
