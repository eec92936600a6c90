//! The map of risks: what can go wrong, ranked by impact and detectability, and what guards against it.

mod guard;
mod svg;
mod words;

use serde::Serialize;
use tidegate_model::hazard::{Detectability, FailureMode};
use tidegate_model::{DomainId, Estate, FailureModeId, Money, RunbookId, Severity, TeamId};

pub use guard::{Guard, Signal};

/// Every failure mode of an estate, worst first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RiskMap {
    /// By falling score, then by name.
    pub risks: Vec<Risk>,
}

/// A failure mode with its rank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Risk {
    /// Its place in the ranking, from 1.
    pub rank: usize,
    /// The failure mode.
    pub id: FailureModeId,
    /// What happens, in words.
    pub title: String,
    /// Whose it is.
    pub domain: DomainId,
    /// The team that answers for it.
    pub owner: Option<TeamId>,
    /// How bad.
    pub severity: Severity,
    /// How easily noticed.
    pub detectability: Detectability,
    /// Impact times difficulty of detection, 1 to 12.
    pub score: u32,
    /// Criteria that notice it.
    pub signals: Vec<Signal>,
    /// The strongest thing that happens when it does.
    pub guard: Guard,
    /// What to do.
    pub runbook: RunbookId,
    /// Steps of the runbook.
    pub runbook_steps: usize,
    /// Granted actions of the runbook.
    pub actions: usize,
    /// Largest declared loss of a step that its signals watch; per currency the largest.
    pub at_risk: Vec<Money>,
    /// What is missing, each as a sentence without a stop.
    pub gaps: Vec<String>,
}

impl RiskMap {
    /// Ranks what is declared.
    #[must_use]
    pub fn of(estate: &Estate) -> Self {
        let mut risks: Vec<Risk> = estate.failure_modes().values().map(|mode| risk(estate, mode)).collect();
        risks.sort_by(|a, b| b.score.cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
        for (place, risk) in risks.iter_mut().enumerate() {
            risk.rank = place + 1;
        }
        Self { risks }
    }
}

/// Impact, 1 to 4.
#[must_use]
pub fn impact(severity: Severity) -> u32 {
    match severity {
        Severity::Sev1 => 4,
        Severity::Sev2 => 3,
        Severity::Sev3 => 2,
        Severity::Sev4 => 1,
    }
}

/// Difficulty of detection, 1 to 3.
#[must_use]
pub fn difficulty(detectability: Detectability) -> u32 {
    match detectability {
        Detectability::Hidden => 3,
        Detectability::Hard => 2,
        Detectability::Easy => 1,
    }
}

fn risk(estate: &Estate, mode: &FailureMode) -> Risk {
    let signals = guard::signals(estate, mode);
    let guard = signals
        .iter()
        .map(|signal| signal.guard)
        .min()
        .unwrap_or(Guard::Nothing);
    let score = impact(mode.severity) * difficulty(mode.detectability);
    let runbook = estate.runbooks().get(&mode.runbook);
    let mut risk = Risk {
        rank: 0,
        id: mode.id.clone(),
        title: mode.title.clone(),
        domain: mode.domain.clone(),
        owner: estate.owner_of(&mode.domain).cloned(),
        severity: mode.severity,
        detectability: mode.detectability,
        score,
        at_risk: at_risk(estate, &signals),
        signals,
        guard,
        runbook: mode.runbook.clone(),
        runbook_steps: runbook.map_or(0, |runbook| runbook.steps.len()),
        actions: runbook.map_or(0, |runbook| runbook.actions.len()),
        gaps: Vec::new(),
    };
    risk.gaps = guard::gaps(&risk);
    risk
}

/// The word of plan files.
#[must_use]
pub fn word(detectability: Detectability) -> &'static str {
    match detectability {
        Detectability::Hidden => "hidden",
        Detectability::Hard => "hard",
        Detectability::Easy => "easy",
    }
}

fn at_risk(estate: &Estate, signals: &[Signal]) -> Vec<Money> {
    let mut most: Vec<Money> = Vec::new();
    for signal in signals {
        let steps = estate.stage(&signal.stage).map_or(&[][..], |(_, stage)| &stage.steps);
        for money in steps.iter().filter_map(|step| step.at_risk.as_ref()) {
            match most.iter_mut().find(|known| known.currency == money.currency) {
                Some(known) => known.minor = known.minor.max(money.minor),
                None => most.push(money.clone()),
            }
        }
    }
    most
}
