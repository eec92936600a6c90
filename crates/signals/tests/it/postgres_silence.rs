//! Whatever keeps PostgreSQL from answering is silence with a reason.

use std::net::TcpListener;

use tidegate_signals::sql::{Database, Limits, equality};

use crate::file::File;
use crate::server::Server;
use crate::{NOW, PEAK_KB_MAX, impatient, limits, peak_kb, reason, silence};

async fn check(server: &Server, query: &str, expected: &str) {
    assert_eq!(silence(&server.database(), query, &limits()).await, expected, "{query}");
}

async fn told(address: &str, limits: &Limits) -> String {
    silence(&Database::parse(address).unwrap(), "SELECT 1, 2", limits).await
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_silence() {
    // RFC 6761 §6.4: this name never leads anywhere.
    let nowhere = told("postgres://u:secret@shop.invalid/db?sslmode=disable", &limits()).await;
    assert!(nowhere.starts_with("the connection failed: "), "{nowhere}");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let refused = told(&format!("postgres://u:secret@127.0.0.1:{port}/db"), &limits()).await;
    assert!(refused.contains("Connection refused"), "{refused}");
    let no_socket = told("postgres://u:secret@%2Fnowhere/db", &limits()).await;
    assert!(no_socket.contains("No such file"), "{no_socket}");
    for reason in [nowhere, refused, no_socket] {
        assert!(!reason.contains("secret"), "{reason}");
    }
}

#[tokio::test]
async fn a_server_that_never_answers_is_silence() {
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("postgres://u@127.0.0.1:{}/db", mute.local_addr().unwrap().port());
    assert_eq!(told(&address, &impatient()).await, "no answer within 1500 ms");
}

#[tokio::test]
async fn a_server_that_is_none_is_silence() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("postgres://u@127.0.0.1:{}/db", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::io::Write::write_all(&mut stream.unwrap(), b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        }
    });
    let (none, sound) = (Database::parse(&address).unwrap(), File::with(""));
    let sides = ((&none, "SELECT 1, 2"), (&sound.database(), "SELECT 1, 2"));
    let told = reason(equality(sides.0, sides.1, &limits(), NOW).await);
    assert!(told.starts_with("old side: the connection failed: "), "{told}");
}

#[tokio::test]
async fn rows_cross_no_network_unprotected_unless_the_address_says_so() {
    let expected = "PostgreSQL is asked without TLS; for another machine say `sslmode=disable` in the address, or use a local socket";
    for address in [
        "postgres://u:p@192.0.2.1/db",
        "postgres://u:p@shop.invalid/db",
        "postgres://u:p@localhost,shop.invalid/db",
        "postgres://u:p@localhost/db?hostaddr=192.0.2.1",
    ] {
        assert_eq!(told(address, &limits()).await, expected, "{address}");
    }
    let demanded = told("postgres://u:p@127.0.0.1/db?sslmode=require", &limits()).await;
    assert_eq!(demanded, "the address demands TLS, and PostgreSQL is asked without it");
}

#[test]
fn an_address_that_cannot_be_read_is_refused_and_not_repeated() {
    for address in [
        "postgres://u:secret@h:port/db",
        "postgres://u:secret@h/db?no=option",
        "mysql://u:secret@h:port/db",
        "mysql://u:secret@h/db?no=option",
        "",
    ] {
        let error = Database::parse(address).unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_let_us_in_is_silence() {
    let server = Server::shared().await;
    let port = server.port();
    let wrong = told(
        &format!("postgres://tidegate:guess@127.0.0.1:{port}/postgres"),
        &limits(),
    )
    .await;
    assert_eq!(wrong, "password authentication failed for user \"tidegate\" (28P01)");
    let none = told(&format!("postgres://tidegate@127.0.0.1:{port}/postgres"), &limits()).await;
    assert_eq!(none, "the connection failed: invalid configuration: password missing");
    let missing = told(
        &format!("postgres://tidegate:secret@127.0.0.1:{port}/nowhere"),
        &limits(),
    )
    .await;
    assert_eq!(missing, "database \"nowhere\" does not exist (3D000)");
    server
        .run("CREATE TABLE locked_away (k int); CREATE ROLE clerk LOGIN PASSWORD 'secret'")
        .await;
    let clerk = Database::parse(&format!("postgres://clerk:secret@127.0.0.1:{port}/postgres")).unwrap();
    let denied = silence(&clerk, "SELECT k, 1 FROM locked_away", &limits()).await;
    assert_eq!(denied, "permission denied for table locked_away (42501)");
}

#[tokio::test]
async fn what_the_statement_names_and_is_not_there_is_told() {
    let server = Server::shared().await;
    server.run("CREATE TABLE named (k int, v text)").await;
    let missing = "relation \"nowhere\" does not exist (42P01)";
    check(&server, "SELECT k, v FROM nowhere", missing).await;
    check(
        &server,
        "SELECT id, v FROM named",
        "column \"id\" does not exist (42703)",
    )
    .await;
    check(&server, "SELEKT 1", "syntax error at or near \"SELEKT\" (42601)").await;
    let several = "cannot insert multiple commands into a prepared statement (42601)";
    check(&server, "SELECT 1, 2; SELECT 3, 4", several).await;
    check(
        &server,
        "SELECT $1::int, 2",
        "expected one statement without parameters",
    )
    .await;
    for query in ["", "-- nothing", "SELECT"] {
        check(
            &server,
            query,
            "expected a statement that only reads and returns columns",
        )
        .await;
    }
}

#[tokio::test]
async fn rows_that_cannot_be_compared_for_certain_are_silence() {
    let server = Server::shared().await;
    let null_key = "SELECT * FROM (VALUES (1, 'a'), (NULL, 'b')) AS t";
    check(&server, null_key, "a key (first column) is NULL").await;
    for number in ["float8", "float4", "numeric"] {
        for word in ["NaN", "Infinity", "-Infinity"] {
            let query = format!("SELECT 1, '{word}'::{number}");
            check(&server, &query, "a number is not finite (NaN or infinity)").await;
        }
    }
}

#[tokio::test]
async fn a_query_that_fails_on_the_way_is_silence_without_the_value_it_failed_on() {
    let server = Server::shared().await;
    let malformed = "SELECT k, v::int FROM (VALUES (1, '2'), (2, '4111 1111 1111 1111')) AS t (k, v)";
    check(&server, malformed, "the query failed (code 22P02)").await;
    let divided = "SELECT k, 1 / v FROM (VALUES (1, 2), (2, 0)) AS t (k, v)";
    check(&server, divided, "the query failed (code 22012)").await;
}

#[tokio::test]
async fn a_query_without_end_is_silence_and_ends_on_the_server_too() {
    let server = Server::shared().await;
    let told = silence(&server.database(), "SELECT 'for ever', pg_sleep(3600)", &impatient()).await;
    assert_eq!(told, "no answer within 1500 ms");
    server.rests_from("for ever").await;
}

#[tokio::test]
async fn a_locked_table_is_silence() {
    let server = Server::shared().await;
    server.run("CREATE TABLE held (k int, v int)").await;
    let holder = server.client().await;
    holder.batch_execute("BEGIN; LOCK TABLE held").await.unwrap();
    check(
        &server,
        "SELECT k, v FROM held",
        "canceling statement due to lock timeout (55P03)",
    )
    .await;
}

/// Asks for something that takes an hour, against a side that answers at once.
async fn long_question(database: Database) -> String {
    let sound = File::with("");
    let patient = Limits {
        answer_within: std::time::Duration::from_secs(600),
        ..Limits::default()
    };
    let sound = (&sound.database(), "SELECT 1, 2");
    let asked = (&database, "SELECT 'an hour', pg_sleep(3600)");
    reason(equality(asked, sound, &patient, NOW).await)
}

#[tokio::test]
async fn a_connection_that_is_ended_in_the_middle_is_silence() {
    let server = Server::shared().await;
    let asked = tokio::spawn(long_question(server.database()));
    let process = server.working_on("an hour").await;
    let ended = server
        .client()
        .await
        .query_one("SELECT pg_terminate_backend($1)", &[&process])
        .await;
    assert!(ended.unwrap().get::<_, bool>(0));
    let told = asked.await.unwrap();
    assert_eq!(
        told,
        "old side: terminating connection due to administrator command (57P01)"
    );
}

#[tokio::test]
async fn a_server_that_is_killed_in_the_middle_is_silence() {
    let server = tokio::task::spawn_blocking(Server::start).await.unwrap();
    let asked = tokio::spawn(long_question(server.database()));
    server.working_on("an hour").await;
    tokio::task::spawn_blocking(move || drop(server)).await.unwrap();
    let told = asked.await.unwrap();
    assert!(
        told.starts_with("old side: the connection failed: ") || told.contains("(57P0"),
        "{told}"
    );
}

#[tokio::test]
async fn more_than_a_limit_is_silence_and_exactly_the_limit_an_answer() {
    let server = Server::shared().await;
    let narrow = |rows_max, row_bytes_max| Limits {
        rows_max,
        row_bytes_max,
        ..limits()
    };
    let (database, query) = (server.database(), "SELECT n, 'abc' FROM generate_series(1, 3) AS n");
    let told = silence(&database, query, &narrow(2, 4)).await;
    assert_eq!(told, "more than 2 rows; narrow the query");
    let told = silence(&database, query, &narrow(3, 3)).await;
    assert_eq!(told, "a row is longer than 3 bytes");
    // A value that is cut on its way is still too long.
    let told = silence(&database, "SELECT 1, repeat('x', 250000000)", &limits()).await;
    assert_eq!(told, "a row is longer than 1048576 bytes");
    assert!(peak_kb() < PEAK_KB_MAX, "{} kB", peak_kb());
    let observation = equality((&database, query), (&database, query), &narrow(3, 4), NOW).await;
    assert!(matches!(
        observation,
        tidegate_model::seam::Observation::Equality { counts, .. } if counts.old_rows == 3
    ));
}
