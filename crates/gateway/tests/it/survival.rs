//! What happens when somebody dies, and how a gateway ends.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tidegate_gateway::Report;
use tidegate_gateway::supervise::{Gateway, GatewayEvent, SuperviseFault};
use tidegate_model::BasisPoints;
use tidegate_model::seam::{Outcome, StratumPart};

use crate::world::{
    Control, PROGRAM, Process, World, config, gateway_id, honest, snapshot, spawn, spawn_by, until, visitor_between,
};

#[tokio::test]
async fn without_a_controller_exposure_holds_for_a_lease_and_then_retreats_to_what_is_proven() {
    let World {
        config,
        control,
        process,
        client,
        old: _old,
        new: _new,
        dir: _dir,
    } = World::with(honest).await;
    control
        .apply(1, 50, |u| u.proven = BasisPoints::new(1_000).unwrap())
        .await;
    let (proven, unproven) = (visitor_between(0, 10), visitor_between(20, 50));
    drop(control);
    let side = async |visitor: u128, url: String| {
        let answer = client
            .get(url)
            .header("cookie", crate::world::cookie(visitor))
            .send()
            .await
            .unwrap();
        answer.headers()["x-tidegate-side"].to_str().unwrap().to_owned()
    };
    assert_eq!(
        side(unproven, process.url("/page")).await,
        "new",
        "the lease still runs"
    );
    until("the lease runs out", async || {
        (side(unproven, process.url("/page")).await == "old").then_some(())
    })
    .await;
    assert_eq!(side(proven, process.url("/page")).await, "new");
    drop(process);
    let process = Process::start(&config).await;
    assert_eq!(
        side(proven, process.url("/page")).await,
        "new",
        "the last good snapshot was kept"
    );
    assert_eq!(
        side(unproven, process.url("/page")).await,
        "old",
        "a start has no lease"
    );
    std::fs::write(config.state_dir.join("kill"), "").unwrap();
    until("the glass is broken", async || {
        (side(proven, process.url("/page")).await == "old").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_disk_that_hangs_keeps_no_rollback_from_a_gateway() {
    let world = World::with(honest).await;
    world.control.apply(1, 50, |_| {}).await;
    let visitor = visitor_between(0, 10);
    assert_eq!(world.side(visitor, "GET", "/page").await, "new");
    // Whoever opens a named pipe that nobody reads hangs.
    let pipe = world.config.state_dir.join("exposure.fresh");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
    world.control.apply(2, 40, |_| {}).await;
    world.control.apply(3, 40, |u| u.killed = true).await;
    assert_eq!(world.side(visitor, "GET", "/page").await, "old");
    world.control.apply(4, 40, |_| {}).await;
    std::fs::write(world.config.state_dir.join("kill"), "").unwrap();
    until("the kill file is seen", async || {
        (world.side(visitor, "GET", "/page").await == "old").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_lowering_is_done_when_the_lease_of_a_silent_gateway_has_run_out() {
    let mut world = World::with(honest).await;
    world.control.apply(1, 50, |_| {}).await;
    world.process.child.kill().unwrap();
    while !matches!(world.control.next().await, Report::Disconnected { .. }) {}
    let outcome = world.control.hub.apply(snapshot(2, 0, |_| {})).await;
    assert_eq!(
        outcome,
        Outcome::InForce {
            acknowledged: vec![],
            lapsed: vec![gateway_id()]
        }
    );
    assert_eq!(world.control.hub.gateways()[0].lease_left.0, 0);
}

#[tokio::test]
async fn strata_are_offered_until_taken_over_restarts_of_both() {
    let mut world = World::with(honest).await;
    world.control.apply(1, 50, |_| {}).await;
    world.ask(1, "POST", "/enter").await;
    let first = loop {
        // Seen and not acknowledged.
        if let Report::Stratum { stratum, .. } = world.control.next().await
            && stratum.id.part == StratumPart::Prompt
            && stratum.counts.iter().any(|c| c.old.n + c.new.n > 0)
        {
            break stratum;
        }
    };
    drop(world.control);
    let mut control = Control::bind(&world.config);
    let again = async |control: &mut Control| loop {
        let stratum = control.next().await;
        if let Report::Stratum { stratum, ack } = stratum
            && stratum.id == first.id
        {
            return (stratum, ack);
        }
    };
    assert_eq!(again(&mut control).await.0, first, "the controller restarted");
    drop(world.process);
    let _process = Process::start(&world.config).await;
    let (stratum, ack) = again(&mut control).await;
    assert_eq!(stratum, first, "the gateway restarted");
    ack.done();
    let mut cohort_voided = false;
    while !cohort_voided {
        let stratum = control.stratum().await;
        assert_ne!(stratum.id, first.id, "taken once, never again");
        let is_its_cohort = stratum.id.index == first.id.index && stratum.id.incarnation == first.id.incarnation;
        cohort_voided |= is_its_cohort && stratum.voided && stratum.id.part == StratumPart::Cohort;
    }
}

#[tokio::test]
async fn a_gateway_ends_within_two_seconds_of_being_asked() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut world = World::with(honest).await;
        // An idle kept-alive connection must not hold it.
        world.ask(1, "GET", "/page").await;
        let asked = Instant::now();
        let pid = Pid::from_raw(i32::try_from(world.process.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
        let status = until("the gateway ends", async || world.process.child.try_wait().unwrap()).await;
        assert_eq!(status.code(), Some(0));
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    }
}

#[tokio::test]
async fn a_tied_gateway_ends_with_its_parents_pipe() {
    let mut world = World::build(honest, |config| config.tied = true).await;
    drop(world.process.child.stdin.take());
    let status = until("the gateway ends", async || world.process.child.try_wait().unwrap()).await;
    assert_eq!(status.code(), Some(0));
}

#[tokio::test]
async fn a_log_past_its_limit_moves_aside_once() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), "http://127.0.0.1:1", "http://127.0.0.1:2");
    let (gateway, _events) = Gateway::start(std::path::Path::new(PROGRAM), &config).await.unwrap();
    let (log, older) = (
        config.state_dir.join("gateway.log"),
        config.state_dir.join("gateway.log.1"),
    );
    let length = |path: &std::path::Path| std::fs::metadata(path).map_or(0, |m| m.len());
    for filler in [b"a", b"b"] {
        let mut writing = std::fs::OpenOptions::new().append(true).open(&log).unwrap();
        writing.write_all(&filler.repeat(10_000_001)).unwrap();
        until("the log is short again", async || (length(&log) < 1_000).then_some(())).await;
        assert_eq!(length(&older), 10_000_001);
        assert!(std::fs::read(&older).unwrap().ends_with(filler));
    }
    gateway.stop().await;
}

#[tokio::test]
async fn a_gateway_takes_all_descriptors_that_it_may_have() {
    let limits = |pid: u32| {
        let text = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
        let line = text
            .lines()
            .find(|l| l.starts_with("Max open files"))
            .unwrap()
            .to_owned();
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        (words[3].clone(), words[4].clone())
    };
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), "http://127.0.0.1:1", "http://127.0.0.1:2");
    let mut frugal = Command::new("sh");
    frugal.args(["-c", "ulimit -Sn 128; exec \"$0\" \"$@\"", PROGRAM]);
    let process = Process::begun(spawn_by(frugal, &config, Stdio::inherit()), &config).await;
    let (soft, hard) = limits(process.child.id());
    assert_eq!(soft, hard);
    assert_ne!(soft, "128");
}

#[tokio::test]
async fn a_taken_address_is_said_with_a_stable_code() {
    let world = World::with(honest).await;
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path(), "http://127.0.0.1:1", "http://127.0.0.1:2");
    config.edge.listen.clone_from(&world.process.address);
    let mut child = spawn(&config, Stdio::piped());
    let status = until("the second gateway ends", async || child.try_wait().unwrap()).await;
    assert_eq!(status.code(), Some(3));
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    let expected = format!("error[gateway-listen]: cannot listen on `{}`", world.process.address);
    assert!(said.starts_with(&expected), "{said}");
    // A second gateway on one state folder is refused as well.
    let mut child = spawn(&world.config, Stdio::piped());
    let status = until("it ends", async || child.try_wait().unwrap()).await;
    assert_eq!(status.code(), Some(4));
}

#[tokio::test]
async fn the_supervisor_restarts_adopts_and_stops() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), "http://127.0.0.1:1", "http://127.0.0.1:2");
    let program = std::path::Path::new(PROGRAM);
    let (gateway, mut events) = Gateway::start(program, &config).await.unwrap();
    let Some(GatewayEvent::Running {
        pid, adopted: false, ..
    }) = events.recv().await
    else {
        panic!("it runs")
    };
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    assert!(matches!(
        events.recv().await,
        Some(GatewayEvent::Ended { code: None, .. })
    ));
    let Some(GatewayEvent::Running { pid: second, .. }) = events.recv().await else {
        panic!("it runs again")
    };
    assert_ne!(pid, second);
    // The controller goes away without a word: the gateway stays and is adopted.
    drop(gateway);
    let (gateway, mut events) = Gateway::start(program, &config).await.unwrap();
    let Some(GatewayEvent::Running {
        pid: third,
        adopted: true,
        ..
    }) = events.recv().await
    else {
        panic!("adopted")
    };
    assert_eq!(second, third);
    drop(gateway);
    // Another edge is another gateway: the running one is replaced.
    let mut config = config;
    config.edge.salt = "plan-b".into();
    let (gateway, mut events) = Gateway::start(program, &config).await.unwrap();
    let Some(GatewayEvent::Running {
        pid: fourth,
        adopted: false,
        ..
    }) = events.recv().await
    else {
        panic!("replaced")
    };
    assert_ne!(third, fourth);
    gateway.stop().await;
    let left = std::fs::OpenOptions::new()
        .write(true)
        .open(config.state_dir.join("gateway.lock"))
        .unwrap();
    rustix::fs::flock(&left, rustix::fs::FlockOperation::NonBlockingLockExclusive).unwrap();
    let busy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    drop(left);
    let mut taken = config.clone();
    taken.edge.listen = busy.local_addr().unwrap().to_string();
    let fault = Gateway::start(program, &taken).await.unwrap_err();
    assert!(
        matches!(&fault, SuperviseFault::Ended { code: Some(3), last_words } if last_words.contains("gateway-listen")),
        "{fault}"
    );
}
