//! A small shop with its own database, in an old and a new build that share a catalogue and nothing else a visitor sees.

mod callback;
mod cart_request;
mod catalogue;
mod cookie;
mod new;
mod old;
mod outbox;
mod payment;
mod public;
mod switches;

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rusqlite::Connection;

use crate::fault::Fault;
use crate::flags::{Flags, unreadable};
use crate::lifetime;
use crate::tables;
use crate::webhook::Secret;
use catalogue::Product;
use payment::Provider;
use public::Public;

/// Products of a shop when `--products` is not given, and the most it takes.
const PRODUCTS_DEFAULT: u32 = 1_000;
const PRODUCTS_MAX: u32 = 100_000;

const VALUED: &[&str] = &[
    "side",
    "port",
    "db",
    "pay",
    "pay-secret",
    "callback",
    "products",
    "seed",
    "switches",
    "switches-key",
    "price-fault",
    "admin-key",
    "repair-from",
    "public",
];

/// What both builds of the shop are started with.
struct Opening {
    port: u16,
    db: PathBuf,
    products: Vec<Product>,
    provider: Provider,
    secret: Secret,
    tokens: Tokens,
    public: Public,
}

/// Starts the shop and serves until told to stop.
pub(crate) async fn start(args: &[String]) -> Result<(), Fault> {
    let flags = Flags::read(args, VALUED, &["wallet-fault", "canonical-fault"])?;
    let seed = flags.number("seed", 1_u64)?;
    let count = flags.number("products", PRODUCTS_DEFAULT)?;
    if count == 0 || count > PRODUCTS_MAX {
        return Err(unreadable("products", "1 to 100000", &count.to_string()).into());
    }
    let opening = Opening {
        port: flags.number("port", 0)?,
        db: PathBuf::from(flags.required("db")?),
        products: catalogue::products(seed, count),
        provider: Provider::new(flags.required("pay")?, flags.text("callback"))?,
        secret: Secret::read("pay-secret", flags.required("pay-secret")?)?,
        tokens: Tokens::new(seed),
        public: Public::read(flags.text("public")),
    };
    match flags.required("side")? {
        "old" => old::start(opening).await,
        "new" => new::start(opening, &flags, seed).await,
        other => Err(unreadable("side", "`old` or `new`", other).into()),
    }
}

/// Serves one build of the shop until told to stop.
async fn serve(port: u16, router: axum::Router) -> Result<(), Fault> {
    let listener = lifetime::listen(port).await?;
    lifetime::announce(&listener)?;
    lifetime::serve(listener, router).await
}

/// Opens the shop's database.
fn open(path: &std::path::Path, schema: &str) -> Result<Connection, Fault> {
    let connection = tables::open(path, schema)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch(outbox::SCHEMA)?;
    Ok(connection)
}

/// Takes the lock of the only thread; statements are short, so the lock is never held across an await.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no thread panics while it holds a shop's lock")
}

/// Draws session and order tokens from the seed; a restarted shop draws on from where its database says it stopped.
struct Tokens(Mutex<ChaCha8Rng>);

impl Tokens {
    fn new(seed: u64) -> Self {
        Self(Mutex::new(ChaCha8Rng::seed_from_u64(seed)))
    }

    /// Goes to the stream numbered `start`, so that no token of an earlier start returns.
    fn begin(&self, start: u64) {
        lock(&self.0).set_stream(start);
    }

    fn session(&self) -> String {
        format!("{:016x}", lock(&self.0).next_u64())
    }

    fn suffix(&self) -> String {
        format!("{:08x}", lock(&self.0).next_u32())
    }
}
