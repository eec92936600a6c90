//! The story lived by a process of its own, which can be killed: this test program, run again for one test.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::driver::{Driver, Told};
use crate::point::Point;
use crate::story;

const FOLDER: &str = "TIDEGATE_RUNTIME_CHILD";
const END: &str = "TIDEGATE_RUNTIME_END";
/// Begins each line that is for the parent; the test harness writes there, too.
const MARK: &str = "@";
/// Lines that the child may be ahead of what its parent has read, where the parent paces it.
const AHEAD: usize = 3;

/// The folder to live in, when this process is the child.
pub(crate) fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

/// Lives through the whole story, unless it ends before.
pub(crate) fn live(folder: &Path) {
    let end = std::env::var(END).ok().map(|word| Point::from_word(&word));
    let steps = story::steps();
    let mut driver = Driver::begin(folder, steps[0].at, end, Box::new(Marked));
    driver.live(&steps, 0);
}

/// What is written reaches the pipe before the write returns, so that it is known even when the writer dies then. For each line
/// a byte of the parent's is waited for; a parent that gives none paces nobody.
struct Marked;

impl Write for Marked {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        let mut out = std::io::stdout().lock();
        out.write_all(MARK.as_bytes())?;
        out.write_all(line)?;
        out.flush()?;
        std::io::stdin().read(&mut [0])?;
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A process under way, and what it says.
pub(crate) struct Life {
    pub(crate) child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
    pace: Option<ChildStdin>,
}

impl Life {
    /// Runs only this test (by its full name) as a child in a folder, to the end that is set.
    pub(crate) fn towards(end: &Point, test: &str, folder: &Path) -> Self {
        let mut command = command(test, folder);
        command.env(END, end.to_word());
        Self::begin(command)
    }

    /// The same without an end, never far ahead of what is read of it.
    pub(crate) fn paced(test: &str, folder: &Path) -> Self {
        let mut command = command(test, folder);
        command.stdin(Stdio::piped());
        let mut life = Self::begin(command);
        life.pace = life.child.stdin.take();
        (0..AHEAD).for_each(|_| life.grant());
        life
    }

    fn begin(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self {
            child,
            lines,
            pace: None,
        }
    }

    fn grant(&mut self) {
        if let Some(pace) = &mut self.pace {
            pace.write_all(&[1]).unwrap();
        }
    }

    /// Kills the process; what it had said can still be read.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.pace = None;
    }

    /// The next thing that somebody was told; none once the process is gone.
    pub(crate) fn next(&mut self) -> Option<Told> {
        loop {
            let line = self.lines.next()?.unwrap();
            // The harness leaves its own words at the begin of the first line.
            if let Some(mark) = line.find("@{") {
                self.grant();
                return Some(serde_json::from_str(&line[mark + MARK.len()..]).unwrap());
            }
        }
    }

    /// Everything that is said until the process is gone.
    pub(crate) fn rest(&mut self) -> Vec<Told> {
        std::iter::from_fn(|| self.next()).collect()
    }
}

fn command(test: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}
