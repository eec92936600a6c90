//! The last good snapshot on disk: one file with version and checksum, replaced by renaming. What cannot be read is no snapshot.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tidegate_model::seam::ExposureSnapshot;

const FORMAT: &str = "tidegate-exposure 1";

/// Where the last good snapshot is kept.
#[derive(Debug, Clone)]
pub struct Keepsake {
    path: PathBuf,
}

/// Lower-case hexadecimal SHA-256.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// The hash that names a snapshot's content.
#[must_use]
pub fn snapshot_hash(snapshot: &ExposureSnapshot) -> String {
    digest(&serde_json::to_vec(snapshot).expect("a snapshot is plain data"))
}

impl Keepsake {
    /// In a state folder.
    #[must_use]
    pub fn within(state_dir: &Path) -> Self {
        Self {
            path: state_dir.join("exposure"),
        }
    }

    /// Replaces the file; after a crash either the old or the new one is there, whole.
    ///
    /// # Errors
    /// What the file system says.
    pub fn keep(&self, snapshot: &ExposureSnapshot) -> std::io::Result<()> {
        let body = serde_json::to_vec(snapshot)?;
        let fresh = self.path.with_extension("fresh");
        let mut file = File::create(&fresh)?;
        writeln!(file, "{FORMAT} {}", digest(&body))?;
        file.write_all(&body)?;
        file.sync_all()?;
        std::fs::rename(&fresh, &self.path)?;
        if let Some(folder) = self.path.parent() {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    /// The last good snapshot, when there is one that can be trusted.
    #[must_use]
    pub fn recall(&self) -> Option<ExposureSnapshot> {
        let text = match std::fs::read(&self.path) {
            Ok(text) => text,
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return None,
            Err(fault) => {
                tracing::error!(path = %self.path.display(), %fault, "cannot read the last good snapshot");
                return None;
            }
        };
        let found = read(&text);
        if found.is_none() {
            tracing::error!(path = %self.path.display(), "the last good snapshot is damaged, every unit stands old");
        }
        found
    }
}

fn read(text: &[u8]) -> Option<ExposureSnapshot> {
    let end = text.iter().position(|b| *b == b'\n')?;
    let head = std::str::from_utf8(&text[..end]).ok()?;
    let sum = head.strip_prefix(FORMAT)?.trim();
    let body = &text[end + 1..];
    (digest(body) == sum).then(|| serde_json::from_slice(body).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidegate_model::seam::ExposureVersion;

    #[test]
    fn a_damaged_snapshot_is_no_snapshot() {
        let dir = tempfile::tempdir().unwrap();
        let keepsake = Keepsake::within(dir.path());
        assert_eq!(keepsake.recall(), None);
        let snapshot = ExposureSnapshot {
            version: ExposureVersion { epoch: 2, seq: 9 },
            units: vec![],
        };
        keepsake.keep(&snapshot).unwrap();
        assert_eq!(keepsake.recall(), Some(snapshot));
        let path = dir.path().join("exposure");
        let mut text = std::fs::read(&path).unwrap();
        let last = text.len() - 4;
        text[last] ^= 1;
        std::fs::write(&path, &text).unwrap();
        assert_eq!(keepsake.recall(), None);
        std::fs::write(&path, b"").unwrap();
        assert_eq!(keepsake.recall(), None);
    }
}
