//! Verdict to effect: the new side begins to fail under load, the gate takes everybody back; then again.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::json;

use crate::load::{self, Counts};
use crate::program::{Program, free_address};
use crate::{estate, upstream};

/// Longer than any cart stays open.
const DRAINED_AFTER: Duration = Duration::from_millis(2_500);
/// Pages that the new side has shown before it begins to fail.
const PAGES_BEFORE: u64 = 300;

/// Runs it and prints the table.
pub(crate) async fn run(program: &Path, times: usize, rate: u32) -> anyhow::Result<()> {
    let (old, _) = upstream::start().await?;
    let (new, seen) = upstream::start().await?;
    let mut tidegate = Program::start(program, &estate::one_unit(free_address()?, old, new)).await?;
    let counts = Arc::new(Counts::default());
    let sending = tokio::spawn(load::send(tidegate.gateway, rate, counts.clone()));
    let began = Instant::now();
    let (mut pages, mut carts, mut found, mut tipped) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..times {
        tidegate.expose().await.with_context(|| format!("round {round}"))?;
        let before = seen.pages.load(Ordering::Relaxed);
        while seen.pages.load(Ordering::Relaxed) < before + PAGES_BEFORE {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let failed_ms = upstream::now_ms();
        seen.is_failing.store(true, Ordering::Relaxed);
        let verdict = tidegate.wait_for("harm-found").await?;
        let verdict_ms = verdict["at"].as_i64().context("an event without its time")?;
        // The request that tipped the criterion came in the last stratum, at its beginning at the earliest.
        tipped.push(verdict_ms - tidegate.stratum_began()?);
        tidegate.wait_for("rolled-back").await?;
        tokio::time::sleep(DRAINED_AFTER).await;
        found.push(verdict_ms - failed_ms);
        pages.push((seen.last_page_ms.load(Ordering::Relaxed) - verdict_ms).max(0));
        carts.push((seen.last_cart_ms.load(Ordering::Relaxed) - verdict_ms).max(0));
        seen.is_failing.store(false, Ordering::Relaxed);
        settle(&mut tidegate, round).await?;
    }
    let seconds = began.elapsed().as_secs_f64();
    sending.abort();
    let answered = counts.answered.load(Ordering::Relaxed);
    let broken = counts.broken.load(Ordering::Relaxed);
    println!(
        "rollback: {times} rollbacks at {:.0} requests/s ({answered} answered, {broken} broken)",
        counts.sent.load(Ordering::Relaxed) as f64 / seconds
    );
    line("first failure to verdict", &mut found);
    line("beginning of the stratum that tipped it to verdict", &mut tipped);
    line("verdict to the last visitor without an open cart", &mut pages);
    line("verdict to the last request of a drained cart", &mut carts);
    let slowest = pages.iter().max().context("no rollback was measured")?;
    println!("figure rollbacks {}", pages.len());
    println!("figure rollback-answers-per-second {:.0}", answered as f64 / seconds);
    println!("figure verdict-to-effect-ms-max {slowest}");
    println!("figure tipped-to-verdict-ms-p99 {}", at(&tipped, 0.99));
    tidegate.stop().await
}

/// The incident is closed by an approver who asks for no new criterion, and the change named, as it must be before the stage is approved again.
async fn settle(tidegate: &mut Program, round: usize) -> anyhow::Result<()> {
    let status = tidegate.incidents().await?;
    for incident in status {
        let path = |what: &str| format!("incidents/{incident}/{what}");
        tidegate.ask(&path("acknowledge"), json!({})).await?;
        let lesson = json!({ "lesson": "none, because the bench made it fail" });
        tidegate.ask(&path("resolve"), lesson).await?;
    }
    let change = json!({ "side": "new", "reference": format!("round-{round}"), "summary": "works again" });
    tidegate.ask("stages/shop/change", change).await?;
    Ok(())
}

fn line(what: &str, values: &mut [i64]) {
    values.sort_unstable();
    println!(
        "  {what:<50} median {:>5} ms   p95 {:>5} ms   max {:>5} ms",
        at(values, 0.5),
        at(values, 0.95),
        at(values, 1.0)
    );
}

/// The value below which this share of sorted values lies.
fn at(values: &[i64], share: f64) -> i64 {
    values[((values.len() - 1) as f64 * share).round() as usize]
}
