//! Gates: they read data, somebody else can approve, and harm that they see takes the stage back.

use std::collections::BTreeSet;

use tidegate_model::plan::{Approver, Measure, OnHarm, Stage};
use tidegate_model::{Millis, PersonId, TeamId};

use crate::code::Code;
use crate::read::{Reading, list};
use crate::sink::{Finding, Place};

/// Checks the gate of every stage.
pub(crate) fn check(reading: &mut Reading) {
    let plans = std::mem::take(&mut reading.parts.plans);
    for stage in plans.iter().flat_map(|plan| &plan.stages) {
        // A criterion that could not be read may be the one that is missed here.
        if !reading.unread_gates.contains(stage.id.as_str()) && !stage.gate.criteria.is_empty() {
            reads_data(stage, reading);
        }
        approvers(stage, reading);
        deadline(stage, reading);
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

/// Teams without members. That the owner of a domain has no people is an error of its own.
fn nobody(stage: &Stage, subject: &str, place: Place, reading: &mut Reading) {
    let is_known = |team: &TeamId| reading.parts.teams.iter().any(|known| known.id == *team);
    let teams: Vec<&str> = (stage.gate.approvers.iter())
        .filter_map(|approver| match approver {
            Approver::Team(team) if is_known(team) => Some(team.as_str()),
            Approver::OwnerOf(_) | Approver::Team(_) | Approver::Person(_) => None,
        })
        .collect();
    if teams.is_empty() || teams.len() < stage.gate.approvers.len() {
        return;
    }
    let found = format!("{} without one", list(teams.iter().copied()));
    reading.sink.add(
        Finding::error(Code::NobodyApproves, place, format!("nobody can approve {subject}"))
            .expected("a team with members", found)
            .help("add `members` to the team, or name another approver: a gate that nobody opens holds the stage for ever"),
    );
}

/// Longer than this, whoever is asked has forgotten, and the evidence is of another time.
const APPROVAL_WITHIN_MAX: Millis = Millis::minutes(7 * 24 * 60);

fn deadline(stage: &Stage, reading: &mut Reading) {
    let within = stage.gate.approval_within;
    if within <= APPROVAL_WITHIN_MAX {
        return;
    }
    let subject = format!("stage `{}`", stage.id);
    let place = reading.place(&subject, "approval-within");
    reading.sink.add(
        Finding::warning(
            Code::LateApproval,
            place,
            format!("an approval of {subject} may come too late"),
        )
        .expected(format!("at most {APPROVAL_WITHIN_MAX}"), within.to_string())
        .help("shorten `approval-within`: when it is over, the next on the ladder is asked"),
    );
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
    let subject = format!("stage `{}`", stage.id);
    let place = reading.place(&subject, "approver 0");
    if people.is_empty() {
        nobody(stage, &subject, place, reading);
    }
    let (Some(only), 1) = (people.first(), people.len()) else {
        return;
    };
    let finding = Finding::warning(
        Code::OneApprover,
        place,
        format!("nobody but `{only}` can approve {subject}"),
    )
    .expected("a second person among the approvers", format!("only `{only}`"))
    .help("people are ill and on leave: add a member to the team, or another approver as a deputy");
    reading.sink.add(finding);
}
