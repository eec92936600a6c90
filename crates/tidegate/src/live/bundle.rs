//! Reading an estate's folder from disk into a bundle for the compiler.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tidegate_plan::{Bundle, CODEOWNERS, SourceFile};

/// The file that names an estate's root.
pub(crate) const ROOT_FILE: &str = "tidegate.yaml";
/// More files than this are no estate.
const FILES_MAX: usize = 10_000;
/// More bytes than this in one file are no plan.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Reads every `.yaml` and `.yml` file below `root`, in name order, hidden folders left out; and the file that says who owns
/// code.
///
/// # Errors
/// A missing root file, an unreadable file, or a limit; the message says which.
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
    let mut paths = Vec::new();
    collect(root, &mut paths)?;
    paths.extend(
        CODEOWNERS
            .iter()
            .map(|path| root.join(path))
            .find(|path| path.is_file()),
    );
    paths.sort();
    let mut files = Vec::with_capacity(paths.len());
    for path in paths {
        let length = path
            .metadata()
            .with_context(|| format!("cannot read `{}`", path.display()))?
            .len();
        if length > FILE_BYTES_MAX {
            bail!(
                "`{}` has {length} bytes; a plan file has at most {FILE_BYTES_MAX}",
                path.display()
            );
        }
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let name = path
            .strip_prefix(root)
            .unwrap_or(&path)
            .to_string_lossy()
            .replace('\\', "/");
        files.push(SourceFile { path: name, text });
    }
    Ok(Bundle { files })
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) -> anyhow::Result<()> {
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
            collect(&path, into)?;
        } else if path.extension().is_some_and(|kind| kind == "yaml" || kind == "yml") {
            if into.len() >= FILES_MAX {
                bail!("more than {FILES_MAX} plan files below `{}`", folder.display());
            }
            into.push(path);
        }
    }
    Ok(())
}
