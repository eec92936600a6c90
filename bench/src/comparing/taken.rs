//! What a way of receiving or comparing rows took, over all rounds of a measurement, and the line that says it.

use super::once::Once;

/// What a way of doing it took, a value a round.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) seconds: Vec<f64>,
    pub(super) client_s: Vec<f64>,
    pub(super) servers_s: Vec<f64>,
    /// The most of all rounds; none where it is not known.
    pub(super) memory_kib: Option<u64>,
    pub(super) rows: u64,
    pub(super) bytes: u64,
}

impl Taken {
    pub(super) fn add(&mut self, once: &Once, servers_s: f64) {
        self.seconds.push(once.seconds);
        self.client_s.push(once.cpu_s);
        self.servers_s.push(servers_s);
        self.memory_kib = self.memory_kib.max(Some(once.memory_kib));
        self.rows = self.rows.max(once.rows);
        self.bytes = self.bytes.max(once.bytes);
    }

    /// CPU time of the client, a row and side.
    pub(super) fn us_per_row(&self) -> f64 {
        1e6 * median(&self.client_s) / self.rows as f64
    }

    pub(super) fn memory_mib(&self) -> Option<f64> {
        self.memory_kib.map(|kib| kib as f64 / 1024.0)
    }

    pub(super) fn line(&self, name: &str) -> String {
        let memory = match self.memory_mib() {
            Some(mib) => format!("   {mib:>5.1} MiB at most"),
            None => String::new(),
        };
        format!(
            "    {name:<22} {:>7.2} s   client {:>6.2} s of CPU   databases {:>6.2} s of CPU{memory}",
            median(&self.seconds),
            median(&self.client_s),
            median(&self.servers_s),
        )
    }
}

/// The middle one of them; there is one at least.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
