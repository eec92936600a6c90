//! nginx (`split_clients`) and HAProxy set up for the demo's shop: visitors halved and recognised again by a cookie, the
//! addresses of the new side, callbacks by their reference. They count nothing and judge nothing.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::process::{Child, Command};

use crate::program::free_address;

/// A proxy that does not listen by then never will.
const LISTENS_WITHIN: Duration = Duration::from_secs(10);

/// A proxy of somebody else.
pub(crate) struct Rival {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
}

/// Starts nginx, as one process, so that nothing of it outlives the bench. It cannot route by what stands in a body: it reads a callback's reference from the query.
pub(crate) async fn nginx(folder: &Path, old: SocketAddr, new: SocketAddr) -> anyhow::Result<Rival> {
    let address = free_address()?;
    let path = folder.join("nginx.conf");
    let here = folder.display();
    let config = format!(
        r#"daemon off; master_process off; pid {here}/nginx.pid; error_log {here}/nginx.log;
        events {{ worker_connections 1024; }}
        http {{
            access_log off;
            client_body_temp_path {here}/body; proxy_temp_path {here}/proxy; fastcgi_temp_path {here}/fastcgi;
            uwsgi_temp_path {here}/uwsgi; scgi_temp_path {here}/scgi;
            map $cookie_tg_visitor $visitor {{ "" $request_id; default $cookie_tg_visitor; }}
            map $cookie_tg_visitor $minted {{ "" "tg_visitor=$request_id; Path=/; HttpOnly; SameSite=Lax"; default ""; }}
            split_clients $visitor $drawn {{ 50% new; * old; }}
            map $arg_order $side {{ ~^N- new; ~^O- old; default $drawn; }}
            map $side$uri $there {{
                ~^new/category/(?<rest>.+)$ /c/$rest;
                ~^new/product/(?<rest>.+)$ /p/$rest;
                ~^new/price/(?<rest>.+)$ /api/price/$rest;
                ~^new/order/(?<rest>.+)$ /orders/$rest;
                new/cart/add /api/cart;
                new/checkout /api/checkout;
                default $uri;
            }}
            upstream old {{ server {old}; keepalive 64; }}
            upstream new {{ server {new}; keepalive 64; }}
            server {{
                listen {address};
                keepalive_requests 1000000;
                location / {{
                    proxy_pass http://$side$there; proxy_http_version 1.1; proxy_set_header Connection "";
                    proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                    add_header Set-Cookie $minted always;
                }}
            }}
        }}
"#
    );
    std::fs::write(&path, config)?;
    let mut command = Command::new("nginx");
    command.arg("-c").arg(&path).arg("-p").arg(folder);
    spawn(&mut command, address)
        .await
        .context("nginx (package nginx-light)")
}

/// Starts HAProxy. It waits for a callback's body and reads the reference from it, as the gateway does.
pub(crate) async fn haproxy(folder: &Path, old: SocketAddr, new: SocketAddr) -> anyhow::Result<Rival> {
    let address = free_address()?;
    let path = folder.join("haproxy.cfg");
    let config = format!(
        r#"global
            nbthread 1
        defaults
            mode http
            timeout connect 5s
            timeout client 30s
            timeout server 30s
            http-reuse always
            option forwardfor
        frontend in
            bind {address}
            acl is_known req.cook(tg_visitor) -m found
            acl is_callback path /callback/payment
            http-request set-var(txn.minted) uuid unless is_known
            http-request set-var(txn.visitor) req.cook(tg_visitor) if is_known
            http-request set-var(txn.visitor) var(txn.minted) unless is_known
            http-request set-var(txn.bucket) var(txn.visitor),xxh32,mod(100)
            http-request wait-for-body time 5s if is_callback
            http-request set-var(txn.order) req.body,json_query('$.reference') if is_callback
            http-response add-header Set-Cookie "tg_visitor=%[var(txn.minted)]; Path=/; HttpOnly; SameSite=Lax" if {{ var(txn.minted) -m found }}
            use_backend new if {{ var(txn.order) -m beg N- }}
            use_backend old if {{ var(txn.order) -m beg O- }}
            use_backend new if {{ var(txn.bucket) -m int lt 50 }}
            default_backend old
        backend old
            server old {old}
        backend new
            http-request replace-path ^/category/(.*) /c/\1
            http-request replace-path ^/product/(.*) /p/\1
            http-request replace-path ^/price/(.*) /api/price/\1
            http-request replace-path ^/order/(.*) /orders/\1
            http-request set-path /api/cart if {{ path /cart/add }}
            http-request set-path /api/checkout if {{ path /checkout }}
            server new {new}
"#
    );
    std::fs::write(&path, config)?;
    let mut command = Command::new("haproxy");
    command.arg("-db").arg("-f").arg(&path);
    spawn(&mut command, address).await.context("HAProxy (package haproxy)")
}

async fn spawn(command: &mut Command, address: SocketAddr) -> anyhow::Result<Rival> {
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
    Ok(Rival { child, address })
}
