//! Objectives of a domain, and invariants.

use tidegate_model::objective::{INVARIANT_EVERY_MIN, Invariant, MeasuredOn, Objective, Target};
use tidegate_model::{DomainId, FlowId, InvariantId, Millis, ObjectiveId, PartsPerMillion, RouteId, Severity};

use super::criterion::{LEVEL, QUANTILES, asked_number};
use super::domain::reference;
use super::envelope::Head;
use super::fields::{Fields, name, text, value, wrong};
use super::scalar::{DURATION, SEVERITY, duration, per_hour, percent, severity};
use super::{Kind, Reading};
use crate::code::Code;
use crate::form::{Form, Of, may, need};
use crate::sink::Finding;
use crate::syntax::Node;

/// The fields of an objective.
pub(crate) static OBJECTIVE: Form = Form::new(
    "a figure that the owner answers for",
    &[
        need("name", Of::Name),
        may("title", Of::Text),
        may("p50", Of::Duration),
        may("p75", Of::Duration),
        may("p90", Of::Duration),
        may("p95", Of::Duration),
        may("p99", Of::Duration),
        may("p99.9", Of::Duration),
        may("at-least", Of::Either(&[Of::Percent, Of::Rate])),
        may("of", Of::Either(&[Of::Form(&WALKED), Of::Form(&LEVEL)])),
    ],
);

static WALKED: Form = Form::new("what visitors do", &[may("flow", Of::Name), may("route", Of::Name)]);

/// The fields of an `Invariant`.
pub(crate) static INVARIANT: Form = Form::new(
    "what holds in every single case",
    &[
        need("domain", Of::Name),
        need("violations", Of::Form(&LEVEL)),
        may("every", Of::Duration),
        may("severity", Of::Words(&["sev1", "sev2", "sev3", "sev4"])),
    ],
);

/// Time between two questions when the invariant does not say.
const EVERY: Millis = Millis::minutes(1);

/// Reads one objective of `owner`.
pub(crate) fn read(node: &Node, owner: &str, reading: &mut Reading) -> Option<Objective> {
    let mut fields = Fields::open(node, format!("an objective of {owner}"), &OBJECTIVE, reading)?;
    let id = fields
        .need("name", reading)
        .and_then(|node| name(node, "the objective's name", ObjectiveId::parse, reading));
    let title = fields.get("title").and_then(|node| text(node, "the title", reading));
    let target = target(&mut fields, reading);
    let of = match fields.get("of") {
        Some(node) => measured_on(node, reading).map(Some),
        None => Some(None),
    };
    let place = fields.head();
    fields.close(reading);
    let id = id?;
    reading.mark(owner, &format!("objective {id}"), place);
    Some(Objective {
        title: title.unwrap_or_else(|| id.to_string()),
        target: target?,
        of: of?,
        id,
    })
}

fn target(fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Target> {
    let mut written: Vec<(&str, Option<u32>, &Node)> = Vec::new();
    for (word, ppm) in QUANTILES {
        written.extend(fields.get(word).map(|node| (word, Some(ppm), node)));
    }
    written.extend(fields.get("at-least").map(|node| ("at-least", None, node)));
    let [(word, quantile, node)] = written.as_slice() else {
        let found = match written.len() {
            0 => fields.instead_of("p95"),
            several => format!("{several} of them"),
        };
        reading.sink.add(
            Finding::error(
                Code::OneTarget,
                fields.head(),
                format!("{} does not promise one thing", fields.what()),
            )
            .expected("one of `p95: 300ms` (or another quantile) and `at-least`", found)
            .help("write for example `p95: 300ms`, `at-least: 99.9%` or `at-least: 1000/h`; two promises are two objectives"),
        );
        return None;
    };
    match quantile {
        Some(ppm) => {
            let limit = value(
                node,
                &format!("`{word}`"),
                DURATION,
                |text| duration(text).filter(|limit| limit.0 > 0),
                reading,
            )?;
            let quantile = PartsPerMillion::new(*ppm).expect("a quantile is a share");
            Some(Target::Within { quantile, limit })
        }
        None => at_least(node, reading),
    }
}

const AT_LEAST: &str = "a share such as `99.9%`, or a rate such as `1000/h`";

fn at_least(node: &Node, reading: &mut Reading) -> Option<Target> {
    let written = text(node, "`at-least`", reading)?;
    if let Some(share) = percent(&written) {
        if share.get() == 1_000_000 {
            reading.sink.add(
                Finding::error(Code::WholeAsShare, node.place, "a promise of every case is written as a share")
                    .expected("a share below `100%`", format!("`{written}`"))
                    .help("declare it as a document of kind `Invariant`: with a share, the first violation and the thousandth look alike"),
            );
            return None;
        }
        return Some(Target::AtLeast(share));
    }
    let rate = per_hour(&written).filter(|rate| *rate > 0).map(Target::PerHour);
    if rate.is_none() {
        wrong(node, "`at-least`", AT_LEAST, reading);
    }
    rate
}

/// `{ flow: buy }`, `{ route: payment }`, or a question with a number as its answer.
fn measured_on(node: &Node, reading: &mut Reading) -> Option<MeasuredOn> {
    if node.get("flow").is_none() && node.get("route").is_none() {
        return asked_number(node, "what an objective is measured on", reading).map(MeasuredOn::Source);
    }
    let mut fields = Fields::open(node, "what an objective is measured on", &WALKED, reading)?;
    let (flow, route) = (fields.get("flow"), fields.get("route"));
    fields.close(reading);
    match (flow, route) {
        (Some(flow), None) => reference(flow, "the flow", Kind::Flow, FlowId::parse, reading).map(MeasuredOn::Flow),
        (None, Some(route)) => {
            let id = name(route, "the route", RouteId::parse, reading)?;
            reading.refer(Kind::Route, id.as_str(), route.place);
            Some(MeasuredOn::Route(id))
        }
        (_, Some(second)) => {
            wrong(
                second,
                "what an objective is measured on",
                "one of `flow` and `route`",
                reading,
            );
            None
        }
        (None, None) => None,
    }
}

/// A source is asked for as long as the controller runs, and each answer may be written down.
fn is_seldom(every: Millis, node: &Node, reading: &mut Reading) -> bool {
    let is_seldom = every >= INVARIANT_EVERY_MIN;
    if !is_seldom {
        reading.sink.add(
            Finding::error(Code::AskedTooOften, node.place, "an invariant is asked about too often")
                .expected(
                    format!("at least {INVARIANT_EVERY_MIN} between two questions"),
                    format!("`{every}`"),
                )
                .help("write `every: 1m`: a source is asked day and night, whether a stage is moved or not"),
        );
    }
    is_seldom
}

/// Reads an `Invariant`.
pub(crate) fn read_invariant(head: &Head, mut spec: Fields<'_>, reading: &mut Reading) {
    let domain = spec
        .need("domain", reading)
        .and_then(|node| reference(node, "the domain", Kind::Domain, DomainId::parse, reading));
    let violations = spec
        .need("violations", reading)
        .and_then(|node| asked_number(node, "the question about violations", reading));
    let every = spec.get("every").map_or(Some(EVERY), |node| {
        value(
            node,
            "`every`",
            DURATION,
            |text| duration(text).filter(|every| every.0 > 0),
            reading,
        )
        .filter(|every| is_seldom(*every, node, reading))
    });
    let severity = spec.get("severity").map_or(Some(Severity::Sev2), |node| {
        value(node, "`severity`", SEVERITY, severity, reading)
    });
    spec.close(reading);
    let (Some(domain), Some(violations), Some(every), Some(severity)) = (domain, violations, every, severity) else {
        return;
    };
    reading.parts.invariants.push(Invariant {
        id: InvariantId::parse(&head.name).expect("the envelope checked the name"),
        title: head.title.clone(),
        domain,
        violations,
        every,
        severity,
    });
}
