//! Who sends or takes a byte at a time holds neither the API nor the dashboard for ever.

use std::time::Duration;

use tidegate_api::access::Purpose;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::world::{CONNECTIONS_MAX, Town};

const SLOW_AFTER: Duration = Duration::from_secs(1);
/// Between two bytes of somebody who is slow; far less than [`SLOW_AFTER`].
const PAUSE: Duration = Duration::from_millis(20);
/// Longer than anybody waits.
const WITHIN: Duration = Duration::from_secs(60);

/// Sends a head that promises a body, then a byte of it now and then, and returns what is answered.
async fn trickled(town: &Town, head: &str) -> String {
    let address = town.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("{head}host: {address}\r\ncontent-length: 60000\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut said = Vec::new();
    let answered = timeout(WITHIN, async {
        let mut piece = [0; 4096];
        loop {
            match timeout(PAUSE, stream.read(&mut piece)).await {
                Err(_) => stream.write_all(b" ").await.unwrap(),
                Ok(Ok(0)) | Ok(Err(_)) => break,
                Ok(Ok(bytes)) => said.extend_from_slice(&piece[..bytes]),
            }
            if said.windows(10).any(|window| window == b"within 1 s") {
                break;
            }
        }
    });
    let answered = answered.await;
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(answered.is_ok(), "still waited for: {said}");
    said
}

#[tokio::test]
async fn a_body_that_trickles_is_given_up_wherever_it_is_sent() {
    let town = Town::limited(SLOW_AFTER, 10).await;
    let (token, key) = (town.token("ana"), town.key(Purpose::Switches));
    let json = |path: &str, key: &str| {
        format!("POST {path} HTTP/1.1\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n")
    };
    let form =
        "POST /login HTTP/1.1\r\nsec-fetch-site: same-origin\r\ncontent-type: application/x-www-form-urlencoded\r\n";
    for head in [
        json("/api/v1/incidents", &token),
        json("/api/v1/adopt", &token),
        json("/ofrep/v1/evaluate/flags", &key),
        form.to_owned(),
    ] {
        let said = trickled(&town, &head).await;
        assert!(said.starts_with("HTTP/1.1 408 "), "{head}\n{said}");
        assert!(said.contains("expected the whole body within 1 s"), "{head}\n{said}");
        assert!(said.contains("TG8122") || head.contains("/ofrep/"), "{head}\n{said}");
    }
}

/// Asks for far more than the system keeps for somebody who does not take it.
async fn greedy(town: &Town) -> TcpStream {
    let address = town.url.strip_prefix("http://").unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(address.parse().unwrap()).await.unwrap();
    let asked = format!("GET /asset/style.css HTTP/1.1\r\nhost: {address}\r\n\r\n").repeat(600);
    stream.write_all(asked.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn who_takes_no_answer_or_a_byte_now_and_then_keeps_nobody_out() {
    let town = Town::limited(SLOW_AFTER, 10).await;
    let mut silent = Vec::new();
    let mut slow = tokio::task::JoinSet::new();
    for at in 0..CONNECTIONS_MAX {
        let mut stream = greedy(&town).await;
        if at % 2 == 0 {
            silent.push(stream);
            continue;
        }
        slow.spawn(async move {
            let mut pause = tokio::time::interval(PAUSE);
            let mut byte = [0; 1];
            while stream.read(&mut byte).await.is_ok_and(|bytes| bytes == 1) {
                pause.tick().await;
            }
        });
    }
    let asked = town.get("/healthz").timeout(WITHIN).send().await;
    assert_eq!(asked.unwrap().status(), 200);
    slow.shutdown().await;
}

#[tokio::test]
async fn a_stream_on_which_nothing_waits_is_not_slow() {
    let town = Town::limited(Duration::from_millis(50), 10).await;
    let stream = town.get("/api/v1/stream").bearer_auth(town.token("ana"));
    let mut stream = stream.send().await.unwrap();
    assert!(stream.chunk().await.unwrap().is_some(), "the head of the journal");
    // Somebody who trickles is given up meanwhile: the time is over.
    let head =
        "POST /login HTTP/1.1\r\nsec-fetch-site: same-origin\r\ncontent-type: application/x-www-form-urlencoded\r\n";
    let address = town.url.strip_prefix("http://").unwrap();
    let mut slow = TcpStream::connect(address).await.unwrap();
    let head = format!("{head}host: {address}\r\ncontent-length: 9\r\n\r\n");
    slow.write_all(head.as_bytes()).await.unwrap();
    assert!(slow.read(&mut [0; 1]).await.unwrap() > 0);
    town.incident().await;
    assert!(stream.chunk().await.unwrap().is_some(), "the stream is open");
}
