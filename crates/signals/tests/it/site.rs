//! A shop's pages on loopback: sound ones by default, and whatever a test plants among them.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// The host that visitors know the shop by.
pub(crate) const PUBLIC: &str = "https://shop.example";

/// A shop; its requests are kept as they came.
pub(crate) struct Site {
    port: u16,
    answers: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    requests: Arc<Mutex<Vec<String>>>,
}

/// A whole answer.
pub(crate) fn answer(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut bytes = format!("HTTP/1.1 {status} x\r\n{headers}Content-Length: {length}\r\n\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A page of HTML.
pub(crate) fn page(text: &str) -> Vec<u8> {
    answer(200, "Content-Type: text/html; charset=utf-8\r\n", text.as_bytes())
}

/// A redirect.
pub(crate) fn leads(status: u16, to: &str) -> Vec<u8> {
    answer(status, &format!("Location: {to}\r\n"), b"")
}

/// A sound page of a product.
pub(crate) fn product(path: &str, title: &str, price: &str) -> String {
    format!(
        "<!doctype html><html><head><title>{title}</title><link rel=canonical href=\"{PUBLIC}{path}\">\
         <script type=\"application/ld+json\">{{\"@type\":\"Product\",\"name\":\"{title}\",\"offers\":{{\"@type\":\"Offer\",\
         \"price\":\"{price}\",\"priceCurrency\":\"EUR\",\"availability\":\"https://schema.org/InStock\"}}}}</script>\
         </head><body><h1>{title}</h1></body></html>"
    )
}

/// A sitemap of paths.
pub(crate) fn sitemap(paths: &[&str]) -> String {
    let locations: String = paths
        .iter()
        .map(|path| format!("<url><loc>{PUBLIC}{path}</loc></url>"))
        .collect();
    format!("<?xml version=\"1.0\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{locations}</urlset>")
}

impl Site {
    /// Two products and a front page, all sound, and a sitemap of them.
    pub(crate) fn sound() -> Self {
        let site = Self::empty();
        site.put("/", page(&product("/", "Shop", "0")));
        site.put("/mug", page(&product("/mug", "Mug", "19.90")));
        site.put("/poster", page(&product("/poster", "Poster", "5")));
        site.put(
            "/sitemap.xml",
            answer(200, "", sitemap(&["/", "/mug", "/poster"]).as_bytes()),
        );
        site
    }

    pub(crate) fn empty() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let site = Self {
            port: listener.local_addr().unwrap().port(),
            answers: Arc::default(),
            requests: Arc::default(),
        };
        let (answers, requests) = (site.answers.clone(), site.requests.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (answers, requests) = (answers.clone(), requests.clone());
                std::thread::spawn(move || serve(stream.unwrap(), &answers, &requests));
            }
        });
        site
    }

    /// Answers a path so from now on; an empty answer hangs up.
    pub(crate) fn put(&self, path: &str, answer: Vec<u8>) {
        self.answers.lock().unwrap().insert(path.to_owned(), answer);
    }

    pub(crate) fn take(&self, path: &str) {
        self.answers.lock().unwrap().remove(path);
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Heads and bodies of all requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// How often a path was asked for.
    pub(crate) fn asked(&self, path: &str) -> usize {
        let line = format!("GET {path} ");
        self.requests()
            .iter()
            .filter(|request| request.starts_with(&line))
            .count()
    }
}

fn serve(mut stream: TcpStream, answers: &Mutex<BTreeMap<String, Vec<u8>>>, requests: &Mutex<Vec<String>>) {
    let mut bytes = Vec::new();
    let text = loop {
        let mut piece = [0; 4096];
        let Some(read) = stream.read(&mut piece).ok().filter(|read| *read > 0) else {
            return;
        };
        bytes.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            break text;
        }
    };
    requests.lock().unwrap().push(text.clone());
    let path = text.split(' ').nth(1).unwrap_or_default();
    let found = answers.lock().unwrap().get(path).cloned();
    let found = found.unwrap_or_else(|| answer(404, "Content-Type: text/html\r\n", b"gone"));
    // The other end may have hung up; it says itself what it made of that.
    drop(stream.write_all(&found));
}
