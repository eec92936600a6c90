//! Probes: what a request shows of a shop, as a time and as an attempt.

use tidegate_model::Millis;
use tidegate_model::ask::{Cadence, CountAsk, CountQuestion, LevelAsk, LevelQuestion, Looks};
use tidegate_model::flow::SuccessPredicate;
use tidegate_model::seam::{ArmCounts, InvalidReason, Observation};
use tidegate_signals::{Asker, Source};

use crate::asking::{cadence, clock, counted, id, impatient, one, sources};
use crate::hostile::{Hostile, Reply, answer, headed};

fn shop(port: u16) -> Source {
    Source::parse(&format!("http://127.0.0.1:{port}/shop")).unwrap()
}

async fn level(port: u16, success: SuccessPredicate, cadence: Cadence) -> Observation {
    let question = LevelQuestion::Probe {
        path: "/cart?probe=1".to_owned(),
        success,
    };
    let ask = LevelAsk {
        on: id("shop"),
        question,
    };
    one(Asker::level(ask, cadence).ask(&sources(shop(port)), clock()).await)
}

async fn attempt(port: u16, success: SuccessPredicate, within: Option<Millis>, cadence: Cadence) -> Vec<Observation> {
    let question = CountQuestion::Probe {
        path: "/cart?probe=1".to_owned(),
        success,
        within,
    };
    let ask = CountAsk {
        on: id("shop"),
        question,
    };
    let mut asker = Asker::counts(Some(ask.clone()), ask, Looks::Stream, cadence);
    asker.ask(&sources(shop(port)), clock()).await
}

fn any() -> SuccessPredicate {
    SuccessPredicate::default()
}

fn wanted() -> SuccessPredicate {
    SuccessPredicate {
        status: vec![200, 404],
        json_present: vec!["/order/id".into()],
        json_absent: vec!["/error".into()],
        text: Some("id".into()),
        text_absent: Some("sorry".into()),
        location_prefix: None,
    }
}

#[tokio::test]
async fn a_good_answer_is_a_time_and_no_hit() {
    let hostile = Hostile::saying(answer(404, "{\"order\":{\"id\":7}}"));
    let found = level(hostile.port(), wanted(), cadence()).await;
    let Observation::Level { value, .. } = found else {
        panic!("{found:?}");
    };
    assert!(value.0 > 0 && value.0 < 30_000_000_000, "{value} ms");
    let none = ArmCounts { n: 1, hits: 0 };
    let told = attempt(hostile.port(), wanted(), Some(Millis::seconds(30)), cadence()).await;
    assert_eq!(counted(told), (Some(none), none));
    let asked = &hostile.requests()[0];
    assert!(asked.starts_with("GET /shop/cart?probe=1 HTTP/1.1\r\n"), "{asked}");
}

#[tokio::test]
async fn an_answer_that_is_not_good_is_no_time_and_a_hit() {
    let leads = SuccessPredicate {
        location_prefix: Some("/thanks".into()),
        ..any()
    };
    let hit = ArmCounts { n: 1, hits: 1 };
    for (reply, success, is_silent) in [
        (answer(500, ""), any(), true),
        (answer(503, "{\"order\":{\"id\":7}}"), wanted(), true),
        (answer(200, "{\"order\":{}}"), wanted(), false),
        (answer(200, "{\"order\":{\"id\":7},\"error\":1}"), wanted(), false),
        (answer(200, "{\"order\":{\"id\":\"sorry\"}}"), wanted(), false),
        (answer(200, "{\"order\":{\"id\":7"), wanted(), false),
        (answer(200, ""), wanted(), false),
        (headed(303, "Location: /sorry", ""), leads.clone(), false),
        (answer(303, ""), leads.clone(), false),
    ] {
        let words = format!("{reply:?}");
        let hostile = Hostile::saying(reply);
        let found = level(hostile.port(), success.clone(), cadence()).await;
        let is_shape = matches!(&found, Observation::Unusable { reason, .. } if *reason == InvalidReason::Shape);
        let is_expected = if is_silent {
            matches!(found, Observation::Silent(_))
        } else {
            is_shape
        };
        assert!(is_expected, "{words}: {found:?}");
        let told = attempt(hostile.port(), success, None, cadence()).await;
        assert_eq!(counted(told), (Some(hit), hit), "{words}");
    }
    // A redirect is judged where it stands, and never followed.
    let hostile = Hostile::saying(headed(303, "Location: /thanks/7", ""));
    assert!(matches!(
        level(hostile.port(), leads, cadence()).await,
        Observation::Level { .. }
    ));
    assert_eq!(hostile.requests().len(), 1);
}

#[tokio::test]
async fn a_slow_answer_is_a_hit_where_the_question_says_what_is_slow() {
    let hit = ArmCounts { n: 1, hits: 1 };
    let hostile = Hostile::saying(Reply::Never);
    let told = attempt(hostile.port(), any(), Some(Millis(200)), impatient()).await;
    assert_eq!(counted(told), (Some(hit), hit));
    let told = one(attempt(hostile.port(), any(), None, impatient()).await);
    assert!(
        matches!(&told, Observation::Silent(silence) if silence.reason == "old side: no answer within 700 ms"),
        "{told:?}"
    );
    let at_once = Hostile::saying(answer(200, ""));
    let told = attempt(at_once.port(), any(), Some(Millis(0)), cadence()).await;
    assert_eq!(
        counted(told),
        (Some(hit), hit),
        "even the fastest is slower than nothing"
    );
    let found = level(hostile.port(), any(), impatient()).await;
    assert!(matches!(found, Observation::Silent(_)), "{found:?}");
}

#[tokio::test]
async fn without_a_connection_nothing_was_attempted() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    for found in [
        one(attempt(port, any(), Some(Millis(1)), cadence()).await),
        level(port, any(), cadence()).await,
    ] {
        assert!(
            matches!(&found, Observation::Silent(silence) if silence.reason.contains("Connection refused")),
            "{found:?}"
        );
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_a_hit_and_one_without_end_is_silence() {
    let cut = Hostile::saying(Reply::Bytes(
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc".to_vec(),
    ));
    let hit = ArmCounts { n: 1, hits: 1 };
    assert_eq!(
        counted(attempt(cut.port(), any(), None, cadence()).await),
        (Some(hit), hit)
    );
    assert!(matches!(
        level(cut.port(), any(), cadence()).await,
        Observation::Silent(_)
    ));
    let endless = Hostile::saying(Reply::Endless);
    for found in [
        one(attempt(endless.port(), any(), None, cadence()).await),
        level(endless.port(), any(), cadence()).await,
    ] {
        assert!(
            matches!(&found, Observation::Silent(silence) if silence.reason.contains("longer than 1048576 bytes")),
            "{found:?}"
        );
    }
}

#[tokio::test]
async fn an_attempt_is_told_with_the_next_answer_of_both_sides() {
    let (old, new) = (Hostile::saying(Reply::Endless), Hostile::saying(answer(500, "")));
    let ask = |on: &str| CountAsk {
        on: id(on),
        question: CountQuestion::Probe {
            path: "/cart".to_owned(),
            success: any(),
            within: None,
        },
    };
    let mut sources = sources(shop(new.port()));
    sources.insert(id("old-shop"), shop(old.port()));
    let mut asker = Asker::counts(Some(ask("old-shop")), ask("shop"), Looks::Stream, cadence());
    let found = one(asker.ask(&sources, clock()).await);
    assert!(
        matches!(&found, Observation::Silent(silence) if silence.reason.starts_with("old side")),
        "{found:?}"
    );
    old.say(answer(200, "{}"));
    new.say(answer(200, "{}"));
    let counts = |n, hits| ArmCounts { n, hits };
    for expected in [(Some(counts(1, 0)), counts(2, 1)), (Some(counts(1, 0)), counts(1, 0))] {
        assert_eq!(counted(asker.ask(&sources, clock()).await), expected);
    }
}
