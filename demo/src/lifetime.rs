//! How a program begins and ends: it listens, says so in one line, and stops when it is told to or left alone.

use std::io::{Read as _, Write as _};

use axum::Router;
use axum::serve::ListenerExt as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::fault::Fault;

/// Listens on the loopback address; port 0 takes any free port.
pub(crate) async fn listen(port: u16) -> Result<TcpListener, Fault> {
    let addr = format!("127.0.0.1:{port}");
    TcpListener::bind(&addr)
        .await
        .map_err(|source| Fault::Listen { addr, source })
}

/// Serves `router` until the program is told to stop.
pub(crate) async fn serve(listener: TcpListener, router: Router) -> Result<(), Fault> {
    // Without TCP_NODELAY small answers wait for the peer's delayed acknowledgement.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its send delay");
        }
    });
    tokio::select! {
        served = axum::serve(listener, router).into_future() => served.map_err(Fault::Serve),
        stopped = told_to_stop() => stopped,
    }
}

/// Prints the one line that says that the program is ready at the listener's address.
pub(crate) fn announce(listener: &TcpListener) -> Result<(), Fault> {
    let addr = listener.local_addr().map_err(Fault::Announce)?;
    say(&json!({ "ready": true, "addr": addr.to_string() }))
}

/// Prints one line of JSON to standard output and flushes it.
pub(crate) fn say(line: &Value) -> Result<(), Fault> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .map_err(Fault::Announce)
}

/// Waits for SIGTERM, SIGINT or the end of standard input, so that no program outlives the one that started it.
pub(crate) async fn told_to_stop() -> Result<(), Fault> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Fault::Runtime)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Fault::Runtime)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = end_of_input() => {}
    }
    Ok(())
}

/// Resolves when standard input closes; a read from it cannot be cancelled, so a thread does it.
fn end_of_input() -> oneshot::Receiver<()> {
    let (closed, when_closed) = oneshot::channel();
    std::thread::spawn(move || {
        let mut ignored = [0_u8; 256];
        let mut input = std::io::stdin().lock();
        while matches!(input.read(&mut ignored), Ok(read) if read > 0) {}
        if closed.send(()).is_err() {
            tracing::debug!("standard input closed after the program had stopped");
        }
    });
    when_closed
}
