//! Groups of routes: each is of one unit, flips once in a stage of that unit after people have met it, and crawlers never meet
//! both sides.

use std::collections::BTreeSet;

use tidegate_model::edge::{Caching, Edge, FirstVisit, Route, RouteClass};
use tidegate_model::plan::{Plan, Stage};
use tidegate_model::{BasisPoints, GroupId};

use crate::code::Code;
use crate::read::{Reading, list, nearest};
use crate::sink::{Finding, Place};

/// Checks the groups of every edge and every step that flips one.
pub(crate) fn check(reading: &mut Reading) {
    let (edges, plans) = (
        std::mem::take(&mut reading.parts.edges),
        std::mem::take(&mut reading.parts.plans),
    );
    for edge in &edges {
        one_unit(edge, reading);
    }
    for plan in &plans {
        let Some(edge) = edges.iter().find(|edge| edge.id == plan.edge) else {
            continue;
        };
        for stage in &plan.stages {
            let flipped = flips(edge, stage, reading);
            never_flipped(edge, plan, stage, &flipped, reading);
            crawlers(edge, stage, reading);
            cacheable(edge, stage, reading);
        }
    }
    (reading.parts.edges, reading.parts.plans) = (edges, plans);
}

fn place_of(edge: &Edge, route: &Route, field: &str, reading: &Reading) -> Place {
    reading.place(&format!("route `{}` of edge `{}`", route.id, edge.id), field)
}

fn one_unit(edge: &Edge, reading: &mut Reading) {
    let mut first: Vec<&Route> = Vec::new();
    for route in edge.routes.iter().filter(|route| route.group.is_some()) {
        let Some(earlier) = first.iter().find(|earlier| earlier.group == route.group) else {
            first.push(route);
            continue;
        };
        if earlier.unit == route.unit {
            continue;
        }
        let group = route.group.as_ref().map_or("", GroupId::as_str);
        let claim = Finding::error(
            Code::GroupOfTwoUnits,
            place_of(edge, route, "group", reading),
            format!(
                "group `{group}` has routes of units `{}` and `{}`",
                earlier.unit, route.unit
            ),
        );
        reading.sink.add(
            claim
                .expected(
                    format!("a route of unit `{}`", earlier.unit),
                    format!("`{}`", route.unit),
                )
                .help("a group flips whole, and a stage moves one unit: give this unit a group of its own")
                .related(place_of(edge, earlier, "group", reading), "its first route"),
        );
    }
}

/// Checks the steps of a stage that flip groups, and gives the groups.
fn flips<'s>(edge: &Edge, stage: &'s Stage, reading: &mut Reading) -> BTreeSet<&'s GroupId> {
    let subject = format!("stage `{}`", stage.id);
    let mut flipped = BTreeSet::new();
    for (at, step) in stage
        .steps
        .iter()
        .enumerate()
        .filter(|(_, step)| !step.flips.is_empty())
    {
        let place = reading.place(&subject, &format!("step {at}"));
        for group in &step.flips {
            if edge.unit_of_group(group) != Some(&stage.unit) {
                reading.sink.add(unknown(edge, stage, group, place));
            }
            if !flipped.insert(group) {
                let found = format!("group `{group}` a second time");
                reading.sink.add(out_of_place(
                    stage,
                    at,
                    place,
                    "a group that has not flipped yet",
                    found,
                ));
            }
        }
        let found = match step.to {
            BasisPoints::ZERO => "crawlers before anybody else",
            BasisPoints::FULL => "a flip when everybody else has moved",
            _ => continue,
        };
        let expected = "a step between the first that raises exposure and the one to 100 %";
        reading
            .sink
            .add(out_of_place(stage, at, place, expected, found.to_owned()));
    }
    flipped
}

fn unknown(edge: &Edge, stage: &Stage, group: &GroupId, place: Place) -> Finding {
    let known = edge.groups_of(&stage.unit);
    let names = || known.iter().map(|group| group.as_str());
    let expected = match known.is_empty() {
        true => format!("a group of routes of unit `{}`, and there is none", stage.unit),
        false => format!("a group of routes of unit `{}`: {}", stage.unit, list(names())),
    };
    let help = match nearest(group.as_str(), names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("write `group: {group}` on routes of unit `{}`", stage.unit),
    };
    let message = format!(
        "no route of unit `{}` on edge `{}` is in group `{group}`",
        stage.unit, edge.id
    );
    Finding::error(Code::UnknownGroup, place, message)
        .expected(expected, format!("`{group}`"))
        .help(help)
}

fn out_of_place(stage: &Stage, at: usize, place: Place, expected: &str, found: String) -> Finding {
    let message = format!("step {} of stage `{}` flips at the wrong place", at + 1, stage.id);
    Finding::error(Code::FlipOutOfPlace, place, message)
        .expected(expected, found)
        .help("people meet the new side first, then crawlers meet each group once, then everybody is moved")
}

fn never_flipped(edge: &Edge, plan: &Plan, stage: &Stage, flipped: &BTreeSet<&GroupId>, reading: &mut Reading) {
    for group in edge.groups_of(&stage.unit) {
        if flipped.contains(group) {
            continue;
        }
        let mut routes = edge.routes.iter();
        let Some(route) = routes.find(|route| route.group.as_ref() == Some(group)) else {
            continue;
        };
        let place = place_of(edge, route, "group", reading);
        let steps = reading.place(&format!("stage `{}`", stage.id), "steps");
        let message = format!(
            "no step of stage `{}` in plan `{}` flips group `{group}`",
            stage.id, plan.id
        );
        reading.sink.add(
            Finding::warning(Code::GroupNeverFlips, place, message)
                .expected(format!("a step with `{{ anonymous: new, groups: [{group}] }}`"), "none")
                .help("without one it flips when the stage is final: no gate sees what crawlers meet, and there is no way back")
                .related(steps, "the steps"),
        );
    }
}

/// A cache shows one visitor what another was shown: the other side, and that of before a rollback.
fn cacheable(edge: &Edge, stage: &Stage, reading: &mut Reading) {
    let is_kept = |route: &&Route| route.unit == stage.unit && route.caching == Caching::Public;
    for route in edge.routes.iter().filter(is_kept) {
        let claim = match route.class {
            RouteClass::Page | RouteClass::Api => Finding::error,
            // A file whose name changes with its content is the same wherever it is kept; whether it does, no plan says.
            RouteClass::Asset => Finding::warning,
            RouteClass::Callback => continue,
        };
        let steps = reading.place(&format!("stage `{}`", stage.id), "steps");
        let message = format!(
            "route `{}` may be kept by shared caches while stage `{}` splits it",
            route.id, stage.id
        );
        reading.sink.add(
            claim(Code::CacheableSplit, place_of(edge, route, "cache", reading), message)
                .expected("`cache: private` until the stage is final", "`cache: public`")
                .help("a rollback does not reach what a shared cache has kept: make it private, or give what never differs a unit that no stage moves")
                .related(steps, "the steps that split it"),
        );
    }
}

/// A crawler never brings a key back: where the key that its answer minted decides, it meets both sides by chance.
fn crawlers(edge: &Edge, stage: &Stage, reading: &mut Reading) {
    let is_split = stage.steps.iter().any(|step| step.to < BasisPoints::FULL);
    if edge.first_visit != FirstVisit::Bucket || edge.crawlers.is_some() || !is_split {
        return;
    }
    let is_loose = |route: &&Route| {
        let reads = route.methods.is_empty() || route.methods.iter().any(|method| method == "GET");
        route.unit == stage.unit && route.class == RouteClass::Page && reads && route.group.is_none()
    };
    let loose: Vec<&Route> = edge.routes.iter().filter(is_loose).collect();
    let Some(first) = loose.first() else { return };
    let place = place_of(edge, first, "unit", reading);
    let pages = list(loose.iter().map(|route| route.id.as_str()));
    let steps = reading.place(&format!("stage `{}`", stage.id), "steps");
    let message = format!(
        "crawlers would meet both sides of unit `{}` while stage `{}` grows",
        stage.unit, stage.id
    );
    reading.sink.add(
        Finding::error(Code::CrawlersSeeBoth, place, message)
            .expected("a group for each page, a crawler rule, or `first-visit: safe`", format!("{pages} by chance"))
            .help("put the pages in a group that a step flips, add `crawlers: { header: ... }`, or let first visits go to the safe side")
            .related(steps, "the steps that split it"),
    );
}
