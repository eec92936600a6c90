//! A mail server on a free port that takes every letter: enough of RFC 5321 for a client that keeps to it.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A letter as it was sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Received {
    pub(crate) to: String,
    /// Headers and text, its lines decoded where they were quoted-printable.
    pub(crate) text: String,
}

/// The server; it takes letters as long as the test program runs.
#[derive(Debug)]
pub(crate) struct Postbox {
    pub(crate) port: u16,
    letters: Arc<Mutex<Vec<Received>>>,
}

impl Postbox {
    pub(crate) fn open() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let letters = Arc::new(Mutex::new(Vec::new()));
        let taken = letters.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, taken) = (stream.unwrap(), taken.clone());
                // A client that hangs up in the middle has sent no letter.
                std::thread::spawn(move || drop(talk(&stream, &taken)));
            }
        });
        Self { port, letters }
    }

    /// Arguments of `serve` that send pages here.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let server = format!("127.0.0.1:{}", self.port);
        ["--mail-server", &server, "--mail-tls", "none"]
            .map(str::to_owned)
            .into()
    }

    /// Letters so far, to one person, that have this in them.
    pub(crate) fn letters(&self, to: &str, with: &str) -> Vec<Received> {
        let letters = self.letters.lock().unwrap();
        let wanted = |letter: &&Received| letter.to.contains(to) && letter.text.contains(with);
        letters.iter().filter(wanted).cloned().collect()
    }
}

fn talk(stream: &TcpStream, taken: &Mutex<Vec<Received>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let say = |words: &str| {
        let mut out = stream;
        out.write_all(format!("{words}\r\n").as_bytes())
    };
    say("220 postbox")?;
    let mut letter = Received::default();
    while let Some(line) = lines.next().transpose()? {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
        match verb.as_str() {
            "RCPT" => line.trim().clone_into(&mut letter.to),
            "DATA" => {
                say("354 go on")?;
                let mut text = String::new();
                for line in lines.by_ref() {
                    let line = line?;
                    if line == "." {
                        break;
                    }
                    text.push_str(line.strip_prefix('.').unwrap_or(&line));
                    text.push('\n');
                }
                letter.text = text.replace("=\n", "").replace("=3D", "=");
                taken.lock().unwrap().push(std::mem::take(&mut letter));
            }
            "QUIT" => return say("221 bye"),
            _ => {}
        }
        say("250 fine")?;
    }
    Ok(())
}
