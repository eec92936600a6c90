//! The map in plain text, and the words that its drawing shares.

use std::fmt;

use tidegate_model::PersonId;

use super::{Held, Owner, OwnershipMap};

impl fmt::Display for OwnershipMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", gaps_line(self))?;
        for gap in &self.gaps {
            let owner = gap.owner.as_ref().map_or("nobody", |owner| owner.as_str());
            writeln!(f, "  {:<16} {}", owner, gap.what)?;
            writeln!(f, "  {:<16}   declare {}", "", gap.remedy)?;
        }
        for owner in &self.owners {
            writeln!(f, "\n{}", owner_line(owner))?;
            for held in &owner.domains {
                writeln!(f, "  {:<16} {}", held.domain.as_str(), moved_line(held))?;
                writeln!(f, "  {:<16} {}", "", measured_line(held))?;
            }
        }
        if !self.hand_offs.is_empty() {
            writeln!(f, "\nhand-offs")?;
        }
        for hand_off in &self.hand_offs {
            let pair = format!("{} -> {}", hand_off.from, hand_off.to);
            writeln!(f, "  {pair:<34} {}", hand_off.what.join("; "))?;
        }
        Ok(())
    }
}

/// How many gaps there are.
pub(super) fn gaps_line(map: &OwnershipMap) -> String {
    match map.gaps.len() {
        0 => "no gaps: everything that is declared has an owner who would see it fail and could act".to_owned(),
        1 => "1 gap".to_owned(),
        n => format!("{n} gaps"),
    }
}

fn owner_line(owner: &Owner) -> String {
    let name = match owner.title == owner.team.as_str() {
        true => owner.title.clone(),
        false => format!("{} ({})", owner.title, owner.team),
    };
    let role = if owner.domains.is_empty() {
        ", owns nothing and takes part"
    } else {
        ""
    };
    format!("{name}{role}, {}", on_call_line(&owner.on_call))
}

/// Who is on call.
pub(super) fn on_call_line(people: &[PersonId]) -> String {
    match people {
        [] => "nobody on call".to_owned(),
        people => format!(
            "on call {}",
            people.iter().map(PersonId::as_str).collect::<Vec<_>>().join(", ")
        ),
    }
}

/// What a domain moves and which flows are its own.
pub(super) fn moved_line(held: &Held) -> String {
    let names = |ids: Vec<&str>| ids.join(", ");
    let units = names(held.units.iter().map(|id| id.as_str()).collect());
    let flows = names(held.flows.iter().map(|id| id.as_str()).collect());
    match (units.is_empty(), flows.is_empty()) {
        (true, true) => "moves no unit, has no flow".to_owned(),
        (true, false) => format!("flows {flows}"),
        (false, true) => format!("moves {units}"),
        (false, false) => format!("moves {units}; flows {flows}"),
    }
}

/// What a domain measures, fears and may do.
pub(super) fn measured_line(held: &Held) -> String {
    let counted = |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    format!(
        "{}, {}, {}, {}",
        counted(held.promises, "objective", "objectives"),
        counted(held.signals, "signal", "signals"),
        counted(held.risks, "risk", "risks"),
        counted(held.actions, "action", "actions")
    )
}
