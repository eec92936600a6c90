//! The map as a Mermaid flowchart, for wikis and reviews that draw it themselves.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{OwnershipMap, Party};

impl OwnershipMap {
    /// A `flowchart LR`: a frame per owner, a node per domain, an edge per hand-off; domains with gaps are marked.
    #[must_use]
    pub fn mermaid(&self) -> String {
        let mut text = String::from("flowchart LR\n");
        let mut nodes: BTreeMap<Party, String> = BTreeMap::new();
        let mut with_gaps: Vec<String> = Vec::new();
        for (place, owner) in self.owners.iter().enumerate() {
            let frame = format!("o{place}");
            line(
                &mut text,
                format_args!("  subgraph {frame}[\"{}\"]", quoted(&owner.title)),
            );
            nodes.insert(Party::Team(owner.team.clone()), frame.clone());
            if owner.domains.is_empty() {
                line(&mut text, format_args!("    {frame}n[\"owns nothing\"]"));
            }
            for (at, held) in owner.domains.iter().enumerate() {
                let node = format!("{frame}d{at}");
                line(&mut text, format_args!("    {node}[\"{}\"]", quoted(&held.title)));
                if held.gaps > 0 {
                    with_gaps.push(node.clone());
                }
                nodes.insert(Party::Domain(held.domain.clone()), node);
            }
            text.push_str("  end\n");
        }
        for hand_off in &self.hand_offs {
            let from = nodes.get(&Party::Domain(hand_off.from.clone()));
            if let (Some(from), Some(to)) = (from, nodes.get(&hand_off.to)) {
                let label = match hand_off.what.as_slice() {
                    [one] => quoted(one),
                    many => format!("{} hand-offs", many.len()),
                };
                line(&mut text, format_args!("  {from} -->|\"{label}\"| {to}"));
            }
        }
        let orphans = self.gaps.iter().filter(|gap| gap.domain.is_none());
        for (at, gap) in orphans.enumerate() {
            line(&mut text, format_args!("  g{at}[\"{}\"]", quoted(&gap.what)));
            with_gaps.push(format!("g{at}"));
        }
        if !with_gaps.is_empty() {
            text.push_str("  classDef gap stroke:#b3261e,stroke-width:3px\n");
            line(&mut text, format_args!("  class {} gap", with_gaps.join(",")));
        }
        text
    }
}

fn line(text: &mut String, words: std::fmt::Arguments<'_>) {
    text.write_fmt(words).expect("a string takes whatever is written to it");
    text.push('\n');
}

/// Mermaid reads entity codes in quoted texts; a quote or a mark of HTML would end them.
fn quoted(text: &str) -> String {
    let mut safe = String::new();
    for letter in text.chars() {
        match letter {
            '"' => safe.push_str("#quot;"),
            '<' => safe.push_str("#lt;"),
            '>' => safe.push_str("#gt;"),
            '#' => safe.push_str("#35;"),
            '`' => safe.push('\''),
            '\n' => safe.push(' '),
            letter => safe.push(letter),
        }
    }
    safe
}
