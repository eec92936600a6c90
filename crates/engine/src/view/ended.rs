//! How an effect ended, in plain words, and whom a letter did not reach.

use tidegate_model::seam::{Errand, Outcome};

use super::Tone;
use super::happened::Told;
use super::words::list;
use crate::event::Undelivered;

pub(super) fn ended(outcome: &Outcome, undelivered: Option<&Undelivered>) -> Told {
    match outcome {
        Outcome::Accepted { detail } => (Tone::Calm, format!("a message was accepted: {detail}")),
        Outcome::InForce { lapsed, .. } if lapsed.is_empty() => {
            (Tone::Calm, "every gateway holds the asked exposure".to_owned())
        }
        Outcome::InForce { lapsed, .. } => (
            Tone::Wait,
            format!("the asked exposure is in force; the lease of {} ran out", list(lapsed)),
        ),
        Outcome::FailedForGood { reason } | Outcome::NoChannel { reason } => {
            (Tone::Harm, format!("{}: {reason}", failed(undelivered)))
        }
    }
}

/// What did not happen, and to whom.
fn failed(undelivered: Option<&Undelivered>) -> String {
    match undelivered {
        Some(Undelivered {
            to,
            errand: Errand::Incident(incident),
        }) => format!("{to} could not be called for {incident}"),
        Some(Undelivered {
            to,
            errand: Errand::Stage(stage),
        }) => format!("{to} could not be asked about {stage}"),
        Some(Undelivered {
            to,
            errand: Errand::Nothing,
        }) => format!("{to} could not be told"),
        None => "this cannot be carried out".to_owned(),
    }
}
