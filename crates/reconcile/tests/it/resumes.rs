//! A comparison that is killed at any moment goes on from its checkpoint and comes to the verdict of one that was not.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tidegate_reconcile::checkpoint::{Checkpoint, KeptFault};
use tidegate_reconcile::totals::{Totals, TotalsPlan};
use tidegate_reconcile::{Budget, Comparison, Earlier, Entity, Event, Stop, source};

use crate::pairs::table;

/// Set where this program is the child.
const FOLDER: &str = "TIDEGATE_RECONCILE_CHILD";
const TEST: &str = "resumes::a_run_that_is_killed_at_any_moment_comes_to_the_same_verdict";
const ROWS: i64 = 60_000;
/// How often one comparison is killed before it is left alone.
const KILLS: usize = 4;

fn entity() -> Entity {
    table("orders", &["id"], &["name", "amount", "currency"])
}

fn budget() -> Budget {
    Budget {
        // Many small chunks.
        chunk_time: Duration::from_millis(1),
        settle: Duration::from_millis(20),
        ..Budget::default()
    }
}

fn fill(folder: &Path) {
    for (name, is_new) in [("old", false), ("new", true)] {
        let db = rusqlite::Connection::open(folder.join(name)).unwrap();
        db.execute_batch(&format!(
            "CREATE TABLE orders (id INTEGER PRIMARY KEY, name TEXT, amount INTEGER, currency TEXT);
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})
            INSERT INTO orders SELECT i, 'name ' || i, i * 3, iif(i % 3 = 0, 'EUR', 'USD') FROM n;"
        ))
        .unwrap();
        if is_new {
            db.execute_batch(
                "UPDATE orders SET amount = amount + 1 WHERE id % 2000 = 7;
                DELETE FROM orders WHERE id % 9000 = 11;
                INSERT INTO orders VALUES (-1, 'x', 1, 'CHF'), (70000, 'y', 1, 'CHF');",
            )
            .unwrap();
        }
    }
}

/// What a comparison came to: all of it but how it was cut into chunks.
async fn compare(folder: &Path, checkpoint: Option<&Path>) -> String {
    let open = |name: &str| source::open(&format!("sqlite:{}", folder.join(name).display())).unwrap();
    let plan = TotalsPlan::parse("amount:currency", &entity()).unwrap();
    let comparison = Comparison::prepare(entity(), open("old"), open("new"), budget())
        .await
        .unwrap()
        .with_totals(vec![plan.clone()]);
    let (mut totals, mut earlier) = (Totals::new(plan), Earlier::default());
    let mut kept = checkpoint.map(|path| {
        let (checkpoint, done) = Checkpoint::open(path, &comparison.digest(), "orders").unwrap();
        done.totals.iter().for_each(|one| totals.merge(one));
        earlier.chunks = done.chunks;
        checkpoint
    });
    let mut differences = Vec::new();
    let verdict = comparison
        .run(earlier, &Stop::default(), &mut |event| match event {
            Event::ChunkDone(chunk) => {
                chunk.totals.iter().for_each(|one| totals.merge(one));
                if let Some(checkpoint) = &mut kept {
                    println!("@ before");
                    checkpoint.chunk_done(&chunk).unwrap();
                    println!("@ after");
                }
            }
            Event::Rereading { .. } if kept.is_some() => println!("@ rereading"),
            Event::Confirmed(difference) => differences.push(difference.key().to_string()),
            Event::Ended(verdict) => {
                if let Some(checkpoint) = &mut kept {
                    checkpoint.finish(&verdict).unwrap();
                }
            }
            Event::Rereading { .. }
            | Event::Progress(_)
            | Event::Sorting { .. }
            | Event::ChunkSkipped { .. }
            | Event::Paused { .. }
            | Event::Healed { .. }
            | Event::Moving { .. } => {}
        })
        .await
        .unwrap();
    let coverage = verdict.coverage;
    format!(
        "{:?} {} {} {} {:?} {:?} {differences:?} {:?}",
        verdict.outcome,
        coverage.old_rows,
        coverage.new_rows,
        coverage.is_whole,
        verdict.counts,
        verdict.doubts,
        totals.groups()
    )
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(future)
}

/// Runs the child, and kills it when it has said so many things; what it came to, if it was not killed before.
fn live(folder: &Path, kill_at: usize) -> Option<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let Some((_, words)) = line.split_once('@') else {
            continue;
        };
        if let Some(ended) = words.strip_prefix(" ended ") {
            assert!(child.wait().unwrap().success());
            return Some(ended.to_owned());
        }
        said += 1;
        if said == kill_at {
            child.kill().unwrap();
            break;
        }
    }
    assert!(!child.wait().unwrap().success(), "it ended without a word");
    None
}

#[test]
fn a_run_that_is_killed_at_any_moment_comes_to_the_same_verdict() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let folder = Path::new(&folder);
        println!(
            "@ ended {}",
            block_on(compare(folder, Some(&folder.join("checkpoint"))))
        );
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    let expected = block_on(compare(folder.path(), None));
    assert!(expected.starts_with("Diverged 60000 59995 true "), "{expected}");
    let seed = 11_u64;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut killed = 0;
    for round in 0..4 {
        let checkpoint = folder.path().join("checkpoint");
        let mut came_to = None;
        for _ in 0..KILLS {
            came_to = live(folder.path(), random.random_range(1..10));
            if came_to.is_some() {
                break;
            }
            killed += 1;
        }
        let came_to = came_to.or_else(|| live(folder.path(), usize::MAX));
        assert_eq!(
            came_to.as_deref(),
            Some(expected.as_str()),
            "seed {seed}, round {round}"
        );
        let again = Checkpoint::open(&checkpoint, "another", "orders");
        assert!(
            matches!(again, Err(KeptFault::Other { .. })),
            "it is still one of this comparison"
        );
        for ending in ["checkpoint", "checkpoint-wal"] {
            let path = folder.path().join(ending);
            if path.exists() {
                std::fs::remove_file(path).unwrap();
            }
        }
    }
    assert!(killed >= 6, "killed {killed} times");
}
