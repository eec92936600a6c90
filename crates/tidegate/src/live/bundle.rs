//! Reading an estate's folder from disk into a bundle for the compiler. What gives no text is told by the compiler, with all
//! else that is wrong.

use std::fs::Metadata;
use std::os::unix::fs::FileTypeExt;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, bail};
use tidegate_plan::{Bundle, CODEOWNERS, Diagnostic, SourceFile, Unread, Why, is_yaml};

pub(crate) use tidegate_plan::ROOT_FILE;

/// More files than this are no estate.
const FILES_MAX: usize = 10_000;
/// More bytes than this in one file are no plan.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Reads every `.yaml` and `.yml` file below `root`, in name order, hidden folders left out; and the file that says who owns
/// code. Links are followed, but for those that lead back to where they lie.
///
/// # Errors
/// A missing root file, a folder that cannot be listed, or too many files; the message says which.
pub(crate) fn read(root: &Path) -> anyhow::Result<Bundle> {
    if !root.is_dir() {
        bail!(
            "`{}` is not a folder; an estate is a folder with `{ROOT_FILE}` at its root",
            root.display()
        );
    }
    if !root.join(ROOT_FILE).is_file() {
        bail!(
            "`{}` has no `{ROOT_FILE}`; `tidegate init {}` makes an estate",
            root.display(),
            root.display()
        );
    }
    let mut found = Found {
        root,
        paths: Vec::new(),
        unread: Vec::new(),
    };
    let whole = root
        .canonicalize()
        .with_context(|| format!("cannot read `{}`", root.display()))?;
    found.collect(root, &mut vec![whole])?;
    found.paths.extend(
        CODEOWNERS
            .iter()
            .map(|path| root.join(path))
            .find(|path| path.is_file()),
    );
    found.paths.sort();
    let mut files = Vec::with_capacity(found.paths.len());
    for path in std::mem::take(&mut found.paths) {
        match text_of(&path) {
            Ok(text) => files.push(SourceFile {
                path: found.name(&path),
                text,
            }),
            Err(why) => found.lose(&path, why),
        }
    }
    found.unread.sort();
    Ok(Bundle {
        files,
        unread: found.unread,
    })
}

/// Diagnostics and bundle with paths as whoever runs the program sees them: from the working directory, where that leads to
/// the estate without going up.
pub(crate) fn placed(root: &Path, diagnostics: &[Diagnostic], bundle: &Bundle) -> (Vec<Diagnostic>, Bundle) {
    let here = std::env::current_dir().ok();
    let below = here.as_ref().and_then(|here| root.strip_prefix(here).ok());
    let root = below.unwrap_or(root);
    let root: PathBuf = root.components().filter(|part| *part != Component::CurDir).collect();
    let from_here = |path: &str| root.join(path).to_string_lossy().replace('\\', "/");
    let mut diagnostics = diagnostics.to_vec();
    for one in &mut diagnostics {
        one.file = from_here(&one.file);
        for related in &mut one.related {
            related.file = from_here(&related.file);
        }
    }
    let mut bundle = bundle.clone();
    for file in &mut bundle.files {
        file.path = from_here(&file.path);
    }
    (diagnostics, bundle)
}

/// What lies below the root.
struct Found<'a> {
    root: &'a Path,
    paths: Vec<PathBuf>,
    unread: Vec<Unread>,
}

impl Found<'_> {
    /// Adds a folder's files; `above` are the folders that it lies in, itself last, without links.
    fn collect(&mut self, folder: &Path, above: &mut Vec<PathBuf>) -> anyhow::Result<()> {
        let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read `{}`", folder.display()))?;
        for entry in entries {
            let path = entry
                .with_context(|| format!("cannot read `{}`", folder.display()))?
                .path();
            let hidden = path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if hidden {
                continue;
            }
            if path.is_dir() {
                let whole = path
                    .canonicalize()
                    .with_context(|| format!("cannot read `{}`", path.display()))?;
                if above.contains(&whole) {
                    let folder = match above.first() == Some(&whole) {
                        true => "the estate's own folder".to_owned(),
                        false => format!(
                            "the folder `{}`",
                            whole.file_name().unwrap_or_default().to_string_lossy()
                        ),
                    };
                    self.lose(&path, Why::Loop(folder));
                    continue;
                }
                above.push(whole);
                self.collect(&path, above)?;
                above.pop();
            } else if is_yaml(&path.to_string_lossy()) {
                if self.paths.len() >= FILES_MAX {
                    bail!("more than {FILES_MAX} plan files below `{}`", folder.display());
                }
                self.paths.push(path);
            }
        }
        Ok(())
    }

    fn lose(&mut self, path: &Path, why: Why) {
        let path = self.name(path);
        self.unread.push(Unread { path, why });
    }

    /// The path below the root.
    fn name(&self, path: &Path) -> String {
        path.strip_prefix(self.root)
            .unwrap_or(path)
            .to_string_lossy()
            .replace('\\', "/")
    }
}

/// A file's text. A pipe or a device is never opened: it may have no end, or no beginning.
fn text_of(path: &Path) -> Result<String, Why> {
    let fault = |error: std::io::Error| Why::Fault(error.to_string());
    let about = path.metadata().map_err(fault)?;
    if !about.is_file() {
        return Err(Why::NoFile(kind_of(&about).to_owned()));
    }
    if about.len() > FILE_BYTES_MAX {
        return Err(Why::TooLarge {
            bytes: about.len(),
            most: FILE_BYTES_MAX,
        });
    }
    let bytes = std::fs::read(path).map_err(fault)?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Why::NoText(match error.as_bytes() {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "UTF-16".to_owned(),
            bytes => {
                let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
                format!("the byte 0x{:02x} in line {line}", bytes[at])
            }
        })
    })
}

/// What is no regular file, in words.
fn kind_of(about: &Metadata) -> &'static str {
    let kind = about.file_type();
    if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}
