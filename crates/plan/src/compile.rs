//! The compiler: from a bundle to an estate, or to every reason why not.

use std::collections::BTreeMap;

use tidegate_model::{Estate, Parts};

use crate::bundle::Bundle;
use crate::check;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::read::envelope::read_document;
use crate::read::{Reading, people};
use crate::sink::{Finding, Place};
use crate::syntax::parse_file;

/// Values for `${NAME}` in plan files: what differs from machine to machine.
pub type Settings = BTreeMap<String, String>;

/// Whose text is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// What somebody writes now: every rule is an error.
    Author,
    /// What was adopted earlier, perhaps by an older release: rules are warnings, so that an upgrade never leaves a
    /// running cutover without its controller.
    Adopted,
}

/// What a compilation gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Compiled {
    /// The estate; present if and only if there is no error.
    pub estate: Option<Estate>,
    /// The estate's name, when something names it.
    pub name: Option<String>,
    /// Everything that was found, sorted by file and position.
    pub diagnostics: Vec<Diagnostic>,
}

/// Compiles a bundle.
#[must_use]
pub fn compile(bundle: &Bundle, settings: &Settings, mode: Mode) -> Compiled {
    let mut reading = read(bundle, settings);
    // What could not be read is not in the parts: such errors stay errors in every mode.
    let unreadable = reading.sink.len();
    check::all(&mut reading);
    match mode {
        Mode::Author => {}
        Mode::Adopted => reading.sink.soften_after(unreadable),
    }
    let mut estate = None;
    if !reading.sink.has_error() {
        let mut parts: Parts = std::mem::take(&mut reading.parts);
        parts.digest = bundle.digest();
        match Estate::assemble(parts) {
            Ok(assembled) => estate = Some(assembled),
            Err(faults) => {
                for fault in faults {
                    reading.sink.add(Finding::error(
                        Code::UnknownReference,
                        Place::default(),
                        fault.to_string(),
                    ));
                }
            }
        }
    }
    Compiled {
        estate,
        name: reading.estate.take().map(|(name, _)| name),
        diagnostics: reading.sink.finish(bundle),
    }
}

fn read(bundle: &Bundle, settings: &Settings) -> Reading {
    let mut reading = Reading::default();
    for (at, file) in bundle.files.iter().enumerate() {
        if is_yaml(&file.path) {
            for document in parse_file(at, &file.text, settings, &mut reading.sink) {
                read_document(&document, &mut reading);
            }
        }
    }
    people::settle(&mut reading);
    if reading.estate.is_none() {
        reading.sink.add(
            Finding::error(Code::NoEstate, Place::default(), "nothing names the estate")
                .expected("a document of kind `Estate` in `tidegate.yaml`", "none")
                .help("write `tidegate.yaml` with `apiVersion: tidegate/v1alpha1`, `kind: Estate`, `metadata: { name: shop }`"),
        );
    }
    reading
}

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}
