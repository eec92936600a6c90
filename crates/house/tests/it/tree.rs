//! The project's files as a clone has them: no build output, no hidden folders.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::source::Source;

/// Folders that are not part of the project's text.
const PASSED_OVER: &[&str] = &["target", "node_modules"];

/// A text file of the project.
#[derive(Debug)]
pub(crate) struct File {
    /// From the project's root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Every text file, and every Rust file taken apart.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
    pub(crate) sources: Vec<Source>,
}

/// The project, read once for all tests.
pub(crate) fn tree() -> &'static Tree {
    static TREE: OnceLock<Tree> = OnceLock::new();
    TREE.get_or_init(|| {
        let mut files = Vec::new();
        walk(&root(), &mut files);
        files.sort_by(|one, other| one.path.cmp(&other.path));
        assert!(files.len() > 100, "the project is not here: {}", root().display());
        let rust: Vec<&File> = files.iter().filter(|file| file.path.ends_with(".rs")).collect();
        let sources = Source::all(&rust);
        Tree { files, sources }
    })
}

/// The folder that holds the workspace: of the manifest that the tests run for, else of the one they were built from.
pub(crate) fn root() -> PathBuf {
    let house = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    Path::new(&house).ancestors().nth(2).unwrap().to_owned()
}

impl Tree {
    pub(crate) fn ending(&self, end: &str) -> impl Iterator<Item = &File> {
        self.files.iter().filter(move |file| file.path.ends_with(end))
    }

    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }
}

fn walk(folder: &Path, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !name.starts_with('.') && !PASSED_OVER.contains(&name.as_str()) {
                walk(&path, files);
            }
            continue;
        }
        // Somebody may just have removed it; pictures and the like are no text.
        if let Ok(text) = fs::read_to_string(&path) {
            let inside = path.strip_prefix(root()).unwrap();
            files.push(File {
                path: inside.to_string_lossy().replace('\\', "/"),
                text,
            });
        }
    }
}
