//! Sources behind TLS: let in when their certificate is proven, silence when it is not.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;

use tempfile::TempDir;
use tidegate_model::ask::{LevelAsk, LevelQuestion};
use tidegate_model::flow::SuccessPredicate;
use tidegate_model::seam::Observation;
use tidegate_signals::{Asker, Source};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::asking::{cadence, clock, id, one, silent, sources};

/// A certificate for this name or number, which is its own authority.
const CERTIFY: &str = r#"
cd "$1"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=shop \
  -addext "subjectAltName=$2" -addext basicConstraints=critical,CA:FALSE -keyout key.pem -out certificate.pem 2>/dev/null
"#;

/// A folder with a certificate and its key.
fn certified(name: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let mut command = Command::new("sh");
    let status = command
        .args(["-c", CERTIFY, "sh"])
        .arg(folder.path())
        .arg(name)
        .status();
    assert!(status.unwrap().success(), "openssl makes a certificate for {name}");
    folder
}

/// Serves one fixed answer over TLS, for as long as this process lives; the port.
fn serve(folder: &TempDir) -> u16 {
    let certificate = CertificateDer::from_pem_file(folder.path().join("certificate.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(folder.path().join("key.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let line = ServerConnection::new(config.clone()).unwrap();
            let mut stream = StreamOwned::new(line, stream.unwrap());
            // A visitor that does not trust the certificate never asks.
            if stream.read(&mut [0; 4096]).is_ok() {
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                    .unwrap();
                stream.conn.send_close_notify();
                stream.flush().unwrap();
            }
        }
    });
    port
}

async fn probe(address: &str) -> Observation {
    let success = SuccessPredicate {
        text: Some("ok".into()),
        ..SuccessPredicate::default()
    };
    let path = "/".to_owned();
    let question = LevelQuestion::Probe { path, success };
    let ask = LevelAsk {
        on: id("shop"),
        question,
    };
    let sources = sources(Source::parse(address).unwrap());
    one(Asker::level(ask, cadence()).ask(&sources, clock()).await)
}

#[tokio::test]
async fn only_a_proven_certificate_lets_an_answer_through() {
    let (ours, others) = (certified("IP:127.0.0.1"), certified("DNS:shop.invalid"));
    let file = |folder: &TempDir| folder.path().join("certificate.pem").display().to_string();
    let address = format!("https://127.0.0.1:{}/", serve(&ours));
    let found = probe(&format!("{address}?ca-file={}", file(&ours))).await;
    assert!(matches!(found, Observation::Level { .. }), "{found:?}");
    // Neither by the public authorities nor by another of our own.
    for stranger in [address.clone(), format!("{address}?ca-file={}", file(&others))] {
        let found = probe(&stranger).await;
        assert!(silent(&found).contains("invalid peer certificate"), "{found:?}");
    }
    // A certificate for another name.
    let elsewhere = format!("https://127.0.0.1:{}/?ca-file={}", serve(&others), file(&others));
    let found = probe(&elsewhere).await;
    assert!(silent(&found).contains("invalid peer certificate"), "{found:?}");
    for (path, words) in [
        ("/nowhere.pem", "entity not found"),
        ("/etc/passwd", "no certificates in PEM"),
    ] {
        let found = probe(&format!("{address}?ca-file={path}")).await;
        assert!(silent(&found).ends_with(words), "{found:?}");
    }
}
