//! Bad input of every command: a message that says what was expected, a stable code, an exit status, and nothing done.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::shoppers::ask;
use crate::world::{ESTATE, Options, PROGRAM, Process, Ran, World, finish};

/// Debian's `nobody`: rights are nothing to root, so root has the program run as somebody else.
const NOBODY: &str = "65534";

/// Runs without any world.
fn alone(arguments: &[&str]) -> Ran {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).env_clear().current_dir("/");
    finish(Process::start(command))
}

/// The command failed with this exit status and said all of this on standard error.
#[track_caller]
fn fails(ran: &Ran, code: i32, said: &[&str]) {
    assert_eq!(ran.code, Some(code), "{ran:?}");
    for words in said {
        assert!(ran.stderr.contains(words), "`{words}` was not said: {ran:?}");
    }
    assert!(!ran.stderr.contains("panicked"), "{ran:?}");
}

#[test]
fn a_wrong_plan_is_told_whole_and_starts_nothing() {
    let world = World::quiet(Options::default());
    let wrong = ESTATE
        .replace("owner: shop-team", "owner: nobodies")
        .replace("to: 50%,", "to: 5%,")
        .replace("approvers: [shop.owner]", "approvers: []")
        .replace("complete: product", "complete: checkout")
        .replace("watch: 2s", "watch: 2s\n      colour: red");
    std::fs::write(world.estate().join("tidegate.yaml"), wrong).unwrap();
    let codes = ["TG0102", "TG0507", "TG0502", "TG0511", "TG0006"];

    let checked = world.run(&["check", "shop"]);
    assert_eq!(checked.code, Some(1), "{checked:?}");
    for code in codes {
        assert!(
            checked.stdout.contains(&format!("[{code}]")),
            "{code} is missing: {}",
            checked.stdout
        );
    }
    assert!(checked.stdout.contains("tidegate.yaml:"), "{}", checked.stdout);

    let json = world.run(&["check", "shop", "--format", "json"]);
    assert_eq!(json.code, Some(1), "{json:?}");
    let told: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    for code in codes {
        assert!(told.to_string().contains(code), "{code} is missing: {told:#}");
    }

    let served = world.serve_in_vain();
    fails(&served, 2, &["the plan files have errors; nothing was started"]);
    fails(&served, 2, &codes);
    assert!(world.gateway().is_none(), "a gateway runs");
}

#[test]
fn what_is_no_estate_is_said_to_be_none() {
    let world = World::quiet(Options::default());
    fails(
        &world.run(&["check", "nowhere"]),
        2,
        &["`nowhere` is not a folder", "`tidegate.yaml` at its root"],
    );
    std::fs::create_dir(world.folder().join("empty")).unwrap();
    fails(
        &world.run(&["check", "empty"]),
        2,
        &["`empty` has no `tidegate.yaml`", "tidegate init empty"],
    );
    fails(&world.run(&["serve", "empty"]), 2, &["tidegate init empty"]);
    std::fs::write(world.estate().join("more.yaml"), b"\xff\xfe").unwrap();
    let bytes = world.run(&["check", "shop"]);
    assert_eq!(bytes.code, Some(1), "{bytes:?}");
    assert!(bytes.stdout.contains("[TG0080]"), "{bytes:?}");
    assert!(bytes.stdout.contains("shop/more.yaml"), "{bytes:?}");
    std::fs::write(world.estate().join("more.yaml"), "a: [").unwrap();
    let torn = world.run(&["check", "shop"]);
    assert_eq!(torn.code, Some(1), "{torn:?}");
    assert!(torn.stdout.contains("[TG0001]"), "{torn:?}");
}

#[test]
fn settings_are_asked_for_by_name_and_never_taken_from_the_environment() {
    let world = World::quiet(Options::default());
    let asking = ESTATE.replace("${SOAK:-2s}", "${SOAK}");
    std::fs::write(world.estate().join("tidegate.yaml"), asking).unwrap();
    let missing = world.run_with(&["check", "shop"], &[("SOAK", "2s")]);
    assert_eq!(missing.code, Some(1), "{missing:?}");
    assert!(missing.stdout.contains("[TG0010]"), "{missing:?}");
    assert!(missing.stdout.contains("SOAK"), "{missing:?}");
    world.run(&["check", "shop", "--set", "SOAK=2s"]).fine();
    let torn = world.run(&["check", "shop", "--set", "SOAK"]);
    fails(&torn, 2, &["expected `--set NAME=VALUE`, found `SOAK`"]);
}

#[test]
fn a_new_estate_checks_clean_and_an_old_one_is_never_overwritten() {
    let world = World::quiet(Options::default());
    world.run(&["init", "fresh"]).fine();
    assert!(world.run(&["check", "fresh"]).fine().contains("fresh checks clean"));
    let again = world.run(&["init", "fresh"]);
    fails(&again, 2, &["`fresh/tidegate.yaml` exists; nothing was written"]);
    fails(&world.run(&["init", "shop/tidegate.yaml/deeper"]), 2, &["cannot make"]);
    assert_eq!(
        std::fs::read_to_string(world.estate().join("tidegate.yaml")).unwrap(),
        ESTATE
    );
}

#[test]
fn unknown_words_are_answered_with_the_usage() {
    for arguments in [
        vec!["check", "--colour"],
        vec!["aprove", "shop"],
        vec!["change", "shop", "left", "commit-1"],
        vec!["serve"],
        vec!["serve", ".", "--listen", "everywhere"],
        vec!["demo", "--rate", "0"],
        vec!["journal", "show", "--from", "first"],
    ] {
        let ran = alone(&arguments);
        fails(&ran, 2, &["error: "]);
        assert!(ran.stderr.contains("--help"), "{ran:?}");
    }
    fails(
        &alone(&["explain", "TG9999"]),
        2,
        &["there is no code `TG9999`", "TG0104"],
    );
    assert!(alone(&["explain", "TG0104"]).fine().contains("TG0104"));
}

#[test]
fn serve_says_which_of_its_arguments_is_wrong() {
    let with = |arguments: &[&str]| {
        let world = World::quiet(Options {
            arguments: arguments.iter().map(|text| (*text).to_owned()).collect(),
            ..Options::default()
        });
        world.serve_in_vain()
    };
    fails(
        &with(&["--mail-server", "mailhost"]),
        2,
        &["expected a mail server as `host:port`, found `mailhost`"],
    );
    fails(
        &with(&["--mail-server", "localhost:25", "--mail-tls", "perhaps"]),
        2,
        &["expected `none`, `starttls` or `tls`, found `perhaps`"],
    );
    fails(
        &with(&["--database", "old-shop"]),
        2,
        &["expected `--database NAME=ADDRESS`, found something without `=`"],
    );
    fails(
        &with(&["--database", "old-shop=oracle://x"]),
        2,
        &["the address of `old-shop`"],
    );
    fails(
        &with(&["--database", "Old Shop=sqlite:/x"]),
        2,
        &["`Old Shop` is no database's name"],
    );
}

#[test]
fn without_a_server_or_a_token_the_command_says_so() {
    let unbound = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", unbound.local_addr().unwrap());
    drop(unbound);
    for command in [
        vec!["status"],
        vec!["who", "shop"],
        vec!["approve", "shop"],
        vec!["ack", "inc-1"],
    ] {
        let mut there = command.clone();
        there.extend(["--server", &nobody]);
        fails(
            &alone(&there),
            2,
            &["a token is needed: set TIDEGATE_TOKEN", "tidegate token issue PERSON"],
        );
        there.extend(["--token", "x"]);
        fails(
            &alone(&there),
            2,
            &["no controller answers at", &nobody, "is `tidegate serve` running?"],
        );
    }
    fails(
        &alone(&["status", "--token", "x", "--server", "nonsense"]),
        2,
        &["`nonsense` is not an address"],
    );
}

#[test]
fn a_wrong_token_and_unknown_names_are_refused_by_code() {
    let mut world = World::quiet(Options::default());
    // Whoever was once given a token and is in no estate.
    let zoe = world.token("zoe");
    world.serve();
    let ana = world.token("ana");
    let as_ana = |arguments: &[&str]| world.run_with(arguments, &[("TIDEGATE_TOKEN", &ana)]);
    let stranger = world.run_with(&["approve", "shop"], &[("TIDEGATE_TOKEN", "nonsense")]);
    fails(&stranger, 2, &["[TG8101]"]);
    fails(
        &world.run_with(&["approve", "shop"], &[("TIDEGATE_TOKEN", &zoe)]),
        3,
        &["refused[TG9001]", "help: "],
    );
    fails(
        &as_ana(&["approve", "warehouse"]),
        3,
        &["refused[TG9002]", "warehouse", "help: "],
    );
    fails(
        &as_ana(&["attest", "shop", "vibes", "--holds", "true", "--note", "fine"]),
        3,
        &["refused[TG9002]"],
    );
    fails(&as_ana(&["ack", "inc-9"]), 3, &["refused[TG9002]", "inc-9"]);
    fails(&as_ana(&["act", "inc-9", "prices-off"]), 3, &["refused[TG9002]"]);
    fails(
        &as_ana(&["resolve", "inc-9", "--lesson", "none"]),
        3,
        &["refused[TG9002]"],
    );
    fails(
        &as_ana(&["answer", "shop", "fb-9", "--none", "it is known"]),
        3,
        &["refused[TG9002]", "fb-9"],
    );
    fails(
        &as_ana(&["drill", "lights-off", "--note", "off and on", "--worked"]),
        3,
        &["refused[TG9002]", "lights-off"],
    );
    fails(&as_ana(&["revert", "lights-off"]), 3, &["refused[TG9002]"]);
    fails(
        &as_ana(&["open", "warehouse", "sev2", "smoke"]),
        3,
        &["refused[TG9002]"],
    );
    fails(&as_ana(&["open", "shop", "sev9", "smoke"]), 2, &["[TG8108]", "sev9"]);
    fails(
        &as_ana(&["rollback", "shop", "--reason", "too early"]),
        3,
        &["refused[TG9003]"],
    );
    fails(&as_ana(&["finalise", "shop"]), 3, &["refused[TG9003]"]);
    fails(
        &as_ana(&["accept-risk", "shop", "--reason", "hurry"]),
        3,
        &["refused[TG9"],
    );
    fails(&as_ana(&["resume", "shop", "--reason", "why not"]), 3, &["refused[TG9"]);
    fails(
        &world.run(&["token", "issue", "Not A Name"]),
        2,
        &["that is no person's name"],
    );
    fails(
        &world.run(&["token", "key", "probe", "everything"]),
        2,
        &["`everything` is no purpose", "switches"],
    );

    world.run(&["token", "revoke", "ana"]).fine();
    fails(
        &world.run_with(&["status"], &[("TIDEGATE_TOKEN", &ana)]),
        2,
        &["[TG8101]"],
    );
    assert_eq!(world.terminate().code, Some(0));
    // Whoever asked, and what for, is in the record.
    let told = world.run(&["journal", "show"]).fine();
    assert!(told.contains("zoe"), "{told}");
    assert!(told.contains("warehouse"), "{told}");
}

#[test]
fn feedback_waits_for_its_answer_and_a_runbook_for_its_drill() {
    let world = World::start();
    let status = || world.run_as("ana", &["status"]).fine();
    let before = status();
    assert!(
        before.contains("1 of 1 runbook never worked in a drill: shop-rollback"),
        "{before}"
    );
    let filed = ["feedback", "shop", "people cannot find the search", "--from", "support"];
    world.run_as("paul", &filed).fine();
    let waiting = status();
    assert!(
        waiting.contains("an approver's answer to fb-1 from support, filed by paul: people cannot find the search"),
        "{waiting}"
    );
    let because = ["answer", "shop", "fb-1", "--none", "the search is not moved"];
    fails(
        &world.run_as("paul", &because),
        3,
        &["refused[TG9001]", "approvers of the next gate answer"],
    );
    fails(&world.run_as("ana", &because[..3]), 2, &["--none"]);
    let watched = ["answer", "shop", "fb-1", "--criterion", "browse-completion"];
    fails(
        &world.run_as("ana", &watched),
        3,
        &["refused[TG9015]", "was there before fb-1"],
    );
    world.run_as("ana", &because).fine();
    world
        .run_as("paul", &["drill", "shop-rollback", "--note", "stuck", "--failed"])
        .fine();
    let failed = status();
    assert!(
        failed.contains("fb-1: ana answered none, because the search is not moved"),
        "{failed}"
    );
    assert!(failed.contains("never worked in a drill"), "{failed}");
    world
        .run_as(
            "paul",
            &["drill", "shop-rollback", "--note", "back within a minute", "--worked"],
        )
        .fine();
    let after = status();
    assert!(
        !after.contains("never worked in a drill") && !after.contains("an approver's answer"),
        "{after}"
    );
}

#[test]
fn an_adoption_of_a_wrong_estate_changes_nothing() {
    let world = World::start();
    let ana = world.token("ana");
    let before = world.status(&ana)["estate"].clone();
    let wrong = ESTATE.replace("to: 50%,", "to: 5%,");
    std::fs::write(world.estate().join("tidegate.yaml"), wrong).unwrap();
    let adopted = world.run_with(&["adopt", "shop"], &[("TIDEGATE_TOKEN", &ana)]);
    fails(&adopted, 1, &["[TG0507]"]);
    let other_owner = ESTATE.replace("owner: shop-team", "owner: platform");
    let other_owner = other_owner.replace("executor: platform", "executor: shop-team");
    std::fs::write(world.estate().join("tidegate.yaml"), other_owner).unwrap();
    let adopted = world.run_with(&["adopt", "shop"], &[("TIDEGATE_TOKEN", &ana)]);
    fails(&adopted, 3, &["refused[TG90"]);
    let flow = ESTATE.split("\n---\n").find(|one| one.contains("kind: Flow")).unwrap();
    let flows = (0..=1_000).map(|at| format!("\n---\n{}", flow.replace("browse", &format!("browse-{at}"))));
    let unroutable = ESTATE.to_owned() + &flows.collect::<String>();
    std::fs::write(world.estate().join("tidegate.yaml"), unroutable).unwrap();
    let adopted = world.run_with(&["adopt", "shop"], &[("TIDEGATE_TOKEN", &ana)]);
    fails(&adopted, 2, &["TG8118", "edge `storefront`", "at most 1000 flows"]);
    assert_eq!(world.status(&ana)["estate"], before);
}

#[test]
fn a_taken_port_is_named_and_nothing_is_left_behind() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let world = World::quiet(Options {
        arguments: vec!["--listen".into(), address.clone()],
        ..Options::default()
    });
    fails(&world.serve_in_vain(), 2, &["TG8001", "cannot listen on", &address]);
    assert!(world.gateway().is_none(), "a gateway runs");

    let world = World::quiet(Options {
        settings: vec![("EDGE", address.clone())],
        ..Options::default()
    });
    fails(
        &world.serve_in_vain(),
        2,
        &[
            "TG8004",
            "cannot start the gateway of `storefront`",
            "gateway-listen",
            &address,
        ],
    );
    assert!(world.gateway().is_none(), "a gateway runs");
}

#[test]
fn a_second_controller_on_the_same_state_is_turned_away_and_the_first_goes_on() {
    let world = World::start();
    let (token, gateway) = (world.token("ana"), world.gateway());
    fails(
        &world.serve_in_vain(),
        2,
        &["TG8002", "another controller holds the journal"],
    );
    world.status(&token);
    assert_eq!(world.gateway(), gateway);
}

#[test]
fn a_state_folder_that_cannot_be_one_is_named() {
    let world = World::quiet(Options::default());
    std::fs::write(world.folder().join("file"), "").unwrap();
    for (state, command) in [
        ("file", vec!["serve", "shop"]),
        ("/proc/tidegate", vec!["serve", "shop"]),
        ("file", vec!["token", "issue", "ana"]),
        ("/proc/tidegate", vec!["token", "issue", "ana"]),
    ] {
        let ran = world.run_with(&command, &[("TIDEGATE_STATE", state)]);
        fails(&ran, 2, &["cannot make", state]);
    }
    for what in ["verify", "show", "export"] {
        let ran = world.run_with(&["journal", what], &[("TIDEGATE_STATE", "/proc/tidegate")]);
        fails(&ran, 2, &["cannot open the journal `/proc/tidegate/journal.sqlite3`"]);
    }
    std::fs::create_dir(world.state()).unwrap();
    std::fs::write(
        world.state().join("journal.sqlite3"),
        "not a journal at all, but long enough to look at",
    )
    .unwrap();
    fails(
        &world.serve_in_vain(),
        2,
        &["cannot open the journal", "is not a journal"],
    );
    fails(&world.run(&["journal", "verify"]), 2, &["is not a journal"]);
}

#[test]
fn a_state_that_may_only_be_read_serves_nothing_and_still_verifies() {
    let mut world = World::start();
    world.token("ana");
    assert_eq!(world.terminate().code, Some(0));
    let mode = |path: &std::path::Path, bits| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(bits)).unwrap();
    };
    mode(world.folder(), 0o755);
    mode(&world.state(), 0o555);
    mode(&world.state().join("journal.sqlite3"), 0o444);
    if rustix::process::geteuid().is_root() {
        let through = ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"];
        world.options.through = through.map(str::to_owned).into();
    }
    let served = world.serve_in_vain();
    let verified = world.run_through(&["journal", "verify"]);
    mode(&world.state(), 0o755);
    fails(&served, 2, &["cannot open the journal", "can only be read"]);
    assert!(verified.fine().contains("the chain holds"));
}

#[test]
fn an_approval_is_for_what_was_read_and_for_nothing_that_came_after() {
    let world = World::start();
    let ana = world.token("ana");
    let bearer = format!("Bearer {ana}");
    let read = || {
        let path = "/api/v1/stages/shop";
        let answer = ask(world.admin(), "GET", path, &[("Authorization", &bearer)], "").unwrap();
        answer.headers["etag"].clone()
    };
    let approve = |seen: &str, key: &str| {
        let headers = [
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("If-Match", seen),
            ("Idempotency-Key", key),
        ];
        ask(world.admin(), "POST", "/api/v1/stages/shop/approve", &headers, "{}").unwrap()
    };
    let before = read();
    // The new side is another one now.
    let change = ["change", "shop", "new", "a1b2c3", "--summary", "other prices"];
    world.run_with(&change, &[("TIDEGATE_TOKEN", &ana)]).fine();
    let stale = approve(&before, "a");
    assert!(stale.status == 412 && stale.body.contains("TG8121"), "{stale:?}");
    let now = read();
    assert_ne!(now, before);
    let taken = approve(&now, "b");
    assert_eq!(taken.status, 200, "{taken:?}");
    world.until_stage(&ana, "10 %", |stage| stage["exposure"] == 1_000);
    let again = approve(&now, "b");
    assert_eq!(again.status, 200, "a repetition has its answer: {again:?}");
}
