//! A web server that answers each question with what its cell says, and never with a usable number.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// How often either side of the growing counters was asked.
static ASKED_OLD: AtomicU64 = AtomicU64::new(0);
static ASKED_NEW: AtomicU64 = AtomicU64::new(0);

/// The server; it lasts as long as the test's process.
pub(super) struct Liar(SocketAddr);

impl Liar {
    pub(super) fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                std::thread::spawn(move || {
                    // Whoever hangs up has had its answer.
                    drop(answer(stream));
                });
            }
        });
        Self(address)
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.0
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// One request, one answer, one connection.
fn answer(stream: TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?);
    let mut head = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    lines.read_exact(&mut body)?;
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let (status, text) = match path.strip_prefix("/csv/") {
        Some(cell) => table(cell),
        None if path.starts_with("/probe/") => probe(&path),
        None => series(&String::from_utf8_lossy(&body)),
    };
    let torn = text.is_none();
    let text = text.unwrap_or_else(|| "{\"status\":\"succ".to_owned());
    // A torn answer promises more than comes.
    let promised = text.len() + if torn { 100 } else { 0 };
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Type: text/plain\r\nContent-Length: {promised}\r\nConnection: close\r\n\r\n{text}"
    )
}

/// Status and body; no body is one that breaks off.
type Said = (u16, Option<String>);

fn table(cell: &str) -> Said {
    let today = date(now());
    let row = |value: &str| (200, Some(format!("Date,Value\n{today},{value}\n")));
    match cell {
        "empty" => (200, Some("Date,Value\n".into())),
        "nan" => row("NaN"),
        "infinite" => row("Infinity"),
        "null" => row(""),
        "stale" => (200, Some("Date,Value\n2020-01-01,5\n".into())),
        "several" => (200, Some(format!("Date,Value\n{today},5\n{today},6\n"))),
        "down" => (503, Some(String::new())),
        "error" => (500, Some("it failed".into())),
        "torn" => (200, None),
        _ => (200, Some("<html>log in first</html>".into())),
    }
}

fn probe(path: &str) -> Said {
    match path {
        "/probe/error" => (500, Some("in stock".into())),
        "/probe/torn" => (200, None),
        _ => (200, Some("log in first".into())),
    }
}

/// As Prometheus answers an instant query; the cell is a word of the query.
fn series(form: &str) -> Said {
    let now = now();
    let vector = |points: &[(&str, String)]| {
        let result: Vec<String> = points
            .iter()
            .map(|(part, value)| format!("{{\"metric\":{{\"tidegate_part\":\"{part}\"}},\"value\":[{now},{value}]}}"))
            .collect();
        let body = format!(
            "{{\"status\":\"success\",\"data\":{{\"resultType\":\"vector\",\"result\":[{}]}}}}",
            result.join(",")
        );
        (200, Some(body))
    };
    let is_counted = form.contains("all-time");
    let both = |value: &str, moment: u64| {
        let (value, moment) = (value.to_owned(), format!("\"{moment}\""));
        if is_counted {
            vector(&[
                ("all", value.clone()),
                ("all-time", moment.clone()),
                ("hits", value),
                ("hits-time", moment),
            ])
        } else {
            vector(&[("value", value), ("time", moment)])
        }
    };
    // Marked by its part, or asked for as it is.
    let has = |cell: &str| form.contains(&format!("%0A{cell}%0A")) || form.contains(&format!("query={cell}&"));
    let text = |text: &str| (200, Some(text.to_owned()));
    if has("empty") {
        vector(&[])
    } else if has("nan") {
        both("\"NaN\"", now)
    } else if has("infinite") {
        both("\"+Inf\"", now)
    } else if has("null") {
        both("null", now)
    } else if has("stale") {
        both("\"5\"", now - 86_400)
    } else if has("several") {
        let part = if is_counted { "all" } else { "value" };
        vector(&[(part, "\"5\"".into()), (part, "\"6\"".into())])
    } else if has("down") {
        (503, Some(String::new()))
    } else if has("error") {
        (
            422,
            Some("{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\"it failed\"}".into()),
        )
    } else if has("torn") {
        (200, None)
    } else if has("growing_old") || has("growing_new") {
        // Each side grows by the same with each question, whenever that comes.
        let asked = if has("growing_old") { &ASKED_OLD } else { &ASKED_NEW }.fetch_add(1, Ordering::Relaxed);
        vector(&[
            ("all", format!("\"{}\"", 40 * asked)),
            ("all-time", format!("\"{now}\"")),
            ("hits", format!("\"{}\"", 2 * asked)),
            ("hits-time", format!("\"{now}\"")),
        ])
    } else if has("constant") {
        vector(&[
            ("all", "\"100\"".into()),
            ("all-time", format!("\"{now}\"")),
            ("hits", "\"5\"".into()),
            ("hits-time", format!("\"{now}\"")),
        ])
    } else {
        text("{\"rows\":5}")
    }
}

/// The day of an instant, in UTC.
///
/// # Source
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
fn date(seconds: u64) -> String {
    let days = i64::try_from(seconds / 86_400).unwrap() + 719_468;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = (year + era * 400, if month < 10 { month + 3 } else { month - 9 });
    format!("{:04}-{month:02}-{day:02}", year + i64::from(month <= 2))
}
