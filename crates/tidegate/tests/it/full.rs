//! A full disk, by a limit of file size: what was acknowledged stays, what cannot be kept is refused, traffic goes on.

use crate::shoppers::Visitor;
use crate::world::{Options, World};

/// Room for the journal's log, in bytes: some dozens of commands.
const FILE_BYTES_MAX: u32 = 400_000;
/// A command that is refused for want of space comes before this many.
const COMMANDS_MAX: usize = 400;

#[test]
fn what_was_acknowledged_survives_a_full_disk_and_the_rest_is_refused() {
    let mut world = World::start_with(Options {
        through: vec!["prlimit".into(), format!("--fsize={FILE_BYTES_MAX}")],
        ..Options::default()
    });
    let ana = world.token("ana");
    let mut taken = Vec::new();
    let reason = |number: usize| format!("reason-{number}-{}", "x".repeat(900));
    let refused = (0..COMMANDS_MAX).find_map(|number| {
        let verb = if number % 2 == 0 { "hold" } else { "resume" };
        let ran = world.run_with(
            &[verb, "shop", "--reason", &reason(number)],
            &[("TIDEGATE_TOKEN", &ana)],
        );
        if ran.code == Some(0) {
            taken.push(number);
            return None;
        }
        Some(ran)
    });
    let refused = refused.expect("the limit is reached");
    assert!(taken.len() > 10, "{} taken, then {refused:?}", taken.len());
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("[TG8113]"), "{refused:?}");
    assert!(refused.stderr.contains("limit of 400000 bytes"), "{refused:?}");
    // What can be read is still read, and visitors notice nothing.
    world.status(&ana);
    assert_eq!(Visitor::default().get(world.edge(), "/").unwrap().side(), "old");
    assert_eq!(world.terminate().code, Some(0));

    world.options.through.clear();
    world.serve();
    let told = world.run(&["journal", "show", "--json"]).fine();
    for number in &taken {
        let acknowledged = format!("reason-{number}-");
        assert!(told.contains(&acknowledged), "{acknowledged} is lost");
    }
    let verified = world.run(&["journal", "verify"]).fine();
    assert!(verified.contains("the chain holds"), "{verified}");
    let verb = if taken.len() % 2 == 0 { "hold" } else { "resume" };
    world
        .run_with(
            &[verb, "shop", "--reason", "there is room again"],
            &[("TIDEGATE_TOKEN", &ana)],
        )
        .fine();
}

#[test]
fn output_that_nobody_can_keep_is_an_error_and_output_that_nobody_reads_is_none() {
    let mut world = World::start();
    assert_eq!(world.terminate().code, Some(0));
    let shell = |line: &str| {
        let mut command = std::process::Command::new("sh");
        let line = line.replace("TIDEGATE", crate::world::PROGRAM);
        command
            .args(["-c", &line])
            .current_dir(world.folder())
            .env("TIDEGATE_STATE", world.state());
        crate::world::finish(crate::world::Process::start(command))
    };
    for command in [
        "check shop",
        "journal show",
        "journal export",
        "journal verify",
        "explain TG0104",
    ] {
        let full = shell(&format!("TIDEGATE {command} > /dev/full"));
        assert_eq!(full.code, Some(2), "{command}: {full:?}");
        assert!(
            full.stderr.to_lowercase().contains("no space left"),
            "{command}: {full:?}"
        );
        let unread = shell(&format!("TIDEGATE {command} | true"));
        assert_eq!(
            (unread.code, unread.stderr.contains("panicked")),
            (Some(0), false),
            "{command}: {unread:?}"
        );
    }
}
