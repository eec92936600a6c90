//! A world of its own for each test: two upstreams, an estate, a state folder, and the real program on free ports.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::turn::Share;
use crate::upstream::Upstream;

/// The program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_tidegate");
/// The estate that most tests run.
pub(crate) const ESTATE: &str = include_str!("shop.yaml");
/// What its only domain promises, a line of it.
pub(crate) const BROWSING: &str = "  objectives: [{ name: browsing, p95: 5s, of: { flow: browse } }]\n";
/// What has not happened by then never will, on a busy machine too.
const WITHIN: Duration = Duration::from_secs(60);
/// Between two looks at something that cannot be waited for otherwise.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Looks until there is something to see.
///
/// # Panics
/// When there is nothing after a minute.
pub(crate) fn until<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    until_no_more(|| what.to_owned(), look)
}

/// The same, with what is still missing then.
///
/// # Panics
/// When there is nothing after a minute.
pub(crate) fn until_no_more<T>(missing: impl Fn() -> String, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + WITHIN;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < deadline, "never seen within {WITHIN:?}: {}", missing());
        std::thread::sleep(LOOK_EVERY);
    }
}

/// How a command of the program ended.
#[derive(Debug, Clone)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Its standard output.
    ///
    /// # Panics
    /// When it did not end with 0.
    #[track_caller]
    pub(crate) fn fine(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }
}

/// What a process prints, as it comes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Printed(Arc<(Mutex<(String, bool)>, Condvar)>);

impl Printed {
    fn follow(source: impl Read + Send + 'static) -> Self {
        let printed = Self::default();
        let shared = printed.clone();
        std::thread::spawn(move || {
            let mut lines = BufReader::new(source);
            let mut line = Vec::new();
            loop {
                line.clear();
                let more = lines.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0);
                let mut guard = shared.0.0.lock().unwrap();
                guard.0.push_str(&String::from_utf8_lossy(&line));
                guard.1 = !more;
                shared.0.1.notify_all();
                if !more {
                    return;
                }
            }
        });
        printed
    }

    /// Everything so far.
    pub(crate) fn text(&self) -> String {
        self.0.0.lock().unwrap().0.clone()
    }

    /// Waits for a line that has this in it.
    ///
    /// # Panics
    /// When it does not come within a minute, or the process ends without it; says what was printed instead.
    #[track_caller]
    pub(crate) fn line(&self, with: &str) -> String {
        self.look(with, WITHIN)
            .unwrap_or_else(|text| panic!("no line with `{with}` was printed, but:\n{text}"))
    }

    fn look(&self, with: &str, within: Duration) -> Result<String, String> {
        let guard = self.0.0.lock().unwrap();
        let found = |text: &str| text.lines().find(|line| line.contains(with)).map(str::to_owned);
        let (guard, _) = self
            .0
            .1
            .wait_timeout_while(guard, within, |(text, ended)| !*ended && found(text).is_none())
            .unwrap();
        found(&guard.0).ok_or_else(|| guard.0.clone())
    }
}

/// A process of the program under way; killed when dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) stdout: Printed,
    pub(crate) stderr: Printed,
}

impl Process {
    /// Starts a command; its standard streams are read.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let stdout = Printed::follow(child.stdout.take().unwrap());
        let stderr = Printed::follow(child.stderr.take().unwrap());
        Self { child, stdout, stderr }
    }

    pub(crate) fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.pid()).unwrap(), signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        until("the end of the process", || self.child.try_wait().unwrap())
    }

    /// Waits for its end as long as its deadline allows.
    pub(crate) fn ended_when(&mut self, before_deadline: impl Fn() -> bool) -> ExitStatus {
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(
                before_deadline(),
                "the deadline is over:\n{}{}",
                self.stdout.text(),
                self.stderr.text()
            );
            std::thread::sleep(LOOK_EVERY);
        }
    }

    fn is_over(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.is_over() {
            self.child.kill().unwrap();
            self.child.wait().unwrap();
        }
    }
}

/// How `serve` is started.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// Values for `${NAME}` of the estate, besides those of the upstreams.
    pub(crate) settings: Vec<(&'static str, String)>,
    /// Further arguments of `serve`.
    pub(crate) arguments: Vec<String>,
    /// A program with its arguments that starts `serve`, such as one that sets a limit first.
    pub(crate) through: Vec<String>,
}

/// The world; everything in it ends when it is dropped.
pub(crate) struct World {
    pub(crate) old: Upstream,
    pub(crate) new: Upstream,
    pub(crate) options: Options,
    serve: Option<Process>,
    admin: Option<SocketAddr>,
    edge: Option<SocketAddr>,
    // After the processes: they write into it.
    folder: TempDir,
    _share: Share,
}

impl World {
    /// Serves the usual estate.
    pub(crate) fn start() -> Self {
        Self::start_with(Options::default())
    }

    /// Serves the usual estate in a certain way.
    pub(crate) fn start_with(options: Options) -> Self {
        let mut world = Self::quiet(options);
        world.serve();
        world
    }

    /// A world in which nothing is served yet.
    pub(crate) fn quiet(options: Options) -> Self {
        let share = Share::take();
        let world = Self {
            old: Upstream::open("old"),
            new: Upstream::open("new"),
            options,
            serve: None,
            admin: None,
            edge: None,
            folder: TempDir::with_prefix("tidegate-it-").unwrap(),
            _share: share,
        };
        std::fs::create_dir(world.estate()).unwrap();
        std::fs::write(world.estate().join("tidegate.yaml"), ESTATE).unwrap();
        world
    }

    /// The folder of plan files.
    pub(crate) fn estate(&self) -> PathBuf {
        self.folder.path().join("shop")
    }

    /// The state folder.
    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// The folder around them, in which commands run.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where API and dashboard listen.
    pub(crate) fn admin(&self) -> SocketAddr {
        self.admin.expect("`serve` ran")
    }

    /// Their address for a browser.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.admin())
    }

    /// Where shoppers come in.
    pub(crate) fn edge(&self) -> SocketAddr {
        self.edge.expect("`serve` ran")
    }

    /// Starts `serve` and reads what it prints until it is ready.
    pub(crate) fn serve(&mut self) {
        let process = Process::start(self.serve_command());
        let ready = process.stdout.look("tidegate runs estate", WITHIN);
        let ready = ready.unwrap_or_else(|text| panic!("not ready:\n{text}{}", process.stderr.text()));
        let address = |line: &str, before: &str| {
            let (_, address) = line.rsplit_once(before).unwrap();
            address.parse().unwrap_or_else(|fault| panic!("{fault}: `{line}`"))
        };
        self.admin = Some(address(&ready, "http://"));
        self.edge = Some(address(&process.stdout.line("listens on"), " "));
        self.serve = Some(process);
    }

    /// Starts `serve` without waiting for anything.
    pub(crate) fn begin_to_serve(&self) -> Process {
        Process::start(self.serve_command())
    }

    /// Runs `serve` where it is expected to give up by itself.
    pub(crate) fn serve_in_vain(&self) -> Ran {
        finish(self.begin_to_serve())
    }

    fn serve_command(&self) -> Command {
        let mut arguments = vec!["serve".to_owned(), self.estate().display().to_string()];
        arguments.extend(self.options.arguments.clone());
        arguments.extend(self.settings());
        self.through(arguments)
    }

    fn through(&self, arguments: Vec<String>) -> Command {
        match self.options.through.split_first() {
            None => self.command(PROGRAM, &arguments),
            Some((program, first)) => {
                let mut all = first.to_vec();
                all.push(PROGRAM.into());
                all.extend(arguments);
                self.command(program, &all)
            }
        }
    }

    /// `--set` arguments of the estate.
    pub(crate) fn settings(&self) -> Vec<String> {
        let sides = [("OLD_SHOP", self.old.url()), ("NEW_SHOP", self.new.url())];
        sides
            .iter()
            .chain(&self.options.settings)
            .flat_map(|(name, value)| ["--set".to_owned(), format!("{name}={value}")])
            .collect()
    }

    fn command(&self, program: &str, arguments: &[String]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("TIDEGATE_STATE", self.state())
            .env("TIDEGATE_LISTEN", "127.0.0.1:0")
            .current_dir(self.folder.path());
        if let Some(admin) = self.admin {
            command.env("TIDEGATE_SERVER", format!("http://{admin}"));
        }
        command
    }

    /// Runs a command of the program to its end, in the world's folder, with its state and server.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &[])
    }

    /// The same in somebody's name.
    pub(crate) fn run_as(&self, person: &str, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &[("TIDEGATE_TOKEN", &self.token(person))])
    }

    /// The same with more of an environment.
    pub(crate) fn run_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
        let arguments: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
        let mut command = self.command(PROGRAM, &arguments);
        command.envs(environment.iter().copied());
        finish(Process::start(command))
    }

    /// The same through the program that `serve` is started with.
    pub(crate) fn run_through(&self, arguments: &[&str]) -> Ran {
        let arguments = arguments.iter().map(|text| (*text).to_owned()).collect();
        finish(Process::start(self.through(arguments)))
    }

    /// A personal token.
    pub(crate) fn token(&self, person: &str) -> String {
        self.run(&["token", "issue", person]).fine().trim().to_owned()
    }

    /// The status as JSON.
    pub(crate) fn status(&self, token: &str) -> Value {
        let ran = self.run_with(&["status", "--json"], &[("TIDEGATE_TOKEN", token)]);
        serde_json::from_str(&ran.fine()).unwrap()
    }

    /// Waits until the only stage of the estate looks like this.
    #[track_caller]
    pub(crate) fn until_stage(&self, token: &str, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        let mut look = || {
            last = self.status(token)["plans"][0]["stages"][0].clone();
            is_so(&last).then(|| last.clone())
        };
        until(what, &mut look)
    }

    /// Kills the controller; its gateways go on.
    pub(crate) fn kill(&mut self) {
        let mut serve = self.serve.take().expect("`serve` runs");
        serve.signal(Signal::KILL);
        serve.ended();
    }

    /// Ends the controller as a service manager does, and waits.
    pub(crate) fn terminate(&mut self) -> Ran {
        let serve = self.serve.take().expect("`serve` runs");
        serve.signal(Signal::TERM);
        finish(serve)
    }

    /// What `serve` has said on standard error since it was last started.
    pub(crate) fn log(&self) -> String {
        self.serve
            .as_ref()
            .map_or_else(String::new, |serve| serve.stderr.text())
    }

    /// Process and address of the gateway, as it announces them itself; none while nobody holds the lock.
    pub(crate) fn gateway(&self) -> Option<(i32, SocketAddr)> {
        self.gateway_of("storefront")
    }

    /// The same of any edge.
    pub(crate) fn gateway_of(&self, edge: &str) -> Option<(i32, SocketAddr)> {
        let lock = self.state().join(format!("gateway-{edge}/gateway.lock"));
        let text = std::fs::read_to_string(lock).ok()?;
        // Without its last line break it is being written.
        let (pid, address) = text.strip_suffix('\n')?.split_once('\n')?;
        let pid: i32 = pid.parse().ok()?;
        let is_ours = commands_of(pid).contains(&self.state().display().to_string());
        Some((pid, address.parse().ok()?)).filter(|_| is_ours)
    }
}

/// The command line of a process; empty when there is none, or only what is left of one.
fn commands_of(pid: i32) -> String {
    let words = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&words).replace('\0', " ")
}

/// Every process whose command line, environment or working folder names a path.
pub(crate) fn processes_of(path: &Path) -> Vec<String> {
    let path = path.display().to_string();
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let pid: i32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let commands = commands_of(pid);
        let stands_in = std::fs::read_link(format!("/proc/{pid}/cwd")).unwrap_or_default();
        let is_one = commands.contains(&path)
            || String::from_utf8_lossy(&environment).contains(&path)
            || stands_in.display().to_string().contains(&path);
        is_one.then(|| format!("{pid} {commands}"))
    });
    processes.collect()
}

/// Runs a process to its end.
pub(crate) fn finish(mut process: Process) -> Ran {
    let code = process.ended().code();
    Ran {
        code,
        stdout: process.stdout.all(),
        stderr: process.stderr.all(),
    }
}

impl Printed {
    /// Everything, once the process has ended.
    fn all(&self) -> String {
        let guard = self.0.0.lock().unwrap();
        let (guard, _) = self
            .0
            .1
            .wait_timeout_while(guard, WITHIN, |(_, ended)| !*ended)
            .unwrap();
        guard.0.clone()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // A gateway outlives its controller on purpose, so it is ended last.
        drop(self.serve.take());
        for (pid, _) in ["storefront", "outlet"].iter().filter_map(|edge| self.gateway_of(edge)) {
            if let Some(process) = Pid::from_raw(pid)
                && let Err(fault) = kill_process(process, Signal::KILL)
            {
                println!("gateway {pid} had ended by itself: {fault}");
            }
        }
    }
}
