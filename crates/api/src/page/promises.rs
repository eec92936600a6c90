//! Promises as the page Objectives shows them: what is broken before what nobody can tell before what is kept, each with its
//! budget of thirty days, how fast that goes, and whose it is. It judges nothing.

use maud::{Markup, html};
use tidegate_engine::view::{CountsOf, DeclaredView, DomainObjectives, KeptView, PromiseStanding, SpentView, words};
use tidegate_model::{Millis, PartsPerMillion};

use crate::config::Quantiles;
use crate::page::objectives::{bar, burn, percent};
use crate::page::time;
use crate::page::view::Scene;

/// A budget spent more often than this is told by how often, which is shorter than a percentage of many digits.
const TOLD_IN_TIMES: f64 = 2.0;

/// How bad something is, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// Somebody is called for it.
    Calling,
    /// Not as promised.
    Broken,
    /// Nobody can tell.
    Unknown,
    /// As promised.
    Kept,
}

fn rank(one: &DeclaredView) -> Rank {
    match one.kept.as_ref().map(|kept| kept.standing) {
        Some(PromiseStanding::Burning | PromiseStanding::Violated) => Rank::Calling,
        Some(PromiseStanding::Overspent | PromiseStanding::Missed) => Rank::Broken,
        Some(PromiseStanding::NoData) | None => Rank::Unknown,
        Some(PromiseStanding::Kept) => Rank::Kept,
    }
}

/// Domains of which something must hold, those with the worst promise first.
pub(super) fn worst_first(all: &[DomainObjectives]) -> Vec<&DomainObjectives> {
    let mut said: Vec<&DomainObjectives> = all.iter().filter(|one| !one.is_unsaid()).collect();
    said.sort_by_key(|domain| domain.declared.iter().map(rank).min().unwrap_or(Rank::Kept));
    said
}

/// How many promises there are, and how they stand.
pub(super) fn head(all: &[DomainObjectives]) -> Markup {
    let declared = || all.iter().flat_map(|domain| &domain.declared);
    let of = |ranks: &[Rank]| declared().filter(|one| ranks.contains(&rank(one))).count();
    let (promised, broken, unknown) = (
        declared().count(),
        of(&[Rank::Calling, Rank::Broken]),
        of(&[Rank::Unknown]),
    );
    let domains = words::counted(all.len() as u64, "domain", "domains");
    html! {
        @if promised == 0 { "No owner has promised a figure yet, in " (domains) "." } @else {
            b { (words::counted(promised as u64, "promise", "promises")) } " of " (domains) ": "
            @match (broken, unknown) {
                (0, 0) => { "all kept" },
                (0, _) => { "none is known to be broken" },
                _ => { b class="bad" { (broken) " not kept" } },
            }
            @if unknown > 0 { ", " b class="blank" { (unknown) " without data" } }
            "."
        }
    }
}

/// What the owner has promised, how its budget of thirty days stands, and what gateways time of it now.
pub(super) fn table(domain: &DomainObjectives, scene: &Scene<'_>) -> Markup {
    let mut declared: Vec<&DeclaredView> = domain.declared.iter().collect();
    declared.sort_by_key(|one| rank(one));
    html! {
        table class="rows budgets promises" {
            thead { tr {
                th scope="col" { "promised" } th scope="col" { "how it stands" }
                th scope="col" { abbr title="in the last thirty days" { "good / bad / total" } }
                th scope="col" { abbr title="of what may be bad in thirty days" { "budget left" } }
                th scope="col" { abbr title="how fast the budget goes: at 1 it is spent exactly in thirty days" { "burn" } }
            } }
            tbody { @for one in declared { (promised(one, domain, scene)) } }
        }
    }
}

fn promised(one: &DeclaredView, domain: &DomainObjectives, scene: &Scene<'_>) -> Markup {
    let spent = one.kept.as_ref().and_then(|kept| Some((kept, kept.spent.as_ref()?)));
    html! {
        tr {
            th scope="row" {
                (one.title)
                small { (one.target) " · " @match &one.source { Some(source) => { "measured on " (source) }, None => { "nothing is named that measures it" } } }
            }
            td data-label="how it stands" { (stands(one)) (kept(one, domain, scene)) }
            @match spent {
                Some((kept, spent)) => { (counted(kept, spent)) (left(spent)) (burn(spent, "nothing")) },
                None => { td colspan="3" data-label="measured" { (told(one)) } },
            }
        }
    }
}

/// A number without a budget, or that there is none.
fn told(one: &DeclaredView) -> Markup {
    let kept = one.kept.as_ref();
    let told = kept.and_then(|kept| Some((kept.standing, kept.told.as_ref()?)));
    html! {
        @match told {
            Some((standing, (at, value))) => {
                span { b { (value) } " " span class="mute" {
                    "as told " (time::since(*at))
                    @match standing {
                        PromiseStanding::Violated => { "; none is allowed, and each one calls" },
                        PromiseStanding::Kept | PromiseStanding::Missed | PromiseStanding::NoData
                        | PromiseStanding::Burning | PromiseStanding::Overspent => { "; there is no budget" },
                    }
                } }
            },
            None => { span class="blank" { "nothing was counted, so there is no budget" } },
        }
    }
}

/// Good, bad and total, and of what. Where a source tells shares, what is good and bad is their mean.
fn counted(kept: &KeptView, spent: &SpentView) -> Markup {
    let good = spent.total.saturating_sub(spent.bad);
    let told = match kept.counts {
        CountsOf::Attempts => html! { "attempts of both sides" },
        CountsOf::Answers => html! { "answers of the source" },
        CountsOf::Shares => html! { "answers of the source, each a share" },
    };
    let shares = spent.left.filter(|_| kept.counts == CountsOf::Shares);
    html! {
        td data-label="counted" {
            span class="keep" {
                @match shares.map(|left| (1.0 - left) * spent.budget) {
                    Some(bad) => { (words::percent(1.0 - bad)) " / " b { (words::percent(bad)) } },
                    None => { (words::count(good)) " / " b { (words::count(spent.bad)) } },
                }
                " / " (words::count(spent.total))
            }
            small { (told) "; " (words::percent(spent.budget)) " may be bad" }
        }
    }
}

fn left(spent: &SpentView) -> Markup {
    html! {
        td data-label="budget left" {
            @match spent.left {
                Some(left) if 1.0 - left > TOLD_IN_TIMES => { b class="bad" { "spent " (words::count((1.0 - left).round() as u64)) " times" } (bar(left)) },
                Some(left) => { b class=(if left < 0.0 { "bad" } else { "" }) { (percent(left)) } (bar(left)) },
                None => { span class="blank" { "unknown" } },
            }
        }
    }
}

/// The word of a promise, why, since when, and the incident of its breach.
fn stands(one: &DeclaredView) -> Markup {
    let Some(kept) = &one.kept else { return html! {} };
    let (class, sign) = match rank(one) {
        Rank::Kept => ("ok", "✓"),
        Rank::Calling | Rank::Broken => ("bad", "✕"),
        Rank::Unknown => ("blank", "?"),
    };
    html! {
        b class=(class) { span aria-hidden="true" { (sign) " " } (kept.standing.words()) }
        @if let Some(incident) = &kept.incident { small { "incident " a href=(format!("/incidents/{incident}")) { (incident) } } }
        @if let Some(why) = &kept.why { small { (why) } }
        @if let Some(heard) = kept.heard { small { "heard " (time::age(heard)) } }
    }
}

/// Whether a promise is kept, as gateways have timed it; else a gap with its owner's name.
fn kept(one: &DeclaredView, domain: &DomainObjectives, scene: &Scene<'_>) -> Markup {
    let timed = one
        .times_of
        .as_ref()
        .zip(one.within)
        .map_or(Vec::new(), |(flow, (quantile, limit))| {
            let mut all = Vec::new();
            for view in (scene.latencies)(flow) {
                for (side, quantiles) in [("old side", view.old), ("new side", view.new)] {
                    let found = quantiles.and_then(|seen| Some((at(&seen, quantile)?, seen.requests)));
                    all.extend(found.map(|(took, requests)| (side, took, requests, took <= limit)));
                }
            }
            all
        });
    html! {
        @for (side, took, requests, holds) in &timed {
            span class="rung" title=(words::counted(*requests, "request", "requests")) {
                b class=(if *holds { "ok" } else { "bad" }) { @if *holds { "✓ " } @else { "✕ " } (took.0) " ms" }
                " " (side) span class="mute" { ", of " (words::count(*requests)) }
            }
        }
        @if timed.is_empty() && one.kept.is_none() {
            span class="blank" { b { "not measured" } " · owner " (domain.owner)
                @if one.source.is_none() { ": a source has to be named" } @else { ": gateways count times and shares of flows alone" }
            }
        }
        @if !one.gates.is_empty() { small { "held by the gate of " (words::list(&one.gates)) } }
    }
}

/// The time of a quantile that gateways tell.
fn at(seen: &Quantiles, quantile: PartsPerMillion) -> Option<Millis> {
    match quantile.get() {
        500_000 => Some(seen.p50),
        950_000 => Some(seen.p95),
        990_000 => Some(seen.p99),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use tidegate_engine::view::BurnView;
    use tidegate_model::{DomainId, TeamId};

    use super::*;

    fn spent(total: u64, bad: u64, budget: f64, left: f64) -> SpentView {
        SpentView {
            total,
            bad,
            open: 0,
            budget,
            left: Some(left),
            old_left: None,
            burns: vec![BurnView {
                over: Millis::minutes(5),
                rate: Some(1.0 - left),
            }],
        }
    }

    fn kept(standing: PromiseStanding, counts: CountsOf) -> KeptView {
        KeptView {
            standing,
            why: None,
            incident: None,
            counts,
            spent: None,
            told: None,
            heard: None,
        }
    }

    fn domain(name: &str, standings: &[Option<PromiseStanding>]) -> DomainObjectives {
        let declared = |standing: &Option<PromiseStanding>| DeclaredView {
            id: "one".into(),
            title: "One".into(),
            target: "at least 99 %".into(),
            source: None,
            times_of: None,
            within: None,
            gates: Vec::new(),
            kept: standing.map(|standing| kept(standing, CountsOf::Attempts)),
        };
        DomainObjectives {
            domain: DomainId::parse(name).expect("a name"),
            title: name.into(),
            owner: TeamId::parse("team").expect("a name"),
            declared: standings.iter().map(declared).collect(),
            objectives: Vec::new(),
        }
    }

    /// The text of a piece, without its marks.
    fn text(piece: Markup) -> String {
        let piece = piece.into_string();
        let words = piece
            .split('<')
            .map(|part| part.split_once('>').map_or(part, |(_, text)| text));
        words.collect::<Vec<_>>().concat()
    }

    #[test]
    fn what_somebody_is_called_for_comes_before_what_nobody_can_tell_before_what_is_kept() {
        use PromiseStanding::{Burning, Kept, Missed, NoData, Overspent, Violated};
        let all = [
            domain("kept", &[Some(Kept)]),
            domain("unknown", &[Some(Kept), Some(NoData)]),
            domain("burning", &[Some(Kept), Some(Burning)]),
            domain("unsaid", &[]),
            domain("overspent", &[Some(Overspent), None]),
            domain("violated", &[Some(Violated), Some(Missed)]),
        ];
        let order: Vec<&str> = worst_first(&all).iter().map(|one| one.domain.as_str()).collect();
        assert_eq!(order, ["burning", "violated", "overspent", "unknown", "kept"]);
        assert_eq!(text(head(&all)), "9 promises of 6 domains: 4 not kept, 2 without data.");
        assert_eq!(text(head(&all[..1])), "1 promise of 1 domain: all kept.");
        assert_eq!(
            text(head(&all[..2])),
            "3 promises of 2 domains: none is known to be broken, 1 without data."
        );
        assert_eq!(
            text(head(&all[3..4])),
            "No owner has promised a figure yet, in 1 domain."
        );
    }

    #[test]
    fn a_budget_that_is_spent_many_times_is_told_in_times_and_a_share_as_a_share() {
        assert_eq!(text(left(&spent(100, 65, 0.01, -64.0))), "spent 65 times");
        assert_eq!(text(left(&spent(100, 63, 0.4, -0.63))), "−63 %");
        assert_eq!(text(left(&spent(100, 0, 0.4, 1.0))), "100 %");
        let told = |counts, spent: &SpentView| text(counted(&kept(PromiseStanding::Kept, counts), spent));
        assert_eq!(
            told(CountsOf::Attempts, &spent(1_616, 1_055, 0.01, -64.0)),
            "561 / 1,055 / 1,616attempts of both sides; 1.0 % may be bad"
        );
        // One answer that told 95 % of 90 %: half of the budget is left.
        assert_eq!(
            told(CountsOf::Shares, &spent(1, 1, 0.1, 0.5)),
            "95.0 % / 5.0 % / 1answers of the source, each a share; 10.0 % may be bad"
        );
    }
}
