//! Gates: they read data, somebody else can approve, and harm that they see takes the stage back.

use std::collections::BTreeSet;

use tidegate_model::PersonId;
use tidegate_model::plan::{Approver, Measure, OnHarm, Stage};

use crate::code::Code;
use crate::read::Reading;
use crate::sink::Finding;

/// Checks the gate of every stage.
pub(crate) fn check(reading: &mut Reading) {
    let plans = std::mem::take(&mut reading.parts.plans);
    for stage in plans.iter().flat_map(|plan| &plan.stages) {
        // A criterion that could not be read may be the one that is missed here.
        if !reading.unread_gates.contains(stage.id.as_str()) && !stage.gate.criteria.is_empty() {
            reads_data(stage, reading);
        }
        approvers(stage, reading);
    }
    reading.parts.plans = plans;
}

fn reads_data(stage: &Stage, reading: &mut Reading) {
    let subject = format!("stage `{}`", stage.id);
    let place = reading.place(&subject, "gate");
    let of_people = |measure: &Measure| {
        matches!(
            measure,
            Measure::Manual { .. } | Measure::Incidents { .. } | Measure::Load { .. }
        )
    };
    if stage.gate.criteria.iter().all(|one| of_people(&one.measure)) {
        reading.sink.add(
            Finding::error(Code::ReadsNoData, place, format!("the gate of {subject} reads no data"))
                .expected(
                    "a criterion over a flow, a source or an entity",
                    "only what people tick and report",
                )
                .help(
                    "add for example `{ flow: buy, completion: not worse }`: what fails silently is reported by nobody",
                ),
        );
        return;
    }
    if stage.gate.criteria.iter().all(|one| one.on_harm == OnHarm::Hold) {
        reading.sink.add(
            Finding::warning(
                Code::NothingRollsBack,
                place,
                format!("no criterion of {subject} takes it back by itself"),
            )
            .expected("`on-harm: rollback` on at least one criterion", "`hold` on all of them")
            .help("let the criterion that sees lost revenue roll back: until somebody has read a page, harm goes on"),
        );
    }
}

fn approvers(stage: &Stage, reading: &mut Reading) {
    let members = |team: &str| -> Vec<PersonId> {
        let found = reading.parts.teams.iter().find(|known| known.id.as_str() == team);
        found.map(|team| team.members.clone()).unwrap_or_default()
    };
    let mut people: BTreeSet<PersonId> = BTreeSet::new();
    for approver in &stage.gate.approvers {
        match approver {
            Approver::OwnerOf(domain) => {
                let owner = reading.owners.get(domain.as_str());
                people.extend(owner.map(|(team, _)| members(team)).unwrap_or_default());
            }
            Approver::Team(team) => people.extend(members(team.as_str())),
            Approver::Person(person) => {
                people.insert(person.clone());
            }
        }
    }
    let (Some(only), 1) = (people.first(), people.len()) else {
        return;
    };
    let subject = format!("stage `{}`", stage.id);
    let place = reading.place(&subject, "approver 0");
    let finding = Finding::warning(
        Code::OneApprover,
        place,
        format!("nobody but `{only}` can approve {subject}"),
    )
    .expected("a second person among the approvers", format!("only `{only}`"))
    .help("people are ill and on leave: add a member to the team, or another approver as a deputy");
    reading.sink.add(finding);
}
