//! Business totals beside the verdict on rows: rows and exact sums of each side for each value of declared dimensions.
//!
//! They are taken from the same rows as the verdict, as those were read first. They do not change the verdict: rows that
//! were on their way are in them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::encode::{self, NotCanonical};
use crate::entity::{Entity, Side};
use crate::moment::{self, DAY};
use crate::row::RowRef;
use crate::sum::Sum;
use crate::value::Value;

/// Groups of one plan that are kept; what belongs to others is counted and said, never added to a group.
pub const GROUPS_MAX: usize = 10_000;
/// Dimensions of one plan.
const DIMENSIONS_MAX: usize = 8;

/// How finely a dimension tells times apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grain {
    /// As they are.
    Value,
    /// By the day; a moment in the world by its day in UTC.
    Day,
    /// By the month.
    Month,
}

/// Where a column stands in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Among the key's columns.
    Key(usize),
    /// Among the compared ones.
    Cell(usize),
}

/// What is summed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// The column's name.
    pub name: String,
    /// Where it stands.
    pub place: Place,
}

/// What sums are told apart by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dimension {
    /// The column's name, with its grain as it was written.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// How finely.
    pub grain: Grain,
}

/// Which totals are taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TotalsPlan {
    /// What is summed; without it rows are counted only.
    pub measure: Option<Measure>,
    /// What sums are told apart by; none makes one group.
    pub dimensions: Vec<Dimension>,
}

/// A description of totals that fits no entity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TotalsFault {
    /// A column that is not compared.
    #[error("`{name}` is not among the compared columns; there are {known}")]
    NoColumn {
        /// The name.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// Too many dimensions.
    #[error("expected at most {DIMENSIONS_MAX} dimensions, found {found}")]
    TooMany {
        /// How many.
        found: usize,
    },
}

impl TotalsPlan {
    /// Reads `MEASURE[:DIMENSION,DIMENSION...]`, for instance `amount:currency,created_at/day`. The measure `rows` counts
    /// rows, unless a column has that name. A dimension may end in `/day` or `/month`.
    ///
    /// # Errors
    /// [`TotalsFault`] where a column is none of the entity.
    pub fn parse(text: &str, entity: &Entity) -> Result<Self, TotalsFault> {
        let (measure, dimensions) = text.split_once(':').unwrap_or((text, ""));
        let measure = match (place(entity, measure), measure) {
            (Err(_), "" | "rows") => None,
            (found, name) => Some(Measure {
                name: name.to_owned(),
                place: found?,
            }),
        };
        let names: Vec<&str> = dimensions.split(',').filter(|name| !name.is_empty()).collect();
        if names.len() > DIMENSIONS_MAX {
            return Err(TotalsFault::TooMany { found: names.len() });
        }
        let dimension = |name: &str| {
            let (column, grain) = match name.rsplit_once('/') {
                Some((column, "day")) => (column, Grain::Day),
                Some((column, "month")) => (column, Grain::Month),
                Some(_) | None => (name, Grain::Value),
            };
            Ok(Dimension {
                name: name.to_owned(),
                place: place(entity, column)?,
                grain,
            })
        };
        let dimensions = names.into_iter().map(dimension).collect::<Result<_, _>>()?;
        Ok(Self { measure, dimensions })
    }
}

fn place(entity: &Entity, name: &str) -> Result<Place, TotalsFault> {
    let cell = entity
        .columns
        .iter()
        .position(|column| column.name == name)
        .map(Place::Cell);
    let key = || entity.key.iter().position(|column| column.name == name).map(Place::Key);
    cell.or_else(key).ok_or_else(|| {
        let known: Vec<&str> = entity
            .columns
            .iter()
            .chain(&entity.key)
            .map(|one| one.name.as_str())
            .collect();
        TotalsFault::NoColumn {
            name: name.to_owned(),
            known: known.join(", "),
        }
    })
}

/// What both sides hold of one group.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Group {
    /// The old side's.
    pub old: Sum,
    /// The new side's.
    pub new: Sum,
}

impl Group {
    /// A side's.
    #[must_use]
    pub fn on(&self, side: Side) -> &Sum {
        match side {
            Side::Old => &self.old,
            Side::New => &self.new,
        }
    }

    /// Adds another part of the same group.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.old.merge(&other.old);
        self.new.merge(&other.new);
    }

    fn on_mut(&mut self, side: Side) -> &mut Sum {
        match side {
            Side::Old => &mut self.old,
            Side::New => &mut self.new,
        }
    }
}

/// Rows of groups beyond [`GROUPS_MAX`]: they are in no group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Over {
    /// Of the old side.
    pub old_rows: u64,
    /// Of the new side.
    pub new_rows: u64,
}

/// Totals on their way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    plan: TotalsPlan,
    groups: BTreeMap<Vec<u8>, Group>,
    over: Over,
    groups_max: usize,
}

impl Totals {
    /// Nothing yet.
    #[must_use]
    pub fn new(plan: TotalsPlan) -> Self {
        Self::with_groups_max(plan, GROUPS_MAX)
    }

    /// Nothing yet, with another limit of groups than [`GROUPS_MAX`].
    #[must_use]
    pub fn with_groups_max(plan: TotalsPlan, groups_max: usize) -> Self {
        Self {
            plan,
            groups: BTreeMap::new(),
            over: Over::default(),
            groups_max,
        }
    }

    /// Adds a row of a side.
    ///
    /// # Errors
    /// [`NotCanonical`] where the row's bytes are none.
    pub fn add(&mut self, side: Side, row: RowRef<'_>) -> Result<(), NotCanonical> {
        let at = |place: Place| match place {
            Place::Key(at) => encode::nth(row.key, at),
            Place::Cell(at) => encode::nth(row.cells, at),
        };
        let mut name = Vec::new();
        for dimension in &self.plan.dimensions {
            let bytes = at(dimension.place)?;
            match dimension.grain {
                Grain::Value => name.extend_from_slice(bytes),
                Grain::Day | Grain::Month => encode::value(&mut name, &by_grain(&one(bytes)?, dimension.grain)),
            }
        }
        let amount = match &self.plan.measure {
            Some(measure) => Some(one(at(measure.place)?)?),
            None => None,
        };
        match self.group(name) {
            Some(group) => group.on_mut(side).add(amount.as_ref()),
            None => match side {
                Side::Old => self.over.old_rows += 1,
                Side::New => self.over.new_rows += 1,
            },
        }
        Ok(())
    }

    /// Adds what another part of the rows came to, by the same plan.
    pub fn merge(&mut self, other: &Self) {
        for (name, theirs) in &other.groups {
            self.merge_group(name.clone(), theirs);
        }
        self.merge_over(other.over);
    }

    /// Adds one group that was kept.
    pub(crate) fn merge_group(&mut self, name: Vec<u8>, theirs: &Group) {
        match self.group(name) {
            Some(ours) => ours.merge(theirs),
            None => self.merge_over(Over {
                old_rows: theirs.old.rows(),
                new_rows: theirs.new.rows(),
            }),
        }
    }

    pub(crate) fn merge_over(&mut self, over: Over) {
        self.over.old_rows += over.old_rows;
        self.over.new_rows += over.new_rows;
    }

    /// All groups by the canonical bytes of their names.
    pub(crate) fn named_groups(&self) -> impl Iterator<Item = (&[u8], &Group)> {
        self.groups.iter().map(|(name, group)| (name.as_slice(), group))
    }

    /// What is taken.
    #[must_use]
    pub fn plan(&self) -> &TotalsPlan {
        &self.plan
    }

    /// All groups, with the values that name them, in their order.
    #[must_use]
    pub fn groups(&self) -> Vec<(Vec<Value>, &Group)> {
        let named = self.groups.iter().map(|(name, group)| {
            let values = encode::values(name).expect("a group is only named by canonical bytes");
            (values, group)
        });
        named.collect()
    }

    /// What is in no group.
    #[must_use]
    pub fn over(&self) -> &Over {
        &self.over
    }

    /// Whether every group has the same on both sides, and no row is in none.
    #[must_use]
    pub fn agree(&self) -> bool {
        self.over == Over::default() && self.groups.values().all(|group| group.old == group.new)
    }

    fn group(&mut self, name: Vec<u8>) -> Option<&mut Group> {
        let has_room = self.groups.len() < self.groups_max;
        match self.groups.entry(name) {
            std::collections::btree_map::Entry::Occupied(found) => Some(found.into_mut()),
            std::collections::btree_map::Entry::Vacant(place) if has_room => Some(place.insert(Group::default())),
            std::collections::btree_map::Entry::Vacant(_) => None,
        }
    }
}

/// The one value that the bytes are.
fn one(bytes: &[u8]) -> Result<Value, NotCanonical> {
    encode::values(bytes)?.pop().ok_or(NotCanonical)
}

/// The group's name for a value. What is no time stays what it is.
fn by_grain(value: &Value, grain: Grain) -> Value {
    let days = match (grain, value) {
        (Grain::Value, _) => None,
        (Grain::Day | Grain::Month, Value::Date(days)) => Some(*days),
        (Grain::Day | Grain::Month, Value::Timestamp(micros) | Value::Instant(micros)) => day(*micros),
        (Grain::Day | Grain::Month, Value::Text(text)) => moment::timestamp_of(text)
            .and_then(|(micros, offset)| micros.checked_sub(offset.unwrap_or(0).checked_mul(moment::SECOND)?))
            .and_then(day),
        (
            Grain::Day | Grain::Month,
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Decimal(_)
            | Value::Float(_)
            | Value::Bytes(_)
            | Value::Time(_)
            | Value::Uuid(_)
            | Value::Json(_),
        ) => None,
    };
    let is_on_calendar = |days: &i32| *days != moment::DAY_AFTER_ALL && *days != moment::DAY_BEFORE_ALL;
    match (grain, days.filter(is_on_calendar)) {
        (Grain::Day, Some(days)) => Value::Date(days),
        (Grain::Month, Some(days)) => {
            let (year, month, _) = moment::civil_of(i64::from(days));
            Value::Text(format!("{year:04}-{month:02}"))
        }
        (Grain::Value | Grain::Day | Grain::Month, _) => value.clone(),
    }
}

fn day(micros: i64) -> Option<i32> {
    (micros != moment::AFTER_ALL && micros != moment::BEFORE_ALL)
        .then(|| i32::try_from(micros.div_euclid(DAY)).ok())
        .flatten()
}

/// The number that a value is, exactly; of a binary one the shortest decimal that leads back to it.
pub(crate) fn number_of(value: &Value) -> Option<Decimal> {
    match value {
        Value::Int(number) => Some(Decimal::from(*number)),
        Value::Decimal(number) => Some(number.clone()),
        Value::Float(number) => Decimal::parse(&number.to_string()),
        Value::Text(text) => Decimal::parse(text),
        Value::Null
        | Value::Bool(_)
        | Value::Bytes(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::Timestamp(_)
        | Value::Instant(_)
        | Value::Uuid(_)
        | Value::Json(_) => None,
    }
}

#[cfg(test)]
mod tests;
