//! A comparing process: this program a second time, which reads the rows. It takes orders and gives answers, a line of JSON each; it
//! ends when this process does, and is ended when it does not answer in time.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::reconciling::{Answer, Job, LINE_BYTES_MAX, Order};

/// Answers that wait to be taken; the process stops writing then.
const ANSWERS_WAITING_MAX: usize = 64;
/// What a comparison may take beyond its budget's time before its process is ended: statements end.
const GRACE: Duration = Duration::from_secs(60);
/// The longest from an order to the beginning of its comparison: what is compared then is given up, and changes are read once.
pub(super) const BEGIN_MAX: Duration = Duration::from_secs(120);

/// The longest that starting a process may take, and giving it an order.
const ORDER_MAX: Duration = Duration::from_secs(10);
/// The longest reason that is repeated, in characters.
const REASON_MAX: usize = 500;
/// What of this process's environment the other one has: where it finds and puts files, and whom it trusts. No secret of this
/// process is its business.
const ENVIRONMENT: [&str; 7] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "LANG",
    "RUST_BACKTRACE",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// A process that runs.
pub(crate) struct Comparing {
    child: Child,
    orders: ChildStdin,
    answers: mpsc::Receiver<anyhow::Result<Answer>>,
    reading: JoinHandle<()>,
    ordered: u64,
    within: Duration,
}

impl Comparing {
    /// Starts a process for a job.
    ///
    /// # Errors
    /// When it cannot be started, or does not take its job, in 10 s.
    pub(crate) async fn start(program: &Path, job: Job) -> anyhow::Result<Self> {
        let within = job.budget.time_max.unwrap_or_default() + GRACE;
        let program = program.to_owned();
        // The system may take its time to read a program.
        let starting = tokio::task::spawn_blocking(move || command(program).spawn());
        let started = tokio::time::timeout(ORDER_MAX, starting).await;
        let mut child = started
            .with_context(|| format!("the comparing process did not start within {} s", ORDER_MAX.as_secs()))?
            .context("the comparing process cannot be started")?
            .context("the comparing process cannot be started")?;
        let orders = child.stdin.take().expect("it is a pipe");
        let mut lines = BufReader::new(child.stdout.take().expect("it is a pipe"));
        let (sender, answers) = mpsc::channel(ANSWERS_WAITING_MAX);
        let reading = tokio::spawn(async move {
            loop {
                let answer = next(&mut lines).await;
                let is_last = !matches!(answer, Ok(Some(_)));
                if let Some(answer) = answer.transpose()
                    && sender.send(answer).await.is_err()
                {
                    return;
                }
                if is_last {
                    return;
                }
            }
        });
        let mut comparing = Self {
            child,
            orders,
            answers,
            reading,
            ordered: 0,
            within,
        };
        comparing.tell(&Order::Job(Box::new(job))).await?;
        Ok(comparing)
    }

    /// Its process id, while it runs.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Asks for a comparison of all rows; its number.
    ///
    /// # Errors
    /// When the process takes nothing any more, or not within 10 s.
    pub(crate) async fn order(&mut self) -> anyhow::Result<u64> {
        self.ordered += 1;
        let order = self.ordered;
        self.tell(&Order::Compare { order }).await?;
        Ok(order)
    }

    /// Has it leave the databases alone from the next chunk on.
    ///
    /// # Errors
    /// As [`Self::order`].
    pub(crate) async fn slow_down(&mut self, why: &str) -> anyhow::Result<()> {
        self.tell(&Order::Slow { why: why.to_owned() }).await
    }

    /// Lets it go on.
    ///
    /// # Errors
    /// As [`Self::order`].
    pub(crate) async fn go_on(&mut self) -> anyhow::Result<()> {
        self.tell(&Order::Go).await
    }

    /// The memory that it holds, in bytes; nothing once it has ended.
    pub(crate) fn memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()?)).ok()?;
        resident(&status)
    }

    /// The next answer.
    ///
    /// # Errors
    /// When the process has ended, or says what is no answer.
    pub(crate) async fn answer(&mut self) -> anyhow::Result<Answer> {
        match self.answers.recv().await {
            Some(answer) => answer,
            None => {
                let ended = self.child.wait().await.context("the comparing process is gone")?;
                bail!("the comparing process ended by itself ({ended})")
            }
        }
    }

    /// How long a comparison may take from its beginning before the process is ended.
    pub(crate) fn within(&self) -> Duration {
        self.within
    }

    async fn tell(&mut self, order: &Order) -> anyhow::Result<()> {
        let mut line = serde_json::to_vec(order).expect("an order is plain data");
        line.push(b'\n');
        if line.len() > LINE_BYTES_MAX {
            bail!(
                "the entity is too long to be told: {} bytes, at most {LINE_BYTES_MAX}",
                line.len()
            );
        }
        let told = async {
            self.orders.write_all(&line).await?;
            self.orders.flush().await
        };
        tokio::time::timeout(ORDER_MAX, told)
            .await
            .with_context(|| format!("the comparing process took no order within {} s", ORDER_MAX.as_secs()))?
            .context("the comparing process takes no orders")
    }
}

/// What a process holds in memory, of what the kernel says of it.
///
/// # Source
/// proc(5), `VmRSS`, in units of 1,024 bytes.
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1_024)
}

fn command(program: PathBuf) -> Command {
    let known = |name: &'static str| std::env::var_os(name).map(|value| (name, value));
    let mut command = Command::new(program);
    command
        .args(["reconcile", "--child"])
        .env_clear()
        .envs(ENVIRONMENT.into_iter().filter_map(known))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Interrupts of a terminal are for this process, which ends that one.
        .process_group(0)
        .kill_on_drop(true);
    command
}

impl Drop for Comparing {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

async fn next(lines: &mut BufReader<tokio::process::ChildStdout>) -> anyhow::Result<Option<Answer>> {
    let mut line = Vec::new();
    let bound = u64::try_from(LINE_BYTES_MAX).expect("a line is not that long");
    lines
        .take(bound)
        .read_until(b'\n', &mut line)
        .await
        .context("the comparing process cannot be heard")?;
    if line.is_empty() {
        return Ok(None);
    }
    let answer = serde_json::from_slice(&line).context("the comparing process says what is no answer")?;
    Ok(Some(match answer {
        Answer::Failed { order, reason } => Answer::Failed {
            order,
            reason: reason.chars().take(REASON_MAX).collect(),
        },
        Answer::Began { .. } | Answer::Progress { .. } | Answer::Ended { .. } | Answer::Noticed { .. } => answer,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_a_process_is_what_the_kernel_says() {
        let status = "Name:\tserve\nVmPeak:\t  999999 kB\nVmRSS:\t    2048 kB\nThreads:\t1\n";
        assert_eq!(resident(status), Some(2 * 1_024 * 1_024));
        assert_eq!(resident("Name:\tgone\n"), None);
        let ours = std::fs::read_to_string("/proc/self/status").expect("there is a kernel");
        assert!(resident(&ours).is_some_and(|bytes| bytes > 100_000), "{ours}");
    }
}
