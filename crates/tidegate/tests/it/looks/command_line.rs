//! The command line itself: completions, manual pages, mistyped names, and the status that is watched.

use std::path::Path;
use std::process::Command;

use rustix::process::Signal;

use super::{run, shop, write};
use crate::world::{PROGRAM, Process, World, until};

/// What a shell is told of a command line whose last word is asked about.
fn completed(folder: &Path, shell: &str, line: &[&str]) -> Vec<String> {
    let told = Command::new(PROGRAM)
        .arg("--")
        .arg("tidegate")
        .args(line)
        .env("TIDEGATE_COMPLETE", shell)
        .env("_CLAP_COMPLETE_INDEX", line.len().to_string())
        .env("_CLAP_IFS", "\n")
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(told.status.success(), "{told:?}");
    let told = String::from_utf8(told.stdout).unwrap();
    told.lines().map(str::to_owned).collect()
}

/// The same without what the names mean, which zsh and fish show.
fn names(folder: &Path, shell: &str, line: &[&str]) -> Vec<String> {
    let told = completed(folder, shell, line).into_iter();
    let name = |told: String| told.split(['\t', ':']).next().unwrap().to_owned();
    told.map(name).filter(|name| !name.starts_with('-')).collect()
}

#[test]
fn each_shell_completes_commands_and_names_of_the_estate() {
    let folder = shop();
    for shell in ["bash", "zsh", "fish"] {
        let estate = folder.path().join("shop");
        let told = |line: &[&str]| names(&estate, shell, line);
        assert_eq!(told(&["ri"]), ["risks"], "{shell}");
        for (line, name) in [
            (&["approve", ""][..], "checkout"),
            (&["open", "ob"], "observability"),
            (&["why", "buy"], "buy-completion"),
            (&["latency", ""], "buy"),
            (&["drill", ""], "checkout-rollback"),
            (&["act", "inc-1", "wal"], "wallet-off"),
            (&["token", "issue", "an"], "ana"),
            (&["who", "checkout-t"], "checkout-team"),
            (&["who", "pl"], "platform"),
        ] {
            let told = told(line);
            assert!(told.iter().any(|told| told == name), "{shell} {line:?}: {told:?}");
        }
        assert!(told(&["approve", "x"]).is_empty(), "{shell}");
    }
    assert_eq!(run(&folder, &["completions", "elvish"]).code, Some(2));
}

#[test]
fn where_there_is_no_estate_only_commands_are_completed() {
    let folder = shop();
    assert_eq!(names(folder.path(), "bash", &["ri"]), ["risks"]);
    assert!(names(folder.path(), "bash", &["approve", ""]).is_empty());
    let meant = completed(&folder.path().join("shop"), "fish", &["approve", "ch"]);
    assert!(meant[0].starts_with("checkout\tstage: Checkout"), "{meant:?}");
}

/// What a shell says after it has read its completions.
fn shell(folder: &Path, mut program: Command, script: &str) -> String {
    let path = std::env::var("PATH").unwrap();
    let here = Path::new(PROGRAM).parent().unwrap().display();
    let said = program
        .args(["-c", script])
        .env("PATH", format!("{here}:{path}"))
        .env("HOME", folder)
        .env("TIDEGATE_ESTATE", folder.join("shop"))
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(said.status.success() && said.stderr.is_empty(), "{said:?}");
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}

#[test]
fn bash_asks_the_program() {
    let script = "source <(tidegate completions bash); COMP_WORDS=(tidegate approve ch); COMP_CWORD=2; \
                  _clap_complete_tidegate tidegate ch approve; echo ${COMPREPLY[@]}";
    assert_eq!(shell(shop().path(), Command::new("bash"), script), "checkout");
}

#[test]
fn fish_asks_the_program() {
    let script = "tidegate completions fish | source; complete --do-complete 'tidegate approve ch'";
    assert_eq!(
        shell(shop().path(), Command::new("fish"), script),
        "checkout\tstage: Checkout"
    );
}

#[test]
fn zsh_asks_the_program() {
    // What would show the names says them instead: there is no line to edit.
    let script = "autoload -Uz compinit; compinit -D -u; source <(tidegate completions zsh); print -r -- ${_comps[tidegate]}; \
                  function _describe() { print -r -- ${(P)@[-1]} }; \
                  words=(tidegate approve ch); CURRENT=3; ${_comps[tidegate]}";
    let said = shell(shop().path(), Command::new("zsh"), script);
    assert_eq!(said, "_clap_dynamic_completer_tidegate\ncheckout:stage: Checkout");
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
