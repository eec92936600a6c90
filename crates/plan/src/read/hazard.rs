//! Failure modes and runbooks.

use tidegate_model::hazard::{Detectability, FailureMode, Runbook};
use tidegate_model::{ActionId, DomainId, FailureModeId, RunbookId, StageId};

use super::domain::reference;
use super::envelope::Head;
use super::fields::{Fields, items, text, texts, value, wrong};
use super::scalar::{SEVERITY, severity};
use super::{Kind, Reading};
use crate::code::Code;
use crate::form::{Form, Of, may, need};
use crate::sink::{Claim, Finding};
use crate::syntax::Node;

/// The fields of a `FailureMode`.
pub(crate) static FAILURE_MODE: Form = Form::new(
    "what can go wrong",
    &[
        need("domain", Of::Name),
        need("severity", Of::Words(&["sev1", "sev2", "sev3", "sev4"])),
        need("detectability", Of::Words(&["easy", "hard", "hidden"])),
        need("signals", Of::Listed(&Of::Text)),
        need("runbook", Of::Name),
    ],
);

/// The fields of a `Runbook`.
pub(crate) static RUNBOOK: Form = Form::new(
    "what to do, in order",
    &[
        need("steps", Of::Listed(&Of::Text)),
        may("actions", Of::Listed(&Of::Name)),
    ],
);

/// Reads a `FailureMode`.
pub(crate) fn read_failure_mode(head: &Head, mut spec: Fields<'_>, reading: &mut Reading) {
    let domain = spec.get("domain");
    if domain.is_none() {
        missing(Code::HazardWithoutOwner, head, "no owner", reading, |claim| {
            claim
                .expected(
                    "`domain` with the domain whose owner is paged",
                    spec.instead_of("domain"),
                )
                .help("add `domain: <domain>`: its owner is paged")
        });
    }
    let domain = domain.and_then(|node| reference(node, "the domain", Kind::Domain, DomainId::parse, reading));
    let severity = spec
        .need("severity", reading)
        .and_then(|node| value(node, "`severity`", SEVERITY, severity, reading));
    let detectability = spec
        .need("detectability", reading)
        .and_then(|node| value(node, "`detectability`", DETECTABILITY, detectability, reading));
    let nodes = spec.get("signals").map(items).unwrap_or_default();
    if nodes.is_empty() {
        missing(Code::NoSignal, head, "no signal", reading, |claim| {
            claim
                .expected(
                    "`signals` with at least one `stage/criterion`",
                    spec.instead_of("signals"),
                )
                .help("add `signals: [stage/criterion]`: what would show it")
        });
    }
    let mut signals = Vec::new();
    for node in nodes {
        signals.extend(signal(node, reading));
    }
    let runbook = spec.get("runbook");
    if runbook.is_none() {
        missing(Code::NoRunbook, head, "no runbook", reading, |claim| {
            claim
                .expected("`runbook` with a declared runbook", spec.instead_of("runbook"))
                .help("add `runbook: <runbook>`: what the person who is paged does")
        });
    }
    let runbook = runbook.and_then(|node| reference(node, "the runbook", Kind::Runbook, RunbookId::parse, reading));
    spec.close(reading);
    let (Some(domain), Some(severity), Some(detectability), Some(runbook)) = (domain, severity, detectability, runbook)
    else {
        return;
    };
    reading.parts.failure_modes.push(FailureMode {
        id: FailureModeId::parse(&head.name).expect("the envelope checked the name"),
        title: head.title.clone(),
        domain,
        severity,
        detectability,
        signals,
        runbook,
    });
}

fn missing(code: Code, head: &Head, what: &str, reading: &mut Reading, rest: impl Fn(Claim) -> Finding) {
    let claim = Finding::error(code, head.place, format!("{} has {what}", head.subject));
    reading.sink.add(rest(claim));
}

fn signal(node: &Node, reading: &mut Reading) -> Option<(StageId, String)> {
    let written = text(node, "a signal", reading)?;
    let split = written
        .split_once('/')
        .and_then(|(stage, criterion)| Some((StageId::parse(stage).ok()?, criterion.to_owned())));
    match split {
        Some((stage, criterion)) => {
            reading.signals.push((stage.to_string(), criterion.clone(), node.place));
            Some((stage, criterion))
        }
        None => {
            wrong(
                node,
                "a signal",
                "a stage and its criterion such as `checkout/buy-completion`",
                reading,
            );
            None
        }
    }
}

const DETECTABILITY: &str = "`easy`, `hard` or `hidden`";

fn detectability(text: &str) -> Option<Detectability> {
    match text {
        "easy" => Some(Detectability::Easy),
        "hard" => Some(Detectability::Hard),
        "hidden" => Some(Detectability::Hidden),
        _ => None,
    }
}

/// Reads a `Runbook`.
pub(crate) fn read_runbook(head: &Head, mut spec: Fields<'_>, reading: &mut Reading) {
    let node = spec.need("steps", reading);
    if let Some(node) = node {
        reading.mark(&head.subject, "steps", node.place);
    }
    let steps = texts(node, "a step", reading);
    if steps.len() < node.map_or(1, |node| items(node).len()) {
        reading.tear(&head.subject, "steps");
    }
    let mut actions = Vec::new();
    for node in spec.get("actions").map(items).unwrap_or_default() {
        actions.extend(reference(node, "the action", Kind::Action, ActionId::parse, reading));
    }
    spec.close(reading);
    reading.parts.runbooks.push(Runbook {
        id: RunbookId::parse(&head.name).expect("the envelope checked the name"),
        title: head.title.clone(),
        steps,
        actions,
    });
}
