//! Estates as people write them, compiled.

use std::path::Path;

use tidegate_model::Estate;
use tidegate_plan::{Bundle, Mode, Settings, SourceFile, compile, render_human};

/// A small shop: two domains of two teams, one stage. Nobody owns what its unit `blog` shows.
pub(crate) const SHOP: &str = include_str!("shop.yaml");

/// Compiles one file; rules are warnings, as for everybody who only looks.
#[track_caller]
pub(crate) fn estate(text: &str) -> Estate {
    compiled(Bundle {
        files: vec![SourceFile {
            path: "tidegate.yaml".into(),
            text: text.into(),
        }],
        ..Bundle::default()
    })
}

/// Compiles a folder of `examples/`.
pub(crate) fn example(name: &str) -> Estate {
    compiled(Bundle {
        files: files(name),
        ..Bundle::default()
    })
}

/// The same as one text, to be changed.
pub(crate) fn example_text(name: &str) -> String {
    let texts: Vec<String> = files(name).into_iter().map(|file| file.text).collect();
    texts.join("\n---\n")
}

fn files(name: &str) -> Vec<SourceFile> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name);
    let mut files: Vec<SourceFile> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "yaml"))
        .map(|path| SourceFile {
            path: path.file_name().unwrap().to_string_lossy().into_owned(),
            text: std::fs::read_to_string(&path).unwrap(),
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

#[track_caller]
fn compiled(bundle: Bundle) -> Estate {
    let compiled = compile(&bundle, &Settings::new(), Mode::Adopted);
    let told = render_human(&compiled.diagnostics, &bundle, false);
    compiled.estate.unwrap_or_else(|| panic!("no estate:\n{told}"))
}
