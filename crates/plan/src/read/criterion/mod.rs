//! Criteria: what each measure is read from, one file per measure, and the fields that all of them share.

mod ask;
mod cadence;
mod count_question;
mod counts;
mod crawl;
mod field_test;
mod latency;
mod level;
mod load;
mod looked_at;
mod quote;
pub(crate) mod reconcile;
mod sql_equal;
mod walked;

pub(crate) use latency::QUANTILES;
pub(crate) use level::{LEVEL, asked_number};

use tidegate_model::exploration::EXPLORE;
use tidegate_model::flow::SegmentValue;
use tidegate_model::plan::{Criterion, Measure, OnHarm};
use tidegate_model::{CriterionId, DomainId, FlowId, Millis, SegmentId};

use super::domain::reference;
use super::envelope::Head;
use super::fields::{Fields, name, text, value};
use super::scalar::{DURATION, duration, whole};
use super::{Kind, Reading, list};
use crate::code::Code;
use crate::form::{Form, Of, may};
use crate::sink::{Finding, Place};
use crate::syntax::Node;

/// The fields of a criterion: one of the measures, what belongs to it, and what all of them share.
pub(crate) static CRITERION: Form = Form::new(
    "a criterion: one measure, and what it is held to",
    &[
        may("flow", Of::Name),
        may("errors", Of::Name),
        may("latency", Of::Name),
        may("level", Of::Form(&level::LEVEL)),
        may(
            "counts",
            Of::Either(&[Of::Form(&count_question::COUNT), Of::Form(&counts::SIDES)]),
        ),
        may("reconcile", Of::Name),
        may("against", Of::Words(&["sides", "ledger"])),
        may("sql-equal", Of::Form(&sql_equal::SQL_EQUAL)),
        may("crawl", Of::Form(&crawl::CRAWL)),
        may("quote", Of::Form(&quote::QUOTE)),
        may("equal", Of::Words(&["totals"])),
        may("incidents", Of::Words(&["sev1", "sev2", "sev3", "sev4"])),
        may("load", Of::Form(&load::LOAD)),
        may("manual", Of::Text),
        may("completion", Of::Words(&["not worse"])),
        may("at-most", Of::Scalar),
        may("at-least", Of::Scalar),
        may("not-worse-by", Of::Percent),
        may("p50", Of::Duration),
        may("p75", Of::Duration),
        may("p90", Of::Duration),
        may("p95", Of::Duration),
        may("p99", Of::Duration),
        may("p99.9", Of::Duration),
        may("frozen", Of::Form(&latency::FROZEN)),
        may("for", Of::Duration),
        may("every", Of::Duration),
        may("timeout", Of::Duration),
        may("stale-after", Of::Duration),
        may("batches", Of::Whole),
        may("rows-at-least", Of::Whole),
        may("addresses-at-least", Of::Whole),
        may("segment", Of::Text),
        may("name", Of::Name),
        may("title", Of::Text),
        may("owner", Of::Name),
        may("on-harm", Of::Words(&["rollback", "hold"])),
        may("weight", Of::Whole),
        may("max-silence", Of::Duration),
    ],
);

const MAX_SILENCE: Millis = Millis::minutes(5);
const WEIGHT_MAX: u64 = 1_000;
/// Every number of criteria that one line can become divides it, so that a line's weight can be shared without a rest.
pub(crate) const WEIGHT_PARTS: u32 = 60;

/// Names of what every stage counts beside its criteria; evidence of a criterion with such a name would be taken for it.
const RESERVED: [&str; 2] = ["split", "brake"];

/// A measure with the name, words and harm that it has when nothing else is written.
struct Measured {
    measure: Measure,
    name: String,
    title: String,
    /// What is added to a given name when one line becomes several criteria.
    suffix: Option<&'static str>,
    on_harm: OnHarm,
    max_silence: Millis,
    /// How often a source outside is asked; the stage's owner is not its owner by nature.
    asked_every: Option<Millis>,
}

impl Measured {
    fn new(measure: Measure, name: String, title: String, on_harm: OnHarm) -> Self {
        Self {
            measure,
            name,
            title,
            suffix: None,
            on_harm,
            max_silence: MAX_SILENCE,
            asked_every: None,
        }
    }
}

/// Reads one line of a gate. It is one criterion, or one per quantile of frozen thresholds; none when it cannot be read.
/// Weights come out times [`WEIGHT_PARTS`].
pub(crate) fn read(
    node: &Node,
    head: &Head,
    owner: &DomainId,
    earlier: &[Criterion],
    reading: &mut Reading,
) -> Vec<Criterion> {
    let Some(mut fields) = Fields::open(node, format!("a criterion of {}", head.subject), &CRITERION, reading) else {
        return Vec::new();
    };
    let given = fields.get("name").and_then(|node| given_name(node, reading));
    let title = fields.get("title").and_then(|node| text(node, "the title", reading));
    let measured = measured(&mut fields, reading);
    let shared = Shared::read(&mut fields, reading);
    // Fields of a measure that could not be told apart are not complained about twice.
    let Some(measured) = measured else {
        return Vec::new();
    };
    let segment = segment(&mut fields, &measured, reading);
    let has_owner = fields.get("owner").is_some();
    let owner = owner_of(&mut fields, owner, &measured, reading);
    let place = fields.head();
    let silence = fields.get("max-silence");
    fields.close(reading);
    let (Some(shared), Some(segment), Some(owner)) = (shared, segment, owner) else {
        return Vec::new();
    };
    if let (Some(node), Some(silent), Some(every)) = (
        silence,
        shared.max_silence,
        measured.iter().find_map(|one| one.asked_every),
    ) && silent < every
    {
        paged_too_soon(node.place, silent, every, reading);
        return Vec::new();
    }
    let parts = u32::try_from(measured.len()).expect("a line has few quantiles");
    let mut found: Vec<Criterion> = Vec::new();
    for one in measured {
        let taken: Vec<&CriterionId> = earlier.iter().chain(&found).map(|other| &other.id).collect();
        let id = match (&given, one.suffix) {
            (Some(id), None) => id_of(id.as_str(), &taken, reading, node),
            (Some(id), Some(suffix)) => id_of(&format!("{id}-{suffix}"), &taken, reading, node),
            (None, _) => free_name(&named(&one, segment.as_ref()), &taken),
        };
        let Some(id) = id else {
            too_long(place, reading);
            return Vec::new();
        };
        if matches!(one.measure, Measure::Reconcile { .. }) {
            reading.reconciles.push(reconcile::Written {
                stage: head.name.clone(),
                criterion: id.clone(),
                has_owner,
                has_silence: shared.max_silence.is_some(),
            });
        }
        if let Some(node) = node.get("segment") {
            reading.mark(&head.subject, &format!("segment of {id}"), node.place);
        }
        let suffixed = segment
            .as_ref()
            .map_or_else(String::new, |segment| format!(" for {segment}"));
        found.push(Criterion {
            id,
            title: match (&title, one.suffix) {
                (Some(title), None) => title.clone(),
                (Some(title), Some(suffix)) => format!("{title} ({})", suffix.to_uppercase()),
                (None, _) => format!("{}{suffixed}", one.title),
            },
            on_harm: shared.on_harm.unwrap_or(one.on_harm),
            measure: one.measure,
            segment: segment.clone(),
            owner: owner.clone(),
            weight: shared.weight * WEIGHT_PARTS / parts,
            max_silence: shared.max_silence.unwrap_or(one.max_silence),
        });
    }
    found
}

/// Fields that every criterion may have.
struct Shared {
    on_harm: Option<OnHarm>,
    weight: u32,
    max_silence: Option<Millis>,
}

impl Shared {
    fn read(fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Self> {
        let on_harm = match fields.get("on-harm") {
            None => Some(None),
            Some(node) => value(node, "`on-harm`", "`rollback` or `hold`", on_harm, reading).map(Some),
        };
        let weight = fields.get("weight").map_or(Some(1), |node| {
            value(
                node,
                "`weight`",
                "a whole number, 1 to 1000",
                |text| whole(text).filter(|n| (1..=WEIGHT_MAX).contains(n)),
                reading,
            )
        });
        let max_silence = match fields.get("max-silence") {
            None => Some(None),
            Some(node) => value(node, "`max-silence`", DURATION, duration, reading).map(Some),
        };
        Some(Self {
            on_harm: on_harm?,
            weight: u32::try_from(weight?).expect("at most 1000"),
            max_silence: max_silence?,
        })
    }
}

fn on_harm(text: &str) -> Option<OnHarm> {
    match text {
        "rollback" => Some(OnHarm::Rollback),
        "hold" => Some(OnHarm::Hold),
        _ => None,
    }
}

fn given_name(node: &Node, reading: &mut Reading) -> Option<CriterionId> {
    let id = name(node, "the criterion's name", CriterionId::parse, reading)?;
    if RESERVED.contains(&id.as_str()) || id.as_str().starts_with(EXPLORE) {
        reading.sink.add(
            Finding::error(Code::BadName, node.place, format!("no criterion can be named `{id}`"))
                .expected(
                    format!(
                        "a name beside {}, and none that begins with `{EXPLORE}`",
                        list(RESERVED.into_iter())
                    ),
                    format!("`{id}`"),
                )
                .help("those stand for what every stage counts: say what this one compares"),
        );
    }
    Some(id)
}

/// A given name. One that is taken is complained about.
fn id_of(written: &str, taken: &[&CriterionId], reading: &mut Reading, node: &Node) -> Option<CriterionId> {
    let id = CriterionId::parse(written).ok()?;
    if taken.contains(&&id) {
        reading.sink.add(
            Finding::error(
                Code::DeclaredTwice,
                node.place,
                format!("criterion `{id}` is declared twice"),
            )
            .expected("one criterion of this name in a gate", format!("a second `{id}`"))
            .help("give the second another `name`"),
        );
    }
    Some(id)
}

fn paged_too_soon(place: Place, silent: Millis, every: Millis, reading: &mut Reading) {
    reading.sink.add(
        Finding::error(
            Code::StaleBeforeAsked,
            place,
            "the owner is paged for silence before the next question is asked",
        )
        .expected(
            format!("a `max-silence` of {every} or more, which is `every`"),
            silent.to_string(),
        )
        .help("lengthen `max-silence`, or ask more often"),
    );
}

fn too_long(place: Place, reading: &mut Reading) {
    reading.sink.add(
        Finding::error(
            Code::BadName,
            place,
            "a criterion's name is made of what it measures, and is too long",
        )
        .expected(
            "a `name` of 63 characters at most",
            "no `name`, and a longer one made of it",
        )
        .help("give it a `name` of its own"),
    );
}

fn named(one: &Measured, segment: Option<&SegmentValue>) -> String {
    match segment {
        None => one.name.clone(),
        Some(segment) => format!("{}-{}-{}", one.name, segment.segment, segment.value),
    }
}

/// The first of `name`, `name-2`, `name-3`, ... that is not taken.
fn free_name(name: &str, taken: &[&CriterionId]) -> Option<CriterionId> {
    let is_free = |candidate: &CriterionId| !taken.contains(&candidate);
    let first = CriterionId::parse(name).ok()?;
    if is_free(&first) {
        return Some(first);
    }
    (2..=taken.len() + 2)
        .filter_map(|n| CriterionId::parse(&format!("{name}-{n}")).ok())
        .find(is_free)
}

const SEGMENT: &str = "a segment and one of its values such as `payment=card`";

/// `payment=card`. Only attempts of a flow have segments.
#[expect(
    clippy::option_option,
    reason = "none written is not the same as one that cannot be read"
)]
fn segment(fields: &mut Fields<'_>, measured: &[Measured], reading: &mut Reading) -> Option<Option<SegmentValue>> {
    let Some(node) = fields.get("segment") else {
        return Some(None);
    };
    let found = value(node, "`segment`", SEGMENT, segment_value, reading)?;
    if measured.iter().any(|one| flow_of(&one.measure).is_none()) {
        reading.sink.add(
            Finding::error(
                Code::SegmentWithoutFlow,
                node.place,
                "only attempts of a flow have segments, and this criterion watches none",
            )
            .expected("`segment` on `flow`, `errors` or `latency`", format!("`{found}`"))
            .help("remove it; a source outside is asked about a segment in its query"),
        );
        return None;
    }
    Some(Some(found))
}

/// Reads `payment=card`.
pub(crate) fn segment_value(text: &str) -> Option<SegmentValue> {
    let (segment, value) = text.split_once('=')?;
    tidegate_model::check_name(value.trim()).ok()?;
    Some(SegmentValue {
        segment: SegmentId::parse(segment.trim()).ok()?,
        value: value.trim().to_owned(),
    })
}

/// The flow that a measure watches.
pub(crate) fn flow_of(measure: &Measure) -> Option<&FlowId> {
    match measure {
        Measure::Completion { flow }
        | Measure::Errors { flow, .. }
        | Measure::Latency { flow, .. }
        | Measure::Slower { flow, .. } => Some(flow),
        Measure::Level { .. }
        | Measure::Counted { .. }
        | Measure::SqlEqual { .. }
        | Measure::Reconcile { .. }
        | Measure::Survey { .. }
        | Measure::Incidents { .. }
        | Measure::Load { .. }
        | Measure::Manual { .. } => None,
    }
}

/// Whose signal it is: the stage's owner unless written, but what comes from outside needs one of its own.
fn owner_of(
    fields: &mut Fields<'_>,
    of_stage: &DomainId,
    measured: &[Measured],
    reading: &mut Reading,
) -> Option<DomainId> {
    if let Some(node) = fields.get("owner") {
        return reference(node, "the criterion's owner", Kind::Domain, DomainId::parse, reading);
    }
    if measured.iter().any(|one| one.asked_every.is_some()) {
        reading.sink.add(
            Finding::error(Code::NoSignalOwner, fields.head(), "a signal from outside has no owner")
                .expected("`owner` with the domain whose source it is", fields.instead_of("owner"))
                .help(format!(
                    "add `owner: {of_stage}`, or the domain that is paged when this source falls silent"
                )),
        );
        return None;
    }
    Some(of_stage.clone())
}

fn measured(fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Vec<Measured>> {
    let one = |found: Option<Measured>| found.map(|found| vec![found]);
    if let Some(node) = fields.get("flow") {
        return one(walked::completion(node, fields, reading));
    }
    if let Some(node) = fields.get("errors") {
        return one(walked::errors(node, fields, reading));
    }
    if let Some(node) = fields.get("latency") {
        return latency::read(node, fields, reading);
    }
    if let Some(node) = fields.get("level") {
        return one(level::read(node, fields, reading));
    }
    if let Some(node) = fields.get("counts") {
        return one(counts::read(node, fields, reading));
    }
    if let Some(node) = fields.get("sql-equal") {
        return one(sql_equal::read(node, fields, reading));
    }
    if let Some(node) = fields.get("reconcile") {
        return one(reconcile::read(node, fields, reading));
    }
    if let Some(node) = fields.get("crawl") {
        return one(crawl::read(node, fields, reading));
    }
    if let Some(node) = fields.get("quote") {
        return one(quote::read(node, fields, reading));
    }
    if let Some(node) = fields.get("incidents") {
        return one(looked_at::incidents(node, fields, reading));
    }
    if let Some(node) = fields.get("load") {
        return one(load::read(node, reading));
    }
    if let Some(node) = fields.get("manual") {
        return one(looked_at::manual(node, reading));
    }
    // A field that nobody knows is most likely the measure: it has been told by name.
    if fields.has_unknown() {
        return None;
    }
    reading.sink.add(
        Finding::error(
            Code::MissingField,
            fields.head(),
            format!("{} measures nothing", fields.what()),
        )
        .expected(
            "`flow`, `errors`, `latency`, `level`, `counts`, `reconcile`, `sql-equal`, `crawl`, `quote`, `incidents`, `load` or `manual`",
            fields.instead_of("flow"),
        )
        .help("write for example `{ flow: buy, completion: not worse }`"),
    );
    None
}

fn flow(node: &Node, reading: &mut Reading) -> Option<FlowId> {
    reference(node, "the flow", Kind::Flow, FlowId::parse, reading)
}
