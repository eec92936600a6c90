//! The comparing process beside `serve`: takes orders from standard input, a line each, and ends with it. What it reads, holds and
//! loses is its own: `serve` hears counts only.

use std::io::{BufRead, Read as _, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tidegate_model::seam::Reconciled;
use tidegate_reconcile::{Stop, Throttle};
use tokio::sync::mpsc;

use super::watched::Watched;
use super::{Answer, Job, LINE_BYTES_MAX, Order, run};

/// Orders that wait; `serve` gives one at a time.
const ORDERS_WAITING_MAX: usize = 4;
/// Between two looks at the tables of changes.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Between two words on how far it is.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// Obeys until standard input ends, which is when `serve` does.
///
/// # Errors
/// A line that is no order.
pub(crate) async fn obey() -> anyhow::Result<u8> {
    let (sender, mut orders) = mpsc::channel(ORDERS_WAITING_MAX);
    // A thread of its own: a reading that waits cannot be ended, and nothing waits for this one.
    std::thread::spawn(move || {
        let mut lines = std::io::stdin().lock();
        while let Some(order) = next(&mut lines).transpose() {
            let is_last = order.is_err();
            if sender.blocking_send(order).is_err() || is_last {
                return;
            }
        }
    });
    let Some(Order::Job(job)) = orders.recv().await.transpose()? else {
        bail!("expected a job as the first line")
    };
    let (compare, asked) = mpsc::channel(ORDERS_WAITING_MAX);
    let throttle = Throttle::default();
    let work = tokio::spawn(work(*job, asked, throttle.clone()));
    while let Some(order) = orders.recv().await.transpose()? {
        match order {
            Order::Slow { why } => throttle.hold(&why),
            Order::Go => throttle.release(),
            Order::Compare { order } if compare.send(order).await.is_ok() => {}
            Order::Compare { .. } => bail!("the comparison has ended by itself"),
            Order::Job(_) => bail!("expected one job"),
        }
    }
    // Whatever runs is given up: nobody waits for it.
    work.abort();
    Ok(crate::exit::FINE)
}

/// The next order; `None` at the end.
fn next(lines: &mut impl BufRead) -> anyhow::Result<Option<Order>> {
    let mut line = Vec::new();
    let bound = u64::try_from(LINE_BYTES_MAX).expect("a line is not that long");
    lines
        .take(bound)
        .read_until(b'\n', &mut line)
        .context("standard input")?;
    if line.is_empty() {
        return Ok(None);
    }
    // A job holds addresses, so that neither the line nor what stands in it is repeated.
    let wrong =
        |error: serde_json::Error| anyhow::anyhow!("no order: {:?} at column {}", error.classify(), error.column());
    serde_json::from_slice(&line).map(Some).map_err(wrong)
}

async fn work(job: Job, mut orders: mpsc::Receiver<u64>, throttle: Throttle) {
    let mut watched = (!job.changes.is_empty()).then(|| Watched::new(&job, throttle.clone()));
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let order = tokio::select! {
            order = orders.recv() => order,
            _ = looks.tick(), if watched.is_some() => {
                let Some(watched) = &mut watched else { continue };
                match follow(&job, watched, &mut orders).await {
                    Some(order) => order,
                    None => continue,
                }
            }
        };
        match order {
            Some(order) => compare(&job, order, &mut watched, &throttle).await,
            None => return,
        }
    }
}

async fn compare(job: &Job, order: u64, watched: &mut Option<Watched>, throttle: &Throttle) {
    // What is waiting now is read by the comparison anyway; what comes from here on is not forgotten.
    if let Some(watched) = watched {
        watched.begin_whole(job).await;
    }
    say(&Answer::Began { order });
    let told = Arc::new(Mutex::new(tokio::time::Instant::now()));
    let mut progress = |rows: u64| {
        let mut last = told.lock().expect("no code panics while it holds the moment");
        if last.elapsed() >= PROGRESS_EVERY {
            *last = tokio::time::Instant::now();
            say(&Answer::Progress { order, rows });
        }
    };
    let ended = run::whole(job, (&Stop::default(), throttle), &mut progress).await;
    if let Some(watched) = watched {
        watched.end_whole(ended.as_ref().ok());
    }
    say(&match ended {
        Ok(found) => Answer::Ended { order, found },
        Err(error) => Answer::Failed {
            order: Some(order),
            reason: format!("{error:#}"),
        },
    });
}

/// Compares what has changed. An order ends that at once, and is given back: what was not compared by then waits on, so that
/// neither takes the other's time.
async fn follow(job: &Job, watched: &mut Watched, orders: &mut mpsc::Receiver<u64>) -> Option<Option<u64>> {
    let looked = tokio::select! {
        looked = watched.look(job) => looked,
        order = orders.recv() => return Some(order),
    };
    match looked {
        Ok(Some(found)) => noticed(found),
        Ok(None) => {}
        Err(error) => say(&Answer::Failed {
            order: None,
            reason: format!("changes cannot be followed: {error:#}"),
        }),
    }
    None
}

fn noticed(found: Reconciled) {
    say(&Answer::Noticed { found });
}

/// Says a line. When nobody hears it any more, the process has no purpose.
fn say(answer: &Answer) {
    let mut line = serde_json::to_vec(answer).expect("an answer is plain data");
    line.push(b'\n');
    let mut out = std::io::stdout().lock();
    if out.write_all(&line).and_then(|()| out.flush()).is_err() {
        std::process::exit(i32::from(crate::exit::TROUBLE));
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::reconciling::job::{Address, Feed};
    use tidegate_reconcile::{Budget, Column, Entity, Relation};

    fn run(folder: &Path, name: &str, sql: &str) -> Address {
        let path = folder.join(name);
        rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        Address(format!("sqlite:{}", path.display()))
    }

    /// Two tables that agree, and a table of changes without a line.
    fn job(folder: &Path) -> Job {
        let table = "CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER); INSERT INTO t VALUES (1, 1), (2, 2);";
        let (old, new) = (run(folder, "old", table), run(folder, "new", table));
        let changes = "CREATE TABLE changed (position INTEGER PRIMARY KEY, id INTEGER)";
        let relation = |name: &str| Relation::Table(name.to_owned());
        Job {
            entity: Entity {
                name: "prices".to_owned(),
                old: relation("t"),
                new: relation("t"),
                key: vec![Column::same("id")],
                columns: vec![Column::same("v")],
                old_filter: None,
                new_filter: None,
                zone: None,
            },
            old,
            new,
            budget: Budget {
                settle: Duration::from_millis(1),
                ..Budget::default()
            },
            totals: Vec::new(),
            ledger: None,
            changes: vec![Feed {
                address: run(folder, "new", changes),
                relation: relation("changed"),
                position: "position".to_owned(),
                key: vec!["id".to_owned()],
            }],
            kept: None,
        }
    }

    #[tokio::test]
    async fn an_order_ends_following_at_once_and_no_changed_key_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let job = job(folder.path());
        let throttle = Throttle::default();
        let mut watched = Watched::new(&job, throttle.clone());
        // The first look only finds where the changes end.
        assert_eq!(watched.look(&job).await.unwrap(), None);
        let change = "UPDATE t SET v = 3 WHERE id = 2; INSERT INTO changed (id) VALUES (2)";
        run(folder.path(), "new", change);
        // Nothing is read again while it is held: by itself this never comes to its end.
        throttle.hold("something else is slow");
        let (sender, mut orders) = mpsc::channel(ORDERS_WAITING_MAX);
        for (order, turns) in [(1, 0), (2, 1), (3, 1_000), (4, 300_000)] {
            let ordered = async {
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                }
                sender.send(order).await
            };
            let (given_back, sent) = tokio::join!(follow(&job, &mut watched, &mut orders), ordered);
            sent.unwrap();
            assert_eq!(given_back, Some(Some(order)), "after {turns} turns");
        }
        throttle.release();
        let found = watched.look(&job).await.unwrap().unwrap();
        assert_eq!((found.changed_keys, found.differing), (Some(1), 1));
        assert_eq!(watched.look(&job).await.unwrap(), None, "it waits on");
    }
}
