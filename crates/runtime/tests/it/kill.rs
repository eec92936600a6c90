//! A process killed from outside at any moment.

use std::os::unix::process::ExitStatusExt;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::aftermath;
use crate::child::{self, Life};
use crate::crowd;
use crate::record::record;

const TEST: &str = "kill::a_process_killed_at_any_moment_loses_nothing_and_exposes_nobody";
const SEED: u64 = 2026;
const KILLS: usize = 40;

#[test]
fn a_process_killed_at_any_moment_loses_nothing_and_exposes_nobody() {
    if let Some(folder) = child::folder() {
        child::live(&folder);
        loop {
            std::thread::park();
        }
    }
    println!("seed {SEED}");
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let most = u64::try_from(record().told).unwrap();
    let aims: Vec<u64> = (0..KILLS).map(|_| 1 + rng.next_u64() % most).collect();
    let mut places = crowd::each(aims, |aim| kill_after(usize::try_from(aim).unwrap()));
    places.sort_unstable();
    println!("{KILLS} kills survived; of {most} things that are told in a whole story, told before each: {places:?}");
    assert_eq!(places.len(), KILLS);
}

/// Kills when so many things were told; more may be told until the signal arrives. How many were.
fn kill_after(count: usize) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let mut life = Life::paced(TEST, folder.path());
    let mut told = Vec::new();
    while told.len() < count {
        told.push(life.next().unwrap());
    }
    life.kill();
    told.extend(life.rest());
    assert_eq!(life.child.wait().unwrap().signal(), Some(9));
    let what = format!("killed after {count} of what was told, dead after {}", told.len());
    aftermath::check(folder.path(), &told, &what);
    told.len()
}
