//! A web server on loopback that says whatever a test wants it to say, however wrong.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What it does with a connection once a request is there.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// These bytes, then the end.
    Bytes(Vec<u8>),
    /// Nothing, for as long as the other end holds the line.
    Never,
    /// A head and a body without end.
    Endless,
    /// One answer to requests with this text, another to the rest.
    Either(&'static str, Box<Reply>, Box<Reply>),
}

/// An answer with a status and a body.
pub(crate) fn answer(status: u16, body: &str) -> Reply {
    headed(status, "Content-Type: application/json", body)
}

/// An answer with a header more.
pub(crate) fn headed(status: u16, header: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Bytes(format!("HTTP/1.1 {status} x\r\n{header}\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes())
}

/// The server; its requests are kept as they came.
pub(crate) struct Hostile {
    port: u16,
    reply: Arc<Mutex<Reply>>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Hostile {
    /// Serves for as long as this process lives.
    pub(crate) fn saying(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let hostile = Self {
            port: listener.local_addr().unwrap().port(),
            reply: Arc::new(Mutex::new(reply)),
            requests: Arc::default(),
        };
        let (reply, requests) = (hostile.reply.clone(), hostile.requests.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (reply, requests) = (reply.clone(), requests.clone());
                std::thread::spawn(move || serve(stream.unwrap(), &reply, &requests));
            }
        });
        hostile
    }

    pub(crate) fn say(&self, reply: Reply) {
        *self.reply.lock().unwrap() = reply;
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Every request so far, head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, reply: &Mutex<Reply>, requests: &Mutex<Vec<String>>) {
    let Some(request) = request(&mut stream) else { return };
    requests.lock().unwrap().push(request.clone());
    let reply = reply.lock().unwrap().clone();
    reply_to(&request, reply, stream);
}

fn reply_to(request: &str, reply: Reply, mut stream: TcpStream) {
    match reply {
        Reply::Either(text, with, without) => {
            let reply = if request.contains(text) { with } else { without };
            reply_to(request, *reply, stream);
        }
        // The other end may have hung up; it says itself what it made of that.
        Reply::Bytes(bytes) => drop(stream.write_all(&bytes)),
        Reply::Never => drop(stream.read(&mut [0; 64])),
        Reply::Endless => {
            let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[";
            let mut sent = stream.write_all(head);
            while sent.is_ok() {
                sent = stream.write_all(&[b' '; 65_536]);
            }
        }
    }
}

/// A request's head, and as much of a body as it says.
fn request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let read = stream.read(&mut piece).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
    }
}
