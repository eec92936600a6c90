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

/// A request that was read, with its client.
async fn asked(text: &str) -> (tokio::io::DuplexStream, Session) {
    let (mut client, seat) = tokio::io::duplex(1_000);
    client.write_all(text.as_bytes()).await.unwrap();
    let mut session = Session::new_h1(Box::new(seat));
    assert!(session.read_request().await.unwrap());
    (client, session)
}

const READ: &str = "GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n";

#[tokio::test]
async fn only_an_unanswered_read_whose_connection_broke_off_is_repeated_and_once() {
    let dir = tempfile::tempdir().unwrap();
    let (spool, waiting) = Spool::open(dir.path()).unwrap();
    let station = sample::station(dir.path(), Spooling::begin(spool, waiting).unwrap());
    let proxy = Proxy::new(Arc::new(station));
    let peer = HttpPeer::new("127.0.0.1:1", false, String::new());
    let again = |session: &mut Session, trip: &mut Trip, error: Box<Error>, is_pooled: bool| {
        proxy.error_while_proxy(&peer, session, error, trip, is_pooled).retry()
    };
    for (kind, expected) in [
        (ErrorType::ConnectionClosed, true),
        (ErrorType::ReadError, true),
        (ErrorType::WriteError, true),
        (ErrorType::ReadTimedout, false),
        (ErrorType::WriteTimedout, false),
        (ErrorType::InvalidHTTPHeader, false),
    ] {
        for is_pooled in [true, false] {
            let (_client, mut session) = asked(READ).await;
            let mut trip = proxy.new_ctx();
            let broken = || Error::new_up(kind.clone());
            assert_eq!(
                again(&mut session, &mut trip, broken(), is_pooled),
                expected,
                "{kind:?}"
            );
            assert!(!again(&mut session, &mut trip, broken(), false), "{kind:?} once more");
            let gone = Error::new_down(kind.clone());
            assert!(!again(&mut session, &mut proxy.new_ctx(), gone, is_pooled), "{kind:?}");
        }
    }
    let lost = || Error::explain(ErrorType::InternalError, "reserving body pipe");
    let (_client, mut session) = asked(READ).await;
    assert!(again(&mut session, &mut proxy.new_ctx(), lost(), true));
    assert!(!again(&mut session, &mut proxy.new_ctx(), lost().into_in(), true));
    let seen = pingora_http::ResponseHeader::build(200, None).unwrap();
    session
        .as_downstream_mut()
        .write_response_header(Box::new(seen))
        .await
        .unwrap();
    assert!(
        !again(&mut session, &mut proxy.new_ctx(), lost(), true),
        "the client has a head"
    );
    for text in [
        "POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 0\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 1\r\n\r\nx",
    ] {
        let (_client, mut session) = asked(text).await;
        let broken = Error::new_up(ErrorType::ConnectionClosed);
        assert!(!again(&mut session, &mut proxy.new_ctx(), broken, true), "{text}");
    }
}

#[tokio::test]
async fn a_repetition_has_a_connection_of_its_own_and_the_time_of_both() {
    let dir = tempfile::tempdir().unwrap();
    let (spool, waiting) = Spool::open(dir.path()).unwrap();
    let station = sample::station(dir.path(), Spooling::begin(spool, waiting).unwrap());
    let proxy = Proxy::new(Arc::new(station));
    let (_client, mut session) = asked(READ).await;
    let mut trip = proxy.new_ctx();
    assert!(!proxy.request_filter(&mut session, &mut trip).await.unwrap());
    let first = proxy.upstream_peer(&mut session, &mut trip).await.unwrap();
    assert_eq!((first.group_key, trip.is_alone), (0, false), "the pool");
    let sent = trip.sent.unwrap();
    let broken = Error::new_up(ErrorType::WriteError);
    assert!(
        proxy
            .error_while_proxy(&first, &mut session, broken, &mut trip, true)
            .retry()
    );
    let second = proxy.upstream_peer(&mut session, &mut trip).await.unwrap();
    assert_ne!(second.group_key, 0);
    assert_eq!(trip.sent, Some(sent));
    let (_client, mut session) = asked(&READ.replace("GET", "POST")).await;
    let mut trip = proxy.new_ctx();
    assert!(!proxy.request_filter(&mut session, &mut trip).await.unwrap());
    let third = proxy.upstream_peer(&mut session, &mut trip).await.unwrap();
    assert!(![0, second.group_key].contains(&third.group_key));
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

#[tokio::test]
async fn who_leaves_before_the_head_of_an_answer_is_not_timed_as_answered() {
    use tidegate_model::seam::PromiseMeter;
    let within = |limit| PromiseMeter {
        domain: tidegate_model::DomainId::parse("shop").unwrap(),
        objective: tidegate_model::ObjectiveId::parse("fast").unwrap(),
        flow: sample::flow().id,
        within: Some(tidegate_model::Millis(limit)),
    };
    let gone = || Error::new_down(ErrorType::ConnectionClosed);
    for (limit, status, expected) in [
        (600_000, None, None),
        (0, None, Some((1, 1))),
        (600_000, Some(200), Some((1, 0))),
        (600_000, Some(503), Some((1, 1))),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (spool, waiting) = Spool::open(dir.path()).unwrap();
        let station = sample::station(dir.path(), Spooling::begin(spool, waiting).unwrap());
        let counting = crate::config::Counting {
            promises: vec![within(limit)],
            ..crate::config::Counting::default()
        };
        let now = station.now();
        station.ledger().recount(counting, now);
        let proxy = Proxy::new(Arc::new(station));
        let (_client, mut session) = asked("POST /cart HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 0\r\n\r\n").await;
        let mut trip = proxy.new_ctx();
        assert!(!proxy.request_filter(&mut session, &mut trip).await.unwrap());
        while trip.started.elapsed() < Duration::from_millis(2) {
            std::thread::yield_now();
        }
        if let Some(status) = status {
            let mut head = pingora_http::ResponseHeader::build(status, None).unwrap();
            proxy.response_filter(&mut session, &mut head, &mut trip).await.unwrap();
        }
        proxy.logging(&mut session, Some(&gone()), &mut trip).await;
        let late = crate::measure::Moment {
            ms: now.ms + 60_000,
            at: now.at,
        };
        let finished = proxy.station.ledger().tick(late).finished;
        let told = finished.iter().flat_map(|stratum| &stratum.promised);
        let told: Vec<(u64, u64)> = told.map(|one| (one.total, one.bad)).collect();
        assert_eq!(told, Vec::from_iter(expected), "{limit} {status:?}");
    }
}
