//! What lets somebody in stays with them: no secret stands in a log, in the journal, in an answer or anywhere in the state.

use std::path::Path;

use crate::postbox::Postbox;
use crate::shoppers::{Answer, ask};
use crate::world::{Options, World, until};

fn form(world: &World, path: &str, cookie: &str, body: &str) -> Answer {
    let headers = [
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Cookie", cookie),
        ("Sec-Fetch-Site", "same-origin"),
    ];
    ask(world.admin(), "POST", path, &headers, body).unwrap()
}

/// The value of the first hidden field of this name.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// Files below a folder that have one of these in them.
fn holding(folder: &Path, secrets: &[(&str, &str)]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, secrets));
        } else if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let has = |secret: &str| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            let held = secrets.iter().filter(|(_, secret)| has(secret));
            found.extend(held.map(|(what, _)| format!("{what} in {}", path.display())));
        }
    }
    found
}

#[test]
fn no_secret_stands_in_logs_journal_or_state_however_much_is_logged() {
    let postbox = Postbox::open();
    let mut world = World::quiet(Options {
        arguments: postbox.arguments(),
        through: vec!["env".to_owned(), "TIDEGATE_LOG=trace".to_owned()],
        ..Options::default()
    });
    world.serve();
    let token = world.token("ana");
    let key = world
        .run(&["token", "key", "toy-shop", "switches"])
        .fine()
        .trim()
        .to_owned();
    let bearer = format!("Bearer {token}");
    let asked = |path: &str, header: (&str, &str)| ask(world.admin(), "GET", path, &[header], "").unwrap();

    // Each is used as it is meant to be, and where it opens nothing.
    let entered = form(&world, "/login", "", &format!("token={token}&next=/"));
    assert_eq!(entered.status, 303);
    let cookie = entered.cookies[0].clone();
    let session = cookie.split_once('=').unwrap().1.to_owned();
    let page = asked("/", ("Cookie", &cookie)).body;
    let csrf = hidden(&page, "csrf");
    assert_eq!(asked("/api/v1/status", ("Authorization", &bearer)).status, 200);
    assert_eq!(
        asked("/api/v1/status", ("Authorization", &format!("Bearer {session}"))).status,
        401
    );
    assert_eq!(
        asked("/api/v1/status", ("Authorization", &format!("Bearer {key}"))).status,
        403
    );
    assert_eq!(
        asked(&format!("/api/v1/{token}"), ("Authorization", &bearer)).status,
        404
    );
    assert_eq!(asked(&format!("/login?login={token}"), ("Accept", "*/*")).status, 403);
    assert_eq!(form(&world, "/login", "", &format!("token={key}")).status, 401);
    let opened = format!("csrf={csrf}&once=1&do=open&domain=shop&severity=sev2&summary=prices+are+wrong");
    assert_eq!(form(&world, "/do", &cookie, &opened).status, 200);
    let link = until("a letter with a link", || {
        let letters = postbox.letters("ana@toy.example", "prices are wrong");
        let mut words = letters.first()?.text.split_whitespace();
        words
            .find_map(|word| word.split_once("/l/"))
            .map(|(_, link)| link.to_owned())
    });
    let errand = asked(&format!("/l/{link}"), ("Accept", "*/*"));
    assert_eq!(errand.status, 200);
    let nonce = hidden(&errand.body, "csrf");
    assert_eq!(
        form(&world, &format!("/l/{link}"), "", &format!("csrf={nonce}&do=ack")).status,
        200
    );
    assert_eq!(form(&world, "/logout", &cookie, &format!("csrf={csrf}")).status, 303);

    let secrets = [
        ("a token", token.as_str()),
        ("a key", &key),
        ("a session", &session),
        ("a form's secret", &csrf),
        ("a link", &link),
        ("a link's nonce", &nonce),
    ];
    assert!(secrets.iter().all(|(_, secret)| secret.len() >= 32), "{secrets:?}");
    assert_eq!(holding(&world.state(), &secrets), Vec::<String>::new());
    let journal = world.run_with(&["journal", "show", "--json"], &[("TIDEGATE_TOKEN", &token)]);
    let status = world.run_with(&["status", "--json"], &[("TIDEGATE_TOKEN", &token)]);
    let ended = world.terminate();
    assert!(ended.stderr.contains("TRACE"), "everything was logged");
    for (what, secret) in secrets {
        for (place, text) in [
            ("log", &ended.stderr),
            ("output", &ended.stdout),
            ("journal", &journal.stdout),
            ("status", &status.stdout),
        ] {
            let line = text.lines().find(|line| line.contains(secret));
            assert!(line.is_none(), "{what} stands in the {place}: {line:?}");
        }
    }
}

#[test]
fn a_token_is_for_somebody_whom_the_running_estate_has() {
    let world = World::start();
    let refused = world.run(&["token", "issue", "emna"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{refused:?}");
    assert!(refused.stderr.contains("did you mean `emma`?"), "{refused:?}");
    assert!(!world.run(&["token", "list"]).fine().contains("emna"));
    assert!(!world.token("emma").is_empty());
    // Programs read standard output, also where nobody answers.
    let nobody = [
        ("TIDEGATE_TOKEN", "tgt_of_nobody"),
        ("TIDEGATE_SERVER", "http://127.0.0.1:9"),
    ];
    let unanswered = world.run_with(&["status", "--json"], &nobody);
    let told: serde_json::Value = serde_json::from_str(&unanswered.stdout).unwrap();
    assert_eq!(
        (unanswered.code, told["title"].as_str()),
        (Some(2), Some("no answer")),
        "{unanswered:?}"
    );
}
