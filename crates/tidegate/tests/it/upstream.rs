//! A plain HTTP/1.1 upstream on a free port: pages, an API and assets. It counts, remembers, and fails on demand.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

/// A request as the upstream saw it; header names in lower case.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
}

/// How it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Well.
    Fine,
    /// Each n-th answer is a failure with this status; 200 with an apology is how real shops fail.
    Fails { status: u16, each: usize },
    /// Well, after so long.
    Slow(Duration),
    /// Connections are closed without a word.
    Unreachable,
}

#[derive(Debug)]
struct Inside {
    mood: Mood,
    pages: BTreeMap<String, String>,
    /// Paths that get no answer.
    unheard: BTreeSet<String>,
    asked: Vec<Asked>,
    open: Vec<TcpStream>,
    is_closed: bool,
}

/// The upstream; it closes when dropped.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    inside: Arc<Mutex<Inside>>,
    listening: Option<JoinHandle<()>>,
}

impl Upstream {
    /// Opens one whose answers carry its name, in the text and in the header `x-side`.
    pub(crate) fn open(name: &'static str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let inside = Arc::new(Mutex::new(Inside {
            mood: Mood::Fine,
            pages: BTreeMap::new(),
            unheard: BTreeSet::new(),
            asked: Vec::new(),
            open: Vec::new(),
            is_closed: false,
        }));
        let shared = inside.clone();
        let listening = std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                let mut guard = lock(&shared);
                if guard.is_closed {
                    return;
                }
                if guard.mood == Mood::Unreachable {
                    continue;
                }
                guard.open.push(stream.try_clone().unwrap());
                drop(guard);
                let shared = shared.clone();
                std::thread::spawn(move || serve(&stream, name, &shared));
            }
        });
        Self {
            address,
            inside,
            listening: Some(listening),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn set_mood(&self, mood: Mood) {
        let mut inside = lock(&self.inside);
        inside.mood = mood;
        if mood == Mood::Unreachable {
            hang_up(&mut inside);
        }
    }

    /// Answers a path with this text from now on.
    pub(crate) fn put(&self, path: &str, text: &str) {
        let mut inside = lock(&self.inside);
        inside.pages.insert(path.to_owned(), text.to_owned());
        inside.unheard.remove(path);
    }

    /// Closes the connection when this path is asked for, until there is a text for it.
    pub(crate) fn leave_unheard(&self, path: &str) {
        lock(&self.inside).unheard.insert(path.to_owned());
    }

    /// Every request so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        lock(&self.inside).asked.clone()
    }

    /// How many requests so far.
    pub(crate) fn count(&self) -> usize {
        lock(&self.inside).asked.len()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        let mut inside = lock(&self.inside);
        inside.is_closed = true;
        hang_up(&mut inside);
        drop(inside);
        // Wakes the listener, which then sees that it is closed.
        if TcpStream::connect(self.address).is_ok()
            && let Some(listening) = self.listening.take()
        {
            listening.join().unwrap();
        }
    }
}

fn lock(inside: &Mutex<Inside>) -> MutexGuard<'_, Inside> {
    inside.lock().unwrap_or_else(PoisonError::into_inner)
}

fn hang_up(inside: &mut Inside) {
    for stream in inside.open.drain(..) {
        // An error means that the other side was faster.
        drop(stream.shutdown(Shutdown::Both));
    }
}

fn serve(stream: &TcpStream, name: &str, inside: &Mutex<Inside>) {
    let mut reader = BufReader::new(stream);
    while let Some(asked) = read(&mut reader) {
        let is_head = asked.method == "HEAD";
        let path = asked.path.clone();
        let (mood, place, put) = {
            let mut inside = lock(inside);
            inside.asked.push(asked);
            if inside.unheard.contains(&path) {
                return;
            }
            (inside.mood, inside.asked.len(), inside.pages.get(&path).cloned())
        };
        if let Mood::Slow(time) = mood {
            // Nobody says anything: a slow shop is what is tested here.
            let (_silent, silence) = mpsc::channel::<()>();
            assert!(silence.recv_timeout(time).is_err());
        }
        let (status, kind, body) = match mood {
            Mood::Unreachable => return,
            Mood::Fails { status, each } if place.is_multiple_of(each) => {
                (status, "text/html", format!("<p>{name}: we are sorry</p>"))
            }
            Mood::Fine | Mood::Fails { .. } | Mood::Slow(_) => {
                (200, kind(&path), put.unwrap_or_else(|| body(name, &path)))
            }
        };
        let head = format!(
            "HTTP/1.1 {status} Said\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nX-Side: {name}\r\n\r\n",
            body.len()
        );
        let text = if is_head { head } else { head + &body };
        let mut writer = stream;
        if writer.write_all(text.as_bytes()).is_err() {
            return;
        }
    }
}

fn kind(path: &str) -> &'static str {
    if path.starts_with("/api/") {
        "application/json"
    } else if path.starts_with("/assets/") {
        "text/css"
    } else {
        "text/html"
    }
}

fn body(name: &str, path: &str) -> String {
    match kind(path) {
        "application/json" => format!("{{\"side\":\"{name}\",\"price_cents\":1250}}"),
        "text/css" => format!("/* {name} */ body {{ margin: 0 }}"),
        _ => format!("<h1>{path}</h1><p>in stock, says the {name} shop</p>"),
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|text| text.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { method, path, headers })
}
