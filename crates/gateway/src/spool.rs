//! The spool: closed strata on disk until the controller has journalled them. Append-only lines, each with its checksum.
//!
//! A line is synced before its stratum is offered. A stratum whose parts were still to come when the gateway died is offered
//! as voided after the restart, so that it is known to be missing, never taken for zero. Acknowledgements need no sync: a
//! repeat is dropped by its name.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tidegate_model::seam::{Stratum, StratumId};

use crate::keepsake::digest;

/// Most strata kept; beyond it the oldest is dropped and said so. Without a lease nothing is measured, so this is hours away.
pub const STRATA_MAX: usize = 100_000;
/// Dead lines after which the file is written anew.
pub const DEAD_LINES_MAX: usize = 4_096;
/// Characters of a line's checksum.
const SUM_CHARS: usize = 16;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Owed(Stratum),
    Finished(Stratum),
    Taken(StratumId),
}

/// The spool.
#[derive(Debug)]
pub struct Spool {
    path: PathBuf,
    file: File,
    waiting: VecDeque<Stratum>,
    owed: BTreeMap<StratumId, Stratum>,
    dead: usize,
}

impl Spool {
    /// Opens the spool of a state folder; what an earlier incarnation owed becomes a voided stratum. A torn tail is cut.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(state_dir: &Path) -> std::io::Result<Self> {
        let folder = state_dir.join("spool");
        std::fs::create_dir_all(&folder)?;
        let path = folder.join("strata");
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(fault) => return Err(fault),
        };
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        let mut spool = Self {
            path,
            file,
            waiting: VecDeque::new(),
            owed: BTreeMap::new(),
            dead: 0,
        };
        for line in text.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
            match parse(line) {
                Some(line) => spool.apply(line),
                None => tracing::warn!("a torn line of the spool was cut"),
            }
        }
        let voided = std::mem::take(&mut spool.owed);
        spool.waiting.extend(voided.into_values());
        spool.rewrite()?;
        Ok(spool)
    }

    /// Appends what left the ledger, and syncs once.
    ///
    /// # Errors
    /// What the file system says; the strata are then offered from memory only.
    pub fn append(&mut self, owed: Vec<Stratum>, finished: Vec<Stratum>) -> std::io::Result<()> {
        let lines: Vec<Line> = owed
            .into_iter()
            .map(Line::Owed)
            .chain(finished.into_iter().map(Line::Finished))
            .collect();
        if lines.is_empty() {
            return Ok(());
        }
        let text: Vec<u8> = lines.iter().flat_map(render).collect();
        for line in lines {
            self.apply(line);
        }
        self.file.write_all(&text)?;
        self.file.sync_data()
    }

    /// The controller has journalled this one.
    ///
    /// # Errors
    /// What the file system says.
    pub fn taken(&mut self, id: &StratumId) -> std::io::Result<()> {
        let line = Line::Taken(id.clone());
        let text = render(&line);
        self.apply(line);
        self.file.write_all(&text)?;
        if self.dead > DEAD_LINES_MAX {
            self.rewrite()
        } else {
            Ok(())
        }
    }

    /// Strata to offer, oldest first.
    pub fn waiting(&self) -> impl Iterator<Item = &Stratum> {
        self.waiting.iter()
    }

    fn apply(&mut self, line: Line) {
        match line {
            Line::Owed(stratum) => {
                self.owed.insert(stratum.id.clone(), stratum);
            }
            Line::Finished(stratum) => {
                self.dead += usize::from(self.owed.remove(&stratum.id).is_some());
                self.waiting.push_back(stratum);
                if self.waiting.len() > STRATA_MAX {
                    tracing::error!(limit = STRATA_MAX, "the spool is full, the oldest stratum is dropped");
                    self.waiting.pop_front();
                }
            }
            Line::Taken(id) => {
                let before = self.waiting.len();
                self.waiting.retain(|s| s.id != id);
                self.dead += before - self.waiting.len() + 1;
            }
        }
    }

    fn rewrite(&mut self) -> std::io::Result<()> {
        let fresh = self.path.with_extension("fresh");
        let mut file = File::create(&fresh)?;
        for stratum in self.owed.values() {
            file.write_all(&render(&Line::Owed(stratum.clone())))?;
        }
        for stratum in &self.waiting {
            file.write_all(&render(&Line::Finished(stratum.clone())))?;
        }
        file.sync_all()?;
        std::fs::rename(&fresh, &self.path)?;
        self.file = OpenOptions::new().append(true).open(&self.path)?;
        self.dead = 0;
        Ok(())
    }
}

fn render(line: &Line) -> Vec<u8> {
    let body = serde_json::to_string(line).expect("a stratum is plain data");
    format!("{} {body}\n", &digest(body.as_bytes())[..SUM_CHARS]).into_bytes()
}

fn parse(line: &[u8]) -> Option<Line> {
    let text = std::str::from_utf8(line).ok()?;
    let (sum, body) = text.split_once(' ')?;
    (digest(body.as_bytes())[..SUM_CHARS] == *sum).then(|| serde_json::from_str(body).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidegate_model::seam::{ExposureVersion, StratumPart};
    use tidegate_model::{GatewayId, Millis, Timestamp};

    fn stratum(index: u64, part: StratumPart, voided: bool) -> Stratum {
        Stratum {
            id: StratumId {
                gateway: GatewayId::parse("gw").unwrap(),
                incarnation: 7,
                index,
                part,
            },
            began: Timestamp(1),
            lasted: Millis(1_000),
            version: ExposureVersion::default(),
            untracked: 0,
            fallbacks: 0,
            voided,
            counts: vec![],
        }
    }

    fn names(spool: &Spool) -> Vec<(u64, StratumPart, bool)> {
        spool.waiting().map(|s| (s.id.index, s.id.part, s.voided)).collect()
    }

    #[test]
    fn strata_survive_a_restart_until_they_are_taken_and_owed_ones_come_back_voided() {
        let dir = tempfile::tempdir().unwrap();
        let (prompt, cohort) = (StratumPart::Prompt, StratumPart::Cohort);
        let mut spool = Spool::open(dir.path()).unwrap();
        spool
            .append(vec![stratum(0, prompt, true), stratum(0, cohort, true)], vec![])
            .unwrap();
        spool.append(vec![], vec![stratum(0, prompt, false)]).unwrap();
        assert_eq!(names(&spool), [(0, prompt, false)]);
        let mut spool = Spool::open(dir.path()).unwrap();
        assert_eq!(names(&spool), [(0, prompt, false), (0, cohort, true)]);
        spool.taken(&stratum(0, prompt, false).id).unwrap();
        let spool = Spool::open(dir.path()).unwrap();
        assert_eq!(names(&spool), [(0, cohort, true)]);
    }

    #[test]
    fn a_torn_tail_costs_only_its_own_line() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = Spool::open(dir.path()).unwrap();
        spool
            .append(
                vec![],
                vec![
                    stratum(0, StratumPart::Prompt, false),
                    stratum(1, StratumPart::Prompt, false),
                ],
            )
            .unwrap();
        let path = dir.path().join("spool/strata");
        let text = std::fs::read(&path).unwrap();
        std::fs::write(&path, &text[..text.len() - 9]).unwrap();
        assert_eq!(
            names(&Spool::open(dir.path()).unwrap()),
            [(0, StratumPart::Prompt, false)]
        );
    }
}
