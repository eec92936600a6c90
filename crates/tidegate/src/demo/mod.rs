//! The demo: the controller of `serve`, beside a world of separate programs that know nothing of it.

mod books;
mod cast;
mod claims;
mod estate;
mod losses;
mod measured;
mod narrate;
mod program;
mod report;
mod story;
mod world;

pub(crate) use world::free_port;

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use tidegate_model::Timestamp;

use crate::commands::{COMPARING_MEMORY_MAX_MIB, SWITCH_READS_MAX};
use crate::exit;
use crate::live::{Addresses, Controller, Setup};
use crate::say::say;
use crate::stop::Stop;

/// A demo that has not told its story by then has failed.
const STORY_WITHIN: Duration = Duration::from_secs(280);
/// Time for the last orders to be paid and the last webhooks to arrive.
const DRAIN_WITHIN: Duration = Duration::from_secs(15);

/// How a demo is run.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) seed: u64,
    pub(crate) rate_per_second: u32,
    pub(crate) faults: bool,
    pub(crate) listen: SocketAddr,
    /// Leave the dashboard open afterwards until Ctrl-C.
    pub(crate) linger: bool,
    /// Keep the state folder.
    pub(crate) keep: Option<std::path::PathBuf>,
}

/// Runs the demo and says how it ended.
///
/// # Errors
/// When the world or the controller cannot be started.
pub(crate) async fn run(options: Options) -> anyhow::Result<u8> {
    let mut stop = Stop::listen()?;
    let folder = Folder::make(options.keep.as_deref())?;
    let mut world = world::World::start(&folder.path, &options).await?;
    let setup = Setup {
        bundle: estate::bundle(),
        settings: world.settings(),
        state: folder.path.join("state"),
        listen: options.listen,
        public_url: None,
        mail: Some(world.mail()?),
        addresses: Addresses {
            databases: world.databases()?,
            sources: world.sources()?,
            written: world.written()?,
        },
        comparing_memory_max: COMPARING_MEMORY_MAX_MIB << 20,
        switch_reads_max: SWITCH_READS_MAX,
        tied: true,
        leave_edge: false,
        panels: vec![world.mail_panel()],
    };
    let controller = Controller::start(setup).await?;
    let told = tell(&options, &mut world, &controller, &mut stop).await;
    // Whoever has asked it to stop is not made to ask again.
    if matches!(told, Ok(End::Told(_))) && options.linger {
        say!("\nThe dashboard stays at {} until Ctrl-C.", controller.url);
        stop.asked().await;
    }
    world.stop().await;
    controller.stop().await;
    told.map(|end| match end {
        End::Told(code) => code,
        End::Stopped => exit::TROUBLE,
    })
}

/// How the telling ended.
enum End {
    /// With the report, and this exit code.
    Told(u8),
    /// By a signal, before it.
    Stopped,
}

/// What a stranger needs to know before the story begins.
fn preface(options: &Options) -> String {
    let hidden = if options.faults {
        "Hidden in the new side: 1 % of its prices differ, one payment method answers with success and places no order, its \
         exporter sends an order again under another key when the ERP is slow, and some pages tell search engines an address \
         that nobody can reach."
    } else {
        "No faults are hidden in the new side: no stage may be rolled back."
    };
    format!(
        "A shop is being replaced while {} customers a second buy in it: catalogue, pricing, checkout, then the \
         feed of orders to the ERP, at 10, 50 and 100 %, and beside it what search engines know, which flips whole.\n\
         A crawler that keeps no cookies comes to the old shop's addresses all the time.\n\
         Both shops, payment provider, ERP, feed, customers and mail server are programs of their own that know nothing of Tidegate.\n\
         {hidden}\n\
         On call is a program that reads mail and uses public faces only: {}.\n\
         Everything below is measured, seed {}. Marks: + reached, ! harm, ? somebody is needed.",
        options.rate_per_second,
        cast::sentence(),
        options.seed
    )
}

async fn tell(
    options: &Options,
    world: &mut world::World,
    controller: &Controller,
    stop: &mut Stop,
) -> anyhow::Result<End> {
    let login = world.enter(controller, options).await?;
    say!("{}", preface(options));
    say!("Dashboard: {login}\n");
    let began = crate::live::clock();
    let mut narrator = narrate::Narrator::new(controller);
    let over = tokio::select! {
        over = narrator.until_over(world, controller) => over?,
        () = tokio::time::sleep(STORY_WITHIN) => false,
        () = stop.asked() => {
            say!("\nStopped; everything that the demo started is being ended.");
            return Ok(End::Stopped);
        }
    };
    if !over {
        say!("\nThe story did not end within {STORY_WITHIN:?}.");
    }
    let measured = world.measure(controller, began, DRAIN_WITHIN).await?;
    let story = narrator.story();
    let lines = report::lines(story, &measured);
    let claims = if options.faults {
        claims::with_faults(story, &measured, &lines)
    } else {
        claims::without_faults(story, &measured)
    };
    say!("{}", report::render(&lines, &claims));
    let right = over && report::holds(&lines, &claims);
    Ok(End::Told(if right { exit::FINE } else { exit::WRONG }))
}

/// The demo's folder: temporary unless it is to be kept.
struct Folder {
    path: std::path::PathBuf,
    temporary: bool,
}

impl Folder {
    fn make(keep: Option<&std::path::Path>) -> anyhow::Result<Self> {
        let (path, temporary) = match keep {
            Some(path) => (path.to_owned(), false),
            None => (
                std::env::temp_dir().join(format!("tidegate-demo-{}", crate::live::chance::hex(4)?)),
                true,
            ),
        };
        if path.exists()
            && path
                .read_dir()
                .context("cannot look into the demo's folder")?
                .next()
                .is_some()
        {
            bail!(
                "`{}` is not empty; the demo keeps its files in a folder of its own",
                path.display()
            );
        }
        std::fs::create_dir_all(&path).with_context(|| format!("cannot make `{}`", path.display()))?;
        Ok(Self { path, temporary })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            tracing::warn!(%error, folder = %self.path.display(), "the demo's folder is left behind");
        }
    }
}

/// Milliseconds since the epoch as an instant, when the world outside names one.
fn instant(ms: Option<i64>) -> Option<Timestamp> {
    ms.filter(|ms| *ms > 0).map(Timestamp)
}
