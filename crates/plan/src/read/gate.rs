//! Gates: approvers, criteria and the emergency brake.

use tidegate_model::plan::{Brake, Criterion, Gate, Measure, OnHarm, SqlQuery};
use tidegate_model::{CriterionId, DatabaseId, DomainId, FlowId, Millis, PartsPerMillion};

use super::domain::reference;
use super::envelope::Head;
use super::fields::{Fields, items, name, text, value, wrong};
use super::scalar::{DURATION, PERCENT, SEVERITY, WHOLE, duration, percent, severity, whole};
use super::stage::approver;
use super::{Kind, Reading, list};
use crate::code::Code;
use crate::sink::Finding;
use crate::syntax::{Node, Shape};

/// The trigger that every gate has.
pub(crate) const HARM: &str = "gate harm";

const APPROVAL_WITHIN: Millis = Millis::minutes(4 * 60);
const FRESH_FOR: Millis = Millis::minutes(60);
const MAX_SILENCE: Millis = Millis::minutes(5);
const SQL_EVERY: Millis = Millis::minutes(5);
/// The brake when the gate does not say: half of at least 50 attempts within a minute failed.
const BRAKE_BAD_PPM: u32 = 500_000;
const BRAKE_OVER: Millis = Millis::minutes(1);
const BRAKE_ATTEMPTS: u64 = 50;
/// Quantiles that a latency criterion may name, in parts per million.
const QUANTILES: [(&str, u32); 6] = [
    ("p50", 500_000),
    ("p75", 750_000),
    ("p90", 900_000),
    ("p95", 950_000),
    ("p99", 990_000),
    ("p99.9", 999_000),
];

/// Names of what every stage counts beside its criteria; evidence of a criterion with such a name would be taken for it.
const RESERVED: [&str; 2] = ["split", "brake"];

/// Reads the gate of a stage.
pub(crate) fn read(node: &Node, head: &Head, owner: &DomainId, reading: &mut Reading) -> Option<Gate> {
    let mut fields = Fields::open(node, format!("the gate of {}", head.subject), reading)?;
    reading.mark(&head.subject, "gate", fields.head());
    let nodes = fields.get("approvers").map(items).unwrap_or_default();
    let mut approvers = Vec::new();
    for (at, node) in nodes.iter().enumerate() {
        if let Some(found) = approver(node, "an approver", reading) {
            reading.mark(&head.subject, &format!("approver {at}"), node.place);
            approvers.push(found);
        }
    }
    if nodes.is_empty() {
        lacks(
            Code::NoApprover,
            &fields,
            ["approver", "approvers"],
            &format!("add `approvers: [{owner}.owner]`"),
            reading,
        );
    }
    let nodes = fields.get("criteria").map(items).unwrap_or_default();
    if nodes.is_empty() {
        lacks(
            Code::NoCriterion,
            &fields,
            ["criterion", "criteria"],
            "add `criteria: [{ flow: buy, completion: not worse }]`: only a pass opens a gate",
            reading,
        );
    }
    let mut criteria: Vec<Criterion> = Vec::new();
    for node in nodes {
        if let Some(criterion) = criterion(node, head, owner, &criteria, reading) {
            reading.mark(&head.subject, &format!("criterion {}", criterion.id), node.place);
            criteria.push(criterion);
        }
    }
    let brake = fields
        .get("brake")
        .map_or_else(|| Some(default_brake()), |node| brake(node, reading));
    let mut time = |field: &'static str, default: Millis, reading: &mut Reading| {
        fields.get(field).map_or(Some(default), |node| {
            value(node, &format!("`{field}`"), DURATION, duration, reading)
        })
    };
    let approval_within = time("approval-within", APPROVAL_WITHIN, reading);
    let fresh_for = time("fresh-for", FRESH_FOR, reading);
    fields.close(reading);
    Some(Gate {
        approvers,
        criteria,
        brake: brake?,
        approval_within: approval_within?,
        fresh_for: fresh_for?,
    })
}

fn lacks(code: Code, fields: &Fields<'_>, [what, field]: [&str; 2], help: &str, reading: &mut Reading) {
    reading.sink.add(
        Finding::error(code, fields.head(), format!("{} has no {what}", fields.what()))
            .expected(format!("`{field}` with at least one {what}"), fields.instead_of(field))
            .help(help),
    );
}

fn default_brake() -> Brake {
    Brake {
        bad_share: PartsPerMillion::new(BRAKE_BAD_PPM).expect("half is a share"),
        over: BRAKE_OVER,
        attempts_at_least: BRAKE_ATTEMPTS,
    }
}

/// `{ bad: 30% over 5s, attempts: 50 }`.
fn brake(node: &Node, reading: &mut Reading) -> Option<Brake> {
    let mut fields = Fields::open(node, "the brake", reading)?;
    let bad = fields
        .need("bad", reading)
        .and_then(|node| value(node, "`bad`", BAD_OVER, bad_over, reading));
    let attempts = fields.get("attempts").map_or(Some(BRAKE_ATTEMPTS), |node| {
        value(node, "`attempts`", WHOLE, whole, reading)
    });
    fields.close(reading);
    let (bad_share, over) = bad?;
    Some(Brake {
        bad_share,
        over,
        attempts_at_least: attempts?,
    })
}

const BAD_OVER: &str = "a share and a time such as `30% over 5s`";

fn bad_over(text: &str) -> Option<(PartsPerMillion, Millis)> {
    let (share, over) = text.split_once(" over ")?;
    let over = duration(over).filter(|over| over.0 > 0)?;
    Some((percent(share)?, over))
}

fn criterion(
    node: &Node,
    head: &Head,
    owner: &DomainId,
    earlier: &[Criterion],
    reading: &mut Reading,
) -> Option<Criterion> {
    let mut fields = Fields::open(node, format!("a criterion of {}", head.subject), reading)?;
    let given = fields
        .get("name")
        .and_then(|node| name(node, "the criterion's name", CriterionId::parse, reading));
    if let Some(node) = fields.get("name")
        && let Some(reserved) = node.text().filter(|name| RESERVED.contains(name))
    {
        reading.sink.add(
            Finding::error(
                Code::BadName,
                node.place,
                format!("no criterion can be named `{reserved}`"),
            )
            .expected(
                format!("a name beside {}", list(RESERVED.into_iter())),
                format!("`{reserved}`"),
            )
            .help("those stand for what every stage counts: say what this one compares"),
        );
    }
    let title = fields.get("title").and_then(|node| text(node, "the title", reading));
    let measured = measure(&mut fields, reading);
    let on_harm = fields
        .get("on-harm")
        .map(|node| value(node, "`on-harm`", ON_HARM, on_harm, reading));
    let owner = fields.get("owner").map_or_else(
        || Some(owner.clone()),
        |node| reference(node, "the criterion's owner", Kind::Domain, DomainId::parse, reading),
    );
    let weight = fields.get("weight").map_or(Some(1), |node| {
        value(
            node,
            "`weight`",
            "a whole number, 1 to 1000",
            |text| whole(text).filter(|n| (1..=1_000).contains(n)),
            reading,
        )
    });
    let max_silence = fields.get("max-silence").map_or(Some(MAX_SILENCE), |node| {
        value(node, "`max-silence`", DURATION, duration, reading)
    });
    // Fields of a measure that could not be told apart are not complained about twice.
    let found = measured?;
    fields.close(reading);
    let id = match given {
        Some(id) => {
            if earlier.iter().any(|other| other.id == id) {
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
            id
        }
        None => free_name(&found.name, earlier)?,
    };
    Some(Criterion {
        id,
        title: title.unwrap_or(found.title),
        on_harm: on_harm.unwrap_or(Some(found.on_harm))?,
        measure: found.measure,
        segment: None,
        owner: owner?,
        weight: u32::try_from(weight?).expect("at most 1000"),
        max_silence: max_silence?,
    })
}

/// The first of `name`, `name-2`, `name-3`, ... that is not taken.
fn free_name(name: &str, earlier: &[Criterion]) -> Option<CriterionId> {
    let is_free = |candidate: &CriterionId| earlier.iter().all(|other| other.id != *candidate);
    let first = CriterionId::parse(name).ok().filter(|id| is_free(id));
    first.or_else(|| {
        (2..=earlier.len() + 2)
            .filter_map(|n| CriterionId::parse(&format!("{name}-{n}")).ok())
            .find(is_free)
    })
}

const ON_HARM: &str = "`rollback` or `hold`";

fn on_harm(text: &str) -> Option<OnHarm> {
    match text {
        "rollback" => Some(OnHarm::Rollback),
        "hold" => Some(OnHarm::Hold),
        _ => None,
    }
}

/// A measure with the name, words and harm that it has when nothing else is written.
struct Measured {
    measure: Measure,
    name: String,
    title: String,
    on_harm: OnHarm,
}

fn measure(fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Measured> {
    if let Some(node) = fields.get("flow") {
        return completion(node, fields, reading);
    }
    if let Some(node) = fields.get("errors") {
        return errors(node, fields, reading);
    }
    if let Some(node) = fields.get("latency") {
        return latency(node, fields, reading);
    }
    if let Some(node) = fields.get("sql-equal") {
        return sql_equal(node, fields, reading);
    }
    if let Some(node) = fields.get("incidents") {
        return incidents(node, fields, reading);
    }
    if let Some(node) = fields.get("manual") {
        let question = text(node, "`manual`", reading)?;
        return Some(Measured {
            name: "manual".to_owned(),
            title: question.clone(),
            on_harm: OnHarm::Hold,
            measure: Measure::Manual { question },
        });
    }
    reading.sink.add(
        Finding::error(
            Code::MissingField,
            fields.head(),
            format!("{} measures nothing", fields.what()),
        )
        .expected(
            "`flow`, `errors`, `latency`, `sql-equal`, `incidents` or `manual`",
            fields.instead_of("flow"),
        )
        .help("write for example `{ flow: buy, completion: not worse }`"),
    );
    None
}

fn flow(node: &Node, reading: &mut Reading) -> Option<FlowId> {
    reference(node, "the flow", Kind::Flow, FlowId::parse, reading)
}

fn completion(node: &Node, fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Measured> {
    let flow = flow(node, reading);
    fields.need("completion", reading).and_then(|node| {
        value(
            node,
            "`completion`",
            "`not worse`",
            |text| (text == "not worse").then_some(()),
            reading,
        )
    })?;
    let flow = flow?;
    Some(Measured {
        name: format!("{flow}-completion"),
        title: format!("completion of {flow} is not worse"),
        on_harm: OnHarm::Rollback,
        measure: Measure::Completion { flow },
    })
}

fn errors(node: &Node, fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Measured> {
    let flow = flow(node, reading);
    let mut share = |field: &'static str, reading: &mut Reading| {
        fields
            .need(field, reading)
            .and_then(|node| value(node, &format!("`{field}`"), PERCENT, percent, reading))
    };
    let (at_most, not_worse_by) = (share("at-most", reading), share("not-worse-by", reading));
    let (flow, at_most, not_worse_by) = (flow?, at_most?, not_worse_by?);
    Some(Measured {
        name: format!("{flow}-errors"),
        title: format!("errors of {flow} are at most {at_most} and not worse by {not_worse_by}"),
        on_harm: OnHarm::Rollback,
        measure: Measure::Errors {
            flow,
            at_most,
            not_worse_by,
        },
    })
}

fn latency(node: &Node, fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Measured> {
    let flow = flow(node, reading);
    let named: Vec<_> = QUANTILES
        .iter()
        .filter_map(|(name, ppm)| fields.get(name).map(|node| (*name, *ppm, node)))
        .collect();
    let [(quantile_name, ppm, node)] = named.as_slice() else {
        reading.sink.add(
            Finding::error(
                Code::MissingField,
                fields.head(),
                format!("{} has no quantile", fields.what()),
            )
            .expected(
                "one of `p50`, `p75`, `p90`, `p95`, `p99`, `p99.9`",
                format!("{}", named.len()),
            )
            .help("write for example `p95: 500ms`"),
        );
        return None;
    };
    let limit = value(node, &format!("`{quantile_name}`"), DURATION, duration, reading)?;
    let flow = flow?;
    Some(Measured {
        name: format!("{flow}-{quantile_name}"),
        title: format!("{} of {flow} is at most {limit}", quantile_name.to_uppercase()),
        on_harm: OnHarm::Hold,
        measure: Measure::Latency {
            flow,
            quantile: PartsPerMillion::new(*ppm).expect("a quantile is a share"),
            limit,
        },
    })
}

fn sql_equal(node: &Node, outer: &mut Fields<'_>, reading: &mut Reading) -> Option<Measured> {
    let every = outer.get("every").map_or(Some(SQL_EVERY), |node| {
        value(
            node,
            "`every`",
            DURATION,
            |text| duration(text).filter(|every| every.0 > 0),
            reading,
        )
    });
    let rows_at_least = outer.get("rows-at-least").map_or(Some(1), |node| {
        value(
            node,
            "`rows-at-least`",
            "a whole number above zero",
            |text| whole(text).filter(|n| *n > 0),
            reading,
        )
    });
    let mut fields = Fields::open(node, "`sql-equal`", reading)?;
    let old = fields.need("old", reading).and_then(|node| query(node, reading));
    let new = fields.need("new", reading).and_then(|node| query(node, reading));
    fields.close(reading);
    let (old, new) = (old?, new?);
    Some(Measured {
        name: "sql-equal".to_owned(),
        title: format!("rows of {} and {} are equal", old.on, new.on),
        on_harm: OnHarm::Hold,
        measure: Measure::SqlEqual {
            old,
            new,
            every: every?,
            rows_at_least: rows_at_least?,
        },
    })
}

fn query(node: &Node, reading: &mut Reading) -> Option<SqlQuery> {
    let mut fields = Fields::open(node, "a query", reading)?;
    let on = fields
        .need("on", reading)
        .and_then(|node| name(node, "the database", DatabaseId::parse, reading));
    let query = fields
        .need("query", reading)
        .and_then(|node| text(node, "`query`", reading));
    fields.close(reading);
    Some(SqlQuery { on: on?, query: query? })
}

fn incidents(node: &Node, fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Measured> {
    if matches!(node.shape, Shape::List(_) | Shape::Map(_)) {
        wrong(node, "`incidents`", SEVERITY, reading);
        return None;
    }
    let at_least = value(node, "`incidents`", SEVERITY, severity, reading);
    let at_most = fields.get("at-most").map_or(Some(0), |node| {
        value(
            node,
            "`at-most`",
            WHOLE,
            |text| text.trim().parse::<u32>().ok(),
            reading,
        )
    });
    let (at_least, at_most) = (at_least?, at_most?);
    Some(Measured {
        name: format!("incidents-{}", at_least.word()),
        title: format!("at most {at_most} open incidents at {} or worse", at_least.word()),
        on_harm: OnHarm::Hold,
        measure: Measure::Incidents { at_least, at_most },
    })
}
