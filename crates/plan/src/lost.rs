//! What was not read: files and documents that may declare what others name, so that nobody is told of names that are only
//! hidden. It judges nothing.

use std::collections::BTreeSet;

use crate::read::Kind;
use crate::read::envelope::kind_meant;

/// What was not read.
#[derive(Debug, Default)]
pub(crate) struct Lost {
    kinds: BTreeSet<Kind>,
    /// Whether something is lost of which not even the kind is known.
    is_blank: bool,
    names_estate: bool,
    texts: Vec<String>,
}

impl Lost {
    /// Notes a file without text: it may declare anything.
    pub(crate) fn note_blank(&mut self) {
        self.is_blank = true;
    }

    /// Notes text that could not be read as documents. Its lines `kind: ...` say what it may declare; without one it may be
    /// anything, and a kind that is nobody's declares nothing.
    pub(crate) fn note(&mut self, text: &str) {
        let kind = |line: &str| {
            let (_, rest) = line.split_once("kind:")?;
            let word = rest.trim_start().split(|c: char| !c.is_ascii_alphanumeric()).next()?;
            (!word.is_empty()).then(|| word.to_owned())
        };
        let words: Vec<String> = text.lines().filter_map(kind).collect();
        if words.is_empty() {
            self.is_blank = true;
        }
        for word in &words {
            self.names_estate |= word == "Estate";
            self.kinds.extend(kind_meant(word));
        }
        self.texts.push(text.to_owned());
    }

    /// Whether anything of these kinds may be missing.
    pub(crate) fn holds(&self, kinds: &[Kind]) -> bool {
        self.is_blank || kinds.iter().any(|kind| self.kinds.contains(&kind.document()))
    }

    /// Whether the estate itself may be named there.
    pub(crate) fn may_name_estate(&self) -> bool {
        self.is_blank || self.names_estate
    }

    /// Whether a thing of this kind and name may be declared there: a name in lower case stands for any case.
    pub(crate) fn may_declare(&self, kind: Kind, name: &str) -> bool {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let holds = |text: &String| {
            text.split(|c| !is_part(c))
                .any(|word| word.trim_end_matches('.').eq_ignore_ascii_case(name))
        };
        self.is_blank || (self.holds(&[kind]) && self.texts.iter().any(holds))
    }
}
