//! From text to trees: one tree per document, all positions kept, every limit enforced.

use granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, Span};

use super::{DEPTH_MAX, DOCUMENTS_MAX, FILE_BYTES_MAX, KEYS_MAX, Key, Node, Shape};
use crate::code::Code;
use crate::compile::Settings;
use crate::sink::{Finding, Place, Sink};

/// What a file holds.
pub(crate) struct Parsed {
    /// Its documents, as far as they could be read.
    pub(crate) documents: Vec<Node>,
    /// Whether these are all.
    pub(crate) is_whole: bool,
}

/// Parses one file into its documents. After a torn document the later ones are still read.
pub(crate) fn parse_file(file: usize, text: &str, settings: &Settings, sink: &mut Sink) -> Parsed {
    let whole = Place {
        file,
        start: 0,
        end: text.find('\n').unwrap_or(text.len()),
    };
    if text.len() > FILE_BYTES_MAX {
        sink.add(
            Finding::error(Code::Limit, whole, "the file is too large")
                .expected(
                    format!("at most {FILE_BYTES_MAX} bytes"),
                    format!("{} bytes", text.len()),
                )
                .help("split the file; an estate may have any number of files"),
        );
        return Parsed {
            documents: Vec::new(),
            is_whole: false,
        };
    }
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.emit_unresolved_aliases = true;
    options.block_nesting_limit = DEPTH_MAX;
    options.flow_nesting_limit = DEPTH_MAX;
    let mut tree = Tree {
        file,
        text,
        settings,
        sink,
        documents: Vec::new(),
        open: Vec::new(),
    };
    let mut is_whole = true;
    let mut parser = Parser::new_from_str_with_options(text, options);
    while let Some(event) = parser.next_event() {
        match event {
            Ok((event, span)) => {
                if tree.take(event, span).is_err() {
                    is_whole = false;
                    break;
                }
            }
            Err(error) => {
                is_whole = false;
                let is_limit = matches!(error.kind(), ErrorKind::RecursionLimitExceeded);
                tree.torn(&error.info(), error.marker().byte_offset().unwrap_or(0), is_limit);
                // The first fault of a document hides what follows in it, not the documents after it.
                match parser.proceed_next_document() {
                    Ok(true) => {}
                    Ok(false) | Err(_) => break,
                }
            }
        }
    }
    Parsed {
        documents: tree.documents,
        is_whole,
    }
}

/// The most characters of a torn line that a message quotes.
const FOUND_CHARS_MAX: usize = 40;

/// Stops reading a file whose limit is exceeded.
struct Stop;

/// A list or mapping that is not closed yet.
struct Open {
    start: usize,
    shape: OpenShape,
}

enum OpenShape {
    List(Vec<Node>),
    Map(Vec<(Key, Node)>, Option<Key>),
}

struct Tree<'a> {
    file: usize,
    text: &'a str,
    settings: &'a Settings,
    sink: &'a mut Sink,
    documents: Vec<Node>,
    open: Vec<Open>,
}

impl Tree<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        let place = self.place(&span);
        match event {
            Event::Scalar(text, style, _, _) => self.scalar(&text, style, place)?,
            Event::SequenceStart(..) => self.open.push(Open {
                start: place.start,
                shape: OpenShape::List(Vec::new()),
            }),
            Event::MappingStart(..) => self.open.push(Open {
                start: place.start,
                shape: OpenShape::Map(Vec::new(), None),
            }),
            Event::SequenceEnd | Event::MappingEnd => self.close(place)?,
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                let written = self.text.get(place.start..place.end).unwrap_or_default().trim();
                self.sink.add(
                    Finding::error(Code::Alias, place, "aliases are not part of plan files")
                        .expected("the value itself", format!("alias `{written}`"))
                        .help("write the value out; a plan is read by people who look at one place"),
                );
                self.put(Node {
                    place,
                    shape: Shape::Unreadable,
                })?;
            }
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(..)
            | Event::DocumentEnd
            | Event::Anchor(..)
            | Event::Comment(..)
            | _ => {}
        }
        Ok(())
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, place: Place) -> Result<(), Stop> {
        let quoted = style != ScalarStyle::Plain;
        self.tell_unseen(text, place);
        let is_key = matches!(
            self.open.last(),
            Some(Open {
                shape: OpenShape::Map(_, None),
                ..
            })
        );
        let shape = if !quoted && !is_key && matches!(text, "" | "~" | "null") {
            Shape::Nothing
        } else {
            let text = if is_key || !text.contains("${") {
                Some(text.to_owned())
            } else {
                super::substitute::substitute(text, place, self.settings, self.sink)
            };
            text.map_or(Shape::Unreadable, |text| Shape::Scalar { text, quoted })
        };
        self.put(Node { place, shape })
    }

    /// A terminal obeys some characters, and turns the text behind others around.
    fn tell_unseen(&mut self, text: &str, place: Place) {
        let Some(unseen) = text.chars().find(|c| is_unseen(*c)) else {
            return;
        };
        self.sink.add(
            Finding::error(Code::Unseen, place, "a text has a character that nobody sees")
                .expected(
                    "text that reads as it is written",
                    format!("`{}`", unseen.escape_unicode()),
                )
                .help("remove it: whoever reads this in a terminal or on a page would read something else"),
        );
    }

    fn close(&mut self, end: Place) -> Result<(), Stop> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let place = Place {
            file: self.file,
            start: open.start,
            end: end.end.max(open.start),
        };
        let shape = match open.shape {
            OpenShape::List(items) => Shape::List(items),
            OpenShape::Map(entries, _) => Shape::Map(entries),
        };
        self.put(Node { place, shape })
    }

    fn put(&mut self, node: Node) -> Result<(), Stop> {
        match self.open.last_mut().map(|open| &mut open.shape) {
            None => {
                if self.documents.len() >= DOCUMENTS_MAX {
                    self.sink.add(
                        Finding::error(Code::Limit, node.place, "the file has too many documents")
                            .expected(
                                format!("at most {DOCUMENTS_MAX}"),
                                format!("document {}", DOCUMENTS_MAX + 1),
                            )
                            .help("split the file; an estate may have any number of files"),
                    );
                    return Err(Stop);
                }
                self.documents.push(node);
            }
            Some(OpenShape::List(items)) => items.push(node),
            Some(OpenShape::Map(entries, key)) => match key.take() {
                Some(name) => entry(entries, name, node, self.sink)?,
                None => *key = Some(key_of(node, self.sink)),
            },
        }
        Ok(())
    }

    fn torn(&mut self, message: &str, at: usize, is_limit: bool) {
        self.open.clear();
        let at = at.min(self.text.len());
        let place = Place {
            file: self.file,
            start: at,
            end: (at + 1).min(self.text.len()),
        };
        self.sink.add(if is_limit {
            Finding::error(Code::Limit, place, "the text is nested too deeply")
                .expected(
                    format!("at most {DEPTH_MAX} levels"),
                    format!("level {}", DEPTH_MAX + 1),
                )
                .help("flatten the document")
        } else {
            Finding::error(Code::Syntax, place, format!("not YAML: {message}"))
                .expected("well-formed YAML", self.standing_at(at))
                .help("look at indentation, tabs, quotes and brackets before this point")
        });
    }

    /// What stands at a byte, in words.
    fn standing_at(&self, at: usize) -> String {
        let rest = self.text.get(at..).unwrap_or_default();
        let line = rest.lines().next().unwrap_or_default().trim_end();
        let quoted = format!("`{}`", line.chars().take(FOUND_CHARS_MAX).collect::<String>());
        match rest.chars().next() {
            Some(_) if self.text.get(..at).is_some_and(|before| before.ends_with('\t')) => {
                format!("a tab before {quoted}")
            }
            None => "the end of the file".to_owned(),
            Some('\t') => "a tab".to_owned(),
            Some(_) if line.is_empty() => "the end of the line".to_owned(),
            Some(_) => quoted,
        }
    }

    fn place(&self, span: &Span) -> Place {
        let range = span.byte_range().unwrap_or(0..0);
        Place {
            file: self.file,
            start: range.start.min(self.text.len()),
            end: range.end.min(self.text.len()),
        }
    }
}

/// Characters that change how what stands around them is shown: controls, and those that turn the direction of writing.
///
/// # Source
/// Unicode Standard Annex #9, explicit formatting characters; Boucher and Anderson, "Trojan Source", 2021.
pub(crate) fn is_unseen(c: char) -> bool {
    let is_break = matches!(c, '\n' | '\t' | '\r');
    let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
    turns || (c.is_control() && !is_break)
}

/// Adds an entry to a mapping, unless its key is taken.
fn entry(entries: &mut Vec<(Key, Node)>, key: Key, node: Node, sink: &mut Sink) -> Result<(), Stop> {
    if let Some((earlier, _)) = entries.iter().find(|(earlier, _)| earlier.text == key.text) {
        sink.add(
            Finding::error(
                Code::DuplicateKey,
                key.place,
                format!("key `{}` is written twice", key.text),
            )
            .expected(
                format!("`{}` once", key.text),
                format!("a second `{}` with {}", key.text, node.words()),
            )
            .help("keep one of them")
            .related(earlier.place, "first written here"),
        );
        return Ok(());
    }
    if entries.len() >= KEYS_MAX {
        sink.add(
            Finding::error(Code::Limit, key.place, "the mapping has too many keys")
                .expected(
                    format!("at most {KEYS_MAX}"),
                    format!("`{}` as key {}", key.text, KEYS_MAX + 1),
                )
                .help("split it over several documents"),
        );
        return Err(Stop);
    }
    entries.push((key, node));
    Ok(())
}

/// A node as a key; what is no text becomes the empty key, which no field has.
fn key_of(node: Node, sink: &mut Sink) -> Key {
    let place = node.place;
    let words = node.words();
    let text = match node.shape {
        Shape::Scalar { text, .. } => text,
        Shape::Unreadable => String::new(),
        Shape::Nothing | Shape::List(_) | Shape::Map(_) => {
            sink.add(
                Finding::error(Code::WrongValue, place, "a key is not a text")
                    .expected("a field name", words)
                    .help("quote values that begin with `{` or `[`"),
            );
            String::new()
        }
    };
    Key { text, place }
}
