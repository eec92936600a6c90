//! `tidegate serve`: the controller on the user's own systems.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use tidegate_dispatch::MailConfig;
use tidegate_model::{DatabaseId, SourceId};
use tidegate_signals::Source;
use tidegate_signals::sql::Database;

use super::check::Settings;
use crate::exit;
use crate::live::{self, Addresses, Controller, Setup};
use crate::reconciling::Address;
use crate::say::say;
use crate::stop::Stop;

/// What a comparison of any size keeps below, several times over: suspects are the only part that grows, and their number has a
/// limit.
pub(crate) const COMPARING_MEMORY_MAX_MIB: u64 = 512;
/// A program that evaluates switches for every request of a busy shop stays below.
pub(crate) const SWITCH_READS_MAX: u32 = 2_000;

/// Runs the plans of an estate: gateway, gates, pager, API and dashboard. Stops cleanly on Ctrl-C.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The estate's folder. Adopted at the first start; afterwards only `tidegate adopt` changes what runs.
    folder: PathBuf,
    #[command(flatten)]
    settings: Settings,
    /// The state folder: journal, keys, gateways. One controller at a time.
    #[arg(long, env = "TIDEGATE_STATE", default_value = ".tidegate")]
    state: PathBuf,
    /// Where API and dashboard listen.
    #[arg(long, env = "TIDEGATE_LISTEN", default_value = "127.0.0.1:7420")]
    listen: SocketAddr,
    /// How people reach the dashboard; stands in the links of pages.
    #[arg(long, env = "TIDEGATE_PUBLIC_URL")]
    public_url: Option<String>,
    /// A database that plan files name, such as `old-shop=postgres://...` or `new-shop=sqlite:/var/shop.db`; repeatable.
    /// Read from the environment as TIDEGATE_DATABASE_OLD_SHOP when it holds a password.
    #[arg(long = "database", value_name = "NAME=ADDRESS")]
    databases: Vec<String>,
    /// Any other source that criteria ask, such as `metrics=prometheus+http://10.0.0.5:9090`, `shop-log=log:/var/log/shop.jsonl`,
    /// `console=csv:/var/console.csv`, `orders=ndjson:/var/orders.jsonl`, `site=https://shop.example` or a database; repeatable. Read from the environment as
    /// TIDEGATE_SOURCE_METRICS when it holds a secret.
    #[arg(long = "source", value_name = "NAME=ADDRESS")]
    sources: Vec<String>,
    /// The most memory that one process that compares rows may hold, in MiB. One that holds more is ended, and its comparison is
    /// inconclusive.
    #[arg(long, value_name = "MIB", default_value_t = COMPARING_MEMORY_MAX_MIB)]
    comparing_memory_max: u64,
    /// Reads of switches and sides that one program or person may make in a second; more are answered 429 with `Retry-After`.
    #[arg(long, value_name = "NUMBER", default_value_t = SWITCH_READS_MAX)]
    switch_reads_max: u32,
    /// At a clean stop the gateways go on serving, as far as proven once their leases are over; the next start takes them
    /// over. For upgrades without an interruption.
    #[arg(long)]
    leave_edge: bool,
    /// The journal was restored from a backup: whatever it believes exposed is rolled back and every stage held before any
    /// gateway is asked for anything, and the owners are paged. Give it once, at the first start after restoring.
    #[arg(long)]
    restored: bool,
    #[command(flatten)]
    mail: Mail,
}

/// How pages leave.
#[derive(Debug, Clone, Args)]
struct Mail {
    /// The mail server, `host:port`. Without one, pages cannot leave and the journal says so. When it asks who sends, set
    /// TIDEGATE_MAIL_USER and TIDEGATE_MAIL_PASSWORD.
    #[arg(long, env = "TIDEGATE_MAIL_SERVER")]
    mail_server: Option<String>,
    /// The sender of pages.
    #[arg(
        long,
        env = "TIDEGATE_MAIL_FROM",
        default_value = "Tidegate <tidegate@localhost.localdomain>"
    )]
    mail_from: String,
    /// `none` (loopback only), `starttls` or `tls`.
    #[arg(long, env = "TIDEGATE_MAIL_TLS", default_value = "starttls")]
    mail_tls: String,
}

impl Serve {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let mail = self.mail.config()?;
        let has_mail = mail.is_some();
        let setup = Setup {
            bundle: live::bundle::read(&self.folder)?,
            settings: self.settings.values()?,
            state: self.state.clone(),
            listen: self.listen,
            public_url: self.public_url,
            mail,
            addresses: addresses(&self.databases, &self.sources)?,
            comparing_memory_max: self.comparing_memory_max.saturating_mul(1 << 20),
            switch_reads_max: self.switch_reads_max,
            tied: false,
            leave_edge: self.leave_edge,
            panels: Vec::new(),
        };
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("cannot start")?
            .block_on(async {
                let mut stop = Stop::listen()?;
                let controller = if self.restored {
                    Controller::start_restored(setup).await?
                } else {
                    Controller::start(setup).await?
                };
                for (edge, address) in &controller.edges {
                    say!("edge {edge} listens on {address}");
                }
                say!(
                    "tidegate runs estate {:.12} at {}",
                    controller.chosen.estate.digest(),
                    controller.url
                );
                if !has_mail && !controller.chosen.estate.ladders().is_empty() {
                    eprintln!(
                        "warning: no mail server is configured: nobody on any ladder can be called, and no approver asked; give one by `--mail-server HOST:PORT`"
                    );
                }
                if controller.chosen.differs {
                    say!(
                        "the files in `{}` differ from what runs; `tidegate adopt {}` asks for them",
                        self.folder.display(),
                        self.folder.display()
                    );
                }
                let has_failed = tokio::select! {
                    () = stop.asked() => false,
                    () = controller.failed() => true,
                };
                if has_failed {
                    controller.abandon().await;
                    bail!("TG8006: the controller's loop has ended by a bug; gateways go on without a lease");
                }
                say!("stopping");
                controller.stop().await;
                Ok(exit::FINE)
            })
    }
}

impl Mail {
    fn config(&self) -> anyhow::Result<Option<MailConfig>> {
        self.mail_server
            .as_deref()
            .map(|server| live::mail_config(server, &self.mail_from, &self.mail_tls))
            .transpose()
    }
}

/// Reads what the command line and the environment say of databases and sources. A database can be asked as a source too.
pub(super) fn addresses(databases: &[String], sources: &[String]) -> anyhow::Result<Addresses> {
    let named_databases = pairs("database", "TIDEGATE_DATABASE_", databases)?;
    let mut found = Addresses::default();
    for (name, address) in &named_databases {
        let id = DatabaseId::parse(name).with_context(|| format!("`{name}` is no database's name"))?;
        let database = Database::parse(address).with_context(|| format!("the address of `{name}`"))?;
        found.databases.insert(id, database);
    }
    for (name, address) in named_databases
        .iter()
        .chain(&pairs("source", "TIDEGATE_SOURCE_", sources)?)
    {
        let id = SourceId::parse(name).with_context(|| format!("`{name}` is no source's name"))?;
        if found.written.insert(id.clone(), Address(address.clone())).is_some() {
            bail!("`{name}` has two addresses");
        }
        // Rows of this form can be compared, and nothing else asked of them.
        if !address.starts_with("ndjson:") {
            let source = Source::parse(address).with_context(|| format!("the address of `{name}`"))?;
            found.sources.insert(id, source);
        }
    }
    Ok(found)
}

/// Names and addresses: from the environment, and from arguments, which win over it.
fn pairs(flag: &str, prefix: &str, given: &[String]) -> anyhow::Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for (variable, address) in std::env::vars() {
        if let Some(name) = variable.strip_prefix(prefix) {
            found.insert(name.to_lowercase().replace('_', "-"), address);
        }
    }
    for pair in given {
        let Some((name, address)) = pair.split_once('=') else {
            bail!("expected `--{flag} NAME=ADDRESS`, found something without `=`");
        };
        found.insert(name.to_owned(), address.to_owned());
    }
    Ok(found)
}
