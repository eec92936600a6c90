//! The parts of an explanation: counts, tests, alpha, checks, sight.

use tidegate_engine::event::Reading;
use tidegate_engine::judge::Explanation;
use tidegate_engine::view::words;
use tidegate_model::plan::Measure;

use super::hits::{self, Words};
use super::{Section, test};

/// Both sides, the difference, what was lost and what it is worth.
pub(super) fn counts(measure: &Measure, reading: &Reading, explanation: Option<&Explanation>) -> Section {
    let mut section = Section::new("Counts of this step");
    if let Some((at, value)) = &reading.told {
        section.row("told", format!("{value} at {at}"));
    }
    match (hits::words(measure), measure) {
        (Some(hits), _) => {
            let are_compared = !matches!(measure, Measure::Counted { old: None, .. } | Measure::Latency { .. });
            if let Some(old) = reading
                .old
                .filter(|_| are_compared || reading.old.is_some_and(|(n, _)| n > 0))
            {
                section.row("old", side(old, &hits));
            }
            if let Some(new) = reading.new {
                section.row("new", side(new, &hits));
            }
        }
        (None, Measure::SqlEqual { .. } | Measure::Reconcile { .. }) => {
            let rows = |rows| words::counted(rows, "row", "rows");
            if let (Some((old, _)), Some((new, differ))) = (reading.old, reading.new) {
                section.row("old", rows(old));
                section.row("new", format!("{}, {} differ", rows(new), words::count(differ)));
            }
        }
        (None, Measure::Survey { .. }) => {
            if let Some((looked_at, faulty)) = reading.new {
                let faulty = words::count(faulty);
                section.row(
                    "looked at",
                    format!("{}, {faulty} with a fault", words::count(looked_at)),
                );
            }
        }
        (None, _) => {}
    }
    if let Some((old, new)) = explanation.map(|told| told.open_of_step).filter(|open| *open != (0, 0)) {
        let open = format!(
            "{} old, {} new: an error may still be added",
            words::count(old),
            words::count(new)
        );
        section.row("still open", open);
    }
    if let Some(difference) = reading
        .difference
        .filter(|_| !matches!(measure, Measure::SqlEqual { .. } | Measure::Reconcile { .. }))
    {
        section.row("difference", of_attempt(difference, reading.interval));
    } else if let Some((low, high)) = reading.interval {
        let range = format!("{} to {} at any look", words::percent(low), words::percent(high));
        section.row("new, interval", range);
    }
    if let Some(lost) = reading.lost {
        section.row("lost so far", loss(lost, reading));
    }
    match explanation {
        Some(explanation) if explanation.strata_of_attempt > 0 => {
            let (step, attempt) = (explanation.strata_of_step, explanation.strata_of_attempt);
            let strata = words::counted(step, "stratum", "strata");
            section.row(
                "strata",
                format!("{strata} of this step, {} of the attempt", words::count(attempt)),
            );
        }
        Some(_) => {}
        None if reading.strata > 0 => section.row("strata", words::count(reading.strata)),
        None => {}
    }
    section
}

fn side((n, hits): (u64, u64), words: &Words) -> String {
    if n == 0 {
        return "no attempts".to_owned();
    }
    let share = words::percent(share(hits, n));
    format!(
        "{} of {} {} ({share})",
        words::count(hits),
        words::counted(n, "attempt", "attempts"),
        words.done
    )
}

/// A difference with its interval. It is that of the alarm, which looks at the whole attempt.
fn of_attempt(difference: f64, interval: Option<(f64, f64)>) -> String {
    let interval = match interval {
        Some((low, high)) => format!(", [{}, {}] at any look", words::signed(low), words::signed(high)),
        None => String::new(),
    };
    format!("{}{interval}, over the attempt", words::points(difference))
}

/// What was lost, in attempts and at the declared basket.
fn loss(lost: f64, reading: &Reading) -> String {
    let account = reading.account.as_ref();
    let money = account.and_then(|account| account.money.as_ref());
    let most = account.and_then(|account| account.money_most.as_ref());
    let orders = if lost >= 0.0 {
        format!("{lost:.0} completed")
    } else {
        format!("none, {:.0} more completed than on the old side", -lost)
    };
    let worth = match money {
        Some(money) if lost >= 0.0 => format!(", {} at the declared basket", words::money(money)),
        Some(_) | None => String::new(),
    };
    let left = match most {
        Some(most) => format!("; up to {} is not excluded", words::money(most)),
        None => String::new(),
    };
    format!("{orders}{worth}{left}")
}

/// Each test, the alarms first.
pub(super) fn tests(measure: &Measure, explanation: &Explanation) -> Section {
    let mut section = Section::new("Tests");
    let hits = hits::words(measure);
    for test in explanation.alarms().chain(explanation.passes()) {
        section.row(test::name(test), test::sentence(test, hits.as_ref()));
    }
    if explanation.was_harm {
        section.row(
            "harm",
            "counts said so earlier in this attempt; more of the same does not unsay it",
        );
    }
    section
}

/// What may be spent of the plan's chance of a false alarm.
pub(super) fn alpha(reading: &Reading, explanation: Option<&Explanation>) -> Section {
    let mut section = Section::new("Chance of a false alarm (alpha)");
    let allowance = explanation.and_then(|explanation| explanation.allowance.as_ref());
    if let Some(allowance) = allowance {
        let weight = format!(", weight {} of {}", allowance.weight, allowance.weights);
        shares(
            &mut section,
            (allowance.plan, allowance.share, &weight),
            (allowance.of_try, allowance.this_try, allowance.spent),
        );
    } else if let Some(account) = &reading.account {
        shares(
            &mut section,
            (account.alpha_plan, account.alpha_share, ""),
            (account.alpha_of_try, account.this_try, account.alpha_spent),
        );
    }
    section
}

fn shares(section: &mut Section, (plan, share, weight): (f64, f64, &str), (of_try, this_try, spent): (f64, u32, f64)) {
    section.row("plan", format!("{}, over all stages and tries", small(plan)));
    section.row("this criterion", format!("{}{weight}", small(share)));
    section.row("this try", format!("{}, try {this_try}", small(of_try)));
    section.row("spent", format!("{} of its share, this try included", small(spent)));
}

/// What both sides come to, those groups that differ first.
pub(super) fn totals(explanation: &Explanation) -> Section {
    let mut section = Section::new("Beside the verdict: totals as first read");
    for totals in &explanation.totals {
        section.row(totals.name(), totals.words());
        for group in totals.told.iter().filter(|group| group.differs()) {
            section.row(group.name(), format!("old {}, new {}", group.old, group.new));
        }
    }
    section
}

/// Whether the counts can be believed.
pub(super) fn checks(explanation: &Explanation) -> Section {
    let mut section = Section::new("Can the counts be believed?");
    for check in &explanation.checks {
        let holds = if check.holds { "yes" } else { "no" };
        section.row(check.name.clone(), format!("{holds}: {}", check.detail));
    }
    section
}

/// What the step can see, and when it can speak.
pub(super) fn sight(reading: &Reading) -> Section {
    let mut section = Section::new("What this step can still see");
    if let Some((share, of)) = words::sight(reading) {
        section.row(
            "smallest harm",
            format!("{share} {of}: found with a chance of 80 % before its time is over"),
        );
    }
    if let Some(wait) = reading.speaks_in {
        section.row(
            "pass",
            format!("in about {} at the present traffic", words::duration(wait)),
        );
    }
    if let Some(account) = &reading.account
        && let Some(wait) = account.harm_in
    {
        let harm = match (account.margin, account.limit) {
            (Some(margin), _) => format!("as large as the margin of {}", words::percent(margin)),
            (None, Some(limit)) => format!("of twice the limit of {}", words::percent(limit)),
            (None, None) => "as large as the margin".to_owned(),
        };
        let wait = if wait.0 == 0 {
            "would have been found by now".to_owned()
        } else {
            format!("would be found in about {}", words::duration(wait))
        };
        section.row("harm", format!("one {harm} {wait}, with a chance of 80 %"));
    }
    section
}

/// A small chance with three digits that count, such as `0.0633 %`.
pub(crate) fn small(chance: f64) -> String {
    let percent = 100.0 * chance;
    let decimals = if percent >= 1.0 {
        2
    } else if percent >= 0.1 {
        3
    } else if percent >= 0.01 {
        4
    } else {
        return format!("{percent:.2e} %");
    };
    format!("{percent:.decimals$} %")
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a figure for people; counts are far below 2^53"
)]
fn share(hits: u64, n: u64) -> f64 {
    hits as f64 / n as f64
}
