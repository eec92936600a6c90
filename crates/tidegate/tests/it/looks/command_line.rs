//! The command line itself: completions, manual pages, mistyped names, and the status that is watched.

use std::process::Command;

use rustix::process::Signal;

use super::{run, shop, write};
use crate::world::{PROGRAM, Process, World, until};

#[test]
fn each_shell_completes_the_commands() {
    let folder = shop();
    for shell in ["bash", "zsh", "fish"] {
        let script = run(&folder, &["completions", shell]).fine();
        for command in ["accept-risk", "diff", "docs", "map", "risks", "who"] {
            assert!(script.contains(command), "{shell} does not complete {command}");
        }
    }
    assert_eq!(run(&folder, &["completions", "elvish"]).code, Some(2));
}

#[test]
fn bash_reads_its_completions() {
    let folder = shop();
    std::fs::write(
        folder.path().join("tidegate.bash"),
        run(&folder, &["completions", "bash"]).fine(),
    )
    .unwrap();
    let script = "source ./tidegate.bash; COMP_WORDS=(tidegate ri); COMP_CWORD=1; _tidegate tidegate ri tidegate; echo ${COMPREPLY[@]}";
    let completed = Command::new("bash")
        .args(["-c", script])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&completed.stdout).trim(),
        "risks",
        "{completed:?}"
    );
}

#[test]
fn there_is_a_manual_page_for_the_program_and_for_each_command() {
    let folder = shop();
    assert!(run(&folder, &["man"]).fine().contains(".TH tidegate 1"));
    assert!(run(&folder, &["man", "diff"]).fine().contains("become weaker or"));
    run(&folder, &["man", "--out", "pages"]).fine();
    assert!(folder.path().join("pages/tidegate-who.1").is_file());
    let wrong = run(&folder, &["man", "chek"]);
    assert!(wrong.stderr.contains("did you mean `check`?"), "{wrong:?}");
}

#[test]
fn a_mistyped_command_option_or_plan_is_answered_with_the_nearest() {
    let folder = shop();
    for (arguments, words) in [
        (&["chek", "shop"][..], "'check'"),
        (&["map", "shop", "--jsn"], "'--json'"),
        (&["map", "shop", "--format", "svgg"], "'svg'"),
        (&["power", "mvoe", "shop"], "did you mean `move`?"),
        (&["schema", "Doman"], "did you mean `Domain`?"),
        (&["token", "key", "toy-shop", "metric"], "did you mean `metrics`?"),
    ] {
        let ran = run(&folder, arguments);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains(words), "{ran:?}");
    }
}

#[test]
fn whatever_answers_answers_in_json_when_asked_to() {
    let folder = shop();
    for arguments in [
        &["init", "new", "--json"][..],
        &["check", "shop", "--json"],
        &["power", "move", "shop", "--json"],
        &["diff", "shop", "shop", "--json"],
        &["docs", "site", "shop", "--json"],
        &["map", "shop", "--json"],
        &["risks", "shop", "--json"],
        &["who", "shop", "--in", "shop", "--json"],
        &["explain", "TG0104", "--json"],
        &["schema", "Domain"],
        &["schema", "--openapi"],
        &["token", "issue", "ana", "--json"],
        &["token", "key", "toy-shop", "metrics", "--json"],
        &["token", "list", "--json"],
        &["token", "revoke", "ana", "--json"],
    ] {
        // The estate of these tests is one to be told things about.
        let ran = run(&folder, arguments);
        assert!(matches!(ran.code, Some(0 | 1 | 4)), "{ran:?}");
        let told = serde_json::from_str::<serde_json::Value>(&ran.stdout);
        assert!(told.is_ok_and(|told| !told.is_null()), "{ran:?}");
    }
}

#[test]
fn two_estates_are_the_same_or_not_by_exit_code() {
    let folder = shop();
    write(&folder, "later", &super::SHOP.replace("watch: 7d", "watch: 1d"));
    assert_eq!(
        run(&folder, &["diff", "shop", "shop"]).fine(),
        "both declare the same\n"
    );
    let ran = run(&folder, &["diff", "shop", "later"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.stdout.contains("weaker    watched at full exposure for: 7d -> 1d"),
        "{ran:?}"
    );
    let json: serde_json::Value =
        serde_json::from_str(&run(&folder, &["diff", "shop", "later", "--json"]).stdout).unwrap();
    let effects: Vec<&str> = json["changes"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["effect"].as_str())
        .collect();
    assert!(
        effects.contains(&"weaker") && !effects.contains(&"stronger"),
        "{json:#}"
    );
    assert_eq!(run(&folder, &["diff", "shop", "nowhere"]).code, Some(2));
}

#[test]
fn a_site_is_written_again_and_never_over_somebody_elses_files() {
    let folder = shop();
    for _ in 0..2 {
        run(&folder, &["docs", "site", "shop"]).fine();
    }
    assert!(folder.path().join("site/plan-move.html").is_file());
    let ran = run(&folder, &["docs", "shop", "shop"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(!folder.path().join("shop/index.html").exists());
}

#[test]
fn a_watched_status_is_told_when_it_changed_and_ends_with_ctrl_c() {
    let mut world = World::start();
    let token = world.token("ana");
    let mut command = Command::new(PROGRAM);
    command
        .args(["status", "--watch", "--server", &world.url()])
        .env("TIDEGATE_TOKEN", &token);
    let mut watching = Process::start(command);
    watching.stdout.line("journal ");
    let held = world.run_as("ana", &["hold", "shop", "--reason", "a look at the logs"]);
    assert_eq!(held.code, Some(0), "{held:?}");
    until("the hold in what is watched", || {
        watching.stdout.text().contains("a look at the logs").then_some(())
    });
    let told = watching.stdout.text();
    assert!(!told.contains('\u{1b}'), "{told}");
    watching.signal(Signal::INT);
    assert_eq!(watching.ended().code(), Some(0));
    // A name that the controller does not know is answered with the nearest one.
    let wrong = world.run_as("ana", &["hold", "shp"]);
    assert_ne!(wrong.code, Some(0), "{wrong:?}");
    assert!(
        wrong.stderr.contains("near it: domain:shop") || wrong.stderr.contains("near it: stage:shop"),
        "{wrong:?}"
    );
    let json = world.run_as("ana", &["hold", "shp", "--json"]);
    assert!(
        serde_json::from_str::<serde_json::Value>(&json.stdout).is_ok(),
        "{json:?}"
    );
    world.terminate();
}
