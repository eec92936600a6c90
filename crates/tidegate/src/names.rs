//! Names of the estate, for shells that complete them. They are read from the plan files of the folder that somebody is in, or of the
//! one that `TIDEGATE_ESTATE` names; nothing is asked over the network. What cannot be read completes to nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap_complete::CompletionCandidate;
use tidegate_model::Estate;
use tidegate_plan::{Mode, compile};

use crate::live;

/// Where the estate is, for whoever works elsewhere.
const FOLDER: &str = "TIDEGATE_ESTATE";

pub(crate) fn stages() -> Vec<CompletionCandidate> {
    of(|estate, names| names.all("stage", estate.stages().map(|(_, stage)| (&stage.id, &stage.title))))
}

pub(crate) fn domains() -> Vec<CompletionCandidate> {
    of(|estate, names| names.all("domain", estate.domains().values().map(|one| (&one.id, &one.title))))
}

pub(crate) fn flows() -> Vec<CompletionCandidate> {
    of(|estate, names| names.all("flow", estate.flows().values().map(|one| (&one.id, &one.title))))
}

pub(crate) fn people() -> Vec<CompletionCandidate> {
    of(|estate, names| names.all("person", estate.people().values().map(|one| (&one.id, &one.title))))
}

pub(crate) fn runbooks() -> Vec<CompletionCandidate> {
    of(|estate, names| names.all("runbook", estate.runbooks().values().map(|one| (&one.id, &one.title))))
}

pub(crate) fn entities() -> Vec<CompletionCandidate> {
    of(|estate, names| names.all("entity", estate.entities().values().map(|one| (&one.id, &one.title))))
}

pub(crate) fn criteria() -> Vec<CompletionCandidate> {
    of(|estate, names| {
        let criteria = estate.stages().flat_map(|(_, stage)| &stage.gate.criteria);
        names.all("criterion", criteria.map(|one| (&one.id, &one.title)));
    })
}

pub(crate) fn actions() -> Vec<CompletionCandidate> {
    of(|estate, names| {
        let grants = estate.domains().values().flat_map(|domain| &domain.authority);
        names.all("action", grants.map(|grant| (&grant.action, &grant.title)));
    })
}

/// Everything that somebody owns.
pub(crate) fn owned() -> Vec<CompletionCandidate> {
    let units = of(|estate, names| {
        let edges = || estate.edges().values();
        let units = edges().flat_map(|edge| edge.units.iter().map(|one| &one.unit).chain(&edge.keyed));
        names.all("unit", units.map(|unit| (unit, unit)));
        names.all(
            "route",
            edges()
                .flat_map(|edge| &edge.routes)
                .map(|route| (&route.id, &route.path)),
        );
        names.all("team", estate.teams().values().map(|one| (&one.id, &one.title)));
        let switches = estate.domains().values().flat_map(|domain| &domain.switches);
        names.all("switch", switches.map(|switch| (&switch.id, &switch.title)));
        let hazards = estate.failure_modes().values();
        names.all("failure mode", hazards.map(|one| (&one.id, &one.title)));
    });
    let kinds = [domains, stages, flows, criteria, actions, entities, runbooks, people];
    let mut all: Vec<CompletionCandidate> = kinds.iter().flat_map(|kind| kind()).chain(units).collect();
    // What means several things is asked for once; `who` tells them apart.
    all.sort_by(|one, other| one.get_value().cmp(other.get_value()));
    all.dedup_by(|one, other| one.get_value() == other.get_value());
    all
}

/// Names with what they are, each once.
#[derive(Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    fn all(&mut self, kind: &str, named: impl Iterator<Item = (impl std::fmt::Display, impl std::fmt::Display)>) {
        let said = named.map(|(name, title)| (name.to_string(), title.to_string()));
        self.0.extend(said.map(|(name, title)| {
            let says = if name == title {
                kind.to_owned()
            } else {
                format!("{kind}: {title}")
            };
            (name, says)
        }));
    }
}

fn of(choose: impl Fn(&Estate, &mut Names)) -> Vec<CompletionCandidate> {
    let folder = std::env::var_os(FOLDER).map_or_else(|| PathBuf::from("."), PathBuf::from);
    // A shell that completes has no place for an error.
    let Ok(bundle) = live::bundle::read(&folder) else {
        return Vec::new();
    };
    let mut names = Names::default();
    if let Some(estate) = compile(&bundle, &BTreeMap::new(), Mode::Adopted).estate {
        choose(&estate, &mut names);
    }
    let told = |(name, says): (String, String)| CompletionCandidate::new(name).help(Some(says.into()));
    names.0.into_iter().map(told).collect()
}
