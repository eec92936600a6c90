//! A comparison that is ready to run: both sides were asked what they hold, every column has its kind, and what will be
//! done can be explained.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use jiff::tz::TimeZone;
use sha2::{Digest as _, Sha256};

use crate::agreed::{NoKind, agreed, finds_its_row, keeps_order};
use crate::chunk::{Pair, Reading, SideFault};
use crate::encode::CANON_VERSION;
use crate::entity::{Budget, Cmp, Column, Entity, Side};
use crate::event::KeyRange;
use crate::fault::SourceFault;
use crate::pace::Pace;
use crate::row::Key;
use crate::run::detour_rows;
use crate::source::{Arrival, Asked, Asking, Field, KeyOrder, Question, Schema, Source};
use crate::throttle::Throttle;
use crate::totals::TotalsPlan;
use crate::value::Kind;

/// Statements get so much more time than a chunk may hold its snapshot, so that we end first.
const STATEMENT_GRACE: Duration = Duration::from_secs(30);

/// So many rows may be looked at to find one by its key: a planner takes no index for fewer.
const SEARCHED_ROWS_MAX: u64 = 10_000;

/// Why a comparison cannot begin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanFault {
    /// A side did not answer what was asked of it.
    #[error(transparent)]
    Side(#[from] SideFault),
    /// Rows cannot be matched without a key.
    #[error("there is no key; name its columns")]
    NoKey,
    /// A name that is in no time-zone database.
    #[error("there is no time zone `{zone}`")]
    NoZone {
        /// The name.
        zone: String,
    },
    /// A time with a zone meets one without.
    #[error("column `{column}` has a time zone on one side only; declare the zone of the other")]
    ZoneNeeded {
        /// The column.
        column: String,
    },
    /// No value of one side could be one of the other.
    #[error("column `{column}` is {old} on the old side and {new} on the new side, which cannot be compared")]
    Strangers {
        /// The column.
        column: String,
        /// The old side's own word.
        old: String,
        /// The new side's own word.
        new: String,
    },
}

/// One side, asked and understood.
pub(crate) struct Bound {
    pub(crate) source: Arc<dyn Source>,
    pub(crate) question: Question,
    pub(crate) schema: Schema,
    /// Why its rows are sorted here; `None` where they come in key order.
    pub(crate) sorted_because: Option<String>,
}

/// A comparison that is ready to run.
pub struct Comparison {
    pub(crate) entity: Entity,
    pub(crate) budget: Budget,
    pub(crate) old: Bound,
    pub(crate) new: Bound,
    kinds: Vec<Kind>,
    notes: Vec<String>,
    totals: Vec<TotalsPlan>,
    pub(crate) throttle: Throttle,
}

impl Comparison {
    /// Asks both sides what they hold and agrees on what is compared as what.
    ///
    /// # Errors
    /// Any [`PlanFault`].
    pub async fn prepare(
        entity: Entity,
        old: Arc<dyn Source>,
        new: Arc<dyn Source>,
        budget: Budget,
    ) -> Result<Self, PlanFault> {
        if entity.key.is_empty() {
            return Err(PlanFault::NoKey);
        }
        let zone = match &entity.zone {
            Some(name) => Some(TimeZone::get(name).map_err(|_| PlanFault::NoZone { zone: name.clone() })?),
            None => None,
        };
        let (mut old_question, mut new_question) = (
            question(&entity, Side::Old, zone.clone(), &budget),
            question(&entity, Side::New, zone.clone(), &budget),
        );
        let (old_schema, new_schema) = tokio::join!(old.schema(&old_question), new.schema(&new_question));
        let old_schema = old_schema.map_err(|fault| SideFault { side: Side::Old, fault })?;
        let new_schema = new_schema.map_err(|fault| SideFault { side: Side::New, fault })?;
        let (kinds, notes) = kinds(&entity, &old_schema, &new_schema, zone.is_some())?;
        let is_utc = zone.is_none_or(|zone| zone == TimeZone::UTC);
        let old_because = settle(&mut old_question, &old_schema, &kinds, is_utc);
        let new_because = settle(&mut new_question, &new_schema, &kinds, is_utc);
        let old_because = or_detour(&*old, &mut old_question, old_because, &budget).await;
        let new_because = or_detour(&*new, &mut new_question, new_because, &budget).await;
        let old_because = old_because.map_err(|fault| SideFault { side: Side::Old, fault })?;
        let new_because = new_because.map_err(|fault| SideFault { side: Side::New, fault })?;
        Ok(Self {
            entity,
            budget,
            old: Bound {
                source: old,
                question: old_question,
                schema: old_schema,
                sorted_because: old_because,
            },
            new: Bound {
                source: new,
                question: new_question,
                schema: new_schema,
                sorted_because: new_because,
            },
            kinds,
            notes,
            totals: Vec::new(),
            throttle: Throttle::default(),
        })
    }

    /// The same, with business totals taken of the rows as they pass; a plan that is there twice is taken once.
    #[must_use]
    pub fn with_totals(self, plans: Vec<TotalsPlan>) -> Self {
        let mut totals: Vec<TotalsPlan> = Vec::new();
        for plan in plans {
            if !totals.contains(&plan) {
                totals.push(plan);
            }
        }
        Self { totals, ..self }
    }

    /// The same, with a throttle that somebody outside holds.
    #[must_use]
    pub fn with_throttle(self, throttle: Throttle) -> Self {
        Self { throttle, ..self }
    }

    /// What is compared.
    #[must_use]
    pub fn entity(&self) -> &Entity {
        &self.entity
    }

    /// What people call the old and the new side; never with a secret.
    #[must_use]
    pub fn names(&self) -> (String, String) {
        (self.old.source.name(), self.new.source.name())
    }

    /// What each column is compared as, the key's columns first.
    #[must_use]
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// Names what would make kept progress worthless if it changed: entity, kinds, sources, canonical form.
    #[must_use]
    pub fn digest(&self) -> String {
        let entity = serde_json::to_string(&self.entity).expect("an entity is plain data");
        let whole = format!(
            "{CANON_VERSION} {entity} {:?} {:?} {} {}",
            self.kinds,
            self.totals,
            self.old.source.identity(),
            self.new.source.identity()
        );
        Sha256::digest(whole.as_bytes())
            .iter()
            .fold(String::new(), |mut text, byte| {
                write!(text, "{byte:02x}").expect("a string takes all text");
                text
            })
    }

    /// What will run and why, a line each.
    #[must_use]
    pub fn explain(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (side, bound) in [(Side::Old, &self.old), (Side::New, &self.new)] {
            let rows = match bound.schema.rows_estimated {
                Some(rows) => format!("about {rows} rows by its statistics"),
                None => "an unknown number of rows".to_owned(),
            };
            lines.push(format!("{side}: {}, {rows}", bound.source.name()));
            lines.push(match &bound.sorted_because {
                Some(why) => format!("{side}: read once in any order and sorted on disk here, because {why}"),
                None => {
                    format!("{side}: read in key order, in ranges of keys, each in its own short read-only transaction")
                }
            });
        }
        let columns = self.entity.key.iter().chain(&self.entity.columns);
        for (place, ((column, kind), (old, new))) in columns.zip(&self.kinds).zip(self.fields()).enumerate() {
            let role = if place < self.entity.key.len() { "key" } else { "column" };
            let rule = rule_words(&column.cmp);
            lines.push(format!(
                "{role} {}: {} and {} compared as {kind}{rule}",
                column.name, old.native, new.native
            ));
        }
        lines.extend(self.notes.iter().cloned());
        let budget = &self.budget;
        lines.push(format!(
            "chunks: sized to take {} ms, {} at once, each ended after {} s; ranges are cut at the {} side's keys",
            budget.chunk_time.as_millis(),
            budget.parallel,
            budget.snapshot_time_max.as_secs(),
            self.cutting_side()
        ));
        lines.push(format!(
            "differences: read again after {} ms or the measured lag, confirmed when unchanged twice; at most {} are looked for",
            budget.settle.as_millis(),
            budget.differences_max
        ));
        lines
    }

    fn fields(&self) -> impl Iterator<Item = (&Field, &Field)> {
        let of = |bound: &'_ Bound| -> Vec<usize> { (0..bound.schema.key.len() + bound.schema.cells.len()).collect() };
        of(&self.old)
            .into_iter()
            .map(|place| (field(&self.old.schema, place), field(&self.new.schema, place)))
    }

    /// The side whose keys cut the ranges: the old one, unless the new one has far more rows.
    pub(crate) fn cutting_side(&self) -> Side {
        let rows = |bound: &Bound| bound.schema.rows_estimated.unwrap_or(0);
        // Estimates of about as many rows say nothing of which has more.
        match rows(&self.new) / 2 > rows(&self.old) {
            true => Side::New,
            false => Side::Old,
        }
    }

    /// How many rows the larger side is believed to have.
    pub(crate) fn rows_estimated(&self) -> Option<u64> {
        self.old.schema.rows_estimated.max(self.new.schema.rows_estimated)
    }

    /// The side that has to look at all its rows to find one by its key, and why; none where both find it at once. Asks the
    /// databases how they would do it.
    ///
    /// # Errors
    /// [`SideFault`] of a side that does not answer.
    pub async fn searches_all_rows(&self) -> Result<Option<(Side, String)>, SideFault> {
        for (side, bound) in [(Side::Old, &self.old), (Side::New, &self.new)] {
            let why = match (bound.source.is_live(), self.finds_by_key(bound)) {
                (false, _) => Some("is a file".to_owned()),
                (true, false) => Some("does not find a row by its key, which it writes in another form".to_owned()),
                (true, true) => {
                    let key = Key::of(&self.key_kinds().iter().map(|kind| kind.sample()).collect::<Vec<_>>());
                    let way = (bound.source).detour(&bound.question, Asking::Key(&key), SEARCHED_ROWS_MAX);
                    let way = way.await.map_err(|fault| SideFault { side, fault })?;
                    way.map(|way| format!("has no index that finds a row by its key ({way})"))
                }
            };
            if let Some(why) = why {
                return Ok(Some((side, why)));
            }
        }
        Ok(None)
    }

    fn key_kinds(&self) -> &[Kind] {
        &self.kinds[..self.entity.key.len()]
    }

    fn finds_by_key(&self, bound: &Bound) -> bool {
        let mut fields = bound.schema.key.iter().zip(&self.kinds);
        fields.all(|(field, kind)| finds_its_row(field.kind, *kind, bound.schema.is_typed))
    }

    pub(crate) fn pair(&self) -> Pair {
        let reading = |bound: &Bound| Reading {
            source: Arc::clone(&bound.source),
            live: Arc::clone(&bound.source),
            finds_by_key: self.finds_by_key(bound),
            question: Arc::new(bound.question.clone()),
            pace: Arc::new(Pace::new(
                self.budget.rows_per_second_max,
                self.budget.bytes_per_second_max,
            )),
            rows: Arc::new(AtomicU64::new(0)),
        };
        Pair {
            old: reading(&self.old),
            new: reading(&self.new),
            rules: self.entity.columns.iter().map(|column| column.cmp.clone()).collect(),
            totals: self.totals.iter().cloned().collect(),
            throttle: self.throttle.clone(),
        }
    }
}

fn field(schema: &Schema, place: usize) -> &Field {
    match place.checked_sub(schema.key.len()) {
        None => &schema.key[place],
        Some(cell) => &schema.cells[cell],
    }
}

fn rule_words(rule: &Cmp) -> String {
    match rule {
        Cmp::Exact => String::new(),
        Cmp::Abs(most) => format!(", at most {most} apart"),
        Cmp::Rel(share) => format!(", at most {share} of the larger apart"),
        Cmp::Ulp(steps) => format!(", at most {steps} floating-point steps apart"),
        Cmp::Micros(most) => format!(", at most {most} microseconds apart"),
        Cmp::Text { trim, ci, nfc } => {
            let words = [
                (*trim, "trailing blanks"),
                (*ci, "case"),
                (*nfc, "composition of letters"),
            ];
            let aside: Vec<&str> = words.into_iter().filter(|word| word.0).map(|word| word.1).collect();
            format!(", {} put aside", aside.join(" and "))
        }
        Cmp::Json => ", as JSON documents".to_owned(),
        Cmp::NullEqEmpty(inner) => format!(", NULL and the empty text taken as one{}", rule_words(inner)),
    }
}

fn question(entity: &Entity, side: Side, zone: Option<TimeZone>, budget: &Budget) -> Question {
    let asked = |column: &Column| Asked {
        expression: column.on(side).clone(),
        kind: None,
        native: None,
    };
    Question {
        relation: entity.relation(side).clone(),
        key: entity.key.iter().map(asked).collect(),
        cells: entity.columns.iter().map(asked).collect(),
        filter: entity.filter(side).map(str::to_owned),
        may_have_null_keys: true,
        zone,
        statement_time_max: budget.snapshot_time_max + STATEMENT_GRACE,
        order: Arrival::ByKey,
    }
}

/// The kind of each column, and what people should know of it.
fn kinds(entity: &Entity, old: &Schema, new: &Schema, has_zone: bool) -> Result<(Vec<Kind>, Vec<String>), PlanFault> {
    let (mut kinds, mut notes) = (Vec::new(), Vec::new());
    for (place, column) in entity.key.iter().chain(&entity.columns).enumerate() {
        let (old, new) = (field(old, place), field(new, place));
        let kind = match column.kind {
            Some(declared) => declared,
            None => agreed(old.kind, new.kind, has_zone).map_err(|why| match why {
                NoKind::ZoneNeeded => PlanFault::ZoneNeeded {
                    column: column.name.clone(),
                },
                NoKind::Strangers(..) => PlanFault::Strangers {
                    column: column.name.clone(),
                    old: old.native.clone(),
                    new: new.native.clone(),
                },
            })?,
        };
        kinds.push(kind);
        notes.extend(note(column, old, new, kind));
    }
    Ok((kinds, notes))
}

/// What is likely to differ in every row, said before it does.
fn note(column: &Column, old: &Field, new: &Field, kind: Kind) -> Option<String> {
    if column.cmp != Cmp::Exact {
        return None;
    }
    let name = &column.name;
    if kind == Kind::Float && old.is_single != new.is_single {
        return Some(format!(
            "note: `{name}` has 32 bits on one side and 64 on the other; most values differ without a tolerance"
        ));
    }
    let is_time = matches!(kind, Kind::Time | Kind::Timestamp | Kind::Instant);
    match (old.digits, new.digits) {
        (Some(old), Some(new)) if is_time && old != new => Some(format!(
            "note: `{name}` has {old} digits of a second on the old side and {new} on the new side; the rest is compared as zero"
        )),
        _ => None,
    }
}

/// Why the rows are sorted here, the database's own plan for the first chunk included.
async fn or_detour(
    source: &dyn Source,
    question: &mut Question,
    because: Option<String>,
    budget: &Budget,
) -> Result<Option<String>, SourceFault> {
    if because.is_some() {
        return Ok(because);
    }
    let rows = budget.chunk_rows_first.max(1);
    let asking = Asking::Range {
        range: &KeyRange::default(),
        first: Some(rows),
    };
    let because = source.detour(question, asking, detour_rows(rows)).await?;
    if because.is_some() {
        question.order = Arrival::AsTheyCome;
    }
    Ok(because)
}

/// Fills in what became known, and says why the rows of this side have to be sorted here, if so.
pub(crate) fn settle(question: &mut Question, schema: &Schema, kinds: &[Kind], is_utc: bool) -> Option<String> {
    let fields = schema.key.iter().chain(&schema.cells);
    let asked = question.key.iter_mut().chain(&mut question.cells);
    for ((asked, field), kind) in asked.zip(fields).zip(kinds) {
        asked.kind = Some(*kind);
        asked.native = field.kind;
    }
    question.may_have_null_keys = schema.may_have_null_keys;
    let because = match &schema.order {
        KeyOrder::Unordered { why } => Some(why.clone()),
        KeyOrder::Collated { why } if kinds[..schema.key.len()].contains(&Kind::Text) => Some(why.clone()),
        KeyOrder::Collated { .. } | KeyOrder::ByKey => {
            let strayed = schema
                .key
                .iter()
                .zip(kinds)
                .find(|(field, kind)| !keeps_order(field.kind, **kind, is_utc));
            strayed.map(|(field, kind)| format!("{} is not in the order of {kind}", field.native))
        }
    };
    if because.is_some() {
        question.order = Arrival::AsTheyCome;
    }
    because
}
