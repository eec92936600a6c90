//! Old and new held against a third source: by reference, with money, each reference on one side while visitors are split.

use tidegate_reconcile::decimal::Decimal;
use tidegate_reconcile::ledger::{
    Book, Held, Ledger, LedgerEvent, LedgerFault, LedgerVerdict, Presence, Shape, Told, Wrong,
};
use tidegate_reconcile::report::Shown;
use tidegate_reconcile::verdict::{Doubt, Outcome};
use tidegate_reconcile::{Budget, Expression, Relation, Side, Stop, source};

use crate::pairs::fast;
use crate::server::Servers;

fn book(address: &str, table: &str, amount: &str, filter: Option<&str>) -> Held {
    let column = |name: &str| Expression::Column(name.to_owned());
    let book = Book {
        relation: Relation::Table(table.to_owned()),
        reference: column("ref"),
        amount: Some(column(amount)),
        currency: Some(column("currency")),
        filter: filter.map(str::to_owned),
    };
    (source::open(address).unwrap(), book)
}

async fn run(
    sides: [Option<Held>; 2],
    ledger: Held,
    presence: Presence,
    budget: Budget,
    sink: &mut (dyn FnMut(&LedgerEvent) + Send),
) -> (LedgerVerdict, Vec<String>) {
    let ledger = Ledger::prepare(sides, ledger, presence, Decimal::default(), budget)
        .await
        .unwrap();
    let mut found = Vec::new();
    let verdict = ledger
        .run(&Stop::default(), &mut |event| {
            sink(&event);
            if let LedgerEvent::Found(finding) = event {
                let side = finding.side.map_or(String::new(), |side| format!(" ({side})"));
                found.push(format!(
                    "{}: {}{side}, {} / {}",
                    finding.reference, finding.wrong, finding.ordered, finding.charged
                ));
            }
        })
        .await
        .unwrap();
    found.sort();
    (verdict, found)
}

/// 120,000 orders, the even ones old and the odd ones new, and their charges in a ledger; a few of them wrong.
#[tokio::test]
async fn old_and_new_together_are_the_ledger() {
    let servers = Servers::shared().await;
    let (old, new, ledger) = (
        servers.postgres().await,
        servers.mariadb().await,
        servers.postgres().await,
    );
    old.run(
        "CREATE TABLE orders (ref bigint PRIMARY KEY, total numeric(12,2), currency char(3), state text);
        INSERT INTO orders SELECT s, s / 100.0, 'EUR', 'paid' FROM generate_series(2, 120000, 2) s;
        INSERT INTO orders VALUES (7, 0.07, 'EUR', 'paid');
        UPDATE orders SET total = total + 0.01 WHERE ref = 50000;
        INSERT INTO orders VALUES (200000, 9, 'EUR', 'paid'), (200002, NULL, NULL, 'paid'), (200004, 5, 'EUR', 'open');
        DELETE FROM orders WHERE ref = 60000",
    )
    .await;
    new.run(
        "CREATE TABLE shop_orders (ref bigint PRIMARY KEY, sum decimal(12,2), currency varchar(3));
        INSERT INTO shop_orders SELECT seq, seq / 100, 'eur' FROM seq_1_to_119999_step_2;
        UPDATE shop_orders SET currency = 'USD' WHERE ref = 100001",
    )
    .await;
    // Charges of one order may be several; a charge that was given back is none.
    ledger
        .run(
            "CREATE TABLE entries (id bigserial PRIMARY KEY, ref bigint, amount numeric(12,4), currency text);
            INSERT INTO entries (ref, amount, currency) SELECT s, s / 100.0, 'EUR' FROM generate_series(1, 120000) s
              WHERE s <> 30000;
            INSERT INTO entries (ref, amount, currency) VALUES (30000, 100, 'EUR'), (30000, 200, 'EUR'),
              (300001, 3, 'EUR'), (300001, -3, 'EUR');
            CREATE INDEX ON entries (ref)",
        )
        .await;
    let sides = || {
        [
            Some(book(&old.0, "orders", "total", Some("state = 'paid'"))),
            Some(book(&new.0, "shop_orders", "sum", None)),
        ]
    };
    let held = || book(&ledger.0, "entries", "amount", Some("ref IS NOT NULL"));
    let (verdict, found) = run(sides(), held(), Presence::Split, fast(), &mut |_| {}).await;
    assert_eq!(
        found,
        [
            "100001: amount differs (new), 1000.01 USD / 1000.01 EUR",
            "200000: order without charge (old), 9 EUR / 0",
            "200002: order without an amount, not in the ledger (old), 0 / 0",
            "300001: in the ledger only, without an amount, 0 / 0",
            "50000: amount differs (old), 500.01 EUR / 500 EUR",
            "60000: charged without order, 0 / 600 EUR",
            "7: on both sides, 0.14 EUR / 0.07 EUR",
        ]
    );
    assert_eq!(verdict.outcome, Outcome::Diverged);
    assert_eq!(verdict.exit_code(), 1);
    assert!(verdict.coverage.is_whole);
    assert_eq!(verdict.coverage.ledger_rows, 120_003);
    assert_eq!(verdict.coverage.references, 120_003);
    let missing = &verdict.tallies[&(Wrong::ChargedWithoutOrder, None)];
    assert_eq!(missing.overcharged.to_string(), "600 EUR");

    // Where each side has to have every order, half of them lack on either.
    let few = Budget {
        differences_max: 100,
        ..fast()
    };
    let (verdict, found) = run(sides(), held(), Presence::Each, few, &mut |_| {}).await;
    assert_eq!(verdict.outcome, Outcome::Diverged);
    assert!(!verdict.coverage.is_whole);
    assert_eq!(verdict.doubts, [Doubt::DifferencesReached]);
    assert!(
        found.contains(&"1: charged without order (old), 0 / 0.01 EUR".to_owned()),
        "{found:?}"
    );
    assert!(
        found.contains(&"2: charged without order (new), 0 / 0.02 EUR".to_owned()),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_ledger_in_a_file_is_sorted_and_a_clean_one_is_clean() {
    let servers = Servers::shared().await;
    let old = servers.postgres().await;
    old.run(
        "CREATE TABLE orders (ref text PRIMARY KEY, total numeric(12,2), currency text);
        INSERT INTO orders SELECT 'R-' || s, s, 'EUR' FROM generate_series(1, 3000) s",
    )
    .await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.csv");
    let mut lines = String::from("ref,amount,currency\n");
    (1..=3_000)
        .rev()
        .for_each(|number| lines.push_str(&format!("R-{number},{number}.00,EUR\n")));
    std::fs::write(&path, &lines).unwrap();
    let address = format!("csv:{}", path.display());
    let side = || [Some(book(&old.0, "orders", "total", None)), None];
    let mut sorted = 0;
    let (verdict, found) = run(
        side(),
        book(&address, "", "amount", None),
        Presence::Each,
        fast(),
        &mut |event| {
            sorted += u32::from(matches!(event, LedgerEvent::Sorting { .. }));
        },
    )
    .await;
    assert_eq!((verdict.outcome, found), (Outcome::Clean, vec![]));
    assert_eq!(sorted, 1);
    assert_eq!(verdict.exit_code(), 0);

    std::fs::write(&path, "ref,amount,currency\n").unwrap();
    let (verdict, _) = run(
        [Some(book(&old.0, "orders", "total", Some("false"))), None],
        book(&address, "", "amount", None),
        Presence::Each,
        fast(),
        &mut |_| {},
    )
    .await;
    assert_eq!(verdict.outcome, Outcome::Inconclusive, "no rows are never clean");
    assert_eq!(verdict.doubts, [Doubt::NoRows]);
}

/// The charge that was still missing when the order was read is there when it is read again.
#[tokio::test]
async fn a_charge_that_comes_later_is_not_a_finding() {
    let servers = Servers::shared().await;
    let new = servers.mariadb().await;
    new.run(
        "CREATE TABLE orders (ref int PRIMARY KEY, total decimal(12,2), currency text);
        INSERT INTO orders VALUES (1, 5, 'EUR'), (2, 6, 'EUR'), (3, 7, 'EUR')",
    )
    .await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let execute = |sql: &str| rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    execute(
        "CREATE TABLE entries (ref INTEGER, amount NUMERIC, currency TEXT);
        CREATE INDEX entries_ref ON entries (ref);
        INSERT INTO entries VALUES (1, 5, 'EUR'), (3, 8, 'EUR')",
    );
    let mut rereadings = 0;
    let (verdict, found) = run(
        [None, Some(book(&new.0, "orders", "total", None))],
        book(&format!("sqlite:{}", path.display()), "entries", "amount", None),
        Presence::Each,
        fast(),
        &mut |event| {
            if let LedgerEvent::Rereading { references } = event {
                rereadings += 1;
                if rereadings == 1 {
                    assert_eq!(*references, 2);
                    execute("INSERT INTO entries VALUES (2, 6, 'EUR')");
                }
            }
        },
    )
    .await;
    assert_eq!(found, ["3: amount differs (new), 7 EUR / 8 EUR"]);
    assert_eq!(verdict.healed, 1);
    assert_eq!(
        verdict.tallies[&(Wrong::AmountDiffers, Some(Side::New))]
            .overcharged
            .to_string(),
        "1 EUR"
    );
}

#[tokio::test]
async fn what_cannot_be_asked_is_said() {
    let servers = Servers::shared().await;
    let old = servers.postgres().await;
    old.run("CREATE TABLE orders (ref int PRIMARY KEY, total numeric, currency text)")
        .await;
    let prepare = |sides, table: &str, presence| {
        Ledger::prepare(
            sides,
            book(&old.0, table, "total", None),
            presence,
            Decimal::default(),
            fast(),
        )
    };
    let side = || Some(book(&old.0, "orders", "total", None));
    assert_eq!(
        prepare([None, None], "orders", Presence::Each).await.err(),
        Some(LedgerFault::NoSide)
    );
    assert_eq!(
        prepare([side(), None], "orders", Presence::Split).await.err(),
        Some(LedgerFault::NeedsBoth)
    );
    let fault = prepare([side(), None], "nothing", Presence::Each).await.err().unwrap();
    assert!(fault.to_string().starts_with("ledger: "), "{fault}");
}

#[tokio::test]
async fn programs_read_one_line_an_event_and_people_a_summary() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        format!("csv:{}", path.display())
    };
    let old = write("old.csv", "ref,total,currency\na,1,EUR\nb,2,EUR\n");
    let charges = write("ledger.csv", "ref,total,currency\na,1.50,EUR\nb,2,EUR\n");
    for (shape, shown, expected) in [
        (
            Shape::Human,
            Shown::Values,
            "a: amount differs (old side): ordered 1 EUR, charged 1.5 EUR\n\
            against the ledger: diverged: what was found stayed after it was read again\n  \
            2 references: 2 old rows, 0 new rows, 2 of the ledger\n  \
            1: amount differs (old side); charged more than ordered: 0.5 EUR\n",
        ),
        (
            Shape::Human,
            Shown::Keys,
            "a: amount differs (old side)\n\
            against the ledger: diverged: what was found stayed after it was read again\n  \
            2 references: 2 old rows, 0 new rows, 2 of the ledger\n  \
            1: amount differs (old side); charged more than ordered: 0.5 EUR\n",
        ),
    ] {
        assert_eq!(told(&old, &charges, shape, shown).await, expected);
    }
    let lines = told(&old, &charges, Shape::Json, Shown::Values).await;
    let last: Vec<&str> = lines
        .lines()
        .filter(|line| line.contains("finding") || line.contains("ended"))
        .collect();
    assert_eq!(
        last,
        [
            r#"{"charged":{"EUR":"1.5"},"event":"ledger-finding","ordered":{"EUR":"1"},"reference":"a","side":"old","wrong":"amount-differs"}"#,
            r#"{"coverage":{"is_whole":true,"ledger_rows":2,"new_rows":0,"old_rows":2,"references":2},"doubts":[],"event":"ledger-ended","exit_code":1,"found":[{"overcharged":{"EUR":"0.5"},"references":1,"side":"old","wrong":"amount-differs"}],"healed":0,"outcome":"diverged"}"#,
        ]
    );
}

async fn told(old: &str, charges: &str, shape: Shape, shown: Shown) -> String {
    let out = crate::repairs::Shared::default();
    let mut told = Told::new(shape, shown, Box::new(out.clone()));
    let sides = [Some(book(old, "", "total", None)), None];
    let ledger = Ledger::prepare(
        sides,
        book(charges, "", "total", None),
        Presence::Each,
        Decimal::default(),
        fast(),
    );
    let verdict = ledger
        .await
        .unwrap()
        .run(&Stop::default(), &mut |event| told.take(&event).unwrap())
        .await
        .unwrap();
    assert_eq!(verdict.outcome, Outcome::Diverged);
    out.text()
}
