//! Integrations: retries, idempotency, dead letters, who handles failures, and who does what must be done once.

use std::collections::BTreeMap;

use tidegate_model::integration::{DeadLetters, Integration, Retries, Runner, SideEffect};
use tidegate_model::{DomainId, EntityId, IntegrationId, Millis, StageId, SystemId};

use super::domain::reference;
use super::envelope::Head;
use super::fields::{Fields, bad_name, items, name, text, value, wrong};
use super::scalar::{DURATION, duration, whole};
use super::{Kind, Reading};
use crate::code::Code;
use crate::form::{Form, Of, may, need};
use crate::sink::Finding;
use crate::syntax::{Node, Shape};

/// The fields of an `Integration`.
pub(crate) static INTEGRATION: Form = Form::new(
    "what flows between two systems, and who answers for it when a part of it fails",
    &[
        need("domain", Of::Name),
        need("from", Of::Name),
        need("to", Of::Name),
        may("entity", Of::Name),
        need("retries", Of::Form(&RETRIES)),
        need("idempotency-key", Of::Text),
        need("dead-letters", Of::Form(&DEAD_LETTERS)),
        need("failures", Of::Name),
        may("vendor-contact", Of::Text),
        may("effects", Of::Listed(&Of::Form(&EFFECT))),
    ],
);

static RETRIES: Form = Form::new(
    "how a message that failed is tried again",
    &[need("attempts", Of::Whole), need("wait", Of::Duration)],
);

static DEAD_LETTERS: Form = Form::new(
    "where messages go that are given up",
    &[need("in", Of::Text), need("looked-at-within", Of::Duration)],
);

static EFFECT: Form = Form::new(
    "something that must happen once",
    &[
        need("what", Of::Text),
        need("runs-on", Of::Words(&RUNNERS)),
        may("from", Of::Named(&Of::Words(&RUNNERS))),
    ],
);

static RUNNERS: [&str; 3] = ["old", "new", "by-record"];
const RUNNER: &str = "`old`, `new` or `by-record`";
const ATTEMPTS: &str = "a whole number, 1 to 1000000";
const ATTEMPTS_MAX: u64 = 1_000_000;

/// Reads an `Integration`.
pub(crate) fn read(head: &Head, mut spec: Fields<'_>, reading: &mut Reading) {
    let domain = spec
        .need("domain", reading)
        .and_then(|node| reference(node, "the domain", Kind::Domain, DomainId::parse, reading));
    let mut system = |field: &'static str, reading: &mut Reading| {
        spec.need(field, reading).and_then(|node| {
            reading.mark(&head.subject, field, node.place);
            name(node, "the system", SystemId::parse, reading)
        })
    };
    let (from, to) = (system("from", reading), system("to", reading));
    let entity = match spec.get("entity") {
        Some(node) => reference(node, "the entity", Kind::Entity, EntityId::parse, reading).map(Some),
        None => Some(None),
    };
    let mut part = |field: &'static str, code: Code, help: &str, reading: &mut Reading| {
        let found = spec.get(field);
        if found.is_none() {
            reading.sink.add(
                Finding::error(code, head.place, format!("{} has no `{field}`", head.subject))
                    .expected(format!("`{field}`"), spec.instead_of(field))
                    .help(help),
            );
        }
        found
    };
    let retried = part(
        "retries",
        Code::NoRetries,
        "add `retries: { attempts: 8, wait: 30s }`: without a rule everybody retries differently, or for ever",
        reading,
    );
    let key = part(
        "idempotency-key",
        Code::NoIdempotency,
        "add `idempotency-key: order reference`: what is retried arrives twice",
        reading,
    );
    let letters = part(
        "dead-letters",
        Code::NoDeadLetters,
        "add `dead-letters: { in: <queue or table>, looked-at-within: 1h }`: what is given up has to lie somewhere",
        reading,
    );
    let failures = part(
        "failures",
        Code::NoFailureOwner,
        "add `failures: <domain>`: its owner is called, not whoever noticed",
        reading,
    );
    let retries = retried.and_then(|node| retries(node, reading));
    let idempotency_key = key.and_then(|node| text(node, "`idempotency-key`", reading));
    let dead_letters = letters.and_then(|node| dead_letters(node, reading));
    let failures =
        failures.and_then(|node| reference(node, "who handles failures", Kind::Domain, DomainId::parse, reading));
    let vendor_contact = spec
        .get("vendor-contact")
        .and_then(|node| text(node, "the vendor contact", reading));
    let mut effects = Vec::new();
    for node in spec.get("effects").map(items).unwrap_or_default() {
        effects.extend(effect(node, head, reading));
    }
    spec.close(reading);
    let (Some(domain), Some(from), Some(to), Some(entity)) = (domain, from, to, entity) else {
        return;
    };
    let (Some(retries), Some(idempotency_key), Some(dead_letters), Some(failures)) =
        (retries, idempotency_key, dead_letters, failures)
    else {
        return;
    };
    reading.parts.integrations.push(Integration {
        id: IntegrationId::parse(&head.name).expect("the envelope checked the name"),
        title: head.title.clone(),
        domain,
        from,
        to,
        entity,
        retries,
        idempotency_key,
        dead_letters,
        failures,
        vendor_contact,
        effects,
    });
}

fn above_zero(text: &str) -> Option<Millis> {
    duration(text).filter(|wait| wait.0 > 0)
}

fn retries(node: &Node, reading: &mut Reading) -> Option<Retries> {
    let mut fields = Fields::open(node, "the retries", &RETRIES, reading)?;
    let attempts = fields.need("attempts", reading).and_then(|node| {
        let known = |text: &str| whole(text).filter(|n| (1..=ATTEMPTS_MAX).contains(n));
        value(node, "`attempts`", ATTEMPTS, known, reading)
    });
    let wait = fields
        .need("wait", reading)
        .and_then(|node| value(node, "`wait`", DURATION, above_zero, reading));
    fields.close(reading);
    Some(Retries {
        attempts_max: u32::try_from(attempts?).expect("at most a million"),
        wait: wait?,
    })
}

fn dead_letters(node: &Node, reading: &mut Reading) -> Option<DeadLetters> {
    let mut fields = Fields::open(node, "the dead letters", &DEAD_LETTERS, reading)?;
    let place = fields.need("in", reading).and_then(|node| text(node, "`in`", reading));
    let within = fields
        .need("looked-at-within", reading)
        .and_then(|node| value(node, "`looked-at-within`", DURATION, above_zero, reading));
    fields.close(reading);
    Some(DeadLetters {
        place: place?,
        looked_at_within: within?,
    })
}

fn runner(text: &str) -> Option<Runner> {
    match text {
        "old" => Some(Runner::Old),
        "new" => Some(Runner::New),
        "by-record" => Some(Runner::ByRecord),
        _ => None,
    }
}

/// `{ what: order mail, runs-on: old, from: { checkout: by-record } }`.
fn effect(node: &Node, head: &Head, reading: &mut Reading) -> Option<SideEffect> {
    let mut fields = Fields::open(node, format!("an effect of {}", head.subject), &EFFECT, reading)?;
    let what_node = fields.need("what", reading);
    let what = what_node.and_then(|node| text(node, "`what`", reading));
    let runs_on = fields.get("runs-on");
    if runs_on.is_none() {
        reading.sink.add(
            Finding::error(Code::NoRunner, fields.head(), format!("nobody runs {}", fields.what()))
                .expected(
                    "`runs-on` with `old`, `new` or `by-record`",
                    fields.instead_of("runs-on"),
                )
                .help("add `runs-on: old`, and under `from` who takes over with which stage"),
        );
    }
    let runs_on = runs_on.and_then(|node| value(node, "`runs-on`", RUNNER, runner, reading));
    let from = fields.get("from").map(|node| later(node, reading)).unwrap_or_default();
    fields.close(reading);
    if let (Some(what), Some(node)) = (&what, what_node) {
        match reading.effects.get(what) {
            Some(earlier) => {
                let finding = Finding::error(Code::TwoRunners, node.place, format!("`{what}` is run twice"))
                    .expected("one declaration with one runner per stage", "a second one")
                    .help("keep the one that really does it: customers notice a second mail, banks a second capture")
                    .related(*earlier, "first declared here");
                reading.sink.add(finding);
            }
            None => {
                reading.effects.insert(what.clone(), node.place);
            }
        }
    }
    Some(SideEffect {
        what: what?,
        runs_on: runs_on?,
        from,
    })
}

fn later(node: &Node, reading: &mut Reading) -> BTreeMap<StageId, Runner> {
    let Shape::Map(entries) = &node.shape else {
        wrong(node, "`from`", "a mapping of stages to who takes over", reading);
        return BTreeMap::new();
    };
    let mut found = BTreeMap::new();
    for (key, node) in entries {
        let Ok(stage) = StageId::parse(&key.text) else {
            bad_name(key.place, "the stage", &key.text, reading);
            continue;
        };
        reading.refer(Kind::Stage, stage.as_str(), key.place);
        if let Some(runner) = value(node, "who takes over", RUNNER, runner, reading) {
            found.insert(stage, runner);
        }
    }
    found
}
