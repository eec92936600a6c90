//! What promises page: whether a broken one can call its owner at all, whether it stops calling when it is over, and whether
//! there are more of them than are measured.

use tidegate_model::ask::LevelQuestion;
use tidegate_model::objective::{ASKED, MeasuredOn, Objective, PROMISES_MAX, Target};
use tidegate_model::{DomainId, Millis};
use tidegate_stats::burn::{Budget, QUICK, SLOW};

use crate::code::Code;
use crate::read::Reading;
use crate::sink::{Finding, Place};

/// The longest range of an objective's query: the time between two questions, so that nothing is told twice.
const RANGE_MAX: Millis = ASKED.every;

/// Checks what every promise can page.
pub(crate) fn check(reading: &mut Reading) {
    let domains = std::mem::take(&mut reading.parts.domains);
    let all = domains
        .iter()
        .flat_map(|domain| domain.objectives.iter().map(|one| (&domain.id, one)));
    let mut objectives = Vec::new();
    for (domain, objective) in all {
        let place = reading.place(&format!("domain `{domain}`"), &format!("objective {}", objective.id));
        objectives.push(place);
        if let Some(finding) = paging(domain, objective, place) {
            reading.sink.add(finding);
        }
        if let Some(finding) = range(domain, objective, place) {
            reading.sink.add(finding);
        }
    }
    reading.parts.domains = domains;
    let invariants = reading.parts.invariants.iter();
    let invariants = invariants
        .map(|one| reading.place(&format!("invariant `{}`", one.id), ""))
        .collect();
    for (places, what) in [(objectives, "objectives"), (invariants, "invariants")] {
        too_many(&places, what, reading);
    }
}

/// More than are kept would take each other's place, and none of them would have a past.
fn too_many(places: &[Place], what: &str, reading: &mut Reading) {
    if let Some(first) = places.get(PROMISES_MAX) {
        reading.sink.add(
            Finding::error(Code::Limit, *first, format!("the estate has too many {what}"))
                .expected(format!("at most {PROMISES_MAX} {what}"), places.len().to_string())
                .help("leave out what nobody is called for; what is promised of many alike can be one question to a source"),
        );
    }
}

/// A rate without what there was to do pages nobody; nor does a share whose budget no failure spends fast enough.
fn paging(domain: &DomainId, objective: &Objective, place: Place) -> Option<Finding> {
    let name = format!("objective `{}` of domain `{domain}`", objective.id);
    if let (Some(MeasuredOn::Source(_)), Target::PerHour(_)) = (&objective.of, objective.target) {
        return Some(
            Finding::warning(Code::RateNotPaged, place, format!("{name} is shown and pages nobody"))
                .expected(
                    "a share of what there was to do, such as `at-least: 99%`",
                    format!("{}, which a quiet night breaks too", objective.target),
                )
                .help(
                    "ask for what was done over what there was to do, at most the rate: `(done + 1) / (clamp_max(arrived, rate) + 1)`",
                ),
        );
    }
    let budget = Budget::of_target(objective.share()?.get())?;
    let is_mute = |pair: tidegate_stats::burn::Pair| !budget.can_burn_above(pair.factor);
    let (says, least) = match (is_mute(QUICK), is_mute(SLOW)) {
        (_, true) => ("pages nobody, even if everything fails", "83.34%"),
        (true, false) => ("pages nobody within the hour, even if everything fails", "93.06%"),
        (false, false) => return None,
    };
    Some(
        Finding::warning(Code::PagesNobody, place, format!("{name} {says}"))
            .expected(
                format!("a share of at least {least}: P95 for times, `at-least: 95%` for completions"),
                format!("{}, whose budget of thirty days lasts too long", objective.target),
            )
            .help("promise more of something narrower, or let a gate hold it: a criterion notices what no budget does"),
    )
}

/// What is over must leave the answer soon: a ratio of thirty days stays bad for days and calls somebody all the while.
fn range(domain: &DomainId, objective: &Objective, place: Place) -> Option<Finding> {
    let Some(MeasuredOn::Source(ask)) = &objective.of else {
        return None;
    };
    let LevelQuestion::Prometheus { query } = &ask.question else {
        return None;
    };
    if let Target::PerHour(_) = objective.target {
        return None;
    }
    let longest = longest_range(query).filter(|range| *range > RANGE_MAX)?;
    Some(
        Finding::warning(
            Code::LongRange,
            place,
            format!(
                "objective `{}` of domain `{domain}` asks about {longest} at once",
                objective.id
            ),
        )
        .expected(
            format!("a range of at most {RANGE_MAX}, such as `[1m]`"),
            format!("`[{longest}]`"),
        )
        .help("shorten the range: answers are added up over thirty days here, and what happened once would be told again and again"),
    )
}

/// The longest range or subquery of a query in PromQL. Text and comments are none.
///
/// # Source
/// Prometheus, "Querying basics": time series selectors, float literals and time durations.
fn longest_range(query: &str) -> Option<Millis> {
    let mut longest = None;
    let mut rest = query.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '"' | '\'' | '`' => {
                while let Some(inner) = rest.next().filter(|inner| *inner != letter) {
                    if inner == '\\' && letter != '`' {
                        rest.next();
                    }
                }
            }
            '#' => while rest.next().is_some_and(|inner| inner != '\n') {},
            '[' => {
                let range: String = rest.by_ref().take_while(|inner| *inner != ']').collect();
                longest = longest.max(span(range.split(':').next().unwrap_or(&range).trim()));
            }
            _ => {}
        }
    }
    longest
}

/// `1h30m`, or seconds without a unit; nothing when it is neither.
fn span(text: &str) -> Option<Millis> {
    if let Ok(seconds) = text.parse::<f64>() {
        return (seconds >= 0.0).then_some(Millis((seconds * 1_000.0) as u64));
    }
    let mut total: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        let after = &rest[digits..];
        let unit = after
            .find(|letter: char| letter.is_ascii_digit())
            .unwrap_or(after.len());
        let ms = match &after[..unit] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 7 * 86_400_000,
            "y" => 365 * 86_400_000,
            _ => return None,
        };
        total = total.saturating_add(number.saturating_mul(ms));
        rest = &after[unit..];
    }
    (!text.is_empty()).then_some(Millis(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_range_of_a_query_is_found_and_text_is_none() {
        for (query, expected) in [
            ("avg(up)", None),
            ("rate(a[5m])", Some(300_000)),
            ("rate(a[30d]) / rate(b[5m])", Some(30 * 86_400_000)),
            ("max_over_time(rate(a[5m])[1h30m:1m])", Some(5_400_000)),
            ("rate(a[ 90 ])", Some(90_000)),
            ("sum(a{path=~\"[30d]\"}) + rate(b[1m])", Some(60_000)),
            ("a{b='it\\'s [7d]'} # [1y]", None),
            ("rate(a[nonsense])", None),
            ("rate(a[30d", Some(30 * 86_400_000)),
        ] {
            assert_eq!(longest_range(query), expected.map(Millis), "{query}");
        }
    }
}
