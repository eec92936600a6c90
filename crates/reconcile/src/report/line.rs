//! The lines of the JSON report. Names of fields stay; a reader ignores those that it does not know.
//!
//! | `event` | fields |
//! |---|---|
//! | `began` | `format` (1), `entity`, `old`, `new`, `key` and `columns` (names), `left_out` (sentences), `shown` (`values`, `keys`, `fingerprints`) |
//! | `progress` | `old_rows`, `new_rows`, `rows_now`, `rows_estimated` (or null), `chunks_done`, `suspects`, `elapsed_ms` |
//! | `sorting` | `side`, `why`: its rows are sorted first; what was told of chunks before no longer counts |
//! | `chunk-done` | `from`, `until` (keys; null is an open end), `old_rows`, `new_rows`, `suspects` |
//! | `chunk-skipped` | `from`, `until`, `fault` |
//! | `paused` | `side`, `why`, `pause_ms` |
//! | `rereading` | `suspects`, `settle_ms` |
//! | `difference` | `difference` (`missing`, `extra`, `changed`, `duplicated`), `key`, `old` and `new` (rows), `changes`, `side`, `rows`; what does not apply is left away |
//! | `healed` | `key`, `had_lagged` |
//! | `moving` | `key`, `reads` |
//! | `totals` | `measure` (or null), `dimensions`, `groups`, `over` |
//! | `ended` | `outcome` (`clean`, `diverged`, `inconclusive`), `exit_code`, `coverage`, `counts`, `classes`, `doubts` |
//!
//! A key or row is an object of names and values. A value is null or a text: numbers with all their digits, moments as
//! `2026-03-29 12:00:00.5Z`, bytes as `\x00ff`. Where values are not shown, `old` and `new` are left away; where keys
//! are not shown, a key is `{"fingerprint": "..."}`.

use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

use crate::difference::{Class, Difference};
use crate::entity::Side;
use crate::report::{Shown, Subject, words};
use crate::row::Key;
use crate::totals::{Group, Over, Totals};
use crate::value::Value;
use crate::verdict::{Counts, Coverage, Doubt, Outcome};

/// Raised when a field changes its meaning.
pub(super) const FORMAT: u32 = 1;

/// One line.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub(super) enum Line<'a> {
    Began {
        format: u32,
        entity: &'a str,
        old: &'a str,
        new: &'a str,
        key: &'a [String],
        columns: &'a [String],
        left_out: &'a [String],
        shown: &'static str,
    },
    Progress {
        old_rows: u64,
        new_rows: u64,
        rows_now: u64,
        rows_estimated: Option<u64>,
        chunks_done: u64,
        suspects: u64,
        elapsed_ms: u64,
    },
    ChunkDone {
        from: Option<KeyShown<'a>>,
        until: Option<KeyShown<'a>>,
        old_rows: u64,
        new_rows: u64,
        suspects: usize,
    },
    ChunkSkipped {
        from: Option<KeyShown<'a>>,
        until: Option<KeyShown<'a>>,
        fault: &'a str,
    },
    Sorting {
        side: Side,
        why: &'a str,
    },
    Paused {
        side: Side,
        why: &'a str,
        pause_ms: u64,
    },
    Rereading {
        suspects: u64,
        settle_ms: u64,
    },
    Difference {
        difference: &'static str,
        key: KeyShown<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        old: Option<Cells<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        new: Option<Cells<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        changes: Option<Vec<ChangeShown<'a>>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        side: Option<Side>,
        #[serde(skip_serializing_if = "Option::is_none")]
        rows: Option<u64>,
    },
    Healed {
        key: KeyShown<'a>,
        had_lagged: bool,
    },
    Moving {
        key: KeyShown<'a>,
        reads: u32,
    },
    Totals {
        measure: Option<&'a str>,
        dimensions: Vec<&'a str>,
        groups: Vec<GroupShown<'a>>,
        over: &'a Over,
    },
    Ended {
        outcome: Outcome,
        exit_code: u8,
        coverage: &'a Coverage,
        counts: &'a Counts,
        classes: Vec<ClassShown<'a>>,
        doubts: &'a [Doubt],
    },
}

/// A key by the names of its columns.
pub(super) struct KeyShown<'a>(pub(super) &'a Subject, pub(super) &'a Key);

impl Serialize for KeyShown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(subject, key) = self;
        let mut map = serializer.serialize_map(None)?;
        match subject.shown {
            Shown::Values | Shown::Keys => {
                for (name, value) in subject.key.iter().zip(key.values()) {
                    map.serialize_entry(name, &plain(&value))?;
                }
            }
            Shown::Fingerprints => map.serialize_entry("fingerprint", &words::fingerprint(key))?,
        }
        map.end()
    }
}

/// The compared columns of a row by their names.
pub(super) struct Cells<'a>(pub(super) &'a [String], pub(super) &'a [Value]);

impl Serialize for Cells<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(names, cells) = self;
        serializer.collect_map(names.iter().zip(cells.iter().map(plain)))
    }
}

/// One column of a changed row.
#[derive(Serialize)]
pub(super) struct ChangeShown<'a> {
    column: &'a str,
    class: Class,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    values: Option<Pair>,
}

#[derive(Serialize)]
struct Pair {
    old: Option<String>,
    new: Option<String>,
}

/// How many changes of a column have a class.
#[derive(Serialize)]
pub(super) struct ClassShown<'a> {
    column: &'a str,
    class: Class,
    rows: u64,
}

/// One group of totals.
#[derive(Serialize)]
pub(super) struct GroupShown<'a> {
    group: Vec<Option<String>>,
    #[serde(flatten)]
    content: &'a Group,
}

/// A value for programs: all of it, `NULL` apart.
pub(super) fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(_)
        | Value::Int(_)
        | Value::Decimal(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::Bytes(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::Timestamp(_)
        | Value::Instant(_)
        | Value::Uuid(_)
        | Value::Json(_) => Some(value.to_string()),
    }
}

/// The line of a difference, as far as it may be shown.
pub(super) fn difference<'a>(subject: &'a Subject, difference: &'a Difference) -> Line<'a> {
    let may_show = subject.shown == Shown::Values;
    let cells = |cells: &'a [Value]| may_show.then_some(Cells(&subject.columns, cells));
    let (mut old, mut new, mut changes, mut side, mut rows) = (None, None, None, None, None);
    match difference {
        Difference::Missing { old: row } => old = cells(&row.cells),
        Difference::Extra { new: row } => new = cells(&row.cells),
        Difference::Changed { changes: all, .. } => {
            let shown = all.iter().map(|change| ChangeShown {
                column: words::column(subject, change.column),
                class: change.class,
                values: may_show.then(|| Pair {
                    old: plain(&change.old),
                    new: plain(&change.new),
                }),
            });
            changes = Some(shown.collect());
        }
        Difference::Duplicated { side: one, rows: n, .. } => (side, rows) = (Some(*one), Some(*n)),
    }
    Line::Difference {
        difference: words::kind(difference),
        key: KeyShown(subject, difference.key()),
        old,
        new,
        changes,
        side,
        rows,
    }
}

/// The classes of all changes.
pub(super) fn classes<'a>(subject: &'a Subject, counts: &Counts) -> Vec<ClassShown<'a>> {
    let shown = counts.classes.iter().map(|((place, class), rows)| ClassShown {
        column: words::column(subject, *place),
        class: *class,
        rows: *rows,
    });
    shown.collect()
}

/// The line of totals. What a dimension holds is a value like any other.
pub(super) fn totals<'a>(subject: &'a Subject, totals: &'a Totals) -> Line<'a> {
    let groups = totals.groups();
    Line::Totals {
        measure: totals.plan().measure.as_ref().map(|measure| measure.name.as_str()),
        dimensions: totals.plan().dimensions.iter().map(|one| one.name.as_str()).collect(),
        groups: groups
            .into_iter()
            .map(|(values, content)| GroupShown {
                group: match subject.shown {
                    Shown::Values | Shown::Keys => values.iter().map(plain).collect(),
                    Shown::Fingerprints => vec![Some(words::fingerprint(&Key::of(&values)))],
                },
                content,
            })
            .collect(),
        over: totals.over(),
    }
}
