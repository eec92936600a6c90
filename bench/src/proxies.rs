//! CPU time per request in the configuration that the demo ships: the gateway, with flows followed, bodies read and counts
//! kept, beside proxies that split the same visitors and count nothing.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::program::{Program, free_address};
use crate::rivals::{self, Rival};
use crate::shop::{self, Kind};
use crate::shopper::{self, Tally};
use crate::{cpu, estate};

/// Orders on the new side, of all: further from one half than this is not the split that is compared.
const HALF_WITHIN: f64 = 0.1;
/// A cart's window is 4 s; what the gateway has not told long after it, it never will.
const TOLD_WITHIN_S: u32 = 20;

struct Proxy {
    name: &'static str,
    address: SocketAddr,
    pids: Vec<u32>,
    /// CPU microseconds per request of each round.
    cpu_us: Vec<f64>,
    /// Requests per second of each round.
    rates: Vec<f64>,
    orders: [u64; 2],
}

/// Runs the rounds and prints the table.
pub(crate) async fn run(program: &Path, shoppers: u64, rounds: usize) -> anyhow::Result<()> {
    let old = shop::start(Kind::Old).await?;
    let new = shop::start(Kind::New).await?;
    let mut tidegate = Program::start(program, &estate::demo(free_address()?, old, new)).await?;
    tidegate.expose().await?;
    let folder = tempfile::tempdir()?;
    let mut nginx = rivals::nginx(folder.path(), old, new).await?;
    let mut haproxy = rivals::haproxy(folder.path(), old, new).await?;
    let mut proxies = [
        Proxy::new("tidegate gateway", tidegate.gateway, tidegate.gateway_pids()?),
        Proxy::new("nginx split_clients", nginx.address, with_descendants(&nginx)?),
        Proxy::new("HAProxy", haproxy.address, with_descendants(&haproxy)?),
    ];
    for proxy in &mut proxies {
        let tally = shopper::crowd(proxy.address, 0, shoppers / 4)
            .await
            .with_context(|| format!("warming {}", proxy.name))?;
        proxy.count(tally);
    }
    let controller = tidegate.controller_pid()?;
    let (mut controller_s, mut requests) = (0.0, 0);
    for round in 1..=rounds as u64 {
        for (at, proxy) in proxies.iter_mut().enumerate() {
            let before = [cpu::seconds_of(&proxy.pids)?, cpu::seconds(controller)?];
            let tally = shopper::crowd(proxy.address, round * shoppers, shoppers)
                .await
                .with_context(|| format!("round {round} of {}", proxy.name))?;
            proxy.take(tally, cpu::seconds_of(&proxy.pids)? - before[0]);
            if at == 0 {
                controller_s += cpu::seconds(controller)? - before[1];
                requests += tally.requests;
            }
        }
    }
    println!(
        "proxies: {shoppers} shoppers of the demo per round, {requests} requests each in {rounds} alternating rounds, {} at once; \
         shoppers and shops on the same machine",
        shopper::AT_ONCE
    );
    print(&mut proxies)?;
    let [gateway, ..] = &proxies;
    let (attempts, completed) = counted(&tidegate, gateway.orders.iter().sum()).await?;
    println!("  the gateway's own count: {completed} of {attempts} carts became orders, as the shoppers say");
    println!(
        "  the controller beside its gateway: {:.1} us of CPU per request",
        controller_s * 1e6 / requests as f64
    );
    nginx.child.kill().await?;
    haproxy.child.kill().await?;
    tidegate.stop().await
}

/// Attempts to buy and orders among them, once the gateway has told of as many orders as the shoppers have.
///
/// # Errors
/// When it never does: what was measured then did not do its work.
async fn counted(tidegate: &Program, orders: u64) -> anyhow::Result<(u64, u64)> {
    let mut last = (0, 0);
    for _ in 0..TOLD_WITHIN_S {
        last = tidegate.counted("buy-completion").await?;
        if last.1 == orders {
            return Ok(last);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    bail!(
        "the gateway counted {} orders of {} carts, the shoppers have {orders}",
        last.1,
        last.0
    )
}

/// Medians over the rounds, and what the gateway needs as a multiple of each.
fn print(proxies: &mut [Proxy]) -> anyhow::Result<()> {
    let mut of_gateway = None;
    for proxy in proxies {
        let share = proxy.share_of_new();
        if (share - 0.5).abs() > HALF_WITHIN {
            bail!("{} sends {:.0} % of orders to the new side", proxy.name, 100.0 * share);
        }
        let (cpu_us, rate) = (median(&mut proxy.cpu_us), median(&mut proxy.rates));
        let (gateway_us, gateway_rate) = *of_gateway.get_or_insert((cpu_us, rate));
        println!(
            "  {:<20} {rate:>7.0} requests/s   {cpu_us:>6.1} us of CPU per request   {:>4.1} % new   \
             the gateway: {:.2} times the CPU, {:.2} times the requests/s",
            proxy.name,
            100.0 * share,
            gateway_us / cpu_us,
            gateway_rate / rate
        );
    }
    Ok(())
}

impl Proxy {
    fn new(name: &'static str, address: SocketAddr, pids: Vec<u32>) -> Self {
        Self {
            name,
            address,
            pids,
            cpu_us: Vec::new(),
            rates: Vec::new(),
            orders: [0; 2],
        }
    }

    fn take(&mut self, tally: Tally, cpu_s: f64) {
        self.cpu_us.push(cpu_s * 1e6 / tally.requests as f64);
        self.rates.push(tally.requests as f64 / tally.seconds);
        self.count(tally);
    }

    fn count(&mut self, tally: Tally) {
        self.orders[0] += tally.orders_old;
        self.orders[1] += tally.orders_new;
    }

    fn share_of_new(&self) -> f64 {
        let [old, new] = self.orders;
        new as f64 / (old + new).max(1) as f64
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

fn with_descendants(rival: &Rival) -> anyhow::Result<Vec<u32>> {
    let pid = rival.child.id().context("a proxy has ended")?;
    let mut pids = cpu::descendants(pid)?;
    pids.push(pid);
    Ok(pids)
}
