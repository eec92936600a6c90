//! Debian's `chromedriver` as a child process, spoken to in the W3C WebDriver protocol over one plain HTTP request each.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;

/// A browser that has not answered by then never will.
const ANSWER_WITHIN: Duration = Duration::from_secs(90);

/// A running `chromedriver` and everything it starts; ended when dropped.
pub(crate) struct Driver {
    child: Child,
    port: u16,
}

impl Driver {
    /// Starts it on a port of its own choice, in a process group of its own.
    pub(crate) fn start() -> Self {
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("`chromedriver` is installed (Debian's package chromium-driver)");
        let stdout = child.stdout.take().expect("standard output is piped");
        let port = BufReader::new(stdout)
            .lines()
            .map_while(Result::ok)
            .find_map(|line| {
                let (_, port) = line.split_once("started successfully on port ")?;
                port.trim_end_matches('.').parse().ok()
            })
            .expect("chromedriver says its port");
        Self { child, port }
    }

    /// One command; the `value` of its answer, or the error that the driver names.
    pub(crate) fn command(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
        let text = body.map(Value::to_string).unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{text}",
            self.port,
            text.len()
        );
        let answer = self.exchange(request.as_bytes()).map_err(|error| error.to_string())?;
        let (head, content) = answer
            .split_once("\r\n\r\n")
            .ok_or("the driver's answer has no end of its head")?;
        let value =
            serde_json::from_str::<Value>(content).map_err(|error| format!("{error} in {content}"))?["value"].take();
        match value["error"].as_str() {
            Some(error) if !head.starts_with("HTTP/1.1 200") => Err(format!("{error}: {}", value["message"])),
            Some(_) | None => Ok(value),
        }
    }

    fn exchange(&self, request: &[u8]) -> std::io::Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(ANSWER_WITHIN))?;
        stream.write_all(request)?;
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        let mut length = 0;
        while !head.ends_with("\r\n\r\n") {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().map_err(std::io::Error::other)?;
            }
            head.push_str(&line);
        }
        let mut content = vec![0; length];
        reader.read_exact(&mut content)?;
        Ok(head + &String::from_utf8_lossy(&content))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Ok(group) = i32::try_from(self.child.id())
            && let Some(group) = Pid::from_raw(group)
            && let Err(error) = kill_process_group(group, Signal::KILL)
        {
            eprintln!("chromedriver's processes were not ended: {error}");
        }
        if let Err(error) = self.child.wait() {
            eprintln!("chromedriver was not waited for: {error}");
        }
    }
}
