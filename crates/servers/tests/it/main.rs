//! Servers are there as long as they are held, and come back as they were.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Read as _;
use std::net::TcpStream;

use tidegate_servers::{Make, Server};

fn answers(server: &Server) -> bool {
    let connection = TcpStream::connect(("127.0.0.1", server.port()));
    // MariaDB speaks first; PostgreSQL waits to be spoken to.
    connection.is_ok_and(|mut stream| server.address("x").starts_with("postgres") || stream.read(&mut [0]).is_ok())
}

#[test]
fn a_server_is_killed_starts_again_and_is_gone_when_dropped() {
    for (make, setting) in [
        (Make::Postgres, "max_connections=20"),
        (Make::MariaDb, "max-connections=20"),
    ] {
        let mut server = Server::start(make, &[setting]).unwrap();
        assert!(answers(&server), "{make:?}");
        let (first, folder) = (server.process(), server.folder().to_owned());
        server.freeze().unwrap();
        server.thaw().unwrap();
        server.kill().unwrap();
        assert!(!answers(&server), "{make:?}");
        server.start_again().unwrap();
        assert!(answers(&server) && server.process() != first, "{make:?}");
        drop(server);
        assert!(!folder.exists(), "{make:?}");
    }
}
