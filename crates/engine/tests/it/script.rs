//! Scripts as a person could write them, one line each, and what somebody at the journal sees of them.

use tidegate_engine::event::{LessonAnswer, LessonOf};
use tidegate_engine::view::words::clock;
use tidegate_engine::view::{happened, status};
use tidegate_engine::{Body, Event, Request, Side, snapshot};
use tidegate_model::seam::{
    Actor, ArmCounts, BrakeLook, Door, Effect, EqualityCounts, ExposureVersion, Observation, Silence, Verdict,
};
use tidegate_model::{Millis, Severity};

use crate::shop::name;
use crate::world::{Health, World, by, gateway};

/// Runs a script in a fresh shop and compares what is seen; every promise is checked at each line.
#[track_caller]
pub(crate) fn check(script: &str, expected: &str) {
    let mut world = World::shop();
    check_in(&mut world, script, expected);
}

/// As [`check`], in a world that has seen something already.
#[track_caller]
pub(crate) fn check_in(world: &mut World, script: &str, expected: &str) {
    let seen = run(world, script);
    let expected: Vec<&str> = expected
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    assert!(
        seen.iter().map(String::as_str).eq(expected.iter().copied()),
        "seen:\n{}\n",
        seen.join("\n")
    );
}

/// Runs a script; what is seen, line by line: refusals and events, but not the noise of counts and receipts.
pub(crate) fn run(world: &mut World, script: &str) -> Vec<String> {
    let mut seen = Vec::new();
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let from = world.journal.len();
        let refusal = obey(world, line);
        world.expect_kept(line);
        let mut lines = Vec::new();
        for event in &world.journal[from..] {
            if let Some(told) = told(event) {
                lines.push((event.at, told));
            }
        }
        // The same again in one line of a script is said once.
        lines.dedup_by(|later, earlier| later.1 == earlier.1);
        seen.extend(lines.into_iter().map(|(at, told)| format!("{} {told}", clock(at))));
        seen.extend(refusal);
    }
    seen
}

/// What the timeline says of an event, unless it only says that something was counted, asked or taken.
fn told(event: &Event) -> Option<String> {
    match &event.body {
        Body::EvidenceRecorded { late: false, .. }
        | Body::Observed { .. }
        | Body::EffectEnded { .. }
        | Body::CommandRefused { .. }
        | Body::CriterionJudged {
            verdict: Verdict::NotYet { .. },
            ..
        } => None,
        Body::CriterionJudged {
            stage,
            criterion,
            verdict: Verdict::Pass,
            ..
        } => Some(format!("{criterion} of {stage} says pass")),
        Body::EvidenceRecorded { late: true, .. } => Some("counts came late and are not judged".to_owned()),
        _ => Some(happened(0, event).text),
    }
}

fn obey(world: &mut World, line: &str) -> Option<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["wait", span] => {
            let seconds: u64 = span.trim_end_matches('s').parse().unwrap();
            world.wait(Millis::seconds(seconds));
            None
        }
        ["confirm"] => {
            world.confirm();
            None
        }
        ["pages", "fail"] => {
            world.fail_pages();
            None
        }
        ["pages", "stay"] => {
            world.keep_pages();
            None
        }
        ["counts", stage, how, strata] => {
            world.count_for(stage, health(how), strata.parse().unwrap());
            None
        }
        ["sql", stage, criterion, how] => observe(world, stage, criterion, how),
        ["brake", stage, new, old] => look(world, stage, new, old),
        ["gateway", how] => gateway_does(world, how),
        ["headline"] => Some(headline(world)),
        ["show", "exposure"] => Some(exposure(world)),
        ["show", "switches"] => Some(switches(world)),
        ["show", "pages"] => Some(pages(world)),
        ["show", stage] => Some(shown(world, stage)),
        ["distrust"] => answer(world.ask(Actor::Controller, Request::DistrustJournal)),
        ["restart"] => answer(world.ask(Actor::Controller, Request::StartController)),
        ["@change", rest @ ..] => {
            let service = Actor::Service { id: name("change") };
            answer(world.ask(service, request_of(line, rest)))
        }
        // Through a link in a letter.
        [person, rest @ ..] if person.ends_with("@letter") => {
            let linked = Actor::Person {
                id: name(person.trim_end_matches("@letter")),
                door: Door::Link,
            };
            answer(world.ask(linked, request_of(line, rest)))
        }
        [person, rest @ ..] => answer(world.ask(by(person), request_of(line, rest))),
        [] => None,
    }
}

/// The answer card: what is going on, its numbers, who has it.
fn headline(world: &World) -> String {
    let card = status(&world.estate, &world.state, world.now).headline;
    let parts = [card.sentence, card.detail, card.who];
    let parts: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    format!("# {}", parts.join(" | "))
}

/// A stage as the page shows it.
fn shown(world: &World, id: &str) -> String {
    let view = status(&world.estate, &world.state, world.now);
    let stage = view
        .plans
        .iter()
        .flat_map(|plan| &plan.stages)
        .find(|stage| stage.id.as_str() == id);
    let stage = stage.unwrap();
    let mut waits = stage.holds.clone();
    waits.extend(stage.waits_for.iter().cloned());
    let waits = if waits.is_empty() {
        "nothing".to_owned()
    } else {
        waits.join("; ")
    };
    format!(
        "= {id} is {} at {}, attempt {}; it waits for: {waits}",
        stage.phase, stage.exposure, stage.attempt
    )
}

/// What the gateways are asked to hold, as the order under way says, else as it stands.
fn exposure(world: &World) -> String {
    let ordered = world.state.outbox().values().find_map(|waiting| match &waiting.effect {
        Effect::SetExposure(snapshot) => Some(snapshot.clone()),
        Effect::Page(_) | Effect::AskApproval(_) | Effect::Notify(_) => None,
    });
    let word = if ordered.is_some() { "asked" } else { "held" };
    let asked = ordered.unwrap_or_else(|| snapshot(&world.state, world.version()));
    let units = asked.units.iter().map(|unit| {
        let mut words = vec![
            format!("{} {}", unit.unit, unit.exposure),
            format!("proven {}", unit.proven),
        ];
        words.extend(unit.groups.iter().map(|group| {
            let is_proven = unit.proven_groups.contains(group);
            format!("with {group}{}", if is_proven { " proven" } else { "" })
        }));
        words.extend(unit.measured.then(|| "measured".to_owned()));
        words.extend(unit.finalised.then(|| "final".to_owned()));
        words.extend(unit.killed.then(|| "killed".to_owned()));
        words.join(" ")
    });
    let units: Vec<String> = units.collect();
    format!(
        "= {word} {}.{}: {}",
        asked.version.epoch,
        asked.version.seq,
        units.join(", ")
    )
}

/// The switches as the shop reads them, with the action that sets each.
fn switches(world: &World) -> String {
    let values = world.state.switches.iter().map(|(id, switch)| {
        let by = switch.action.as_ref().map(|action| format!(" by {action}"));
        format!("{id} = {}{}", switch.value, by.unwrap_or_default())
    });
    let values: Vec<String> = values.collect();
    format!("= {}", values.join(", "))
}

/// Who has a page that has not ended, and by how many ways.
fn pages(world: &World) -> String {
    let mut people: Vec<String> = world
        .state
        .outbox()
        .values()
        .filter_map(|waiting| match &waiting.effect {
            Effect::Page(letter) => Some(format!(
                "{} of {} by way {}",
                letter.to,
                letter.thread,
                letter.method + 1
            )),
            Effect::SetExposure(_) | Effect::AskApproval(_) | Effect::Notify(_) => None,
        })
        .collect();
    people.sort();
    if people.is_empty() {
        people.push("none".to_owned());
    }
    format!("= pages under way: {}", people.join(", "))
}

fn answer(answer: Result<tidegate_engine::Accepted, tidegate_engine::Refusal>) -> Option<String> {
    let refusal = answer.err()?;
    Some(format!(
        "refused {}: {} ({})",
        refusal.rule.code(),
        refusal.what,
        refusal.remedy
    ))
}

fn request_of(line: &str, words: &[&str]) -> Request {
    request(words).unwrap_or_else(|| panic!("`{line}` is no line of a script"))
}

fn request(words: &[&str]) -> Option<Request> {
    Some(match words {
        ["approve", stage] => Request::Approve { stage: name(stage) },
        ["finalise", stage] => Request::Finalise { stage: name(stage) },
        ["accept-risk", stage, reason @ ..] => Request::AcceptRisk {
            stage: name(stage),
            reason: reason.join(" "),
        },
        ["hold", stage] => Request::Hold {
            stage: name(stage),
            reason: None,
        },
        ["resume", stage] => Request::Resume {
            stage: name(stage),
            reason: "looked at it".to_owned(),
        },
        ["rollback", stage, reason @ ..] => Request::Rollback {
            stage: name(stage),
            reason: reason.join(" "),
        },
        ["change", stage, side] => change(stage, side, ""),
        ["change", stage, side, reference] => change(stage, side, reference),
        ["attest", stage, criterion, holds] => Request::Attest {
            stage: name(stage),
            criterion: name(criterion),
            holds: *holds == "yes",
            note: "looked".to_owned(),
        },
        ["drill", runbook, how, note @ ..] => Request::RecordDrill {
            runbook: name(runbook),
            worked: *how == "worked",
            note: note.join(" "),
        },
        ["feedback", stage, from, text @ ..] => Request::FileFeedback {
            stage: name(stage),
            from: (*from).to_owned(),
            text: text.join(" "),
        },
        ["answer", stage, of, "criterion", at, criterion] => Request::AnswerLesson {
            stage: name(stage),
            of: LessonOf::parse(of).ok()?,
            answer: LessonAnswer::Criterion {
                stage: name(at),
                criterion: name(criterion),
            },
        },
        ["answer", stage, of, "none", because @ ..] => Request::AnswerLesson {
            stage: name(stage),
            of: LessonOf::parse(of).ok()?,
            answer: LessonAnswer::None {
                because: because.join(" "),
            },
        },
        ["open", domain, severity, summary @ ..] => Request::OpenIncident {
            domain: name(domain),
            severity: match *severity {
                "sev1" => Severity::Sev1,
                "sev2" => Severity::Sev2,
                "sev3" => Severity::Sev3,
                _ => Severity::Sev4,
            },
            summary: summary.join(" "),
        },
        ["ack", incident] => Request::Acknowledge {
            incident: name(incident),
        },
        ["act", incident, action, reason @ ..] => Request::Act {
            incident: name(incident),
            action: name(action),
            reason: (!reason.is_empty()).then(|| reason.join(" ")),
        },
        ["done", incident, action, step, note @ ..] => Request::FinishStep {
            incident: name(incident),
            action: name(action),
            step: step.parse().ok()?,
            note: note.join(" "),
        },
        ["revert", action] => Request::Revert { action: name(action) },
        ["resolve", incident, lesson @ ..] => Request::Resolve {
            incident: name(incident),
            lesson: lesson.join(" "),
        },
        _ => return None,
    })
}

fn change(stage: &str, side: &str, reference: &str) -> Request {
    Request::NoteChange {
        stage: name(stage),
        side: if side == "old" { Side::Old } else { Side::New },
        reference: reference.to_owned(),
        summary: String::new(),
    }
}

fn health(word: &str) -> Health {
    match word {
        "well" => Health::Well,
        "worse" => Health::Worse,
        "unsure" => Health::Unsure,
        "failing" => Health::Failing,
        "slow" => Health::Slow,
        "missplit" => Health::Missplit,
        "same" => Health::Same,
        "fallen-back" => Health::FallenBack,
        "impossible" => Health::Impossible,
        "empty" => Health::Empty,
        other => panic!("`{other}` is no health"),
    }
}

fn observe(world: &mut World, stage: &str, criterion: &str, how: &str) -> Option<String> {
    let clean = EqualityCounts {
        old_rows: 1_000,
        new_rows: 1_000,
        ..EqualityCounts::default()
    };
    let equality = |counts| Observation::Equality { at: world.now, counts };
    let observation = match how {
        "clean" => equality(clean),
        "differs" => equality(EqualityCounts { differing: 10, ..clean }),
        "few" => equality(EqualityCounts {
            old_rows: 5,
            new_rows: 5,
            ..EqualityCounts::default()
        }),
        "old-empty" => equality(EqualityCounts {
            old_rows: 0,
            missing: 1_000,
            ..clean
        }),
        _ => Observation::Silent(Silence {
            since: world.now,
            reason: "connection refused".to_owned(),
        }),
    };
    answer(world.ask(
        Actor::Controller,
        Request::Observe {
            stage: name(stage),
            criterion: name(criterion),
            observation,
        },
    ))
}

fn look(world: &mut World, stage: &str, new: &str, old: &str) -> Option<String> {
    let arm = |text: &str| {
        let (hits, n) = text.split_once('/').unwrap();
        ArmCounts {
            n: n.parse().unwrap(),
            hits: hits.parse().unwrap(),
        }
    };
    let look = BrakeLook {
        stage: name(stage),
        version: world.version(),
        over: Millis::seconds(5),
        old: arm(old),
        new: arm(new),
    };
    answer(world.ask(gateway(), Request::Look(look)))
}

fn gateway_does(world: &mut World, how: &str) -> Option<String> {
    match how {
        "lost" => return answer(world.ask(gateway(), Request::GatewayLost { gateway: name("shop") })),
        "back" => world.gateway_seen(world.version()),
        "again" => {
            world.incarnation += 1;
            world.gateway_seen(world.version());
        }
        // It holds an exposure that this journal never asked for.
        "ahead" => {
            let known = world.version();
            world.gateway_seen(ExposureVersion {
                epoch: known.epoch,
                seq: known.seq + 1_000,
            });
        }
        other => panic!("a gateway does not do `{other}`"),
    }
    None
}
