//! How effects end: which of the outbox, and with what receipt.

use tidegate_engine::State;
use tidegate_model::seam::{Effect, EffectKey, Outcome, Receipt};

use super::action::{How, Which};
use crate::shop::name;

pub(super) fn receipts(state: &State, which: Which, how: How) -> Vec<Receipt> {
    if which == Which::Unknown {
        return vec![Receipt {
            key: EffectKey("0".repeat(32)),
            outcome: bad(),
        }];
    }
    let waiting = state.outbox().iter();
    waiting
        .filter(|(_, waiting)| match (which, &waiting.effect) {
            (Which::All, _) => true,
            (Which::Exposure, effect) => matches!(effect, Effect::SetExposure(_)),
            (Which::Pages, effect) => matches!(effect, Effect::Page(_)),
            (Which::Unknown, _) => false,
        })
        .map(|(key, waiting)| Receipt {
            key: key.clone(),
            outcome: outcome(&waiting.effect, how),
        })
        .collect()
}

fn outcome(effect: &Effect, how: How) -> Outcome {
    let is_exposure = matches!(effect, Effect::SetExposure(_));
    match (how, is_exposure) {
        (How::Well, true) => in_force(true),
        (How::Lapsed, _) | (How::Oddly, false) => in_force(false),
        (How::Well, false) | (How::Oddly, true) => Outcome::Accepted {
            detail: "250 taken".to_owned(),
        },
        (How::Badly, _) => bad(),
    }
}

fn in_force(is_acknowledged: bool) -> Outcome {
    let (acknowledged, lapsed) = if is_acknowledged {
        (vec![name("shop")], Vec::new())
    } else {
        (Vec::new(), vec![name("shop")])
    };
    Outcome::InForce { acknowledged, lapsed }
}

fn bad() -> Outcome {
    Outcome::FailedForGood {
        reason: "550 no such person".to_owned(),
    }
}
