//! What people see of the compiler: diagnostics per family, clean examples, and text that is nothing at all.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::disallowed_methods, reason = "a test reads the examples and pages it checks")]

mod arbitrary;
mod bundle;
mod clean;
mod crawls;
mod edges;
mod entities;
mod entry;
mod flips;
mod gaps;
mod hidden;
mod lint;
mod pages;
mod power;
mod promises;
mod sarif;
mod schema;
mod shop;
mod shown;
mod signals;
mod sources;
mod unknown;

use tidegate_plan::{Bundle, Compiled, Mode, Settings, SourceFile, compile};

fn compiled(bundle: &Bundle) -> Compiled {
    compile(bundle, &Settings::new(), Mode::Author)
}

/// The scaffold with a text replaced in one of its files.
fn edited(path: &str, from: &str, to: &str) -> Bundle {
    let mut bundle = tidegate_plan::scaffold("shop");
    let file: &mut SourceFile = bundle.files.iter_mut().find(|file| file.path == path).unwrap();
    assert!(file.text.contains(from), "`{from}` is not in {path}");
    file.text = file.text.replacen(from, to, 1);
    bundle
}
