//! The spool: closed strata on disk until the controller has journalled them. Append-only lines, each with its checksum.
//!
//! A line is synced before its stratum is offered. A stratum whose parts were still to come when the gateway died is offered
//! as voided after the restart, so that it is known to be missing, never taken for zero. Acknowledgements need no sync: a
//! repeat is dropped by its name. Here is the file; who may wait for it is settled in [`crate::spooling`].

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tidegate_model::seam::{Stratum, StratumId};

use crate::keepsake::digest;

/// Dead lines after which the file is written anew.
pub const DEAD_LINES_MAX: usize = 4_096;
/// Characters of a line's checksum.
const SUM_CHARS: usize = 16;

/// A line of the spool.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Line {
    /// A stratum that will follow; as it is to be reported when it does not.
    Owed(Stratum),
    /// A stratum to offer.
    Finished(Stratum),
    /// The controller has it.
    Taken(StratumId),
}

/// The spool's file.
#[derive(Debug)]
pub struct Spool {
    path: PathBuf,
    file: File,
    owed: BTreeMap<StratumId, Stratum>,
    dead: usize,
    /// The last write may have ended in the middle of a line.
    is_torn: bool,
}

impl Spool {
    /// Opens the spool of a state folder. Gives what is to be offered too, oldest first; what an earlier incarnation owed
    /// becomes a voided stratum. A torn tail is cut.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(state_dir: &Path) -> std::io::Result<(Self, Vec<Stratum>)> {
        let folder = state_dir.join("spool");
        std::fs::create_dir_all(&folder)?;
        let path = folder.join("strata");
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(fault) => return Err(fault),
        };
        let (mut waiting, mut owed) = (Vec::new(), BTreeMap::new());
        for line in text.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
            match parse(line) {
                Some(Line::Owed(stratum)) => {
                    owed.insert(stratum.id.clone(), stratum);
                }
                Some(Line::Finished(stratum)) => {
                    owed.remove(&stratum.id);
                    waiting.push(stratum);
                }
                Some(Line::Taken(id)) => {
                    owed.remove(&id);
                    waiting.retain(|s| s.id != id);
                }
                None => tracing::warn!("a torn line of the spool was cut"),
            }
        }
        waiting.extend(owed.into_values());
        let mut spool = Self {
            file: OpenOptions::new().create(true).append(true).open(&path)?,
            path,
            owed: BTreeMap::new(),
            dead: 0,
            is_torn: false,
        };
        spool.rewrite(&waiting)?;
        Ok((spool, waiting))
    }

    /// Appends lines, and syncs once when one of them matters after a crash.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&mut self, lines: &[Line]) -> std::io::Result<()> {
        let mut text = Vec::new();
        if self.is_torn {
            text.push(b'\n');
        }
        let mut matters = false;
        for line in lines {
            text.extend(render(line));
            match line {
                Line::Owed(stratum) => {
                    self.owed.insert(stratum.id.clone(), stratum.clone());
                    matters = true;
                }
                Line::Finished(stratum) => {
                    self.dead += usize::from(self.owed.remove(&stratum.id).is_some());
                    matters = true;
                }
                Line::Taken(id) => {
                    self.dead += 2 + usize::from(self.owed.remove(id).is_some());
                }
            }
        }
        self.is_torn = true;
        self.file.write_all(&text)?;
        self.is_torn = false;
        if matters { self.file.sync_data() } else { Ok(()) }
    }

    /// Whether so many lines are dead that the file is to be written anew.
    #[must_use]
    pub fn is_worn(&self) -> bool {
        self.dead > DEAD_LINES_MAX
    }

    /// Writes the file anew with what is owed and what is to be offered.
    ///
    /// # Errors
    /// What the file system says.
    pub fn rewrite<'s>(&mut self, waiting: impl IntoIterator<Item = &'s Stratum>) -> std::io::Result<()> {
        let fresh = self.path.with_extension("fresh");
        let mut file = File::create(&fresh)?;
        for stratum in self.owed.values() {
            file.write_all(&render(&Line::Owed(stratum.clone())))?;
        }
        for stratum in waiting {
            file.write_all(&render(&Line::Finished(stratum.clone())))?;
        }
        file.sync_all()?;
        std::fs::rename(&fresh, &self.path)?;
        self.file = OpenOptions::new().append(true).open(&self.path)?;
        self.dead = 0;
        self.is_torn = false;
        Ok(())
    }

    /// Writes to another file from now on.
    #[cfg(test)]
    pub(crate) fn write_to(&mut self, file: File) {
        self.file = file;
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
    use crate::sample::stratum;
    use tidegate_model::seam::StratumPart::{self, Cohort, Prompt};

    fn reopened(dir: &Path) -> Vec<(u64, StratumPart, bool)> {
        let (_, waiting) = Spool::open(dir).unwrap();
        waiting.iter().map(|s| (s.id.index, s.id.part, s.voided)).collect()
    }

    #[test]
    fn strata_survive_a_restart_until_they_are_taken_and_owed_ones_come_back_voided() {
        let dir = tempfile::tempdir().unwrap();
        let (mut spool, _) = Spool::open(dir.path()).unwrap();
        let owed = |part| Line::Owed(stratum(0, part, true));
        spool.write(&[owed(Prompt), owed(Cohort)]).unwrap();
        spool.write(&[Line::Finished(stratum(0, Prompt, false))]).unwrap();
        assert_eq!(reopened(dir.path()), [(0, Prompt, false), (0, Cohort, true)]);
        let (mut spool, _) = Spool::open(dir.path()).unwrap();
        spool.write(&[Line::Taken(stratum(0, Prompt, false).id)]).unwrap();
        assert_eq!(reopened(dir.path()), [(0, Cohort, true)]);
    }

    #[test]
    fn what_was_taken_is_owed_no_more_although_it_never_reached_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        let (mut spool, _) = Spool::open(dir.path()).unwrap();
        spool.write(&[Line::Owed(stratum(0, Prompt, true))]).unwrap();
        spool.write(&[Line::Taken(stratum(0, Prompt, true).id)]).unwrap();
        assert_eq!(reopened(dir.path()), []);
    }

    #[test]
    fn a_torn_tail_costs_only_its_own_line() {
        let dir = tempfile::tempdir().unwrap();
        let (mut spool, _) = Spool::open(dir.path()).unwrap();
        let finished = |index| Line::Finished(stratum(index, Prompt, false));
        spool.write(&[finished(0), finished(1)]).unwrap();
        let path = dir.path().join("spool/strata");
        let text = std::fs::read(&path).unwrap();
        std::fs::write(&path, &text[..text.len() - 9]).unwrap();
        assert_eq!(reopened(dir.path()), [(0, Prompt, false)]);
    }
}
