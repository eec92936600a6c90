//! The fields of a mapping: what its form does not have is told at once and by name, the rest is asked for one by one.

use tidegate_model::{NameError, check_name};

use super::{Reading, list, nearest};
use crate::code::Code;
use crate::form::Form;
use crate::sink::{Finding, Place};
use crate::syntax::{Node, Shape};

/// The longest name, in bytes.
const NAME_BYTES_MAX: usize = 63;

/// A mapping that is being read.
pub(crate) struct Fields<'n> {
    node: &'n Node,
    what: String,
    form: &'static Form,
    asked: Vec<&'static str>,
    /// Fields that are written under another key, with what stands there.
    mistyped: Vec<(&'static str, &'n Node)>,
    has_unknown: bool,
}

impl<'n> Fields<'n> {
    /// Opens a mapping; anything else is an error and `None`. `what` names it in messages.
    ///
    /// A field that the form does not have is told here, whatever becomes of the rest. One that is nearly a field of the
    /// form is read as that field, so that nothing is told that follows from the wrong key alone.
    pub(crate) fn open(
        node: &'n Node,
        what: impl Into<String>,
        form: &'static Form,
        reading: &mut Reading,
    ) -> Option<Self> {
        let what = what.into();
        match node.shape {
            Shape::Map(_) => {
                let mut fields = Self {
                    node,
                    what,
                    form,
                    asked: Vec::new(),
                    mistyped: Vec::new(),
                    has_unknown: false,
                };
                fields.tell_unknown(reading);
                Some(fields)
            }
            Shape::Nothing | Shape::Scalar { .. } | Shape::List(_) | Shape::Unreadable => {
                wrong(node, &what, "a mapping of fields", reading);
                None
            }
        }
    }

    /// What is read, in words.
    pub(crate) fn what(&self) -> &str {
        &self.what
    }

    /// Whether a field is written that the form does not have.
    pub(crate) fn has_unknown(&self) -> bool {
        self.has_unknown
    }

    /// A field that may be missing; written without a value it is missing too.
    pub(crate) fn get(&mut self, name: &'static str) -> Option<&'n Node> {
        debug_assert!(
            self.form.has(name),
            "`{name}` is asked for and not in the form of {}",
            self.what
        );
        if !self.asked.contains(&name) {
            self.asked.push(name);
        }
        let mistyped = || self.mistyped.iter().find(|(meant, _)| *meant == name);
        self.node
            .get(name)
            .or_else(|| mistyped().map(|(_, node)| *node))
            .filter(|node| !matches!(node.shape, Shape::Nothing))
    }

    /// A field that must be there.
    pub(crate) fn need(&mut self, name: &'static str, reading: &mut Reading) -> Option<&'n Node> {
        let found = self.get(name);
        if found.is_none() {
            let place = self.head();
            reading.sink.add(
                Finding::error(Code::MissingField, place, format!("{} has no `{name}`", self.what))
                    .expected(format!("`{name}` with a value"), self.instead_of(name))
                    .help(format!("add `{name}: ...`")),
            );
        }
        found
    }

    /// What stands where a field should: the field without a use, or else the fields that are written.
    pub(crate) fn instead_of(&self, name: &str) -> String {
        match (self.node.get(name), &self.node.shape) {
            (Some(node), _) => format!("`{name}` with {}", node.words()),
            (None, Shape::Map(entries)) if !entries.is_empty() => {
                format!("only {}", list(entries.iter().map(|(key, _)| key.text.as_str())))
            }
            (None, _) => self.node.words(),
        }
    }

    /// Where a missing field is complained about: the mapping's first key, which underlines less than the whole.
    pub(crate) fn head(&self) -> Place {
        match &self.node.shape {
            Shape::Map(entries) => entries.first().map_or(self.node.place, |(key, _)| key.place),
            Shape::Nothing | Shape::Scalar { .. } | Shape::List(_) | Shape::Unreadable => self.node.place,
        }
    }

    fn tell_unknown(&mut self, reading: &mut Reading) {
        let Shape::Map(entries) = &self.node.shape else { return };
        for (key, value) in entries {
            if key.text.is_empty() || self.form.has(&key.text) {
                continue;
            }
            self.has_unknown = true;
            let is_free =
                |name: &&str| self.node.get(name).is_none() && self.mistyped.iter().all(|(meant, _)| meant != name);
            let meant = nearest(&key.text, self.form.names().filter(is_free));
            self.tell(&key.text, key.place, meant, self.form.names(), reading);
            if let (Some(meant), false) = (meant, self.form.is_foreign) {
                self.mistyped.push((meant, value));
            }
        }
    }

    /// Complains about fields of the form that do not belong to what is written beside them.
    pub(crate) fn close(self, reading: &mut Reading) {
        let Shape::Map(entries) = &self.node.shape else { return };
        for (key, _) in entries {
            if self.form.has(&key.text) && !self.asked.contains(&key.text.as_str()) {
                let asked = || self.asked.iter().copied();
                self.tell(&key.text, key.place, nearest(&key.text, asked()), asked(), reading);
            }
        }
    }

    fn tell<'a>(
        &self,
        key: &str,
        place: Place,
        near: Option<&str>,
        known: impl Iterator<Item = &'a str>,
        reading: &mut Reading,
    ) {
        let message = format!("{} has no field `{key}`", self.what);
        let (claim, otherwise) = if self.form.is_foreign {
            (
                Finding::warning(Code::ForeignField, place, message),
                "keep it for the tools that read it, or remove it: nothing here does",
            )
        } else {
            (
                Finding::error(Code::UnknownField, place, message),
                "remove it, or write one of the fields that are read here",
            )
        };
        let help = near.map_or_else(|| otherwise.to_owned(), |near| format!("did you mean `{near}`?"));
        let known = list(known);
        let expected = if known.is_empty() {
            "no field at all".to_owned()
        } else {
            format!("one of {known}")
        };
        reading
            .sink
            .add(claim.expected(expected, format!("`{key}`")).help(help));
    }
}

/// Complains that a node is not what was expected.
pub(crate) fn wrong(node: &Node, what: &str, expected: &str, reading: &mut Reading) {
    if matches!(node.shape, Shape::Unreadable) {
        return;
    }
    reading.sink.add(
        Finding::error(Code::WrongValue, node.place, format!("{what} is not {expected}"))
            .expected(expected, node.words())
            .help(repair(expected, node.text().unwrap_or_default())),
    );
}

/// What to write instead: the nearest of the words or examples that the expectation quotes, or else any of them.
fn repair(expected: &str, found: &str) -> String {
    let quoted: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    // A number that is out of range is no slip of the pen: another number is not meant.
    let is_number = found.starts_with(|c: char| c.is_ascii_digit());
    let near = nearest(found, quoted.iter().copied()).filter(|_| !is_number);
    match (near, quoted.as_slice()) {
        (Some(near), _) if near != found => format!("did you mean `{near}`?"),
        (_, []) => format!("write {expected} here"),
        (_, [only]) => format!("write it like `{only}`"),
        (_, several) => format!("write it like one of {}", list(several.iter().copied())),
    }
}

/// Complains that a text breaks the name rule.
pub(crate) fn bad_name(place: Place, what: &str, found: &str, reading: &mut Reading) {
    let quoted = match found.len() {
        0 => "nothing".to_owned(),
        length if length > NAME_BYTES_MAX => format!("{length} characters"),
        _ => format!("`{found}`"),
    };
    let help = match cleaned(found) {
        Some(name) => format!("write for example `{name}`"),
        None => "write a name such as `checkout-rollback`".to_owned(),
    };
    reading.sink.add(
        Finding::error(Code::BadName, place, format!("{what} breaks the name rule"))
            .expected(NAME, quoted)
            .help(help),
    );
}

const NAME: &str = "1 to 63 letters, digits, `-`, `_` and `.`, the first and the last of them a letter or digit";

/// The name that is left when what a name cannot hold becomes a hyphen.
fn cleaned(text: &str) -> Option<String> {
    let is_kept = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let replaced: String = text
        .chars()
        .map(|c| if is_kept(c) { c } else { '-' })
        .take(NAME_BYTES_MAX)
        .collect();
    let name = replaced.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    check_name(name).ok().map(|()| name.to_owned())
}

/// The items of a list; a single value stands for a list of one.
pub(crate) fn items(node: &Node) -> &[Node] {
    match &node.shape {
        Shape::List(items) => items,
        Shape::Nothing => &[],
        Shape::Scalar { .. } | Shape::Map(_) | Shape::Unreadable => std::slice::from_ref(node),
    }
}

/// A text.
pub(crate) fn text(node: &Node, what: &str, reading: &mut Reading) -> Option<String> {
    match node.text() {
        Some(text) if !text.trim().is_empty() => Some(text.to_owned()),
        Some(_) | None => {
            wrong(node, what, "a text", reading);
            None
        }
    }
}

/// Texts of a list; each wrong one is an error.
pub(crate) fn texts(node: Option<&Node>, what: &str, reading: &mut Reading) -> Vec<String> {
    node.map(items)
        .unwrap_or_default()
        .iter()
        .filter_map(|item| text(item, what, reading))
        .collect()
}

/// A value read by `parse`, whose error says what was expected.
pub(crate) fn value<T>(
    node: &Node,
    what: &str,
    expected: &str,
    parse: impl Fn(&str) -> Option<T>,
    reading: &mut Reading,
) -> Option<T> {
    let found = node.text().and_then(parse);
    if found.is_none() {
        wrong(node, what, expected, reading);
    }
    found
}

/// A name by the shared name rule.
pub(crate) fn name<T>(
    node: &Node,
    what: &str,
    parse: impl Fn(&str) -> Result<T, NameError>,
    reading: &mut Reading,
) -> Option<T> {
    let Some(text) = node.text() else {
        wrong(node, what, "a name", reading);
        return None;
    };
    match parse(text) {
        Ok(name) => Some(name),
        Err(NameError::Empty | NameError::TooLong(_) | NameError::Character(_)) => {
            bad_name(node.place, what, text, reading);
            None
        }
    }
}
