//! CPU time per request: the gateway, with flows followed and counts kept, beside proxies that split clients and count nothing.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::process::{Child, Command};

use crate::program::{Program, free_address};
use crate::{cpu, load, upstream};

/// Connections at once.
const CONNECTIONS: u32 = 16;
/// A proxy that does not listen by then never will.
const LISTENS_WITHIN: Duration = Duration::from_secs(10);

struct Proxy {
    name: &'static str,
    address: SocketAddr,
    pids: Vec<u32>,
    /// CPU microseconds per request of each round.
    rounds: Vec<f64>,
}

/// Runs the rounds and prints the table.
pub(crate) async fn run(program: &Path, requests: u32, rounds: usize) -> anyhow::Result<()> {
    let (old, _) = upstream::start().await?;
    let (new, _) = upstream::start().await?;
    let mut tidegate = Program::start(program, old, new).await?;
    tidegate.expose().await?;
    let folder = tempfile::tempdir()?;
    let (mut nginx, nginx_address) = nginx(folder.path(), old, new).await?;
    let (mut haproxy, haproxy_address) = haproxy(folder.path(), old, new).await?;
    let proxy = |name, address, pids| Proxy {
        name,
        address,
        pids,
        rounds: Vec::new(),
    };
    let mut proxies = [
        proxy("tidegate gateway", tidegate.gateway, tidegate.gateway_pids()?),
        proxy("nginx split_clients", nginx_address, with_descendants(&nginx)?),
        proxy("HAProxy", haproxy_address, with_descendants(&haproxy)?),
    ];
    for proxy in &proxies {
        load::burst(proxy.address, requests / 4, CONNECTIONS)
            .await
            .with_context(|| format!("warming {}", proxy.name))?;
    }
    for _ in 0..rounds {
        for proxy in &mut proxies {
            let before = cpu::seconds_of(&proxy.pids)?;
            load::burst(proxy.address, requests, CONNECTIONS).await?;
            let spent = cpu::seconds_of(&proxy.pids)? - before;
            proxy.rounds.push(spent * 1e6 / f64::from(requests));
        }
    }
    println!("proxies: {requests} requests per round, {rounds} alternating rounds, {CONNECTIONS} connections");
    let tidegates = median(&mut proxies[0].rounds);
    for proxy in &mut proxies {
        let of_this = median(&mut proxy.rounds);
        println!(
            "  {:<20} {of_this:>6.1} us of CPU per request   the gateway needs {:>4.2} times that",
            proxy.name,
            tidegates / of_this
        );
    }
    nginx.kill().await?;
    haproxy.kill().await?;
    tidegate.stop().await
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

fn with_descendants(child: &Child) -> anyhow::Result<Vec<u32>> {
    let pid = child.id().context("a proxy has ended")?;
    let mut pids = cpu::descendants(pid)?;
    pids.push(pid);
    Ok(pids)
}

async fn nginx(folder: &Path, old: SocketAddr, new: SocketAddr) -> anyhow::Result<(Child, SocketAddr)> {
    let address = free_address()?;
    let path = folder.join("nginx.conf");
    let here = folder.display();
    let config = format!(
        "daemon off; worker_processes 1; pid {here}/nginx.pid; error_log {here}/nginx.log;
        events {{ worker_connections 1024; }}
        http {{
            access_log off;
            client_body_temp_path {here}/body; proxy_temp_path {here}/proxy; fastcgi_temp_path {here}/fastcgi;
            uwsgi_temp_path {here}/uwsgi; scgi_temp_path {here}/scgi;
            split_clients \"$cookie_tg_visitor\" $side {{ 50% new; * old; }}
            upstream old {{ server {old}; keepalive 64; }}
            upstream new {{ server {new}; keepalive 64; }}
            server {{
                listen {address};
                keepalive_requests 1000000;
                location / {{ proxy_pass http://$side; proxy_http_version 1.1; proxy_set_header Connection \"\"; }}
            }}
        }}\n"
    );
    std::fs::write(&path, config)?;
    let mut command = Command::new("nginx");
    command.arg("-c").arg(&path).arg("-p").arg(folder);
    spawn(&mut command, address)
        .await
        .context("nginx (package nginx-light)")
}

async fn haproxy(folder: &Path, old: SocketAddr, new: SocketAddr) -> anyhow::Result<(Child, SocketAddr)> {
    let address = free_address()?;
    let path = folder.join("haproxy.cfg");
    let config = format!(
        "global
            nbthread 1
        defaults
            mode http
            timeout connect 5s
            timeout client 30s
            timeout server 30s
            http-reuse always
        frontend in
            bind {address}
            http-request set-var(txn.bucket) req.cook(tg_visitor),xxh32,mod(100)
            use_backend new if {{ var(txn.bucket) -m int lt 50 }}
            default_backend old
        backend old
            server old {old}
        backend new
            server new {new}\n"
    );
    std::fs::write(&path, config)?;
    let mut command = Command::new("haproxy");
    command.arg("-db").arg("-f").arg(&path);
    spawn(&mut command, address).await.context("HAProxy (package haproxy)")
}

async fn spawn(command: &mut Command, address: SocketAddr) -> anyhow::Result<(Child, SocketAddr)> {
    let child = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("cannot be started")?;
    let listens = async {
        while tokio::net::TcpStream::connect(address).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    if tokio::time::timeout(LISTENS_WITHIN, listens).await.is_err() {
        bail!("does not listen on {address}");
    }
    Ok((child, address))
}
