//! What was counted, asked and judged, in plain words: the evidence's part of a timeline.

use tidegate_model::plan::OnHarm;
use tidegate_model::seam::{BrakeLook, Compared, Observation, Stratum, Verdict};
use tidegate_model::{CriterionId, StageId};

use super::Tone;
use super::happened::{Told, because};
use super::words::{clock, count, counted, percent, points};
use crate::event::{Reading, ToldPromise};

pub(super) fn evidence(stratum: &Stratum, late: bool) -> Told {
    // The same attempts are counted by several meters; the largest count is the number of attempts.
    let compared = stratum.counts.iter().map(|meter| meter.old.n + meter.new.n);
    let promised = stratum.promised.iter().map(|meter| meter.total);
    let attempts = compared.chain(promised).max().unwrap_or(0);
    let late = if late { ", too late to be judged" } else { "" };
    let gateway = &stratum.id.gateway;
    (
        Tone::Calm,
        format!("{gateway} reported {}{late}", counted(attempts, "attempt", "attempts")),
    )
}

pub(super) fn observed(stage: &StageId, criterion: &CriterionId, observation: &Observation) -> Told {
    match observation {
        Observation::Equality { counts, .. } => {
            let differ = counts.missing + counts.differing + counts.duplicated;
            let tone = if differ == 0 { Tone::Calm } else { Tone::Wait };
            let rows = counted(counts.old_rows, "row", "rows");
            (
                tone,
                format!("{criterion} of {stage} compared {rows}: {} differ", count(differ)),
            )
        }
        Observation::Reconciled { found, .. } => {
            let tone = match found.compared {
                Compared::Clean => Tone::Calm,
                Compared::Diverged | Compared::Inconclusive => Tone::Wait,
            };
            (tone, format!("{criterion} of {stage} compared: {}", found.words()))
        }
        Observation::Surveyed { found, .. } => {
            let tone = match found.faulty == 0 && found.gap.is_none() {
                true => Tone::Calm,
                false => Tone::Wait,
            };
            let gap = found.gap.as_ref().map(|gap| format!("; {gap}")).unwrap_or_default();
            (tone, format!("{criterion} of {stage} looked at {}{gap}", found.words()))
        }
        Observation::Level { value, .. } => (Tone::Calm, format!("{criterion} of {stage} was told {value}")),
        Observation::Counts { new, .. } => (
            Tone::Calm,
            format!(
                "{criterion} of {stage} was told {} of {}",
                count(new.hits),
                count(new.n)
            ),
        ),
        Observation::Nothing { detail, .. } => (
            Tone::Wait,
            format!("the source of {criterion} ({stage}) had nothing to tell: {detail}"),
        ),
        Observation::Unusable { detail, .. } => (
            Tone::Wait,
            format!("the source of {criterion} ({stage}) cannot be judged: {detail}"),
        ),
        Observation::Silent(silence) => (
            Tone::Wait,
            format!(
                "the source of {criterion} ({stage}) is silent since {}: {}",
                clock(silence.since),
                silence.reason
            ),
        ),
    }
}

/// What the source of a promise said.
pub(super) fn asked(told: &ToldPromise) -> Told {
    let promise = &told.promise;
    match &told.observation {
        Observation::Level { value, .. } => {
            let bound = told.gauge.bound();
            let promised = bound.map(|bound| format!("{bound} is promised")).unwrap_or_default();
            match bound.is_none_or(|bound| bound.holds(*value)) {
                true => (Tone::Calm, format!("{promise} was told {value}, {promised}")),
                false => (Tone::Wait, format!("{promise} was told {value}, but {promised}")),
            }
        }
        Observation::Silent(silence) => (
            Tone::Wait,
            format!(
                "the source of {promise} is silent since {}: {}",
                clock(silence.since),
                silence.reason
            ),
        ),
        Observation::Nothing { detail, .. } | Observation::Unusable { detail, .. } => (
            Tone::Wait,
            format!("the source of {promise} tells nothing that counts: {detail}"),
        ),
        Observation::Equality { .. }
        | Observation::Reconciled { .. }
        | Observation::Surveyed { .. }
        | Observation::Counts { .. } => (Tone::Wait, format!("the source of {promise} told no number")),
    }
}

pub(super) fn judged(stage: &StageId, criterion: &CriterionId, verdict: &Verdict, reading: &Reading) -> Told {
    let tone = match verdict {
        Verdict::Pass => Tone::Good,
        Verdict::Harm => Tone::Harm,
        Verdict::NotYet { .. } => Tone::Calm,
        Verdict::NoData { .. } | Verdict::Invalid { .. } | Verdict::SourceDown { .. } => Tone::Wait,
    };
    let why = because(&reading.why);
    (tone, format!("{criterion} of {stage} says {}{why}", verdict.word()))
}

pub(super) fn harm(
    stage: &StageId,
    criterion: Option<&CriterionId>,
    on_harm: OnHarm,
    look: Option<&BrakeLook>,
) -> Told {
    let follows = match on_harm {
        OnHarm::Rollback => "exposure falls at once",
        OnHarm::Hold => "growth stops",
    };
    let seen = match (criterion, look) {
        (Some(criterion), _) => format!("{criterion} found harm in {stage}"),
        (None, Some(look)) => format!(
            "the brake of {stage} saw {} of {} fail",
            count(look.new.hits),
            counted(look.new.n, "attempt", "attempts")
        ),
        (None, None) => format!("the brake of {stage} saw harm"),
    };
    (Tone::Harm, format!("{seen}; {follows}"))
}

/// The numbers of a reading in one line: both sides, the difference and its interval.
#[must_use]
pub fn numbers(reading: &Reading) -> Option<String> {
    let share = |(n, hits): (u64, u64)| (n > 0).then(|| percent(hits as f64 / n as f64));
    let (old, new) = (share(reading.old?)?, share(reading.new?)?);
    let difference = reading
        .difference
        .map(|difference| format!(" ({})", points(difference)))
        .unwrap_or_default();
    Some(format!("{old} on the old side, {new} on the new one{difference}"))
}
