//! The compiler: from a bundle to an estate, or to every reason why not.

use std::collections::BTreeMap;

use tidegate_model::{Estate, Parts};

use crate::bundle::Bundle;
use crate::check;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::read::criterion::reconcile;
use crate::read::envelope::read_document;
use crate::read::{Reading, codeowners, list, people};
use crate::shares::Shares;
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

/// The file that names an estate, at the root of its folder.
pub const ROOT_FILE: &str = "tidegate.yaml";
/// How the names of plan files end.
const ENDINGS: [&str; 2] = ["yaml", "yml"];

/// What a compilation gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Compiled {
    /// The estate; present if and only if there is no error.
    pub estate: Option<Estate>,
    /// The estate's name, when something names it.
    pub name: Option<String>,
    /// Declared shares of traffic by segment, for forecasts.
    pub shares: Shares,
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
        parts.declared = std::mem::take(&mut reading.whereabouts).lines(bundle);
        match Estate::assemble(parts) {
            Ok(assembled) => estate = Some(assembled),
            Err(faults) => {
                for fault in faults {
                    reading.sink.add(
                        Finding::error(
                            Code::UnknownReference,
                            Place::default(),
                            "the documents do not make an estate",
                        )
                        .expected("names that are declared once and lead somewhere", fault.to_string())
                        .help("repair what is named here in the file that declares it"),
                    );
                }
            }
        }
    }
    Compiled {
        estate,
        name: reading.estate.take().map(|(name, _)| name),
        shares: std::mem::take(&mut reading.shares),
        diagnostics: reading.sink.finish(bundle),
    }
}

fn read(bundle: &Bundle, settings: &Settings) -> Reading {
    let mut reading = Reading::default();
    reading.root = bundle.files.iter().position(|file| file.path == ROOT_FILE);
    for fault in bundle.faults() {
        reading.sink.add(fault);
        reading.lost.note_blank();
    }
    for (at, file) in bundle.files.iter().enumerate() {
        if is_yaml(&file.path) {
            let parsed = parse_file(at, &file.text, settings, &mut reading.sink);
            if !parsed.is_whole {
                reading.lost.note(&file.text);
            }
            for document in parsed.documents {
                reading.whereabouts.note(&document);
                if !read_document(&document, &mut reading) {
                    let text = file.text.get(document.place.start..document.place.end);
                    reading.lost.note(text.unwrap_or_default());
                }
            }
        }
    }
    codeowners::read(bundle, &mut reading);
    people::settle(&mut reading);
    reconcile::settle(&mut reading);
    if reading.estate.is_none() && !reading.lost.may_name_estate() {
        let first_line = Place {
            end: bundle
                .files
                .first()
                .and_then(|file| file.text.lines().next())
                .map_or(0, str::len),
            ..Place::default()
        };
        let found = match bundle.files.len() {
            0 => "no file".to_owned(),
            _ => format!("none in {}", list(bundle.files.iter().map(|file| file.path.as_str()))),
        };
        reading.sink.add(
            Finding::error(Code::NoEstate, first_line, "nothing names the estate")
                .expected("a document of kind `Estate` in `tidegate.yaml`", found)
                .help("write `tidegate.yaml` with `apiVersion: tidegate/v1alpha1`, `kind: Estate`, `metadata: { name: shop }`"),
        );
    }
    reading
}

/// Whether a file of this name holds plan files, by its ending in any case.
#[must_use]
pub fn is_yaml(path: &str) -> bool {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known))
}
