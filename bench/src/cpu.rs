//! CPU time of processes, from the kernel's own account.

use anyhow::Context;
use rustix::time::{ClockId, clock_gettime};

/// Ticks per second of the kernel's account, fixed at 100 for every program on Linux.
const TICKS: f64 = 100.0;

/// CPU seconds, user and system, of a process and of all its threads.
pub(crate) fn seconds(pid: u32) -> anyhow::Result<f64> {
    let stat =
        std::fs::read_to_string(format!("/proc/{pid}/stat")).with_context(|| format!("process {pid} is gone"))?;
    // The name in parentheses may hold anything; what is wanted stands behind it.
    let (_, rest) = stat.rsplit_once(") ").context("an unknown form of /proc")?;
    let field = |n: usize| -> anyhow::Result<f64> { Ok(rest.split(' ').nth(n).context("too short")?.parse()?) };
    Ok((field(11)? + field(12)?) / TICKS)
}

/// CPU seconds of those children of a process that have ended.
pub(crate) fn seconds_of_ended(pid: u32) -> anyhow::Result<f64> {
    let stat =
        std::fs::read_to_string(format!("/proc/{pid}/stat")).with_context(|| format!("process {pid} is gone"))?;
    let (_, rest) = stat.rsplit_once(") ").context("an unknown form of /proc")?;
    let fields = rest.split(' ').skip(13).take(2);
    let ticks: Vec<f64> = fields.map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<f64>() / TICKS)
}

/// CPU seconds of this process so far.
pub(crate) fn seconds_of_process() -> f64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}

/// CPU seconds of the calling thread.
pub(crate) fn seconds_of_thread() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}

/// CPU seconds of several processes.
pub(crate) fn seconds_of(pids: &[u32]) -> anyhow::Result<f64> {
    pids.iter().map(|pid| seconds(*pid)).sum()
}

/// The processes that a process has started, at any depth, without itself.
pub(crate) fn descendants(pid: u32) -> anyhow::Result<Vec<u32>> {
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        next += 1;
        for task in std::fs::read_dir(format!("/proc/{parent}/task")).context("a process is gone")? {
            let children = std::fs::read_to_string(task?.path().join("children")).unwrap_or_default();
            found.extend(
                children
                    .split_whitespace()
                    .filter_map(|child| child.parse::<u32>().ok()),
            );
        }
    }
    found.remove(0);
    Ok(found)
}
