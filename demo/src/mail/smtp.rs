//! The receiving side of SMTP (RFC 5321), as small as a mail sink needs: no TLS, no authentication, no relaying.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::message::Content;
use super::{Shared, lock};
use crate::fault::Fault;

/// Connections at once; one more is told 421.
const CONNECTIONS_MAX: usize = 64;
/// Longest command line and text line, in bytes with the line end (RFC 5321 §4.5.3.1.4 and .6, rounded up).
const LINE_MAX: u64 = 4_096;
/// Largest message in bytes; a larger one is read to its end and told 552.
const MESSAGE_MAX: usize = 1_048_576;
/// Recipients of one message (RFC 5321 §4.5.3.1.8 asks for at least 100).
const RECIPIENTS_MAX: usize = 100;
/// How long a client may be silent.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// Takes connections for as long as the future is polled.
pub(super) async fn receive(listener: TcpListener, mailbox: Shared) -> Result<(), Fault> {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut sessions = JoinSet::new();
    loop {
        let (mut stream, _) = listener.accept().await.map_err(Fault::Serve)?;
        let mailbox = Arc::clone(&mailbox);
        let place = Arc::clone(&places).try_acquire_owned();
        sessions.spawn(async move {
            let ended = match place {
                Ok(_place) => Session::new(stream, mailbox).converse().await,
                Err(_) => stream.write_all(b"421 too many connections\r\n").await,
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "an SMTP connection broke off");
            }
        });
        while sessions.try_join_next().is_some() {}
    }
}

/// One connection.
struct Session {
    stream: BufReader<TcpStream>,
    mailbox: Shared,
    from: Option<String>,
    to: Vec<String>,
}

/// One line from the client.
enum Line {
    Text(Vec<u8>),
    TooLong,
    Closed,
}

impl Session {
    fn new(stream: TcpStream, mailbox: Shared) -> Self {
        Self {
            stream: BufReader::new(stream),
            mailbox,
            from: None,
            to: Vec::new(),
        }
    }

    async fn converse(mut self) -> std::io::Result<()> {
        self.say("220 demo mail sink").await?;
        loop {
            let line = match self.line().await? {
                Line::Text(line) => String::from_utf8_lossy(&line).trim_end().to_owned(),
                Line::TooLong => {
                    self.say("500 line too long").await?;
                    continue;
                }
                Line::Closed => return Ok(()),
            };
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" => {
                    self.reset();
                    self.say(&format!(
                        "250-demo mail sink\r\n250-8BITMIME\r\n250-PIPELINING\r\n250 SIZE {MESSAGE_MAX}"
                    ))
                    .await?;
                }
                "HELO" => {
                    self.reset();
                    self.say("250 demo mail sink").await?;
                }
                "MAIL" => self.mail(rest).await?,
                "RCPT" => self.recipient(rest).await?,
                "DATA" => self.data().await?,
                "RSET" => {
                    self.reset();
                    self.say("250 ok").await?;
                }
                "NOOP" => self.say("250 ok").await?,
                "QUIT" => return self.say("221 bye").await,
                _ => self.say("502 command not implemented").await?,
            }
        }
    }

    async fn mail(&mut self, rest: &str) -> std::io::Result<()> {
        let Some((from, parameters)) = path(rest, "FROM:") else {
            return self.say("501 expected MAIL FROM:<address>").await;
        };
        if self.from.is_some() {
            return self.say("503 one message at a time").await;
        }
        let declared = parameters
            .split(' ')
            .find_map(|one| one.strip_prefix("SIZE="))
            .and_then(|size| size.parse::<usize>().ok());
        if declared.is_some_and(|size| size > MESSAGE_MAX) {
            return self.say("552 message too large").await;
        }
        self.from = Some(from);
        self.say("250 ok").await
    }

    async fn recipient(&mut self, rest: &str) -> std::io::Result<()> {
        if self.from.is_none() {
            return self.say("503 MAIL first").await;
        }
        match path(rest, "TO:") {
            Some((to, _)) if !to.is_empty() => {
                if self.to.len() == RECIPIENTS_MAX {
                    return self.say("452 too many recipients").await;
                }
                self.to.push(to);
                self.say("250 ok").await
            }
            Some(_) | None => self.say("501 expected RCPT TO:<address>").await,
        }
    }

    async fn data(&mut self) -> std::io::Result<()> {
        if self.from.is_none() || self.to.is_empty() {
            return self.say("503 MAIL and RCPT first").await;
        }
        self.say("354 end with a line that is a dot").await?;
        let mut message = Vec::new();
        let mut fits = true;
        loop {
            let line = match self.line().await? {
                Line::Text(line) => line,
                Line::TooLong => {
                    fits = false;
                    continue;
                }
                Line::Closed => return Ok(()),
            };
            if line == b".\r\n" {
                break;
            }
            // A leading dot was doubled by the sender (RFC 5321 §4.5.2).
            let text = line.strip_prefix(b".").unwrap_or(&line);
            fits = fits && message.len() + text.len() <= MESSAGE_MAX;
            if fits {
                message.extend_from_slice(text);
            }
        }
        let to = std::mem::take(&mut self.to);
        let Some(from) = self.from.take() else {
            return self.say("503 MAIL first").await;
        };
        if !fits {
            return self.say("552 message too large").await;
        }
        let number = lock(&self.mailbox).take(from, to, Content::read(&message));
        self.say(&format!("250 kept as {number}")).await
    }

    fn reset(&mut self) {
        self.from = None;
        self.to.clear();
    }

    /// Reads one line; one that is too long is read to its end and dropped.
    async fn line(&mut self) -> std::io::Result<Line> {
        let mut line = Vec::new();
        let mut too_long = false;
        loop {
            let mut limited = (&mut self.stream).take(LINE_MAX);
            let reading = limited.read_until(b'\n', &mut line);
            let read = tokio::time::timeout(SILENCE_MAX, reading)
                .await
                .map_err(|_| std::io::ErrorKind::TimedOut)??;
            match (read, line.ends_with(b"\n")) {
                (0, _) => return Ok(Line::Closed),
                (_, true) if too_long => return Ok(Line::TooLong),
                (_, true) => return Ok(Line::Text(line)),
                (_, false) => {
                    too_long = true;
                    line.clear();
                }
            }
        }
    }

    async fn say(&mut self, reply: &str) -> std::io::Result<()> {
        self.stream.get_mut().write_all(format!("{reply}\r\n").as_bytes()).await
    }
}

/// The address in `FROM:<address> parameters`, and the parameters in capitals.
fn path(rest: &str, keyword: &str) -> Option<(String, String)> {
    let head = rest.get(..keyword.len())?;
    let tail = rest[keyword.len()..].trim_start();
    if !head.eq_ignore_ascii_case(keyword) {
        return None;
    }
    let (address, parameters) = tail.strip_prefix('<')?.split_once('>')?;
    Some((address.to_owned(), parameters.trim().to_ascii_uppercase()))
}
