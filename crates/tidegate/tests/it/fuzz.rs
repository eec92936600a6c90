//! The API before a fuzzer that reads nothing but its description: every operation, well-formed and not, as one who may do much.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::ofrep::{CLIENTS, PYTHON};
use crate::world::{Process, World, finish};

/// The same requests on every machine.
const SEED: &str = "20";
/// Generated requests of an operation, beside those that cover each of its parameters.
const EXAMPLES: &str = "20";
/// What has not ended by then hangs, on a busy machine too. It is bounded by its examples, so that every machine asks the same.
const WITHIN: Duration = Duration::from_secs(240);

#[test]
fn a_fuzzer_finds_nothing_that_the_description_does_not_say() {
    let world = World::start();
    let token = world.token("ana");
    println!("seed {SEED}");
    let mut command = Command::new(PYTHON);
    command
        .args(["-m", "schemathesis.cli", "--config-file"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/schemathesis.toml"))
        .arg("run")
        .arg(format!("{}/api/openapi.json", world.url()))
        .arg("--header")
        .arg(format!("Authorization: Bearer {token}"))
        .args(["--seed", SEED, "--max-examples", EXAMPLES])
        .args(["--phases", "examples,coverage,fuzzing", "--generation-database", "none"])
        .args(["--workers", "1", "--no-color"])
        .env("NO_PROXY", "*")
        .env(
            "SCHEMATHESIS_HOOKS",
            concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fuzz.py"),
        )
        // It keeps files of its own beside where it runs.
        .current_dir(world.folder());
    assert!(
        std::path::Path::new(PYTHON).exists(),
        "the fuzzer is not at {CLIENTS}: `./ci/test` installs it there, and so does `ci/clients`"
    );
    let mut fuzzer = Process::start(command);
    let deadline = Instant::now() + WITHIN;
    fuzzer.ended_when(|| Instant::now() < deadline);
    let ran = finish(fuzzer);
    println!("{}", ran.stdout);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    // Whatever was sent, the journal holds and the controller goes on.
    let verified = world.run(&["journal", "verify", "--recompute"]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
    assert_eq!(world.status(&token)["plans"][0]["id"], "toy-move");
    assert!(!world.log().contains("panicked"), "{}", world.log());
}
