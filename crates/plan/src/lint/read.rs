//! Documents of Kubernetes as trees with places: those of a kind, their fields by type, and a diagnostic for what is neither.

use crate::bundle::{Bundle, SourceFile};
use crate::code::Code;
use crate::compile::Settings;
use crate::diagnostic::{Diagnostic, Span};
use crate::sink::{Finding, Place, Sink};
use crate::syntax::{FILE_BYTES_MAX, Node, Shape, parse_file};

/// Most metrics of one file.
pub(super) const METRICS_MAX: usize = 1_000;

/// Most characters between `${` and `}`.
const NAME_CHARS_MAX: usize = 200;

/// What is read so far: the file's text for places, and what is wrong with it.
pub(super) struct Reading<'a> {
    bundle: Bundle,
    line_starts: Vec<usize>,
    text: &'a str,
    sink: Sink,
}

impl<'a> Reading<'a> {
    pub(super) fn new(path: &str, text: &'a str) -> Self {
        Self {
            bundle: Bundle {
                files: vec![SourceFile {
                    path: path.to_owned(),
                    text: text.to_owned(),
                }],
                ..Bundle::default()
            },
            line_starts: std::iter::once(0)
                .chain(text.match_indices('\n').map(|(at, _)| at + 1))
                .collect(),
            text,
            sink: Sink::default(),
        }
    }

    /// The documents of the file; what is torn is complained about.
    pub(super) fn trees(&mut self) -> Vec<Node> {
        // `${NAME}` means nothing in these files: each stands for itself.
        let mut settings = Settings::new();
        if self.text.len() <= FILE_BYTES_MAX {
            for (at, mark) in self.text.match_indices("${") {
                let rest = &self.text[at + mark.len()..];
                let end = rest.char_indices().take(NAME_CHARS_MAX).find(|(_, c)| *c == '}');
                if let Some(inner) = end.and_then(|(end, _)| rest.get(..end)) {
                    let name = inner.split_once(":-").map_or(inner, |(name, _)| name);
                    settings
                        .entry(name.to_owned())
                        .or_insert_with(|| format!("${{{inner}}}"));
                }
            }
        }
        let documents = parse_file(0, self.text, &settings, &mut self.sink).documents;
        documents.into_iter().flat_map(listed).collect()
    }

    /// Says what is wrong.
    pub(super) fn wrong(
        &mut self,
        code: Code,
        place: Place,
        message: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.sink.add(
            Finding::error(code, place, message)
                .expected(expected, found)
                .help(help),
        );
    }

    /// Whether the file cannot be judged.
    pub(super) fn has_error(&self) -> bool {
        self.sink.has_error()
    }

    /// What is wrong, in order.
    pub(super) fn diagnostics(self) -> Vec<Diagnostic> {
        let mut diagnostics = self.sink.finish(&self.bundle);
        for diagnostic in diagnostics.iter_mut().filter(|one| one.code == Code::Alias) {
            "aliases are not read".clone_into(&mut diagnostic.message);
            "write the value out in its place".clone_into(&mut diagnostic.help);
        }
        diagnostics
    }

    /// A place with line and column.
    pub(super) fn span(&self, place: Place) -> Span {
        let floor = |mut at: usize| {
            at = at.min(self.text.len());
            while !self.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (start, end) = (floor(place.start), floor(place.end));
        let line = self.line_starts.partition_point(|begin| *begin <= start);
        let begin = line
            .checked_sub(1)
            .and_then(|index| self.line_starts.get(index))
            .copied()
            .unwrap_or(0);
        Span {
            start,
            end: end.max(start),
            line,
            column: self.text[begin..start].chars().count() + 1,
        }
    }

    /// A text field; nothing when it is not there, a complaint when it is no text.
    pub(super) fn text<'n>(&mut self, of: &'n Node, field: &str) -> Option<&'n Node> {
        let node = of.get(field)?;
        match &node.shape {
            Shape::Nothing => None,
            Shape::Scalar { text, quoted } if *quoted || !is_other(text) => Some(node),
            Shape::Scalar { .. } | Shape::List(_) | Shape::Map(_) | Shape::Unreadable => {
                self.wrong(
                    Code::WrongValue,
                    node.place,
                    format!("`{field}` is no text"),
                    "a text",
                    node.words(),
                    "put it in quotes",
                );
                None
            }
        }
    }

    /// A number; nothing when it is not there.
    pub(super) fn number(&mut self, of: &Node, field: &str) -> Option<f64> {
        let node = of.get(field).filter(|node| !matches!(node.shape, Shape::Nothing))?;
        let number = match &node.shape {
            Shape::Scalar { text, quoted: false } => text.parse::<f64>().ok().filter(|number| number.is_finite()),
            Shape::Scalar { .. } | Shape::Nothing | Shape::List(_) | Shape::Map(_) | Shape::Unreadable => None,
        };
        if number.is_none() {
            self.wrong(
                Code::WrongValue,
                node.place,
                format!("`{field}` is no number"),
                "a number",
                node.words(),
                "write a number, without quotes",
            );
        }
        number
    }

    /// The items of a list field; none when it is not there.
    pub(super) fn items<'n>(&mut self, of: &'n Node, field: &str) -> &'n [Node] {
        let Some(node) = of.get(field) else {
            return &[];
        };
        match &node.shape {
            Shape::List(items) => items,
            Shape::Nothing => &[],
            Shape::Scalar { .. } | Shape::Map(_) | Shape::Unreadable => {
                self.wrong(
                    Code::WrongValue,
                    node.place,
                    format!("`{field}` is no list"),
                    "a list",
                    node.words(),
                    "begin each entry with `- `",
                );
                &[]
            }
        }
    }

    /// Says that a field is missing.
    pub(super) fn missing(&mut self, of: &Node, what: &str, field: &str) {
        let found = match &of.shape {
            Shape::Map(entries) if !entries.is_empty() => {
                let names: Vec<String> = entries.iter().map(|(key, _)| format!("`{}`", key.text)).collect();
                format!("only {}", names.join(", "))
            }
            Shape::Map(_) | Shape::Nothing | Shape::Scalar { .. } | Shape::List(_) | Shape::Unreadable => of.words(),
        };
        let place = first_key(of);
        self.wrong(
            Code::MissingField,
            place,
            format!("{what} has no `{field}`"),
            format!("`{field}` with a value"),
            found,
            format!("add `{field}: ...`"),
        );
    }
}

/// The first key of a mapping, so that not all of it is underlined.
pub(super) fn first_key(of: &Node) -> Place {
    match &of.shape {
        Shape::Map(entries) => entries.first().map_or(of.place, |(key, _)| key.place),
        Shape::Nothing | Shape::Scalar { .. } | Shape::List(_) | Shape::Unreadable => of.place,
    }
}

/// The place of a field's name.
pub(super) fn key_place(of: &Node, field: &str) -> Option<Place> {
    match &of.shape {
        Shape::Map(entries) => entries
            .iter()
            .find(|(key, _)| key.text == field)
            .map(|(key, _)| key.place),
        Shape::Nothing | Shape::Scalar { .. } | Shape::List(_) | Shape::Unreadable => None,
    }
}

/// The field behind several names.
pub(super) fn below<'n>(of: &'n Node, path: &[&str]) -> Option<&'n Node> {
    path.iter().try_fold(of, |node, name| node.get(name))
}

/// Whether a plain scalar is read as something else than text by those who read these files.
fn is_other(text: &str) -> bool {
    matches!(text, "true" | "false" | "True" | "False" | "TRUE" | "FALSE") || text.parse::<f64>().is_ok()
}

/// The documents in a list of documents, or the document itself.
fn listed(node: Node) -> Vec<Node> {
    if node.get("kind").and_then(Node::text) != Some("List") {
        return vec![node];
    }
    let Shape::Map(entries) = node.shape else {
        return Vec::new();
    };
    let items = entries.into_iter().find(|(key, _)| key.text == "items");
    match items.map(|(_, items)| items.shape) {
        Some(Shape::List(items)) => items,
        Some(Shape::Nothing | Shape::Scalar { .. } | Shape::Map(_) | Shape::Unreadable) | None => Vec::new(),
    }
}
