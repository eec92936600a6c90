//! The demo's world: shops, payment provider, shoppers, mail server and people, each a program of its own.

mod mailroom;
mod measure;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use tidegate_api::Panel;
use tidegate_api::access::{Access, Holder, Purpose};
use tidegate_dispatch::MailConfig;
use tidegate_model::{DatabaseId, PersonId, ServiceId, SourceId, Timestamp};
use tidegate_signals::Source;
use tidegate_signals::sql::Database;

use super::program::Program;
use super::{Options, cast};
use crate::live::{Controller, chance};
use crate::reconciling::Address;
use mailroom::Mailroom;

/// Stages of the demo's plan.
pub(crate) const STAGES: usize = 5;
/// Shares of orders that the ERP refuses for a moment, and that it books and confirms too late.
const ERP_FAILING: &str = "3%";
const ERP_SLOW: &str = "8%";
/// How often a search engine's crawler asks for a page.
const CRAWL: &str = "10/s";
/// Products of each shop.
const PRODUCTS: u32 = 1_000;

/// Everything that the demo started besides the controller.
pub(crate) struct World {
    folder: PathBuf,
    pay: Program,
    old: Program,
    new: Program,
    erp: Program,
    feed: Program,
    mail: Program,
    later: Vec<Program>,
    shoppers: Option<Program>,
    gateway_port: u16,
    shop_key: String,
    http: reqwest::Client,
    mailroom: Mailroom,
    last_fresh: Option<Timestamp>,
    rolled_back_at: Option<Timestamp>,
}

impl World {
    /// Starts everything that the controller needs: shops, payment provider, mail server.
    pub(crate) async fn start(folder: &Path, options: &Options) -> anyhow::Result<Self> {
        crate::live::make_state(&folder.join("state"))?;
        let gateway_port = free_port()?;
        let access = Access::open(&folder.join("state").join("access.json")).context("cannot open the access file")?;
        let reader = ServiceId::parse("new-shop").context("a name")?;
        let switches_key = access.issue(Holder::Service(reader, Purpose::Switches))?;
        let exporter = ServiceId::parse("feed").context("a name")?;
        let sides_key = access.issue(Holder::Service(exporter, Purpose::Switches))?;
        let secret = chance::hex(16)?;
        let shop_key = chance::hex(16)?;
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
        flags.extend(words(&["--repair-from", &old.url(), "--admin-key", &shop_key]));
        if options.faults {
            flags.extend(words(&["--price-fault", "1%", "--wallet-fault", "--canonical-fault"]));
        }
        let new = Program::start("shop", &flags).await?;
        let mut flags = words(&["--port", "0", "--db", &file("erp.sqlite3"), "--admin-key", &shop_key]);
        flags.extend(words(&["--failing", ERP_FAILING, "--slow", ERP_SLOW, "--seed", &seed]));
        let erp = Program::start("erp", &flags).await?;
        let mut flags = words(&["--port", "0", "--db", &file("feed.sqlite3"), "--unit", "integrations"]);
        flags.extend(words(&[
            "--shop",
            &old.url(),
            "--shop",
            &new.url(),
            "--erp",
            &erp.url(),
        ]));
        flags.extend(words(&["--erp-key", &shop_key, "--admin-key", &shop_key]));
        flags.extend(words(&["--sides", &switches, "--sides-key", &sides_key]));
        if options.faults {
            flags.extend(words(&["--resend-fault"]));
        }
        let feed = Program::start("feed", &flags).await?;
        let mail = Program::start("mail", &words(&["--smtp-port", "0", "--http-port", "0"])).await?;
        let http = reqwest::Client::new();
        let mailroom = Mailroom::watch(http.clone(), mail.url());
        Ok(Self {
            folder: folder.to_owned(),
            pay,
            old,
            new,
            erp,
            feed,
            mail,
            later: Vec::new(),
            shoppers: None,
            gateway_port,
            shop_key,
            http,
            mailroom,
            last_fresh: None,
            rolled_back_at: None,
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

    /// What criteria ask: tables of the ERP and of the feed, the new shop's pages, and its own rows to hold them against.
    pub(crate) fn sources(&self) -> anyhow::Result<BTreeMap<SourceId, Source>> {
        let database = |name: &str, file: &str| -> anyhow::Result<(SourceId, Source)> {
            let path = self.folder.join(file);
            Ok((SourceId::parse(name)?, Source::Database(Database::Sqlite(path))))
        };
        let pages = Source::parse(&self.new.url()).context("the new shop's address")?;
        Ok(BTreeMap::from([
            database("erp", "erp.sqlite3")?,
            database("feed", "feed.sqlite3")?,
            database("new-shop-items", "new-shop.sqlite3")?,
            (SourceId::parse("new-shop-pages")?, pages),
        ]))
    }

    /// Where both shops, the payment provider and the ERP keep their rows.
    pub(crate) fn written(&self) -> anyhow::Result<BTreeMap<SourceId, Address>> {
        let file = |name: &str, file: &str| -> anyhow::Result<(SourceId, Address)> {
            let path = self.folder.join(file);
            Ok((SourceId::parse(name)?, Address(format!("sqlite:{}", path.display()))))
        };
        let all = [
            ("old-shop", "old-shop.sqlite3"),
            ("new-shop", "new-shop.sqlite3"),
            ("payments", "ledger.sqlite3"),
            ("erp", "erp.sqlite3"),
        ];
        all.into_iter().map(|(name, path)| file(name, path)).collect()
    }

    /// The mail server's letters, for the page.
    pub(crate) fn mail_panel(&self) -> Panel {
        self.mailroom.panel()
    }

    /// People and shoppers come in. Returns the address at which a newcomer logs in.
    pub(crate) async fn enter(&mut self, controller: &Controller, options: &Options) -> anyhow::Result<String> {
        let access =
            Access::open(&self.folder.join("state").join("access.json")).context("cannot open the access file")?;
        let login = access.issue_login(PersonId::parse("emma")?)?;
        let mut flags = vec!["--mail".to_owned(), self.mail.url()];
        for member in cast::MEMBERS {
            flags.extend([
                "--person".to_owned(),
                format!("{}={}", cast::address(member.id), member.behaviour),
            ]);
        }
        let known = [("--after-ms", "500"), ("--api", &controller.url)];
        flags.extend(
            known
                .iter()
                .flat_map(|(name, value)| [(*name).to_owned(), (*value).to_owned()]),
        );
        for (stage, person) in cast::REPAIRS {
            let token = access.issue(Holder::Person(PersonId::parse(person)?))?;
            let at = self.repaired_at(stage).url();
            for (name, value) in [("--at", &at), ("--key", &self.shop_key), ("--token", &token)] {
                flags.extend([name.to_owned(), format!("{stage}={value}")]);
            }
        }
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
            "--crawl",
            CRAWL,
        ];
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        self.shoppers = Some(Program::start("shoppers", &flags).await?);
        Ok(format!("{}/login?login={login}", controller.url))
    }

    /// The program whose admin face repairs a stage.
    fn repaired_at(&self, stage: &str) -> &Program {
        if stage == "integrations" { &self.feed } else { &self.new }
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

    /// Ends everything, shoppers first.
    pub(crate) async fn stop(mut self) {
        self.mailroom.close();
        if let Some(shoppers) = self.shoppers.take() {
            shoppers.stop().await;
        }
        for program in self.later.drain(..) {
            program.stop().await;
        }
        for program in [self.feed, self.erp, self.old, self.new, self.pay, self.mail] {
            program.stop().await;
        }
    }
}

/// A port that nobody listens on now.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").context("no port is free")?;
    Ok(listener.local_addr().context("no port is free")?.port())
}
