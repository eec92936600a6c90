//! Entities: one kind of thing that the old and the new system both hold, which system is right about it, who resolves
//! differences, and how its rows are held against each other. What a comparison does is another room's.

use std::collections::BTreeMap;

use crate::ask::Decimal;
use crate::{DomainId, EntityId, Millis, PartsPerMillion, SourceId, StageId, SystemId, TeamId};

/// Who resolves the differences of an entity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resolver {
    /// The team that owns this domain.
    Domain(DomainId),
    /// This team.
    Team(TeamId),
}

impl std::fmt::Display for Resolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Domain(domain) => write!(f, "{domain}"),
            Self::Team(team) => write!(f, "{team}"),
        }
    }
}

/// Which system is right about a group of fields: one at the beginning, and perhaps another from a stage on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The fields; empty means all that no other group names.
    pub fields: Vec<String>,
    /// The system before any stage: `old`, `new`, or one beside the two such as `erp`.
    pub system: SystemId,
    /// The system from the beginning of a stage on.
    pub from: BTreeMap<StageId, SystemId>,
}

/// One kind of thing that both systems hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// The name that criteria refer to.
    pub id: EntityId,
    /// What people call it.
    pub title: String,
    /// Who resolves differences.
    pub owner: Resolver,
    /// Which system is right about what; at least one group, no field in two.
    pub records: Vec<Record>,
    /// Fields whose difference is never tolerable; each is compared.
    pub critical: Vec<String>,
    /// How its rows are held against each other; none where nothing compares them.
    pub comparison: Option<Comparison>,
}

/// Where rows are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relation {
    /// A table, with its schema before a point where it has one.
    Table(String),
    /// One statement that only reads.
    Query(String),
    /// All of a file.
    File,
}

/// What one source holds of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The source; its address is given to `serve`.
    pub on: SourceId,
    /// Where in it.
    pub relation: Relation,
    /// Which rows count, in the source's own language.
    pub filter: Option<String>,
}

/// What a column is on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// A column by its name.
    Column(String),
    /// An expression in the source's own language.
    Sql(String),
}

/// When two values of a column agree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Agrees {
    /// They are the same value.
    #[default]
    Exactly,
    /// Numbers no farther apart than this.
    Within(Decimal),
    /// Numbers no farther apart than this share of the larger one.
    WithinShare(PartsPerMillion),
    /// Floating-point numbers no more than so many steps apart.
    WithinSteps(u32),
    /// Times no farther apart.
    WithinTime(Millis),
    /// Texts that are the same after something was put aside.
    Text {
        /// Blanks at the end.
        trim: bool,
        /// Case.
        case: bool,
        /// Composition of letters.
        composition: bool,
    },
    /// JSON documents of the same content.
    Json,
    /// As inside; besides, `NULL` and the empty text are one.
    NullIsEmpty(Box<Agrees>),
}

/// A column on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// What reports call it.
    pub name: String,
    /// What it is on the old side.
    pub old: Expression,
    /// What it is on the new side.
    pub new: Expression,
    /// When two values agree.
    pub agrees: Agrees,
}

/// Sums beside the verdict on rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    /// The summed column; none counts rows.
    pub sum: Option<String>,
    /// Columns that sums are told apart by, a time perhaps with `/day` or `/month` behind it.
    pub by: Vec<String>,
}

/// Where an order has to be when it is held against a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// On each side.
    Each,
    /// On exactly one: while visitors are split, old and new together are the whole.
    Split,
}

/// A column of the entity and what the ledger calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booked {
    /// The entity's column.
    pub column: String,
    /// What it is in the ledger.
    pub ledger: Expression,
}

/// A third source that both sides are held against by reference: a payment provider, an ERP, a log of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// Where it is.
    pub held: Held,
    /// What names an entity's key in it.
    pub reference: Expression,
    /// The amount; entries of one reference are summed. Without it only presence is compared.
    pub amount: Option<Booked>,
    /// The amount's currency; amounts of two are never added.
    pub currency: Option<Booked>,
    /// How far an amount and its entries may be apart.
    pub within: Decimal,
    /// Where an order has to be.
    pub presence: Presence,
}

/// How much a comparison may take from the databases it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// The longest one comparison may run; what is not compared by then is missing from its coverage.
    pub time: Millis,
    /// It stops looking for more at so many differences; above zero.
    pub differences: u64,
    /// Rows a second and side.
    pub rows_per_second: Option<u64>,
    /// Sessions at work in a database from which on it is left alone for a while.
    pub sessions: Option<u64>,
    /// Replication lag from which on a database is left alone for a while.
    pub lag: Option<Millis>,
    /// The least time before a row that differs is read again.
    pub settle: Millis,
    /// Whether its owner has said so; where nobody has, it is the standard, which knows no outbox and no replica.
    pub is_settle_declared: bool,
    /// Chunks read at once; above zero.
    pub parallel: u32,
}

/// Where a side says which keys have changed: a table of changes or an outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// The source.
    pub on: SourceId,
    /// The table of changes, or a query over an outbox.
    pub relation: Relation,
    /// The column that only grows: what was read once is not read again.
    pub position: String,
    /// The columns that are the entity's key, in its order.
    pub key: Vec<String>,
}

/// How the rows of an entity are held against each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The old side.
    pub old: Held,
    /// The new side.
    pub new: Held,
    /// The columns that name a row, at least one.
    pub key: Vec<Column>,
    /// The columns that are compared; none compares keys only.
    pub columns: Vec<Column>,
    /// The zone of times without one, where the other side has a zone.
    pub zone: Option<String>,
    /// The third source.
    pub ledger: Option<Ledger>,
    /// Sums beside the verdict.
    pub totals: Vec<Totals>,
    /// Time between two comparisons; above zero.
    pub every: Millis,
    /// A comparison that began longer ago says nothing any more.
    pub stale_after: Millis,
    /// What it may take.
    pub budget: Budget,
    /// Where the sides say which keys have changed; between two comparisons those are compared as they come.
    pub changes: Vec<Changes>,
}

impl Comparison {
    /// Every source that is asked, the old side's first.
    pub fn sources(&self) -> impl Iterator<Item = &SourceId> {
        let ledger = self.ledger.as_ref().map(|ledger| &ledger.held.on);
        let changes = self.changes.iter().map(|changes| &changes.on);
        [&self.old.on, &self.new.on].into_iter().chain(ledger).chain(changes)
    }
}
