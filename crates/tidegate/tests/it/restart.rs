//! Ends of every kind: exposure never rises by one, traffic goes on where it should, and nothing is left where it should not.

use std::net::{SocketAddr, TcpListener};

use rustix::process::{Pid, Signal, kill_process};

use crate::shoppers::Visitor;
use crate::world::{ESTATE, Options, World, processes_of, until};

/// Enough that some are on the new side at 10 %: all of 200 miss it once in a billion runs.
const VISITORS: usize = 200;

/// The world with its stage at 10 % for as long as the test lasts, and visitors with the sides that they met.
fn exposed() -> (World, String, Vec<(Visitor, String)>) {
    let world = World::start_with(Options {
        settings: vec![("SOAK", "10m".into())],
        ..Options::default()
    });
    let ana = world.token("ana");
    world.run_with(&["approve", "shop"], &[("TIDEGATE_TOKEN", &ana)]).fine();
    world.until_stage(&ana, "10 % in force", |stage| stage["phase"] == "soaking");
    let mut visitors = vec![(Visitor::default(), String::new()); VISITORS];
    for (visitor, side) in &mut visitors {
        visitor.get(world.edge(), "/").unwrap();
        visitor.get(world.edge(), "/").unwrap().side().clone_into(side);
    }
    assert!(
        visitors.iter().any(|(_, side)| side == "new"),
        "nobody is on the new side"
    );
    (world, ana, visitors)
}

/// Everybody is answered; whoever was on the old side still is. Says whether the others are where they were, too.
fn nobody_is_moved_on(visitors: &mut [(Visitor, String)], edge: SocketAddr) -> bool {
    let mut is_same = true;
    for (visitor, before) in visitors {
        let answer = visitor.get(edge, "/").unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        is_same &= answer.side() == before;
        assert!(
            answer.side() == before || before == "new",
            "a visitor was moved on: {answer:?}"
        );
    }
    is_same
}

#[test]
fn a_killed_controller_leaves_traffic_alone_and_the_next_one_goes_on_with_the_same_gateway() {
    let (mut world, ana, mut visitors) = exposed();
    let (edge, gateway) = (world.edge(), world.gateway());
    world.kill();
    assert!(
        gateway.is_some() && world.gateway() == gateway,
        "the gateway went with its controller"
    );
    nobody_is_moved_on(&mut visitors, edge);

    world.serve();
    assert_eq!(world.gateway(), gateway, "the gateway was not adopted");
    assert_eq!(world.edge(), edge);
    nobody_is_moved_on(&mut visitors, edge);
    let stage = world.until_stage(&ana, "the stage as it was", |stage| stage["phase"] == "soaking");
    assert_eq!(
        (&stage["exposure"], &stage["attempt"]),
        (&1_000.into(), &1.into()),
        "{stage}"
    );
    until("everybody where they were", || {
        nobody_is_moved_on(&mut visitors, edge).then_some(())
    });
    let rollback = ["rollback", "shop", "--reason", "the end of the test"];
    world.run_with(&rollback, &[("TIDEGATE_TOKEN", &ana)]).fine();
    world.until_stage(&ana, "the rollback in force", |stage| stage["phase"] == "rolled back");
    assert!(
        visitors
            .iter_mut()
            .all(|(visitor, _)| visitor.get(edge, "/").unwrap().side() == "old")
    );
    let verified = world.run(&["journal", "verify", "--recompute"]).fine();
    assert!(verified.contains(", 0 differ"), "{verified}");
}

#[test]
fn a_rollback_asked_just_before_the_end_is_carried_out_after_it() {
    let (mut world, ana, mut visitors) = exposed();
    let edge = world.edge();
    let rollback = ["rollback", "shop", "--reason", "the end of the test"];
    world.run_with(&rollback, &[("TIDEGATE_TOKEN", &ana)]).fine();
    world.kill();
    world.serve();
    world.until_stage(&ana, "the rollback in force", |stage| stage["phase"] == "rolled back");
    assert!(
        visitors
            .iter_mut()
            .all(|(visitor, _)| visitor.get(edge, "/").unwrap().side() == "old")
    );
}

#[test]
fn a_killed_gateway_comes_back_with_what_it_knew() {
    let (world, ana, mut visitors) = exposed();
    let (before, _) = world.gateway().unwrap();
    kill_process(Pid::from_raw(before).unwrap(), Signal::KILL).unwrap();
    let edge = until("another gateway", || {
        let (pid, edge) = world.gateway()?;
        (pid != before).then_some(edge)
    });
    nobody_is_moved_on(&mut visitors, edge);
    until("everybody where they were", || {
        nobody_is_moved_on(&mut visitors, edge).then_some(())
    });
    let stage = world.until_stage(&ana, "the stage as it was", |stage| stage["phase"] == "soaking");
    assert_eq!(
        (&stage["exposure"], &stage["attempt"]),
        (&1_000.into(), &1.into()),
        "{stage}"
    );
}

#[test]
fn both_killed_start_again_where_they_were() {
    let (mut world, ana, mut visitors) = exposed();
    let (before, _) = world.gateway().unwrap();
    world.kill();
    kill_process(Pid::from_raw(before).unwrap(), Signal::KILL).unwrap();
    until("the gateway's end", || world.gateway().is_none().then_some(()));
    world.serve();
    let edge = world.edge();
    nobody_is_moved_on(&mut visitors, edge);
    until("everybody where they were", || {
        nobody_is_moved_on(&mut visitors, edge).then_some(())
    });
    world.until_stage(&ana, "the stage as it was", |stage| stage["exposure"] == 1_000);
}

#[test]
fn a_clean_stop_leaves_nothing_running() {
    let (mut world, ana, _) = exposed();
    let doors = [world.edge(), world.admin()];
    let stopped = world.terminate();
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    assert!(stopped.stdout.ends_with("stopping\n"), "{stopped:?}");
    assert_eq!(processes_of(&world.state()), Vec::<String>::new());
    for door in doors {
        assert!(std::net::TcpStream::connect(door).is_err(), "{door} still listens");
    }
    world.serve();
    world.until_stage(&ana, "the stage as it was", |stage| stage["exposure"] == 1_000);
}

#[test]
fn a_stop_that_is_asked_during_the_start_leaves_nothing_running() {
    let world = World::quiet(Options::default());
    let mut serve = world.begin_to_serve();
    until("a gateway under way", || world.gateway());
    serve.signal(Signal::TERM);
    assert_eq!(serve.ended().code(), Some(0), "{}", serve.stderr.text());
    assert_eq!(processes_of(&world.state()), Vec::<String>::new());
}

#[test]
fn a_clean_stop_can_leave_the_edge_serving_for_the_next_start() {
    let (mut world, ana, mut visitors) = exposed();
    world.options.arguments.push("--leave-edge".into());
    world.kill();
    world.serve();
    let (edge, gateway) = (world.edge(), world.gateway());
    until("everybody where they were", || {
        nobody_is_moved_on(&mut visitors, edge).then_some(())
    });
    world.terminate().fine();
    assert!(
        gateway.is_some() && world.gateway() == gateway,
        "the gateway was stopped"
    );
    nobody_is_moved_on(&mut visitors, edge);
    world.serve();
    assert_eq!(world.gateway(), gateway, "the gateway was not taken over");
    world.until_stage(&ana, "the stage as it was", |stage| stage["exposure"] == 1_000);
}

/// What an estate with a second edge has more than the usual one.
fn outlet(listen: &str) -> String {
    let part = |kind: &str| {
        let documents = ESTATE.split("\n---\n");
        let found = documents
            .into_iter()
            .find(|one| one.contains(&format!("kind: {kind}\n")));
        found.unwrap().to_owned()
    };
    let renamed = [part("Flow"), part("Edge"), part("Plan")].map(|text| {
        text.replace("browse", "rummage")
            .replace("storefront", "outlet")
            .replace("toy-move", "outlet-move")
            .replace("unit: shop", "unit: outlet")
            .replace("shop: { old:", "outlet: { old:")
            .replace("fallback: shop", "fallback: outlet")
            .replace("- name: shop", "- name: outlet")
            .replace("${EDGE:-127.0.0.1:0}", listen)
    });
    format!("{ESTATE}\n---\n{}", renamed.join("\n---\n"))
}

#[test]
fn a_second_edge_and_an_address_that_is_taken_leave_the_first_one_alone() {
    let mut world = World::start();
    let (ana, first) = (world.token("ana"), world.gateway());
    let serves = |edge| {
        Visitor::default()
            .get(edge, "/")
            .is_ok_and(|answer| answer.status == 200)
    };
    let adopt = |text: &str| {
        std::fs::write(world.estate().join("tidegate.yaml"), text).unwrap();
        let mut arguments = vec!["adopt".to_owned(), "shop".to_owned()];
        arguments.extend(world.settings());
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        world.run_with(&arguments, &[("TIDEGATE_TOKEN", &ana)]).fine();
    };
    adopt(&outlet("127.0.0.1:0"));
    let second = until("the outlet's gateway", || world.gateway_of("outlet"));
    until("the outlet", || serves(second.1).then_some(()));
    assert!(serves(world.edge()));

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    adopt(&outlet(&address.to_string()));
    until("word of it", || {
        let log = world.log();
        log.contains("edge `outlet` stays on").then_some(())
    });
    assert!(serves(world.edge()) && serves(second.1));
    assert_eq!(
        world.gateway_of("outlet"),
        Some(second),
        "the outlet's gateway was touched"
    );
    drop(taken);
    until("the outlet where it was asked to be", || {
        (world.gateway_of("outlet")?.1 == address && serves(address)).then_some(())
    });
    assert_eq!(world.gateway(), first, "the storefront's gateway was touched");
    world.terminate().fine();

    // Both edges at a start, too.
    world.serve();
    until("both edges", || {
        let storefront = world.gateway()?.1;
        (serves(storefront) && serves(world.gateway_of("outlet")?.1)).then_some(())
    });

    // A start that finds the new address taken leaves the outlet as it was.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let text = outlet(&taken.local_addr().unwrap().to_string());
    std::fs::write(world.estate().join("tidegate.yaml"), text).unwrap();
    let mut adopt = vec!["adopt".to_owned(), "shop".to_owned()];
    adopt.extend(world.settings());
    let adopt: Vec<&str> = adopt.iter().map(String::as_str).collect();
    world.run_with(&adopt, &[("TIDEGATE_TOKEN", &ana)]).fine();
    world.kill();
    world.serve();
    assert!(world.log().contains("started again as it was"), "{}", world.log());
    until("both edges where they were", || {
        let storefront = world.gateway()?.1;
        let outlet = world.gateway_of("outlet")?.1;
        (outlet == address && serves(storefront) && serves(outlet)).then_some(())
    });
    world.terminate().fine();
}

/// A copy of the journal from before the approval comes back while the gateway still holds what was approved after it.
#[test]
fn a_restored_journal_takes_everybody_back_whatever_the_gateway_holds() {
    let mut world = World::start_with(Options {
        settings: vec![("SOAK", "10m".into())],
        ..Options::default()
    });
    let (journal, kept) = (world.state().join("journal.sqlite3"), world.folder().join("kept"));
    world.kill();
    std::fs::copy(&journal, &kept).unwrap();
    // Two more starts and an exposure, of which the copy knows nothing.
    world.serve();
    world.kill();
    world.serve();
    let ana = world.token("ana");
    world.run_with(&["approve", "shop"], &[("TIDEGATE_TOKEN", &ana)]).fine();
    world.until_stage(&ana, "10 % in force", |stage| stage["phase"] == "soaking");
    world.kill();
    for rest in ["journal.sqlite3-wal", "journal.sqlite3-shm"] {
        let path = world.state().join(rest);
        if path.exists() {
            std::fs::remove_file(path).unwrap();
        }
    }
    std::fs::copy(&kept, &journal).unwrap();

    world.serve();
    let edge = world.edge();
    until("everybody on the old side", || {
        let mut visitors = vec![Visitor::default(); VISITORS];
        let sides = visitors.iter_mut().map(|visitor| {
            visitor.get(edge, "/").unwrap();
            visitor.get(edge, "/").unwrap().side().to_owned()
        });
        sides.collect::<Vec<_>>().iter().all(|side| side == "old").then_some(())
    });
    let stage = world.until_stage(&ana, "a hold", |stage| stage["exposure"] == 0);
    assert!(stage.to_string().contains("it was restored or cut"), "{stage}");
}

/// The copy believes in an exposure that was rolled back since, and no gateway is left to say that it knows more.
#[test]
fn a_restored_journal_takes_everybody_back_when_no_gateway_is_left_to_contradict_it() {
    let (mut world, ana, _) = exposed();
    let (journal, kept) = (world.state().join("journal.sqlite3"), world.folder().join("kept"));
    world.terminate().fine();
    std::fs::copy(&journal, &kept).unwrap();
    world.serve();
    let rollback = ["rollback", "shop", "--reason", "prices were wrong"];
    world.run_with(&rollback, &[("TIDEGATE_TOKEN", &ana)]).fine();
    world.until_stage(&ana, "the rollback in force", |stage| stage["phase"] == "rolled back");
    world.terminate().fine();
    std::fs::copy(&kept, &journal).unwrap();
    std::fs::remove_dir_all(world.state().join("gateway-storefront")).unwrap();

    world.options.arguments.push("--restored".into());
    world.serve();
    let stage = world.until_stage(&ana, "the rollback in force", |stage| stage["phase"] == "rolled back");
    assert_eq!(stage["exposure"], 0, "{stage}");
    assert!(
        stage.to_string().contains("the journal was restored"),
        "not held: {stage}"
    );
    let status = world.status(&ana);
    assert_eq!(status["incidents"][0]["severity"], "sev1", "{status}");
    assert_ne!(status["incidents"][0]["phase"], "resolved", "{status}");
    let mut visitors = vec![Visitor::default(); VISITORS];
    let is_old = |visitor: &mut Visitor| {
        visitor.get(world.edge(), "/").unwrap();
        visitor.get(world.edge(), "/").unwrap().side() == "old"
    };
    assert!(visitors.iter_mut().all(is_old));
    let journal = world.run(&["journal", "export"]).fine();
    let cause = r#""cause":"restored""#;
    assert!(journal.replace('\\', "").contains(cause), "{journal}");
    let resume = ["resume", "shop", "--reason", "compared with the export"];
    world.run_with(&resume, &[("TIDEGATE_TOKEN", &ana)]).fine();
}
