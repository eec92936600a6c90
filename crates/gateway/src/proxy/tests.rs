//! What the proxy does to a client's connection, and what it writes down.

use super::*;
use crate::sample;
use crate::spool::Spool;
use crate::spooling::Spooling;
use tokio::io::AsyncWriteExt;

#[tokio::test]
async fn a_client_has_a_seat_for_a_time_only() {
    let dir = tempfile::tempdir().unwrap();
    let (spool, waiting) = Spool::open(dir.path()).unwrap();
    let station = sample::station(dir.path(), Spooling::begin(spool, waiting).unwrap());
    let proxy = Proxy::new(Arc::new(station));
    for (asked, idle) in [("", Some(CLIENT_IDLE_SECONDS)), ("Connection: close\r\n", None)] {
        let (mut client, seat) = tokio::io::duplex(1_000);
        let request = format!("GET / HTTP/1.1\r\nHost: shop.test\r\n{asked}\r\n");
        client.write_all(request.as_bytes()).await.unwrap();
        let mut session = Session::new_h1(Box::new(seat));
        assert!(session.read_request().await.unwrap());
        proxy
            .early_request_filter(&mut session, &mut proxy.new_ctx())
            .await
            .unwrap();
        assert_eq!(session.as_downstream().get_write_timeout(), Some(CLIENT_WRITE));
        assert_eq!(session.as_downstream().get_keepalive(), idle);
    }
}

/// Remembers every event as text.
#[derive(Clone, Default)]
struct Heard(Arc<std::sync::Mutex<Vec<String>>>);

impl tracing::Subscriber for Heard {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = String::new();
        event.record(&mut |field: &tracing::field::Field, value: &dyn std::fmt::Debug| {
            text.push_str(&format!("{}={value:?} ", field.name()));
        });
        self.0.lock().unwrap().push(text);
    }
}

#[tokio::test]
async fn a_failure_is_logged_by_its_route_once_a_second_and_never_by_its_path() {
    let dir = tempfile::tempdir().unwrap();
    let (spool, waiting) = Spool::open(dir.path()).unwrap();
    let station = sample::station(dir.path(), Spooling::begin(spool, waiting).unwrap());
    let proxy = Proxy::new(Arc::new(station));
    let heard = Heard::default();
    let listening = tracing::subscriber::set_default(heard.clone());
    let (_client, seat) = tokio::io::duplex(1_000);
    let mut session = Session::new_h1(Box::new(seat));
    for _ in 0..3 {
        let mut trip = proxy.new_ctx();
        trip.road = Some(0);
        trip.path = "/product/secret-token".to_owned();
        trip.problem = Some(Problem::UpstreamRefused);
        proxy.logging(&mut session, None, &mut trip).await;
    }
    drop(listening);
    let heard: Vec<String> = heard.0.lock().unwrap().clone();
    let failed: Vec<&String> = heard.iter().filter(|l| l.contains("a request failed")).collect();
    let [line] = failed.as_slice() else { panic!("{heard:?}") };
    assert!(line.contains("route=\"product\""), "{line}");
    assert!(!line.contains("secret"), "{line}");
}
