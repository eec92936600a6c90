//! Databases behind TLS: compared where their certificate is proven as strictly as the address asks, refused where it is not.

use std::fs;
use std::process::Command;
use std::time::Duration;

use tidegate_reconcile::source::{Arrival, Asked, Question};
use tidegate_reconcile::{Expression, Key, Relation, SourceFault, Value, source};

use crate::server::Servers;

/// Another certificate, which vouches for nobody here.
const STRANGER: &str = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=stranger \
    -keyout /dev/null -out \"$1\" 2>/dev/null";

/// What comes of asking for a table's columns at this address.
async fn asked(address: &str) -> Result<usize, SourceFault> {
    let source = source::open(address)?;
    let columns = source.columns(&Relation::Table("t".to_owned())).await?;
    Ok(columns.names.len())
}

fn is_refused(asked: &Result<usize, SourceFault>) -> bool {
    matches!(asked, Err(SourceFault::Connection { why }) if why.contains("certificate"))
}

#[tokio::test]
async fn postgresql_is_checked_as_its_sslmode_says() {
    let servers = Servers::shared().await;
    let database = servers.postgres().await;
    database.run("CREATE TABLE t (id int primary key, v int)").await;
    let folder = tempfile::tempdir().unwrap();
    let (ours, stranger) = (folder.path().join("ours.pem"), folder.path().join("stranger.pem"));
    fs::write(&ours, database.text("SELECT pg_read_file('server.crt')").await).unwrap();
    let made = Command::new("sh").args(["-c", STRANGER, "sh"]).arg(&stranger).status();
    assert!(made.unwrap().success());
    let by_name = database.0.replace("127.0.0.1", "localhost");
    let at = |address: &str, options: &str| format!("{address}?{options}");
    let (ours, stranger) = (ours.display(), stranger.display());
    for (address, is_let_in) in [
        (at(&database.0, "sslmode=disable"), true),
        (at(&database.0, "sslmode=require"), true),
        (at(&database.0, &format!("sslmode=require&sslrootcert={ours}")), true),
        (
            at(&database.0, &format!("sslmode=require&sslrootcert={stranger}")),
            false,
        ),
        (at(&database.0, &format!("sslmode=verify-ca&sslrootcert={ours}")), true),
        (
            at(&database.0, &format!("sslmode=verify-full&sslrootcert={ours}")),
            true,
        ),
        (
            at(&database.0, &format!("sslmode=verify-full&sslrootcert={stranger}")),
            false,
        ),
        (at(&database.0, "sslmode=verify-full&sslrootcert=system"), false),
        // The certificate bears the number, and not the name.
        (at(&by_name, &format!("sslmode=verify-ca&sslrootcert={ours}")), true),
        (at(&by_name, &format!("sslmode=verify-full&sslrootcert={ours}")), false),
    ] {
        let asked = asked(&address).await;
        match is_let_in {
            true => assert_eq!(asked, Ok(2), "{address}"),
            false => assert!(is_refused(&asked), "{address}: {asked:?}"),
        }
    }
    assert_eq!(
        asked(&at(&database.0, "sslmode=alway")).await,
        Err(SourceFault::Address)
    );
    let missing = asked(&at(&database.0, "sslmode=require&sslrootcert=/missing.pem")).await;
    assert!(matches!(missing, Err(SourceFault::File { .. })), "{missing:?}");
    // What was let in under TLS does speak TLS.
    let source = source::open(&at(&database.0, "sslmode=require")).unwrap();
    source.columns(&Relation::Table("t".to_owned())).await.unwrap();
    let protected = "SELECT count(*)::text FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE ssl AND application_name = 'tidegate-reconcile' AND datname = current_database()";
    assert_eq!(database.text(protected).await, "1");
}

#[tokio::test]
async fn mariadb_is_checked_before_a_row_is_read() {
    let servers = Servers::shared().await;
    let database = servers.mariadb().await;
    database.run("CREATE TABLE t (id int primary key, v int)").await;
    let anybody = format!("{}?require_ssl=true&verify_ca=false", database.0);
    let source = source::open(&anybody).unwrap();
    let column = |name: &str| Asked {
        expression: Expression::Column(name.to_owned()),
        kind: None,
        native: None,
    };
    let cipher = "SELECT 1 AS id, variable_value AS v FROM information_schema.session_status
        WHERE variable_name = 'SSL_CIPHER'";
    let question = Question {
        relation: Relation::Query(cipher.to_owned()),
        key: vec![column("id")],
        cells: vec![column("v")],
        filter: None,
        may_have_null_keys: true,
        zone: None,
        statement_time_max: Duration::from_secs(60),
        order: Arrival::AsTheyCome,
    };
    // One row, read over the connection that reads rows: the cipher that protects it.
    let found = source.lookup(&question, &[Key::of(&[Value::Int(1)])]).await.unwrap();
    let cipher = found.rows().next().unwrap().to_row().cells[0].to_string();
    assert!(cipher.contains("AES") || cipher.contains("CHACHA"), "{cipher}");
    let checked = format!("{}?require_ssl=true", database.0);
    let refused = asked(&checked).await;
    assert!(matches!(refused, Err(SourceFault::Connection { .. })), "{refused:?}");
}
