//! Log files that tell nothing usable. Those that have lines get one more at every look, so that they are never silent.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The files.
pub(super) struct Logs(Vec<(PathBuf, &'static str)>);

impl Logs {
    pub(super) fn write(folder: &Path) -> Self {
        let lines = [
            ("nan", "{\"time\":NOW,\"value\":\"NaN\"}\n"),
            ("infinite", "{\"time\":NOW,\"value\":1e999}\n"),
            ("null", "{\"time\":NOW,\"value\":null}\n"),
            ("stale", "{\"time\":1700000000,\"value\":5}\n"),
            ("shape", "{\"time\":NOW,\"value\":[5]}\n"),
        ];
        std::fs::write(folder.join("empty.jsonl"), "").unwrap();
        std::fs::write(folder.join("torn.jsonl"), "{\"time\":1700000000,\"val").unwrap();
        let logs = Self(
            lines
                .map(|(cell, line)| (folder.join(format!("{cell}.jsonl")), line))
                .to_vec(),
        );
        logs.go_on();
        logs
    }

    /// One more line in each.
    pub(super) fn go_on(&self) {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_secs();
        for (path, line) in &self.0 {
            let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
            file.write_all(line.replace("NOW", &now.to_string()).as_bytes())
                .unwrap();
        }
    }
}
