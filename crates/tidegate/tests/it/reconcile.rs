//! Rows of an entity as a gate's criterion: a real `serve`, a comparing process of its own, and two databases that agree or do not.

use std::path::PathBuf;

use rusqlite::Connection;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::shoppers::Crowd;
use crate::upstream::Mood;
use crate::world::{BROWSING, ESTATE, Options, World, processes_of, until};

const ENTITIES: &str = r#"---
apiVersion: tidegate/v1alpha1
kind: Entity
metadata: { name: prices, title: Prices }
spec:
  owner: shop
  record: old
  critical: [cents]
  reconcile:
    old: { on: old-books, table: products }
    new: { on: new-books, table: items }
    key: sku
    columns: [{ name: cents, old: "(CAST(ROUND(price * 100) AS INTEGER))", new: cents }]
    totals: [{ sum: cents }]
    every: 1s
    stale-after: 30s
    budget: { time: 3s, settle: 50ms }
    changes: [{ on: new-books, table: changed, position: id, key: sku }]
---
apiVersion: tidegate/v1alpha1
kind: Entity
metadata: { name: orders, title: Orders }
spec:
  owner: shop
  record: { in: old, from: { shop: new } }
  reconcile:
    old: { on: old-books, table: orders }
    new: { on: new-books, table: sales }
    key: reference
    columns: [total]
    every: 1s
    stale-after: 30s
    budget: { time: 3s, settle: 50ms }
    ledger: { on: payments, table: charges, reference: reference, amount: { column: total, ledger: amount }, split: true }
"#;

/// The databases of both sides and of the payment provider, in a world's folder.
struct Books {
    folder: PathBuf,
}

impl Books {
    fn write(folder: PathBuf) -> Self {
        let books = Self { folder };
        books.run(
            "old",
            "CREATE TABLE products (sku INTEGER PRIMARY KEY, price REAL);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
             INSERT INTO products SELECT i, i + 0.25 FROM n;
             CREATE TABLE orders (reference TEXT PRIMARY KEY, total INTEGER);
             INSERT INTO orders VALUES ('O-1', 100), ('O-2', 250);",
        );
        books.run(
            "new",
            "CREATE TABLE items (sku INTEGER PRIMARY KEY, cents INTEGER);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
             INSERT INTO items SELECT i, i * 100 + 25 FROM n;
             CREATE TABLE changed (id INTEGER PRIMARY KEY, sku INTEGER);
             CREATE TABLE sales (reference TEXT PRIMARY KEY, total INTEGER);
             INSERT INTO sales VALUES ('N-1', 400);",
        );
        books.run(
            "payments",
            "CREATE TABLE charges (id INTEGER PRIMARY KEY, reference TEXT, amount INTEGER);
             INSERT INTO charges (reference, amount) VALUES ('O-1', 100), ('O-2', 250), ('N-1', 400);",
        );
        books
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.sqlite3"))
    }

    fn run(&self, name: &str, sql: &str) {
        let db = Connection::open(self.path(name)).unwrap();
        db.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        db.execute_batch(sql).unwrap();
    }

    fn arguments(&self) -> Vec<String> {
        let source = |name: &str, file: &str| format!("--source={name}=sqlite:{}", self.path(file).display());
        vec![
            source("old-books", "old"),
            source("new-books", "new"),
            source("payments", "payments"),
        ]
    }
}

/// A served estate with this criterion, exposed to a tenth of a crowd.
struct Shop {
    world: World,
    books: Books,
    ana: String,
    _crowd: Crowd,
}

impl Shop {
    fn open(criterion: &str, soak: &str) -> Self {
        Self::open_with(ENTITIES, criterion, soak)
    }

    fn open_with(entities: &str, criterion: &str, soak: &str) -> Self {
        Self::open_in(World::quiet(Options::default()), entities, criterion, soak)
    }

    fn open_in(world: World, entities: &str, criterion: &str, soak: &str) -> Self {
        Self::open_on((world, ESTATE), entities, criterion, soak)
    }

    fn open_on((mut world, estate): (World, &str), entities: &str, criterion: &str, soak: &str) -> Self {
        let books = Books::write(world.folder().to_owned());
        world.options.arguments.extend(books.arguments());
        world.options.settings.push(("SOAK", soak.into()));
        let line = "          - { incidents:";
        let estate = estate
            .replace(line, &format!("          - {criterion}\n{line}"))
            // One of them compares once an hour.
            .replace("at-most: 10m", "at-most: 3h");
        std::fs::write(world.estate().join("tidegate.yaml"), format!("{estate}{entities}")).unwrap();
        world.serve();
        let ana = world.token("ana");
        let crowd = Crowd::at(world.edge());
        world.run_with(&["approve", "shop"], &[("TIDEGATE_TOKEN", &ana)]).fine();
        Self {
            world,
            books,
            ana,
            _crowd: crowd,
        }
    }

    /// Waits for a verdict; the criterion as the status has it.
    #[track_caller]
    fn says(&self, verdict: &str) -> Value {
        let of = |stage: &Value| {
            let criteria = stage["criteria"].as_array().unwrap().iter();
            let mut found = criteria.filter(|criterion| criterion["kind"] == "reconcile");
            found.next().unwrap().clone()
        };
        let stage = self
            .world
            .until_stage(&self.ana, verdict, |stage| of(stage)["verdict"] == verdict);
        of(&stage)
    }

    fn comparing(&self) -> Vec<i32> {
        let processes = processes_of(self.world.folder());
        let comparing = processes.iter().filter(|line| line.contains("reconcile --child"));
        comparing
            .map(|line| line.split(' ').next().unwrap().parse().unwrap())
            .collect()
    }
}

#[test]
fn clean_opens_the_gate_and_a_planted_difference_takes_everybody_back() {
    let shop = Shop::open("{ reconcile: prices, on-harm: rollback }", "2s");
    let criterion = shop.says("pass");
    assert_eq!(criterion["owner"], "shop", "{criterion}");
    let why = criterion["reading"]["why"].as_str().unwrap();
    assert!(why.contains("clean: 500 old and 500 new rows"), "{why}");
    assert!(criterion["evidence_at"].is_i64(), "{criterion}");
    // Its gate asks anew, hears, and passes.
    let asked = shop
        .world
        .until_stage(&shop.ana, "a passed gate", |stage| stage["proven"] == 1_000);
    assert_eq!(asked["exposure"], 1_000, "{asked}");

    shop.books.run(
        "new",
        "UPDATE items SET cents = 987654321 WHERE sku = 77; DELETE FROM items WHERE sku = 3",
    );
    let stage = shop
        .world
        .until_stage(&shop.ana, "the way back", |stage| stage["phase"] == "rolled back");
    assert_eq!(stage["exposure"], 0, "{stage}");
    let told = shop.world.run(&["why", "prices-reconciled"]).stdout;
    assert!(told.contains("cents: value 1") && told.contains("missing 1"), "{told}");
    // What both sides come to stands beside it, exactly.
    assert!(told.contains("Beside the verdict: totals as first read"), "{told}");
    assert!(
        told.contains("old 12537500 in 500 rows, new 1000183771 in 499 rows"),
        "{told}"
    );

    // Counts and classes are journalled; what the rows hold is beside the journal, readable by its owner, and can go.
    let journal = shop
        .world
        .run(&["journal", "show", "--json", "--limit", "1000000"])
        .fine();
    assert!(journal.contains("\"compared\":\"diverged\"") && !journal.contains("987654321"));
    let estate = shop.world.estate().display().to_string();
    let arguments = shop.books.arguments();
    let reconcile = |rest: &[&str]| {
        let sources: Vec<&str> = arguments.iter().map(String::as_str).collect();
        shop.world.run(&[&["reconcile"], rest, &sources].concat())
    };
    let kept = reconcile(&["prices", &estate, "--kept", "shop/prices-reconciled"]).fine();
    assert!(kept.contains("987654321") && kept.contains("7725"), "{kept}");
    let compared = reconcile(&["prices", &estate]);
    assert_eq!(compared.code, Some(1), "{compared:?}");
    assert!(
        compared.stdout.contains("totals of cents, as first read:") && compared.stdout.contains("1000183771"),
        "{compared:?}"
    );
    reconcile(&["--erase", "shop/prices-reconciled"]).fine();
    assert_eq!(
        std::fs::read_dir(shop.world.state().join("differing/shop"))
            .unwrap()
            .count(),
        0
    );
    shop.world.run(&["journal", "verify", "--recompute"]).fine();
    // Nobody is on the new side: nothing is compared.
    until("the end of the comparing process", || {
        shop.comparing().is_empty().then_some(())
    });
}

#[test]
fn a_process_that_is_killed_is_silence_and_a_page_and_never_a_pass() {
    // So slow that none ends before it is killed.
    let slow = ENTITIES.replace(
        "budget: { time: 3s, settle: 50ms }",
        "budget: { time: 6s, settle: 50ms, rows: 200 }",
    );
    let mut shop = Shop::open_with(&slow, "{ reconcile: prices, max-silence: 8s }", "10m");
    shop.says("pass");
    // It knows nothing of what its controller was started with.
    let environment = until("a comparing process", || {
        let environment = std::fs::read(format!("/proc/{}/environ", shop.comparing().first()?)).ok()?;
        (!environment.is_empty()).then_some(environment)
    });
    let environment = String::from_utf8_lossy(&environment);
    assert!(
        environment.contains("PATH=") && !environment.contains("TIDEGATE_"),
        "{environment}"
    );
    // Whenever it comes back it is killed again.
    let page = until("a page for the silence", || {
        for pid in shop.comparing() {
            if let Err(fault) = kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL) {
                println!("{pid} had ended by itself: {fault}");
            }
        }
        let status = shop.world.status(&shop.ana);
        let silent = status["incidents"]
            .as_array()?
            .iter()
            .find(|incident| incident.to_string().contains("prices-reconciled"))?;
        Some(silent.clone())
    });
    assert!(page.to_string().contains("sev3"), "{page}");
    let stage = shop.world.status(&shop.ana)["plans"][0]["stages"][0].clone();
    assert_eq!(
        (&stage["exposure"], &stage["proven"]),
        (&1_000.into(), &0.into()),
        "{stage}"
    );
    // Left alone it comes back, and the page is over.
    shop.says("pass");
    // The controller dies without a word, and takes it along.
    until("a comparing process", || (!shop.comparing().is_empty()).then_some(()));
    shop.world.kill();
    until("the end of the comparing process", || {
        shop.comparing().is_empty().then_some(())
    });
}

#[test]
fn what_no_comparison_can_say_is_no_data() {
    let shop = Shop::open("{ reconcile: prices, max-silence: 4s }", "10m");
    shop.says("pass");
    shop.books.run("old", "DELETE FROM products");
    shop.says("no data");
    shop.books.run("old", "DROP TABLE products");
    let criterion = shop.says("source down");
    let why = criterion["reading"]["why"].as_str().unwrap();
    assert!(why.contains("products"), "{why}");
    until("a page for the silence", || {
        let status = shop.world.status(&shop.ana);
        status["incidents"]
            .to_string()
            .contains("prices-reconciled")
            .then_some(())
    });
}

#[test]
fn orders_of_both_sides_are_held_against_the_ledger() {
    let shop = Shop::open("{ reconcile: orders, against: ledger, on-harm: rollback }", "10m");
    let criterion = shop.says("pass");
    let why = criterion["reading"]["why"].as_str().unwrap();
    assert!(why.contains("2 old and 1 new rows against 3 of the ledger"), "{why}");
    shop.books.run(
        "payments",
        "INSERT INTO charges (reference, amount) VALUES ('N-1', 400), ('X-9', 10)",
    );
    shop.world
        .until_stage(&shop.ana, "the way back", |stage| stage["phase"] == "rolled back");
    let told = shop.world.run(&["why", "orders-booked"]).stdout;
    assert!(
        told.contains("charged without order 1") && told.contains("amount differs"),
        "{told}"
    );
}

#[test]
fn a_row_that_changes_between_two_comparisons_is_compared_as_it_comes() {
    let hourly = ENTITIES.replace("every: 1s\n    stale-after: 30s", "every: 1h\n    stale-after: 3h");
    let shop = Shop::open_with(&hourly, "{ reconcile: prices, on-harm: rollback }", "10m");
    shop.says("pass");
    // Both sides change alike: that is no difference.
    shop.books.run("old", "UPDATE products SET price = 9 WHERE sku = 4");
    shop.books.run(
        "new",
        "UPDATE items SET cents = 900 WHERE sku = 4; INSERT INTO changed (sku) VALUES (4), (4)",
    );
    // One side changes alone.
    shop.books.run(
        "new",
        "UPDATE items SET cents = 1 WHERE sku = 5; INSERT INTO changed (sku) VALUES (5)",
    );
    shop.world
        .until_stage(&shop.ana, "the way back", |stage| stage["phase"] == "rolled back");
    let told = shop.world.run(&["why", "prices-reconciled"]).stdout;
    assert!(
        told.contains("1 differ; cents: value 1") && !told.contains("no rows"),
        "{told}"
    );
}

#[test]
fn a_comparison_ends_with_the_exposure_that_it_began_under() {
    // A row a second: it would go on for minutes.
    let endless = ENTITIES.replacen(
        "budget: { time: 3s, settle: 50ms }",
        "budget: { time: 20m, settle: 50ms, rows: 1 }",
        1,
    );
    let endless = endless.replacen("stale-after: 30s", "stale-after: 1h", 1);
    let shop = Shop::open_with(&endless, "{ reconcile: prices, on-harm: rollback }", "10m");
    until("a comparing process", || (!shop.comparing().is_empty()).then_some(()));
    let back = ["rollback", "shop", "--reason", "we want to look at it first"];
    shop.world.run_with(&back, &[("TIDEGATE_TOKEN", &shop.ana)]).fine();
    shop.world
        .until_stage(&shop.ana, "the way back", |stage| stage["phase"] == "rolled back");
    until("the end of the comparing process", || {
        shop.comparing().is_empty().then_some(())
    });
    let journal = shop
        .world
        .run(&["journal", "show", "--json", "--limit", "1000000"])
        .fine();
    assert!(!journal.contains("\"compared\":"), "{journal}");
}

#[test]
fn a_process_that_holds_too_much_memory_is_ended_and_nothing_is_clean() {
    let mut world = World::quiet(Options::default());
    world.options.arguments = vec!["--comparing-memory-max=1".to_owned()];
    let shop = Shop::open_in(world, ENTITIES, "{ reconcile: prices }", "10m");
    let criterion = shop.says("source down");
    let why = criterion["reading"]["why"].as_str().unwrap();
    assert!(
        why.starts_with("inconclusive: out of its memory bound, ") && why.ends_with(" MiB held and at most 1 allowed"),
        "{why}"
    );
}

#[test]
fn rows_are_left_alone_while_an_objective_of_their_domain_is_not_met() {
    let objective = "  objectives: [{ name: pages, title: Pages answer, p95: 200ms, of: { flow: browse } }]\n";
    let estate = ESTATE.replacen(BROWSING, objective, 1);
    assert_ne!(estate, ESTATE);
    let shop = Shop::open_on(
        (World::quiet(Options::default()), &estate),
        ENTITIES,
        "{ reconcile: prices }",
        "10m",
    );
    shop.says("pass");
    let slow = Mood::Slow(std::time::Duration::from_millis(400));
    shop.world.old.set_mood(slow);
    shop.world.new.set_mood(slow);
    let of = |stage: &Value| stage["criteria"][1].clone();
    let stage = shop
        .world
        .until_stage(&shop.ana, "a comparison that is slowed down", |stage| {
            of(stage)["slowed"].is_string()
        });
    let slowed = of(&stage)["slowed"].as_str().unwrap().to_owned();
    assert!(
        slowed.contains("P95 of browse on the") && slowed.ends_with("more than 200ms; `pages` of shop allows no more"),
        "{slowed}"
    );
    let text = shop
        .world
        .run_with(&["status"], &[("TIDEGATE_TOKEN", &shop.ana)])
        .fine();
    assert!(text.contains("now slowed down since "), "{text}");
    // Held until its time is over, it is neither clean nor harm.
    let criterion = shop.says("no data");
    let why = criterion["reading"]["why"].as_str().unwrap();
    assert!(
        why.starts_with("nothing of the old side was read; inconclusive") && why.contains("its time was over"),
        "{why}"
    );
    shop.world.old.set_mood(Mood::Fine);
    shop.world.new.set_mood(Mood::Fine);
    let criterion = shop.says("pass");
    assert!(criterion["slowed"].is_null(), "{criterion}");
}
