//! Whatever may come back instead of an answer of Prometheus, and what is made of it.

use tidegate_model::ask::{Cadence, CountAsk, CountQuestion, LevelAsk, LevelQuestion, Looks};
use tidegate_model::seam::{InvalidReason, Observation};
use tidegate_signals::{Asker, Source};

use crate::asking::{cadence, clock, id, impatient, one, sources};
use crate::hostile::{Hostile, Reply, answer, headed};

/// What a question is worth, without its words.
#[derive(Debug, PartialEq)]
enum Told {
    Number,
    Nothing,
    Silent,
    Unusable(InvalidReason),
}

fn told(observation: &Observation) -> Told {
    match observation {
        Observation::Level { .. }
        | Observation::Counts { .. }
        | Observation::Equality { .. }
        | Observation::Reconciled { .. }
        | Observation::Surveyed { .. } => Told::Number,
        Observation::Nothing { .. } => Told::Nothing,
        Observation::Unusable { reason, .. } => Told::Unusable(reason.clone()),
        Observation::Silent(_) => Told::Silent,
    }
}

fn source(port: u16) -> Source {
    Source::parse(&format!("prometheus+http://reader:secret@127.0.0.1:{port}/prom")).unwrap()
}

async fn level(port: u16, cadence: Cadence) -> Observation {
    let query = "up".to_owned();
    let question = LevelQuestion::Prometheus { query };
    let ask = LevelAsk {
        on: id("shop"),
        question,
    };
    one(Asker::level(ask, cadence).ask(&sources(source(port)), clock()).await)
}

async fn counts(port: u16, cadence: Cadence) -> Observation {
    let question = CountQuestion::Prometheus {
        all: "a".to_owned(),
        hits: "b".to_owned(),
    };
    let ask = CountAsk {
        on: id("shop"),
        question,
    };
    let mut asker = Asker::counts(None, ask, Looks::Stream, cadence);
    one(asker.ask(&sources(source(port)), clock()).await)
}

fn success(kind: &str, result: &str) -> Reply {
    let body = format!("{{\"status\":\"success\",\"data\":{{\"resultType\":\"{kind}\",\"result\":{result}}}}}");
    answer(200, &body)
}

fn series(values: &[&str]) -> Reply {
    let now = clock().0 / 1_000;
    let of = |value: &&str| format!("{{\"metric\":{{}},\"value\":[{now},{value}]}}");
    let all: Vec<String> = values.iter().map(of).collect();
    success("vector", &format!("[{}]", all.join(",")))
}

/// A counter of all that is there, while what else is asked for brings these values when old samples are asked for too.
fn without_hits(old: &[&str]) -> Reply {
    let now = clock().0 / 1_000;
    let of = |part: &str, value: i64| {
        format!("{{\"metric\":{{\"tidegate_part\":\"{part}\"}},\"value\":[{now},\"{value}\"]}}")
    };
    let all = success("vector", &format!("[{},{}]", of("all", 5), of("all-time", now)));
    Reply::Either("lookback_delta", Box::new(all), Box::new(series(old)))
}

/// A server that does not know the functions it is asked with.
fn without_labels(reply: Reply) -> Reply {
    let refusal = answer(400, "{\"status\":\"error\",\"error\":\"unknown function\"}");
    Reply::Either("label_replace", Box::new(refusal), Box::new(reply))
}

/// Each answer, and what it is worth as a level and as counts.
fn cells() -> Vec<(&'static str, Reply, Told, Told)> {
    let long_ago = clock().0 / 1_000 - 3_600;
    let ahead = clock().0 / 1_000 + 3_600;
    let whole = "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}";
    let both = |told: fn() -> Told| (told(), told());
    let silent = || both(|| Told::Silent);
    let shape = || both(|| Told::Unusable(InvalidReason::Shape));
    let rows: Vec<(&'static str, Reply, (Told, Told))> = vec![
        ("empty", series(&[]), both(|| Told::Nothing)),
        ("no hits", without_hits(&[]), both(|| Told::Nothing)),
        (
            "old hits",
            without_hits(&["\"1\""]),
            both(|| Told::Unusable(InvalidReason::Stale)),
        ),
        (
            "a number without a label",
            series(&["\"1\""]),
            (Told::Number, Told::Unusable(InvalidReason::Shape)),
        ),
        (
            "NaN",
            series(&["\"NaN\""]),
            both(|| Told::Unusable(InvalidReason::NotANumber)),
        ),
        (
            "+Inf",
            series(&["\"+Inf\""]),
            both(|| Told::Unusable(InvalidReason::Infinite)),
        ),
        (
            "-Inf",
            series(&["\"-Inf\""]),
            both(|| Told::Unusable(InvalidReason::Infinite)),
        ),
        ("null", series(&["null"]), both(|| Told::Unusable(InvalidReason::Null))),
        (
            "several series",
            series(&["\"1\"", "\"2\""]),
            both(|| Told::Unusable(InvalidReason::SeveralSeries)),
        ),
        ("a bare number", series(&["1"]), shape()),
        ("no number", series(&["\"one\""]), shape()),
        (
            "a histogram",
            success("vector", "[{\"metric\":{},\"histogram\":[1,{}]}]"),
            shape(),
        ),
        (
            "a scalar that is NaN",
            success("scalar", &format!("[{},\"NaN\"]", clock().0 / 1_000)),
            both(|| Told::Unusable(InvalidReason::NotANumber)),
        ),
        ("a matrix", success("matrix", "[]"), shape()),
        (
            "an old moment",
            success("scalar", &format!("[{long_ago},\"1\"]")),
            (
                Told::Unusable(InvalidReason::Stale),
                Told::Unusable(InvalidReason::Shape),
            ),
        ),
        (
            "a moment ahead",
            success("scalar", &format!("[{ahead},\"1\"]")),
            (
                Told::Unusable(InvalidReason::Impossible),
                Told::Unusable(InvalidReason::Shape),
            ),
        ),
        ("a moment that is none", success("scalar", "[null,\"1\"]"), shape()),
        ("other JSON", answer(200, "{\"ok\":true}"), shape()),
        ("null alone", answer(200, "null"), shape()),
        (
            "a success without anything",
            answer(200, "{\"status\":\"success\"}"),
            shape(),
        ),
        (
            "a warning",
            answer(
                200,
                &whole.replace("\"data\"", "\"warnings\":[\"store 2 is away\"],\"data\""),
            ),
            shape(),
        ),
        (
            "an error with status 200",
            answer(
                200,
                "{\"status\":\"error\",\"errorType\":\"timeout\",\"error\":\"late\"}",
            ),
            silent(),
        ),
        ("cut JSON", answer(200, &whole[..40]), silent()),
        ("no body", answer(200, ""), silent()),
        (
            "a page",
            headed(200, "Content-Type: text/html", "<html>Please log in</html>"),
            silent(),
        ),
        (
            "bad request",
            answer(400, "{\"status\":\"error\",\"error\":\"parse error\"}"),
            silent(),
        ),
        (
            "a server without labels",
            without_labels(series(&["\"1\""])),
            (Told::Unusable(InvalidReason::Shape), Told::Silent),
        ),
        (
            "a server without labels, and several series",
            without_labels(series(&["\"1\"", "\"2\""])),
            (Told::Unusable(InvalidReason::SeveralSeries), Told::Silent),
        ),
        ("not let in", answer(401, ""), silent()),
        ("not found", answer(404, whole), silent()),
        ("broken", answer(500, whole), silent()),
        ("away", answer(503, "{\"status\":\"success\"}"), silent()),
        (
            "elsewhere",
            headed(302, "Location: http://127.0.0.1:1/", whole),
            silent(),
        ),
        (
            "to itself",
            headed(301, "Location: /prom/api/v1/query", whole),
            silent(),
        ),
        (
            "a body that breaks off",
            Reply::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"status\":".to_vec()),
            silent(),
        ),
        ("no HTTP", Reply::Bytes(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()), silent()),
        ("an end at once", Reply::Bytes(Vec::new()), silent()),
        ("a body without end", Reply::Endless, silent()),
    ];
    rows.into_iter()
        .map(|(name, reply, (level, counts))| (name, reply, level, counts))
        .collect()
}

#[tokio::test]
async fn no_answer_that_is_none_is_a_number() {
    for (name, reply, as_level, as_counts) in cells() {
        let hostile = Hostile::saying(reply);
        let found = level(hostile.port(), cadence()).await;
        assert_eq!(told(&found), as_level, "{name} as a level: {found:?}");
        let found = counts(hostile.port(), cadence()).await;
        assert_eq!(told(&found), as_counts, "{name} as counts: {found:?}");
        assert!(!format!("{found:?}").contains("secret"), "{name}: {found:?}");
    }
}

#[tokio::test]
async fn a_server_that_hangs_or_is_away_is_silence() {
    let hostile = Hostile::saying(Reply::Never);
    let Observation::Silent(hangs) = level(hostile.port(), impatient()).await else {
        panic!("a hanging server answered");
    };
    assert_eq!(hangs.reason, "no answer within 700 ms");
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    for found in [level(port, cadence()).await, counts(port, cadence()).await] {
        assert!(
            matches!(&found, Observation::Silent(silence) if silence.reason.contains("Connection refused")),
            "{found:?}"
        );
    }
}

#[tokio::test]
async fn a_tls_source_that_speaks_none_is_silence() {
    let hostile = Hostile::saying(series(&["\"1\""]));
    let address = format!("prometheus+https://127.0.0.1:{}", hostile.port());
    let query = "up".to_owned();
    let question = LevelQuestion::Prometheus { query };
    let ask = LevelAsk {
        on: id("shop"),
        question,
    };
    let sources = sources(Source::parse(&address).unwrap());
    let found = one(Asker::level(ask, impatient()).ask(&sources, clock()).await);
    assert_eq!(told(&found), Told::Silent, "{found:?}");
}

#[tokio::test]
async fn silence_lasts_since_its_first_question_and_ends_with_an_answer() {
    let hostile = Hostile::saying(answer(500, ""));
    let query = "up".to_owned();
    let question = LevelQuestion::Prometheus { query };
    let ask = LevelAsk {
        on: id("shop"),
        question,
    };
    let mut asker = Asker::level(ask, cadence());
    let sources = sources(source(hostile.port()));
    let first = clock();
    for later in [0, 5_000] {
        let now = tidegate_model::Timestamp(first.0 + later);
        let Observation::Silent(silence) = one(asker.ask(&sources, now).await) else {
            panic!("a broken server answered");
        };
        assert_eq!(silence.since, first);
    }
    hostile.say(series(&[]));
    assert_eq!(told(&one(asker.ask(&sources, clock()).await)), Told::Nothing);
    hostile.say(answer(500, ""));
    let again = clock();
    let found = one(asker.ask(&sources, again).await);
    assert!(
        matches!(&found, Observation::Silent(silence) if silence.since == again),
        "{found:?}"
    );
}

#[tokio::test]
async fn the_question_is_bounded_and_lets_itself_in() {
    let hostile = Hostile::saying(series(&["\"1\""]));
    assert_eq!(told(&level(hostile.port(), cadence()).await), Told::Number);
    let requests = hostile.requests();
    let [request] = requests.as_slice() else {
        panic!("{requests:?}")
    };
    for part in [
        "POST /prom/api/v1/query HTTP/1.1",
        "authorization: Basic cmVhZGVyOnNlY3JldA==",
        "lookback_delta=60.000",
        "timeout=30.000",
        "limit=16",
    ] {
        assert!(request.contains(part), "{part} in {request}");
    }
}
