//! Stages: steps of exposure, the gate between them, and the way back.

use tidegate_model::plan::{Approver, Communication, RollbackRule, Stage, Step};
use tidegate_model::{BasisPoints, DomainId, GroupId, Millis, PartsPerMillion, RunbookId, StageId, UnitId};

use super::domain::reference;
use super::envelope::{Head, declare};
use super::fields::{Fields, items, name, text, texts, value, wrong};
use super::people::{entity_ref, person, team};
use super::scalar::{DURATION, EXPOSURE, MONEY, PERCENT, WHOLE, duration, exposure, money, percent, whole};
use super::{Kind, Reading};
use super::{entry, gate};
use crate::code::Code;
use crate::form::{Form, Of, may, need};
use crate::sink::Finding;
use crate::syntax::Node;

/// Attempts when the stage does not say.
const ATTEMPTS_MAX: u64 = 3;
/// The fields of a stage.
pub(crate) static STAGE: Form = Form::new(
    "a stage: one unit, moved step by step",
    &[
        need("name", Of::Name),
        may("title", Of::Text),
        need("unit", Of::Name),
        need("owner", Of::Name),
        may("after", Of::Listed(&Of::Name)),
        may("enter", Of::Listed(&Of::Form(&entry::ENTRY))),
        need("steps", Of::Listed(&Of::Form(&STEP))),
        need("watch", Of::Duration),
        may("attempts", Of::Whole),
        need("gate", Of::Form(&gate::GATE)),
        need("rollback", Of::Form(&ROLLBACK)),
        may("communication", Of::Form(&COMMUNICATION)),
    ],
);

static STEP: Form = Form::new(
    "a step of exposure",
    &[
        may("to", Of::Percent),
        may("anonymous", Of::Words(&["new"])),
        may("groups", Of::Listed(&Of::Name)),
        may("soak", Of::Duration),
        may("at-most", Of::Duration),
        may("margin", Of::Percent),
        may("at-risk", Of::Money),
    ],
);

static ROLLBACK: Form = Form::new(
    "the way back",
    &[
        need("exposure", Of::Text),
        need("within", Of::Text),
        may("forward-fix", Of::Listed(&Of::Text)),
        need("trigger", Of::Listed(&Of::Text)),
        need("executor", Of::EntityRef),
        need("runbook", Of::Name),
    ],
);

static COMMUNICATION: Form = Form::new("who is told", &[may("on-rollback", Of::Listed(&Of::EntityRef))]);

/// `at-most` when the step does not say: so many times its soak; at full exposure without a soak, the watch.
const SOAKS_AT_MOST: u64 = 4;

/// Reads one stage of a plan.
pub(crate) fn read(node: &Node, reading: &mut Reading) -> Option<Stage> {
    let mut fields = Fields::open(node, "a stage", &STAGE, reading)?;
    let name_node = fields.need("name", reading)?;
    let id = name(name_node, "the stage's name", StageId::parse, reading)?;
    let title = fields.get("title").and_then(|node| text(node, "the title", reading));
    let head = Head {
        name: id.to_string(),
        title: title.unwrap_or_else(|| id.to_string()),
        subject: format!("stage `{id}`"),
        place: name_node.place,
    };
    declare(Kind::Stage, head.name.clone(), &head, reading);
    let unit = fields.need("unit", reading).and_then(|node| {
        reading.mark(&head.subject, "unit", node.place);
        name(node, "the unit", UnitId::parse, reading)
    });
    let owner = fields
        .need("owner", reading)
        .and_then(|node| reference(node, "the stage's owner", Kind::Domain, DomainId::parse, reading));
    let mut after = Vec::new();
    if let Some(node) = fields.get("after") {
        reading.mark(&head.subject, "after", node.place);
        for node in items(node) {
            after.extend(reference(
                node,
                "an earlier stage",
                Kind::Stage,
                StageId::parse,
                reading,
            ));
        }
    }
    let enter = entry::read(fields.get("enter"), &head, reading);
    let watch = fields
        .need("watch", reading)
        .and_then(|node| value(node, "`watch`", DURATION, duration, reading));
    let steps = steps(&mut fields, &head, watch, reading);
    let gate = match fields.need("gate", reading) {
        Some(node) => owner.as_ref().and_then(|owner| gate::read(node, &head, owner, reading)),
        None => None,
    };
    let rollback = fields.get("rollback");
    if rollback.is_none() {
        reading.sink.add(
            Finding::error(
                Code::NoRollback,
                head.place,
                format!("{} has no rollback rule", head.subject),
            )
            .expected("`rollback` with a rule", fields.instead_of("rollback"))
            .help("add `rollback: { exposure, within, trigger, executor, runbook }`: the way back is part of the plan"),
        );
    }
    let rollback = rollback.and_then(|node| rollback_rule(node, &head, reading));
    let told = fields.get("communication");
    let communication = communication(told, fields.instead_of("communication"), &head, reading);
    let attempts_max = fields.get("attempts").map_or(Some(ATTEMPTS_MAX), |node| {
        value(
            node,
            "`attempts`",
            WHOLE,
            |text| whole(text).filter(|n| (1..=100).contains(n)),
            reading,
        )
    });
    fields.close(reading);
    Some(Stage {
        id,
        title: head.title,
        unit: unit?,
        owner: owner?,
        after,
        enter,
        steps,
        watch: watch?,
        gate: gate?,
        rollback: rollback?,
        communication,
        attempts_max: u32::try_from(attempts_max?).expect("at most 100"),
    })
}

fn steps(fields: &mut Fields<'_>, head: &Head, watch: Option<Millis>, reading: &mut Reading) -> Vec<Step> {
    let Some(node) = fields.need("steps", reading) else {
        return Vec::new();
    };
    reading.mark(&head.subject, "steps", node.place);
    let mut steps: Vec<Step> = Vec::new();
    for node in items(node) {
        let earlier = steps.last().cloned();
        let Some(read) = step(node, earlier.as_ref(), watch, reading) else {
            reading.tear(&head.subject, "steps");
            continue;
        };
        // Rules count the steps that were read.
        reading.mark(&head.subject, &format!("step {}", steps.len()), node.place);
        steps.push(read);
    }
    steps
}

fn step(node: &Node, earlier: Option<&Step>, watch: Option<Millis>, reading: &mut Reading) -> Option<Step> {
    let mut fields = Fields::open(node, "a step", &STEP, reading)?;
    if let Some(anonymous) = fields.get("anonymous") {
        return flip(fields, anonymous, earlier, reading);
    }
    let to = fields
        .need("to", reading)
        .and_then(|node| value(node, "`to`", EXPOSURE, exposure, reading));
    // At full exposure there is no old side left to compare with: no soak and no margin of its own.
    // Where the share itself could not be read, nothing else is missed.
    let is_full = to.is_none_or(|to| to == BasisPoints::FULL);
    let soak = match fields.get("soak") {
        None if is_full => Some(Millis(0)),
        None => {
            fields.need("soak", reading);
            None
        }
        Some(node) => value(node, "`soak`", DURATION, duration, reading),
    };
    let at_most = match fields.get("at-most") {
        None if is_full && soak == Some(Millis(0)) => watch,
        None => soak.map(|soak| Millis(soak.0.saturating_mul(SOAKS_AT_MOST))),
        Some(node) => value(node, "`at-most`", DURATION, duration, reading),
    };
    let margin = match fields.get("margin") {
        None if is_full => earlier.map(|step| step.margin).or_else(|| PartsPerMillion::new(0).ok()),
        None => {
            fields.need("margin", reading);
            None
        }
        Some(node) => value(node, "`margin`", PERCENT, percent, reading),
    };
    let at_risk = fields
        .get("at-risk")
        .and_then(|node| value(node, "`at-risk`", MONEY, money, reading));
    fields.close(reading);
    Some(Step {
        to: to?,
        flips: Vec::new(),
        soak: soak?,
        at_most: at_most?,
        margin: margin?,
        at_risk,
    })
}

/// A step that flips groups of routes: it takes as long as the step before where it does not say.
fn flip(mut fields: Fields<'_>, anonymous: &Node, earlier: Option<&Step>, reading: &mut Reading) -> Option<Step> {
    let is_new = value(
        anonymous,
        "`anonymous`",
        "`new`",
        |text| (text == "new").then_some(()),
        reading,
    );
    let mut flips = Vec::new();
    if let Some(node) = fields.need("groups", reading) {
        for node in items(node) {
            flips.extend(name(node, "a group", GroupId::parse, reading));
        }
        if items(node).is_empty() {
            wrong(node, "`groups`", "a list of groups of the edge", reading);
        }
    }
    let soak = match (fields.get("soak"), earlier) {
        (Some(node), _) => value(node, "`soak`", DURATION, duration, reading),
        (None, Some(step)) => Some(step.soak),
        (None, None) => Some(Millis(0)),
    };
    let at_most = match (fields.get("at-most"), earlier) {
        (Some(node), _) => value(node, "`at-most`", DURATION, duration, reading),
        (None, Some(step)) => soak.map(|soak| step.at_most.max(soak)),
        (None, None) => soak,
    };
    fields.close(reading);
    is_new?;
    Some(Step {
        to: earlier.map_or(BasisPoints::ZERO, |step| step.to),
        flips: Some(flips).filter(|flips| !flips.is_empty())?,
        soak: soak?,
        at_most: at_most?,
        margin: earlier.map_or_else(|| PartsPerMillion::new(0).ok(), |step| Some(step.margin))?,
        at_risk: None,
    })
}

fn rollback_rule(node: &Node, head: &Head, reading: &mut Reading) -> Option<RollbackRule> {
    let mut fields = Fields::open(
        node,
        format!("the rollback rule of {}", head.subject),
        &ROLLBACK,
        reading,
    )?;
    let what = fields
        .need("exposure", reading)
        .and_then(|node| text(node, "`exposure`", reading));
    let within = fields.need("within", reading).and_then(|node| {
        reading.mark(&head.subject, "within", node.place);
        value(node, "`within`", WITHIN, within, reading)
    });
    let forward_fix = texts(fields.get("forward-fix"), "a forward fix", reading);
    if let Some(node) = fields.get("trigger") {
        reading.mark(&head.subject, "trigger", node.place);
    }
    let trigger_nodes = fields.get("trigger").map(items).unwrap_or_default();
    if trigger_nodes.is_empty() {
        lacks(
            Code::NoTrigger,
            &fields,
            ["trigger", "`gate harm`, an owner, a team or a person"],
            "add `trigger: [gate harm, <domain>.owner]`",
            reading,
        );
    }
    let mut trigger = Vec::new();
    for node in trigger_nodes {
        if node.text() != Some(gate::HARM) {
            trigger.extend(approver(node, "a trigger", reading));
        }
    }
    let executor = fields.get("executor");
    match executor {
        Some(node) => reading.mark(&head.subject, "executor", node.place),
        None => lacks(
            Code::NoExecutor,
            &fields,
            ["executor", "a team"],
            "add `executor: <team>`: who does by hand what exposure alone does not undo",
            reading,
        ),
    }
    let executor = executor.and_then(|node| team(node, "the executor", reading));
    let runbook = fields
        .need("runbook", reading)
        .and_then(|node| reference(node, "the runbook", Kind::Runbook, RunbookId::parse, reading));
    fields.close(reading);
    Some(RollbackRule {
        what: what?,
        within: within?,
        forward_fix,
        trigger,
        executor: executor?,
        runbook: runbook?,
    })
}

fn lacks(code: Code, fields: &Fields<'_>, [what, whom]: [&str; 2], help: &str, reading: &mut Reading) {
    reading.sink.add(
        Finding::error(code, fields.head(), format!("{} has no {what}", fields.what()))
            .expected(format!("`{what}` with {whom}"), fields.instead_of(what))
            .help(help),
    );
}

const WITHIN: &str = "a duration such as `7d` or `7d of 100%`";

fn within(text: &str) -> Option<Millis> {
    duration(text.trim().strip_suffix("of 100%").unwrap_or(text).trim())
}

/// `checkout.owner`, `user:ana` or a team.
pub(crate) fn approver(node: &Node, what: &str, reading: &mut Reading) -> Option<Approver> {
    let written = text(node, what, reading)?;
    if let Some(domain) = written.strip_suffix(".owner") {
        let id = super::people::parse(node, what, domain, DomainId::parse, reading)?;
        reading.refer(Kind::Domain, id.as_str(), node.place);
        return Some(Approver::OwnerOf(id));
    }
    if entity_ref(&written).kind.as_deref() == Some("user") {
        person(node, what, reading).map(Approver::Person)
    } else {
        team(node, what, reading).map(Approver::Team)
    }
}

fn communication(node: Option<&Node>, instead: String, head: &Head, reading: &mut Reading) -> Communication {
    let mut instead = instead;
    let mut on_rollback = Vec::new();
    if let Some(mut fields) = node.and_then(|node| {
        Fields::open(
            node,
            format!("the communication of {}", head.subject),
            &COMMUNICATION,
            reading,
        )
    }) {
        for node in fields.get("on-rollback").map(items).unwrap_or_default() {
            on_rollback.extend(team(node, "who is told", reading));
        }
        instead = fields.instead_of("on-rollback");
        fields.close(reading);
    }
    if on_rollback.is_empty() {
        reading.sink.add(
            Finding::warning(
                Code::NoCommunication,
                head.place,
                format!("nobody is told when {} rolls back", head.subject),
            )
            .expected("`communication` with at least one team under `on-rollback`", instead)
            .help("add `communication: { on-rollback: [<team>] }`"),
        );
    }
    Communication { on_rollback }
}
