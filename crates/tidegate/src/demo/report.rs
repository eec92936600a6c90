//! The report of a demo: what the change cost, what it would have cost, and whether the story held. Every figure was measured.

use tidegate_model::{CriterionId, Millis, Timestamp};

use super::story::Story;

/// What the world outside said at the end.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    /// Orders in each shop's own database: placed, paid, money of the paid ones in cents.
    pub(crate) old_orders: Orders,
    /// The new shop's.
    pub(crate) new_orders: Orders,
    /// The payment provider's ledger.
    pub(crate) ledger: Orders,
    /// References that are in one of ledger and shops but not in the other, or with another amount.
    pub(crate) ledger_differences: u64,
    /// New-side orders that existed when checkout was rolled back, and how many of them were paid in the end.
    pub(crate) stranded: (u64, u64),
    /// When the first order failed on the new side without an error status.
    pub(crate) first_failure_at: Option<Timestamp>,
    /// Last request on the new side of a visitor without an open cart, until checkout was exposed again.
    pub(crate) last_fresh_request_at: Option<Timestamp>,
    /// Attempts of shoppers and how many of them completed.
    pub(crate) attempts: u64,
    /// Completed ones.
    pub(crate) completed: u64,
    /// How long shoppers came, in seconds.
    pub(crate) seconds: f64,
    /// Whether the journal verifies, and how many entries it has.
    pub(crate) journal: Result<u64, String>,
}

/// Orders of one book.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Orders {
    pub(crate) placed: u64,
    pub(crate) paid: u64,
    pub(crate) paid_cents: i64,
}

/// One thing that must have happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) what: String,
    pub(crate) holds: bool,
}

/// Names of the demo's estate.
const CATALOGUE: &str = "catalogue";
const PRICING: &str = "pricing";
const CHECKOUT: &str = "checkout";

/// What must hold with the faults in.
pub(crate) fn claims(story: &Story, measured: &Measured) -> Vec<Claim> {
    let catalogue = story.stage(CATALOGUE);
    let pricing = story.stage(PRICING);
    let checkout = story.stage(CHECKOUT);
    let pricing_harm = pricing.first_harm().map(|judged| (judged.at, judged.criterion.clone()));
    let repaired = pricing_harm.as_ref().is_some_and(|(harm_at, criterion)| {
        pricing
            .changes
            .iter()
            .any(|change| change > harm_at && pricing.passed_after(criterion, *change))
    });
    let below_half = checkout
        .rollbacks
        .first()
        .is_some_and(|rollback| rollback.from.get() < 5_000);
    let second_rung = story
        .incident_of(CHECKOUT)
        .is_some_and(|incident| incident.rung_called >= 1 && incident.by.is_some() && incident.action.is_some());
    let mut claims = vec![
        claim(
            "catalogue passed without a rollback",
            catalogue.is_through() && catalogue.rollbacks.is_empty(),
        ),
        claim(
            "pricing was harmful before its repair and passed after it",
            repaired && pricing.is_through(),
        ),
        claim("checkout was rolled back below 50 %", below_half),
        claim("the second rung acknowledged the page and acted", second_rung),
        claim(
            "checkout passed when it was tried again",
            checkout.is_through() && checkout.rollbacks.len() == 1,
        ),
    ];
    claims.extend(books(measured));
    claims
}

/// What must hold with the faults out.
pub(crate) fn claims_without_faults(story: &Story, measured: &Measured) -> Vec<Claim> {
    let mut claims: Vec<Claim> = [CATALOGUE, PRICING, CHECKOUT]
        .iter()
        .map(|name| {
            let stage = story.stage(name);
            claim(
                &format!("{name} passed without a rollback"),
                stage.is_through() && stage.rollbacks.is_empty(),
            )
        })
        .collect();
    claims.extend(books(measured));
    claims
}

fn books(measured: &Measured) -> Vec<Claim> {
    vec![
        claim(
            "the payment ledger equals the orders of both shops",
            measured.ledger_differences == 0 && measured.ledger.paid > 0,
        ),
        claim("the journal verifies", measured.journal.is_ok()),
    ]
}

fn claim(what: &str, holds: bool) -> Claim {
    Claim {
        what: what.to_owned(),
        holds,
    }
}

/// The report in plain text.
pub(crate) fn render(story: &Story, measured: &Measured, claims: &[Claim]) -> String {
    let mut text = String::from("\nReport\n");
    let mut line = |label: &str, value: String| text.push_str(&format!("  {label:<34} {value}\n"));
    let share = if measured.attempts == 0 {
        "no attempts".to_owned()
    } else {
        #[expect(clippy::cast_precision_loss, reason = "counts of a demo are far below 2^52")]
        let (attempts, completed) = (measured.attempts as f64, measured.completed as f64);
        format!(
            "{} attempts at {:.0}/s, {:.1} % completed",
            measured.attempts,
            attempts / measured.seconds.max(1.0),
            100.0 * completed / attempts
        )
    };
    line("shoppers", share);
    line("orders on the old side", orders(measured.old_orders));
    line("orders on the new side", orders(measured.new_orders));
    line(
        "payment ledger",
        format!(
            "{}, {} differences to both shops",
            orders(measured.ledger),
            measured.ledger_differences
        ),
    );
    rollback_lines(story, measured, &mut line);
    for paged in story.pages.iter().filter(|paged| !paged.to.is_empty()) {
        let to: Vec<&str> = paged.to.iter().map(tidegate_model::PersonId::as_str).collect();
        let answer = story
            .incidents
            .iter()
            .find(|answered| answered.incident == paged.incident);
        let answer = match answer.and_then(|answered| answered.by.as_ref()) {
            Some((at, by)) if paged.to.contains(by) => format!("{by} answered after {}", seconds(at.since(paged.at))),
            _ => "no answer".into(),
        };
        line(
            "page",
            format!(
                "{} rung {}: {} - {answer}",
                paged.incident,
                paged.rung + 1,
                to.join(", ")
            ),
        );
    }
    line(
        "journal",
        match &measured.journal {
            Ok(entries) => format!("{entries} entries, the chain holds"),
            Err(fault) => fault.clone(),
        },
    );
    text.push('\n');
    for claim in claims {
        text.push_str(&format!(
            "  {} {}\n",
            if claim.holds { "yes" } else { "NO " },
            claim.what
        ));
    }
    text
}

fn rollback_lines(story: &Story, measured: &Measured, line: &mut impl FnMut(&str, String)) {
    let checkout = story.stage(CHECKOUT);
    let Some(rollback) = checkout.rollbacks.first() else {
        line("rollbacks", "none".into());
        return;
    };
    line(
        "checkout rolled back from",
        format!("{} by {}", rollback.from, rollback.by),
    );
    let verdict = CriterionId::parse(&rollback.by).ok().and_then(|criterion| {
        checkout
            .judged
            .iter()
            .rev()
            .find(|judged| judged.criterion == criterion && judged.at <= rollback.harm_at)
    });
    if let Some(reading) = verdict.map(|judged| &judged.reading) {
        // Lost orders = loss per attempt on the new side x its attempts; the interval is the verdict's own.
        #[expect(clippy::cast_precision_loss, reason = "counts of a demo are far below 2^52")]
        if let (Some(difference), Some((low, high)), Some((attempts, _))) =
            (reading.difference, reading.interval, reading.new)
        {
            let exposed = attempts as f64;
            let all = checkout.attempts_until_rollback as f64;
            let span = |of: f64| {
                format!(
                    "{:.0} ({:.0} to {:.0})",
                    (-difference * of).max(0.0),
                    (-high * of).max(0.0),
                    (-low * of).max(0.0)
                )
            };
            line("orders lost on the new side", span(exposed));
            line(
                "full exposure would have lost",
                format!("{} in the same time", span(all)),
            );
        }
    }
    line(
        "orders on the new side then",
        format!(
            "{}, of which {} were paid and kept",
            measured.stranded.0, measured.stranded.1
        ),
    );
    if let Some(first) = measured.first_failure_at {
        line("first failing order to verdict", seconds(rollback.harm_at.since(first)));
    }
    if let Some(last) = measured.last_fresh_request_at {
        let label = "verdict to last visitor there";
        if last >= rollback.harm_at {
            line(
                label,
                format!("{}, open carts apart", seconds(last.since(rollback.harm_at))),
            );
        } else {
            let before = seconds(rollback.harm_at.since(last));
            line(
                label,
                format!("none after it, open carts apart; the last came {before} before"),
            );
        }
    }
    if let Some(done) = rollback.done_at {
        line("verdict to every gateway's word", seconds(done.since(rollback.harm_at)));
    }
}

#[expect(clippy::cast_precision_loss, reason = "a demo lasts minutes")]
fn seconds(span: Millis) -> String {
    format!("{:.3} s", span.0 as f64 / 1_000.0)
}

fn orders(orders: Orders) -> String {
    format!(
        "{} placed, {} paid, {}.{:02} EUR",
        orders.placed,
        orders.paid,
        orders.paid_cents / 100,
        orders.paid_cents % 100
    )
}
