//! Pages: a journal of ten thousand entries and hundreds of open browsers, each of which follows the Plan page. How long an
//! event takes to the last of them and what it costs, and how long pages of that journal take.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::program::{Program, free_address};
use crate::{cpu, estate, upstream};

/// Readings of each page.
const READINGS: usize = 20;
/// Between two events, longer than the shortest beat of a live page.
const BETWEEN: Duration = Duration::from_millis(400);
/// An event that has not come by then never will.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of a stream that are kept to find an event in.
const KEPT_MAX: usize = 1 << 20;

/// Runs it and prints the table.
pub(crate) async fn run(program: &Path, browsers: usize, entries: u64, events: usize) -> anyhow::Result<()> {
    let (old, _) = upstream::start().await?;
    let (new, _) = upstream::start().await?;
    let mut tidegate = Program::start(program, &estate::one_unit(free_address()?, old, new)).await?;
    tidegate.expose().await?;
    let filled = fill(&tidegate, entries).await?;
    let client = Client::builder().redirect(Policy::none()).build()?;
    let cookie = enter(&client, &tidegate).await?;

    println!("pages: a journal of {filled} entries, {browsers} browsers on the Plan page");
    for (what, path) in [
        ("the Plan page", "/".to_owned()),
        ("the newest page of the journal", "/journal".to_owned()),
        ("a page from its middle", format!("/journal?from={}", filled / 2)),
        (
            "a search that finds nothing in all of it",
            "/journal?q=unheard-of".to_owned(),
        ),
        ("its verification", "/journal?verify=now".to_owned()),
    ] {
        let mut took = Vec::new();
        for _ in 0..READINGS {
            let began = Instant::now();
            let answer = get(&client, &tidegate, &path, &cookie).await?;
            answer.bytes().await?;
            took.push(milliseconds(began.elapsed()));
        }
        line(what, &mut took);
        let name = path.trim_start_matches('/').split(['=', '?']).nth(1).unwrap_or("plain");
        if path == "/" {
            println!("figure page-of-the-plan-ms-p95 {:.1}", at(&took, 0.95));
        } else {
            println!("figure page-of-the-journal-{name}-ms-p95 {:.1}", at(&took, 0.95));
        }
    }

    let (seen, mut readers) = (Arc::new(watch::channel(0_usize).0), JoinSet::new());
    for _ in 0..browsers {
        let stream = get(&client, &tidegate, "/api/v1/stream?fragments=plan", &cookie).await?;
        readers.spawn(read(stream, events, seen.clone()));
    }
    let pid = tidegate.controller_pid()?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let idle = per_second(pid, Duration::from_secs(4)).await?;
    let (mut took, before) = (Vec::new(), cpu::seconds(pid)?);
    for event in 0..events {
        seen.send_replace(0);
        let began = Instant::now();
        tidegate
            .ask("stages/shop/hold", json!({ "reason": mark(event) }))
            .await?;
        let everybody = async { seen.subscribe().wait_for(|n| *n >= browsers).await.map(|_| ()) };
        tokio::time::timeout(PATIENCE, everybody)
            .await
            .with_context(|| format!("event {event} has not come to every browser"))??;
        took.push(milliseconds(began.elapsed()));
        tidegate
            .ask("stages/shop/resume", json!({ "reason": "measured" }))
            .await?;
        tokio::time::sleep(BETWEEN).await;
    }
    let spent = cpu::seconds(pid)? - before;
    line("a command to the last browser that shows it", &mut took);
    println!(
        "  CPU of the controller: {:.1} % of a core at rest, {:.1} ms for an event and a browser",
        idle * 100.0,
        spent * 1e3 / (events * 2 * browsers) as f64
    );
    println!("figure event-to-every-browser-ms-p95 {:.0}", at(&took, 0.95));
    println!("figure browsers-at-rest-percent-of-a-core {:.1}", idle * 100.0);
    readers.shutdown().await;
    tidegate.stop().await
}

/// What an event says that no other does.
fn mark(event: usize) -> String {
    format!("bench-mark-{event}-end")
}

/// Fills the journal by holding and resuming, which changes nothing else. Returns its last entry.
async fn fill(tidegate: &Program, entries: u64) -> anyhow::Result<u64> {
    loop {
        let body = json!({ "reason": "filling the journal" });
        tidegate.ask("stages/shop/hold", body.clone()).await?;
        let answer = tidegate.ask("stages/shop/resume", body).await?;
        let last = answer["seq"].as_u64().context("an answer without its entry")?;
        if last >= entries {
            return Ok(last);
        }
    }
}

/// A browser session.
async fn enter(client: &Client, tidegate: &Program) -> anyhow::Result<String> {
    let form = format!("token={}&next=%2F", tidegate.token()?);
    let request = client.post(format!("{}/login", tidegate.url()));
    let answer = request
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await?;
    let cookie = answer
        .headers()
        .get("set-cookie")
        .context("no session was made")?
        .to_str()?;
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}

async fn get(client: &Client, tidegate: &Program, path: &str, cookie: &str) -> anyhow::Result<Response> {
    let request = client.get(format!("{}{path}", tidegate.url())).header("cookie", cookie);
    let answer = request.send().await?;
    if answer.status() != 200 {
        bail!("{path}: {}", answer.status());
    }
    Ok(answer)
}

/// Reads a stream and counts each event once, when its mark is shown in a part of the page.
async fn read(mut stream: Response, events: usize, seen: Arc<watch::Sender<usize>>) -> anyhow::Result<()> {
    let mut kept = String::new();
    let mut next = 0;
    while let Some(chunk) = stream.chunk().await? {
        kept.push_str(&String::from_utf8_lossy(&chunk));
        while next < events && kept.contains(&mark(next)) {
            kept.clear();
            next += 1;
            seen.send_modify(|n| *n += 1);
        }
        if kept.len() > KEPT_MAX {
            kept.clear();
        }
    }
    Ok(())
}

/// Share of a core that a process takes.
async fn per_second(pid: u32, over: Duration) -> anyhow::Result<f64> {
    let before = cpu::seconds(pid)?;
    tokio::time::sleep(over).await;
    Ok((cpu::seconds(pid)? - before) / over.as_secs_f64())
}

fn milliseconds(took: Duration) -> f64 {
    took.as_secs_f64() * 1e3
}

fn line(what: &str, values: &mut [f64]) {
    values.sort_unstable_by(f64::total_cmp);
    println!(
        "  {what:<44} median {:>7.1} ms   p95 {:>7.1} ms   max {:>7.1} ms",
        at(values, 0.5),
        at(values, 0.95),
        at(values, 1.0)
    );
}

/// The value below which this share of sorted values lies.
fn at(values: &[f64], share: f64) -> f64 {
    values[((values.len() - 1) as f64 * share).round() as usize]
}
