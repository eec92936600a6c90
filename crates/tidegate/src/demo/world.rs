//! The demo's world: shops, payment provider, shoppers, mail server and people, each a program of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, bail};
use rusqlite::{Connection, OpenFlags};
use serde::Deserialize;
use tidegate_api::Panel;
use tidegate_api::access::{Access, Holder, Purpose};
use tidegate_dispatch::MailConfig;
use tidegate_model::{DatabaseId, PersonId, ServiceId, Timestamp};
use tidegate_signals::sql::Database;
use tokio::task::JoinHandle;

use super::measured::{Measured, Orders};
use super::program::Program;
use super::{Options, cast, instant};
use crate::live::{Controller, chance};

/// Stages of the demo's plan.
pub(crate) const STAGES: usize = 3;
/// Products of each shop.
const PRODUCTS: u32 = 1_000;
/// How often the mail server is looked at for the page.
const MAIL_LOOK_EVERY: Duration = Duration::from_millis(700);
/// How often a condition is looked at while the last orders are paid.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Letters shown on the page.
const LETTERS_SHOWN: usize = 8;

/// Everything that the demo started besides the controller.
pub(crate) struct World {
    folder: PathBuf,
    pay: Program,
    old: Program,
    new: Program,
    mail: Program,
    later: Vec<Program>,
    shoppers: Option<Program>,
    gateway_port: u16,
    http: reqwest::Client,
    letters: Arc<Mutex<String>>,
    watching: Option<JoinHandle<()>>,
    token: Option<String>,
    controller_url: String,
    last_fresh: Option<Timestamp>,
    rolled_back_at: Option<Timestamp>,
    exposed_at: Option<Timestamp>,
    repaired: bool,
}

#[derive(Deserialize)]
struct LedgerTotals {
    undelivered: u64,
}

#[derive(Deserialize)]
struct Visits {
    started: u64,
    completed: u64,
    in_flight: u64,
    #[serde(default)]
    by_second: Vec<Second>,
}

#[derive(Deserialize)]
struct Second {
    at_ms: i64,
    failed: u64,
}

#[derive(Deserialize)]
struct Letters {
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    to: Vec<String>,
    subject: String,
}

impl World {
    /// Starts everything that the controller needs: shops, payment provider, mail server.
    pub(crate) async fn start(folder: &Path, options: &Options) -> anyhow::Result<Self> {
        crate::live::make_state(&folder.join("state"))?;
        let gateway_port = free_port()?;
        let access = Access::open(&folder.join("state").join("access.json")).context("cannot open the access file")?;
        let reader = ServiceId::parse("new-shop").context("a name")?;
        let switches_key = access.issue(Holder::Service(reader, Purpose::Switches))?;
        let secret = chance::hex(16)?;
        let seed = options.seed.to_string();
        let file = |name: &str| folder.join(name).display().to_string();
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let callback = format!("http://127.0.0.1:{gateway_port}/callback/payment");
        let ledger = file("ledger.sqlite3");
        let pay = Program::start(
            "pay",
            &words(&[
                "--port",
                "0",
                "--secret",
                &secret,
                "--ledger",
                &ledger,
                "--callback",
                &callback,
                "--seed",
                &seed,
            ]),
        )
        .await?;
        let products = PRODUCTS.to_string();
        let pay_url = pay.url();
        let shop = |side: &str, db: &str| {
            let flags = [
                "--side",
                side,
                "--port",
                "0",
                "--db",
                db,
                "--pay",
                &pay_url,
                "--pay-secret",
                &secret,
            ];
            let mut flags = words(&flags);
            flags.extend(words(&[
                "--seed",
                &seed,
                "--products",
                &products,
                "--callback",
                &callback,
            ]));
            flags
        };
        let old = Program::start("shop", &shop("old", &file("old-shop.sqlite3"))).await?;
        let mut flags = shop("new", &file("new-shop.sqlite3"));
        let switches = format!("http://{}", options.listen);
        flags.extend(words(&["--switches", &switches, "--switches-key", &switches_key]));
        flags.extend(words(&["--repair-from", &old.url()]));
        if options.faults {
            flags.extend(words(&["--price-fault", "1%", "--wallet-fault"]));
        }
        let new = Program::start("shop", &flags).await?;
        let mail = Program::start("mail", &words(&["--smtp-port", "0", "--http-port", "0"])).await?;
        Ok(Self {
            folder: folder.to_owned(),
            pay,
            old,
            new,
            mail,
            later: Vec::new(),
            shoppers: None,
            gateway_port,
            http: reqwest::Client::new(),
            letters: Arc::default(),
            watching: None,
            token: None,
            controller_url: String::new(),
            last_fresh: None,
            rolled_back_at: None,
            exposed_at: None,
            repaired: false,
        })
    }

    /// Values for the estate's `${...}`.
    pub(crate) fn settings(&self) -> BTreeMap<String, String> {
        BTreeMap::from([
            ("GATEWAY".to_owned(), format!("127.0.0.1:{}", self.gateway_port)),
            ("OLD_SHOP".to_owned(), self.old.url()),
            ("NEW_SHOP".to_owned(), self.new.url()),
        ])
    }

    pub(crate) fn mail(&self) -> anyhow::Result<MailConfig> {
        let smtp = self
            .mail
            .extra("smtp")
            .context("the mail server names no SMTP address")?;
        crate::live::mail_config(&smtp, "Tidegate <tidegate@demo.example>", "none")
    }

    pub(crate) fn databases(&self) -> anyhow::Result<BTreeMap<DatabaseId, Database>> {
        let file = |name: &str| Database::Sqlite(self.folder.join(name));
        Ok(BTreeMap::from([
            (DatabaseId::parse("old-shop")?, file("old-shop.sqlite3")),
            (DatabaseId::parse("new-shop")?, file("new-shop.sqlite3")),
        ]))
    }

    /// The mail server's letters, for the page.
    pub(crate) fn mail_panel(&self) -> Panel {
        let letters = self.letters.clone();
        Panel {
            title: "Mail of the people on call".into(),
            html: Arc::new(move || {
                letters
                    .lock()
                    .expect("no code panics while it holds the letters")
                    .clone()
            }),
        }
    }

    /// People and shoppers come in. Returns the address at which a newcomer logs in.
    pub(crate) async fn enter(&mut self, controller: &Controller, options: &Options) -> anyhow::Result<String> {
        let access =
            Access::open(&self.folder.join("state").join("access.json")).context("cannot open the access file")?;
        let petra = PersonId::parse("petra")?;
        self.token = Some(access.issue(Holder::Person(petra))?);
        let login = access.issue_login(PersonId::parse("emma")?)?;
        self.controller_url.clone_from(&controller.url);
        let mut flags = vec!["--mail".to_owned(), self.mail.url()];
        for member in cast::MEMBERS {
            flags.extend([
                "--person".to_owned(),
                format!("{}={}", cast::address(member.id), member.behaviour),
            ]);
        }
        flags.extend(["--after-ms".to_owned(), "500".to_owned()]);
        self.later.push(Program::start("oncall", &flags).await?);
        let gateway = format!("http://127.0.0.1:{}", self.gateway_port);
        let rate = format!("{}/s", options.rate_per_second);
        let seed = options.seed.to_string();
        let flags = [
            "--gateway",
            &gateway,
            "--rate",
            &rate,
            "--seed",
            &seed,
            "--duration",
            "600s",
            "--control",
            "0",
        ];
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        self.shoppers = Some(Program::start("shoppers", &flags).await?);
        self.watching = Some(tokio::spawn(watch_mail(
            self.http.clone(),
            self.mail.url(),
            self.letters.clone(),
        )));
        Ok(format!("{}/login?login={login}", controller.url))
    }

    /// Notes when checkout was exposed for the first time.
    pub(crate) fn exposed(&mut self, stage: &str, at: Timestamp) {
        if stage == "checkout" {
            self.exposed_at.get_or_insert(at);
        }
    }

    /// Notes when checkout was rolled back for the first time.
    pub(crate) fn rolled_back(&mut self, stage: &str, at: Timestamp) {
        if stage == "checkout" {
            self.rolled_back_at.get_or_insert(at);
        }
    }

    /// Notes which visitor without an open cart was the last on the new side of checkout before it is exposed again.
    pub(crate) fn watch_rollback(&mut self, controller: &Controller, is_back_again: bool) {
        if self.rolled_back_at.is_none() || is_back_again {
            return;
        }
        for counts in controller.live.borrow().values() {
            for unit in counts.units.iter().filter(|unit| unit.unit.as_str() == "checkout") {
                self.last_fresh = self.last_fresh.max(unit.last_new_without_cart);
            }
        }
    }

    /// What the pricing team does: repairs the prices, then says so where everybody says it.
    pub(crate) async fn repair_prices(&mut self) -> anyhow::Result<()> {
        if std::mem::replace(&mut self.repaired, true) {
            return Ok(());
        }
        let repaired = self
            .http
            .post(format!("{}/admin/repair-prices", self.new.url()))
            .header("x-admin-key", "demo-admin-key")
            .json(&serde_json::json!({ "from": self.old.url() }))
            .send()
            .await
            .context("the new shop cannot be repaired")?;
        if !repaired.status().is_success() {
            bail!(
                "the new shop answered {} to the repair of its prices",
                repaired.status()
            );
        }
        let change = serde_json::json!({
            "side": "new", "reference": "repair-prices", "summary": "prices imported again from the old shop"
        });
        let token = self.token.as_deref().context("people have not come in yet")?;
        let answer = self
            .http
            .post(format!("{}/api/v1/stages/pricing/change", self.controller_url))
            .bearer_auth(token)
            .header("Idempotency-Key", "repair-prices")
            .json(&change)
            .send()
            .await
            .context("the controller does not answer")?;
        if !answer.status().is_success() {
            bail!("the controller answered {} to the change of pricing", answer.status());
        }
        Ok(())
    }

    /// Lets the last orders be paid, then reads every book.
    pub(crate) async fn measure(
        &mut self,
        controller: &Controller,
        began: Timestamp,
        drain_within: Duration,
    ) -> anyhow::Result<Measured> {
        let shoppers = self.shoppers.as_ref().context("no shoppers came")?.url();
        let seconds = crate::live::clock().since(began);
        self.http
            .post(format!("{shoppers}/stop"))
            .send()
            .await
            .context("the shoppers cannot be stopped")?;
        let visits = self.drain(&shoppers, drain_within).await?;
        let old = read_orders(
            &self.folder.join("old-shop.sqlite3"),
            "SELECT reference, CAST(ROUND(CAST(amount AS REAL) * 100) AS INTEGER), status, placed_at_ms FROM orders",
        )?;
        let new = read_orders(
            &self.folder.join("new-shop.sqlite3"),
            "SELECT reference, total_cents, state, placed_at_ms FROM sales_orders",
        )?;
        let ledger = read_orders(
            &self.folder.join("ledger.sqlite3"),
            "SELECT reference, amount_cents, status, at_ms FROM ledger",
        )?;
        let captured: BTreeSet<(&str, i64)> = ledger
            .iter()
            .filter(|order| order.status == "captured")
            .map(Order::identity)
            .collect();
        let paid: BTreeSet<(&str, i64)> = old
            .iter()
            .chain(&new)
            .filter(|order| order.status == "paid")
            .map(Order::identity)
            .collect();
        let differences = captured.symmetric_difference(&paid).count();
        let then: Vec<&Order> = match self.rolled_back_at {
            Some(at) => new.iter().filter(|order| order.placed_at_ms <= at.0).collect(),
            None => Vec::new(),
        };
        let kept = then.iter().filter(|order| order.status == "paid").count();
        let exposed_at = self.exposed_at;
        let first_failure_at = visits
            .by_second
            .iter()
            .find(|second| second.failed > 0 && exposed_at.is_some_and(|at| second.at_ms + 999 >= at.0))
            .map(|second| second.at_ms.max(exposed_at.map_or(0, |at| at.0)));
        let journal = {
            let journal = controller
                .journal
                .lock()
                .expect("no code panics while it holds the journal");
            match journal.verify() {
                Ok(report) => match report.first_bad {
                    None => Ok(report.entries),
                    Some(fault) => Err(format!("broken: {fault}")),
                },
                Err(error) => Err(error.to_string()),
            }
        };
        #[expect(clippy::cast_precision_loss, reason = "a demo lasts minutes")]
        let seconds = seconds.0 as f64 / 1_000.0;
        Ok(Measured {
            old_orders: sum(&old, "paid"),
            new_orders: sum(&new, "paid"),
            ledger: sum(&ledger, "captured"),
            ledger_differences: u64::try_from(differences).unwrap_or(u64::MAX),
            stranded: (then.len() as u64, kept as u64),
            first_failure_at: instant(first_failure_at),
            last_fresh_request_at: self.last_fresh,
            attempts: visits.started,
            completed: visits.completed,
            seconds,
            journal,
        })
    }

    async fn drain(&self, shoppers: &str, within: Duration) -> anyhow::Result<Visits> {
        let until = tokio::time::Instant::now() + within;
        loop {
            let visits: Visits = self.read(&format!("{shoppers}/stats")).await?;
            let totals: LedgerTotals = self.read(&format!("{}/ledger/totals", self.pay.url())).await?;
            if (visits.in_flight == 0 && totals.undelivered == 0) || tokio::time::Instant::now() >= until {
                return Ok(visits);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn read<T: serde::de::DeserializeOwned>(&self, url: &str) -> anyhow::Result<T> {
        let answer = self
            .http
            .get(url)
            .send()
            .await
            .with_context(|| format!("{url} does not answer"))?;
        answer
            .json()
            .await
            .with_context(|| format!("{url} answered something else"))
    }

    /// Ends everything, shoppers first.
    pub(crate) async fn stop(mut self) {
        if let Some(watching) = self.watching.take() {
            watching.abort();
        }
        if let Some(shoppers) = self.shoppers.take() {
            shoppers.stop().await;
        }
        for program in self.later.drain(..) {
            program.stop().await;
        }
        for program in [self.old, self.new, self.pay, self.mail] {
            program.stop().await;
        }
    }
}

struct Order {
    reference: String,
    cents: i64,
    status: String,
    placed_at_ms: i64,
}

impl Order {
    fn identity(&self) -> (&str, i64) {
        (&self.reference, self.cents)
    }
}

fn read_orders(path: &Path, query: &str) -> anyhow::Result<Vec<Order>> {
    let failed = || format!("cannot read `{}`", path.display());
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).with_context(failed)?;
    connection.busy_timeout(Duration::from_secs(5)).with_context(failed)?;
    let mut statement = connection.prepare(query).with_context(failed)?;
    let rows = statement.query_map([], |row| {
        Ok(Order {
            reference: row.get(0)?,
            cents: row.get(1)?,
            status: row.get(2)?,
            placed_at_ms: row.get(3)?,
        })
    });
    rows.with_context(failed)?
        .collect::<Result<_, _>>()
        .with_context(failed)
}

fn sum(orders: &[Order], done: &str) -> Orders {
    let paid = orders.iter().filter(|order| order.status == done);
    Orders {
        placed: orders.len() as u64,
        paid: paid.clone().count() as u64,
        paid_cents: paid.map(|order| order.cents).sum(),
    }
}

/// A port that nobody listens on now.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").context("no port is free")?;
    Ok(listener.local_addr().context("no port is free")?.port())
}

async fn watch_mail(http: reqwest::Client, mail: String, shown: Arc<Mutex<String>>) {
    let mut clock = tokio::time::interval(MAIL_LOOK_EVERY);
    loop {
        clock.tick().await;
        let Ok(answer) = http.get(format!("{mail}/messages")).send().await else {
            continue;
        };
        let Ok(letters) = answer.json::<Letters>().await else {
            continue;
        };
        let items: String = letters
            .messages
            .iter()
            .rev()
            .take(LETTERS_SHOWN)
            .map(|letter| {
                format!(
                    "<li><b>{}</b> {}</li>",
                    escape(&letter.to.join(", ")),
                    escape(&letter.subject)
                )
            })
            .collect();
        *shown.lock().expect("no code panics while it holds the letters") = format!("<ul>{items}</ul>");
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
