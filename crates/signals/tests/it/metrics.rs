//! Debian's Prometheus in a temporary folder, and the exporter that it scrapes: a text that tests write.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use tidegate_signals::Source;

/// Starts Prometheus, prints its folder once it is ready, and takes both away when its standard input ends.
const SCRIPT: &str = r#"
set -e
port=$1 target=$2
folder=$(mktemp -d)
finish() {
  [ -z "$pid" ] || { kill -KILL "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; }
  rm -rf "$folder"
}
trap finish EXIT
# Only the end of the standard input ends it: a signal to the whole group must not leave the server behind.
trap '' HUP INT TERM
cat >"$folder/prometheus.yml" <<END
global: {scrape_interval: 100ms, scrape_timeout: 100ms}
scrape_configs: [{job_name: shop, static_configs: [{targets: ["127.0.0.1:$target"]}]}]
END
prometheus --config.file="$folder/prometheus.yml" --storage.tsdb.path="$folder/store" \
  --web.listen-address="127.0.0.1:$port" >"$folder/log" 2>&1 &
pid=$!
until curl -sf -o /dev/null "http://127.0.0.1:$port/-/ready"; do
  kill -0 "$pid" 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
  sleep 0.05
done
echo "$folder"
read -r _ || true
"#;

/// Ports are chosen by the system and may be taken before the server is there.
const STARTS_MAX: u32 = 5;

/// Beyond it, what is waited for does not come.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// Stays until this process ends: its standard input ends with it.
static SHARED: OnceLock<Arc<Metrics>> = OnceLock::new();

type Lines = Arc<Mutex<BTreeMap<String, String>>>;

/// A running Prometheus and what it scrapes.
pub(crate) struct Metrics {
    /// Held, and with it the server.
    _child: Child,
    port: u16,
    lines: Lines,
}

impl Metrics {
    /// The one that tests share; each test has names of its own.
    pub(crate) async fn shared() -> Arc<Self> {
        tokio::task::spawn_blocking(|| SHARED.get_or_init(|| Arc::new(Self::start())).clone())
            .await
            .unwrap()
    }

    fn start() -> Self {
        let lines = Lines::default();
        let target = expose(lines.clone());
        for _ in 0..STARTS_MAX {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let mut child = Command::new("sh")
                .args(["-c", SCRIPT, "sh", &port.to_string(), &target.to_string()])
                .current_dir("/")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut line = String::new();
            let mut said = BufReader::new(child.stdout.take().unwrap());
            said.read_line(&mut line).unwrap();
            if !line.is_empty() {
                return Self {
                    _child: child,
                    port,
                    lines,
                };
            }
            drop(child.stdin.take());
            child.wait().unwrap();
        }
        panic!(
            "Prometheus did not start {STARTS_MAX} times; is Debian's package prometheus there? Its words are above"
        );
    }

    /// Its address as a source.
    pub(crate) fn source(&self) -> Source {
        Source::parse(&format!("prometheus+http://127.0.0.1:{}", self.port)).unwrap()
    }

    /// Exposes one more line, or another value of one, and waits until queries see it.
    pub(crate) fn set(&self, name: &str, value: &str) {
        self.lines
            .lock()
            .unwrap()
            .insert(name.to_owned(), format!("{name} {value}"));
        let shown = value.split(' ').next().unwrap();
        self.wait(name, |body| body.contains(&format!("\"{shown}\"]")));
    }

    /// Exposes a line no more, and waits until queries no longer see it.
    pub(crate) fn unset(&self, name: &str) {
        self.lines.lock().unwrap().remove(name);
        self.wait(name, |body| body.contains("\"result\":[]"));
    }

    fn wait(&self, name: &str, is_there: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + WAIT_MAX;
        loop {
            let body = self.query(name);
            if is_there(&body) {
                return;
            }
            assert!(Instant::now() < deadline, "`{name}` is {body}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn query(&self, name: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let form: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        write!(stream, "GET /api/v1/query?query={form} HTTP/1.0\r\n\r\n").unwrap();
        let mut body = String::new();
        stream.read_to_string(&mut body).unwrap();
        body
    }
}

/// Serves the lines to whoever asks, for as long as this process lives; the port.
fn expose(lines: Lines) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 4096];
            if stream.read(&mut head).is_err() {
                continue;
            }
            let mut body: String = lines.lock().unwrap().values().cloned().collect::<Vec<_>>().join("\n");
            body.push('\n');
            let length = body.len();
            let answer =
                format!("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{body}");
            // Prometheus may have given up on this scrape; the next comes soon.
            if let Err(error) = stream.write_all(answer.as_bytes()) {
                eprintln!("a scrape ended early: {error}");
            }
        }
    });
    port
}
