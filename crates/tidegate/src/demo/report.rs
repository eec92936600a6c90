//! The report of a demo: what the change cost, and what it would have cost. Every figure was measured; one that cannot be
//! had says why.

use tidegate_model::{Millis, Timestamp};

use super::claims::{CHECKOUT, Claim};
use super::losses;
use super::measured::{Booked, Crawled, Measured, Orders, Stranded};
use super::story::{Answered, Paged, RolledBack, Story};

/// One line of the report: a figure, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) label: &'static str,
    pub(crate) figure: Result<String, String>,
}

/// The lines that stand in every report, whatever happened.
pub(crate) const REQUIRED: [&str; 15] = [
    "shoppers",
    "orders on the old side",
    "orders on the new side",
    "payment ledger",
    "orders in the ERP",
    "a crawler without cookies",
    "checkout rolled back",
    "orders lost on the new side",
    "full exposure would have lost",
    "stranded at the rollback",
    "first failing order to verdict",
    "verdict to last visitor there",
    "verdict to every gateway's word",
    "page",
    "journal",
];

/// Every figure.
pub(crate) fn lines(story: &Story, measured: &Measured) -> Vec<Line> {
    let mut lines = vec![
        line("shoppers", shoppers(measured)),
        line("orders on the old side", Ok(orders(measured.old_orders))),
        line("orders on the new side", Ok(orders(measured.new_orders))),
        line("payment ledger", Ok(ledger(measured))),
        line("orders in the ERP", Ok(booked(measured.erp))),
        line("a crawler without cookies", crawled(measured.crawler)),
    ];
    lines.extend(rollback_lines(story, measured));
    lines.extend(page_lines(story));
    let journal = match &measured.journal {
        Ok(entries) => format!("{entries} entries, the chain holds"),
        Err(fault) => fault.clone(),
    };
    lines.push(line("journal", Ok(journal)));
    lines
}

/// Whether the exit code may say that all went well: every claim holds, and no line is missing.
pub(crate) fn holds(lines: &[Line], claims: &[Claim]) -> bool {
    let mut required = REQUIRED.iter();
    required.all(|label| lines.iter().any(|line| line.label == *label)) && claims.iter().all(|claim| claim.holds)
}

/// The report in plain text.
pub(crate) fn render(lines: &[Line], claims: &[Claim]) -> String {
    let mut text = String::from("\nReport\n");
    for Line { label, figure } in lines {
        let said = match figure {
            Ok(figure) => figure.clone(),
            Err(why) => format!("no figure: {why}"),
        };
        text.push_str(&format!("  {label:<34} {said}\n"));
    }
    text.push('\n');
    for claim in claims {
        let answer = if claim.holds { "yes" } else { "NO " };
        text.push_str(&format!("  {answer} {}\n", claim.what));
    }
    text
}

fn line(label: &'static str, figure: Result<String, String>) -> Line {
    Line { label, figure }
}

fn shoppers(measured: &Measured) -> Result<String, String> {
    if measured.attempts == 0 {
        return Err("nobody put anything into a cart".into());
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of a demo are far below 2^52")]
    let (attempts, completed) = (measured.attempts as f64, measured.completed as f64);
    Ok(format!(
        "{} attempts at {:.0}/s, {:.1} % completed",
        measured.attempts,
        attempts / measured.seconds.max(1.0),
        100.0 * completed / attempts
    ))
}

fn ledger(measured: &Measured) -> String {
    format!(
        "{}, {} differences to both shops",
        orders(measured.ledger),
        measured.ledger_differences
    )
}

fn booked(erp: Booked) -> String {
    format!(
        "{} booked, {} of them by the new exporter, {} repeats reversed, {} differences to both shops",
        erp.orders, erp.by_new, erp.reversed, erp.differences
    )
}

fn crawled(crawler: Crawled) -> Result<String, String> {
    let Crawled {
        old,
        new,
        moves,
        misnamed,
        failed,
    } = crawler;
    if old + new == 0 {
        return Err("no crawler was shown a page".into());
    }
    let changed = match moves {
        0 => "never changed sides".to_owned(),
        1 => "changed sides once".to_owned(),
        more => format!("changed sides {more} times"),
    };
    Ok(format!(
        "was shown {old} pages of the old shop, {new} of the new, {changed}; {misnamed} named a wrong address, {failed} were missing"
    ))
}

fn rollback_lines(story: &Story, measured: &Measured) -> Vec<Line> {
    let checkout = story.stage(CHECKOUT);
    let first = checkout.rollbacks.first();
    let rollback = first.ok_or("checkout was not rolled back");
    let losses = losses::of(&checkout);
    let since_verdict = |what: &dyn Fn(&RolledBack) -> Result<String, String>| what(rollback?);
    vec![
        line(
            "checkout rolled back",
            since_verdict(&|rollback| Ok(format!("from {} by {}", rollback.from, rollback.by))),
        ),
        line(
            "orders lost on the new side",
            losses
                .clone()
                .map(|of| format!("{} of {} attempts begun there before the rollback", of.lost, of.exposed)),
        ),
        line(
            "full exposure would have lost",
            losses.map(|of| format!("{} of all {} attempts of the same seconds", of.at_full, of.all)),
        ),
        line(
            "stranded at the rollback",
            since_verdict(&|_| Ok(stranded(measured.stranded))),
        ),
        line(
            "first failing order to verdict",
            since_verdict(&|rollback| match measured.first_failure_at {
                Some(first) => Ok(seconds(rollback.harm_at.since(first))),
                None => Err("no shopper saw an order fail on the new side".into()),
            }),
        ),
        line(
            "verdict to last visitor there",
            since_verdict(&|rollback| last_visitor(rollback, measured.last_fresh_request_at)),
        ),
        line(
            "verdict to every gateway's word",
            since_verdict(&|rollback| match rollback.done_at {
                Some(done) => Ok(seconds(done.since(rollback.harm_at))),
                None => Err("it has not come".into()),
            }),
        ),
    ]
}

fn stranded(stranded: Stranded) -> String {
    format!(
        "{} orders worth {} on the new side; paid and kept: {} worth {}",
        stranded.orders,
        euros(stranded.cents),
        stranded.kept,
        euros(stranded.kept_cents)
    )
}

fn last_visitor(rollback: &RolledBack, last: Option<Timestamp>) -> Result<String, String> {
    let last = last.ok_or("no gateway has seen a visitor without an open cart there")?;
    Ok(if last >= rollback.harm_at {
        format!("{}, open carts apart", seconds(last.since(rollback.harm_at)))
    } else {
        let before = seconds(rollback.harm_at.since(last));
        format!("none after it, open carts apart; the last came {before} before")
    })
}

fn page_lines(story: &Story) -> Vec<Line> {
    let called = story.pages.iter().filter(|paged| !paged.to.is_empty());
    let lines: Vec<Line> = called
        .map(|paged| {
            let to: Vec<&str> = paged.to.iter().map(tidegate_model::PersonId::as_str).collect();
            let (incident, rung) = (&paged.incident, paged.rung + 1);
            let said = format!("{incident} rung {rung}: {} - {}", to.join(", "), answer(story, paged));
            line("page", Ok(said))
        })
        .collect();
    if lines.is_empty() {
        return vec![line("page", Err("nobody was called".into()))];
    }
    lines
}

fn answer(story: &Story, paged: &Paged) -> String {
    let of_page = |answered: &&Answered| answered.incident == paged.incident;
    match story.incidents.iter().find(of_page).and_then(|known| known.by.as_ref()) {
        Some((at, by)) if paged.to.contains(by) => format!("{by} answered after {}", seconds(at.since(paged.at))),
        Some(_) | None => "no answer".into(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a demo lasts minutes")]
fn seconds(span: Millis) -> String {
    format!("{:.3} s", span.0 as f64 / 1_000.0)
}

fn orders(orders: Orders) -> String {
    format!(
        "{} placed, {} paid, {}",
        orders.placed,
        orders.paid,
        euros(orders.paid_cents)
    )
}

fn euros(cents: i64) -> String {
    format!("{}.{:02} EUR", cents / 100, cents % 100)
}
