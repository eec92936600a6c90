//! Ladders: rungs, whom they reach, how long they have.

use tidegate_model::ladder::{DecisionScope, Ladder, Rung, Target};
use tidegate_model::{LadderId, Millis};

use super::Reading;
use super::envelope::Head;
use super::fields::{Fields, items, text, value};
use super::people::{entity_ref, person, team};
use super::scalar::{DURATION, duration};
use crate::code::Code;
use crate::form::{Form, Of, may, need};
use crate::sink::Finding;
use crate::syntax::Node;

/// How long an acknowledgement keeps the pager silent when the ladder does not say.
const ACKNOWLEDGED_FOR: Millis = Millis::minutes(15);
/// The word for the on-call people of the domain's owner.
const OWNER: &str = "owner";

/// The fields of a `Ladder`.
pub(crate) static LADDER: Form = Form::new(
    "whom a page reaches next while nobody answers",
    &[
        need("rungs", Of::Listed(&Of::Form(&RUNG))),
        need("repeat-every", Of::Duration),
        may("acknowledged-for", Of::Duration),
    ],
);

static RUNG: Form = Form::new(
    "a rung",
    &[
        may("title", Of::Text),
        may("reaches", Of::Listed(&Of::EntityRef)),
        need("answer-within", Of::Duration),
        need(
            "decides",
            Of::Words(&["domain", "cross-domain", "platform", "organisation"]),
        ),
        may("called-for", Of::Text),
        may("handles", Of::Text),
        may("makes", Of::Text),
    ],
);

/// Reads a `Ladder`.
pub(crate) fn read(head: &Head, mut spec: Fields<'_>, reading: &mut Reading) {
    let nodes = spec.need("rungs", reading);
    if let Some(node) = nodes {
        reading.mark(&head.subject, "rungs", node.place);
    }
    let mut rungs = Vec::new();
    for (at, node) in nodes.map(items).unwrap_or_default().iter().enumerate() {
        let read = rung(node, at, head, reading);
        if read.is_none() {
            reading.tear(&head.subject, "rungs");
        }
        rungs.extend(read);
    }
    let top = spec.get("repeat-every");
    let repeat_every = top.and_then(|node| value(node, "`repeat-every`", DURATION, duration, reading));
    if repeat_every.is_none_or(|wait| wait.0 == 0) {
        let place = top.map_or(head.place, |node| node.place);
        reading.sink.add(
            Finding::error(
                Code::NothingAtTheTop,
                place,
                format!("nothing happens after the last rung of {}", head.subject),
            )
            .expected("`repeat-every` above zero", spec.instead_of("repeat-every"))
            .help("add `repeat-every: 5m`: the page repeats at the top until somebody answers"),
        );
    }
    let acknowledged_for = spec
        .get("acknowledged-for")
        .and_then(|node| positive(node, "`acknowledged-for`", reading))
        .unwrap_or(ACKNOWLEDGED_FOR);
    spec.close(reading);
    reading.parts.ladders.push(Ladder {
        id: LadderId::parse(&head.name).expect("the envelope checked the name"),
        rungs,
        repeat_every: repeat_every.unwrap_or(ACKNOWLEDGED_FOR),
        acknowledged_for,
    });
}

fn rung(node: &Node, at: usize, head: &Head, reading: &mut Reading) -> Option<Rung> {
    let what = format!("rung {} of {}", at + 1, head.subject);
    reading.mark(&what, "", node.place);
    let mut fields = Fields::open(node, what.clone(), &RUNG, reading)?;
    let title = fields
        .get("title")
        .and_then(|node| text(node, "the rung's title", reading))
        .unwrap_or_else(|| format!("rung {}", at + 1));
    let mut targets = Vec::new();
    if let Some(node) = fields.get("reaches") {
        reading.mark(&what, "reaches", node.place);
        for item in items(node) {
            targets.extend(target(item, reading));
        }
    }
    let answer_within = fields
        .need("answer-within", reading)
        .and_then(|node| positive(node, "`answer-within`", reading));
    let scope = fields
        .need("decides", reading)
        .and_then(|node| value(node, "`decides`", SCOPE, scope, reading));
    let mut said = |field: &'static str, reading: &mut Reading| {
        let node = fields.get(field);
        node.and_then(|node| text(node, &format!("`{field}`"), reading))
    };
    let called_for = said("called-for", reading);
    let (handles, makes) = (said("handles", reading), said("makes", reading));
    fields.close(reading);
    Some(Rung {
        title,
        targets,
        answer_within: answer_within?,
        scope: scope?,
        called_for,
        handles,
        makes,
    })
}

/// A duration that must be above zero.
fn positive(node: &Node, what: &str, reading: &mut Reading) -> Option<Millis> {
    let found = value(node, what, DURATION, duration, reading)?;
    if found.0 == 0 {
        reading.sink.add(
            Finding::error(Code::AnswerTime, node.place, format!("{what} is not positive"))
                .expected("more than `0s`", node.words())
                .help("give people time to read the page, such as `5m`"),
        );
    }
    Some(found)
}

fn target(node: &Node, reading: &mut Reading) -> Option<Target> {
    let written = text(node, "what a rung reaches", reading)?;
    if written == OWNER {
        return Some(Target::OwnerOnCall);
    }
    if entity_ref(&written).kind.as_deref() == Some("user") {
        person(node, "what a rung reaches", reading).map(Target::Person)
    } else {
        team(node, "what a rung reaches", reading).map(Target::Team)
    }
}

const SCOPE: &str = "`domain`, `cross-domain`, `platform` or `organisation`";

fn scope(text: &str) -> Option<DecisionScope> {
    match text {
        "domain" => Some(DecisionScope::Domain),
        "cross-domain" => Some(DecisionScope::CrossDomain),
        "platform" => Some(DecisionScope::Platform),
        "organisation" => Some(DecisionScope::Organisation),
        _ => None,
    }
}
