//! The ranking in plain text.

use std::fmt;

use tidegate_model::Severity;
use tidegate_model::hazard::Detectability;

use super::{Guard, Risk, RiskMap, word};

/// Columns of the matrix, worst first.
pub(super) const COLUMNS: [(Detectability, &str); 3] = [
    (Detectability::Hidden, "hidden: nobody would notice for days"),
    (Detectability::Hard, "hard: noticed late or by hand"),
    (Detectability::Easy, "easy: a signal shows it"),
];

/// Rows of the matrix, worst first.
pub(super) const ROWS: [Severity; 4] = [Severity::Sev1, Severity::Sev2, Severity::Sev3, Severity::Sev4];

impl fmt::Display for RiskMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.risks.is_empty() {
            return writeln!(f, "no failure mode is declared");
        }
        writeln!(f, "{:<6} {:>8} {:>8} {:>8}", "", "hidden", "hard", "easy")?;
        for severity in ROWS {
            write!(f, "{:<6}", severity.word())?;
            for (detectability, _) in COLUMNS {
                let n = self.cell(severity, detectability).count();
                write!(f, " {:>8}", if n == 0 { "-".to_owned() } else { n.to_string() })?;
            }
            writeln!(f)?;
        }
        writeln!(f, "\nrank score  failure mode")?;
        for risk in &self.risks {
            writeln!(
                f,
                "{:>4} {:>5}  {} ({}, {})",
                risk.rank, risk.score, risk.title, risk.id, risk.domain
            )?;
            writeln!(f, "{:12}{}", "", guard_line(risk))?;
            for gap in &risk.gaps {
                writeln!(f, "{:12}gap: {gap}", "")?;
            }
        }
        Ok(())
    }
}

impl RiskMap {
    /// The risks of one cell of the matrix, in rank order.
    pub(super) fn cell(&self, severity: Severity, detectability: Detectability) -> impl Iterator<Item = &Risk> {
        self.risks
            .iter()
            .filter(move |risk| risk.severity == severity && risk.detectability == detectability)
    }
}

fn guard_line(risk: &Risk) -> String {
    let mut parts = vec![format!("{} {}", risk.severity.word(), word(risk.detectability))];
    let signals: Vec<String> = risk
        .signals
        .iter()
        .map(|signal| format!("{}/{} ({})", signal.stage, signal.criterion, signal.guard.words()))
        .collect();
    parts.push(match (risk.guard, signals.is_empty()) {
        (Guard::Nothing, true) => "no signal".to_owned(),
        (Guard::Rollback | Guard::Hold | Guard::Person | Guard::Nothing, _) => {
            format!("signals {}", signals.join(", "))
        }
    });
    parts.push(format!("runbook {}", risk.runbook));
    for money in &risk.at_risk {
        parts.push(format!("at risk {money}"));
    }
    parts.join("; ")
}
