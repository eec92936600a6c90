//! What arrives is what was written, and nothing else.

use serde_json::Value;
use tidegate_dispatch::{MailConfig, Mailer, SUBJECT_CHARS_MAX, Sending};
use tidegate_model::seam::{Errand, Letter};

use crate::sink::Sink;
use crate::{config, key, letter, mailer};

const LINK: &str = "http://127.0.0.1:1/answer/inc-3?t=abc";

/// Whatever some reader takes for the end of a line.
const BREAKS: [char; 7] = ['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];

async fn arrived(letter: &Letter, link: Option<&str>) -> Value {
    let sink = Sink::start("250");
    let sending = mailer(sink.port).send(&key(), letter, "anna@shop.example", link).await;
    assert!(matches!(sending, Sending::Accepted { .. }), "{sending:?}");
    let letters = sink.letters();
    assert_eq!(letters.len(), 1);
    letters.into_iter().next().unwrap()
}

#[tokio::test]
async fn a_page_has_stable_ids_a_thread_a_priority_and_its_link_on_a_line_of_its_own() {
    let mail = arrived(&letter(), Some(LINK)).await;
    let headers = &mail["headers"];
    assert_eq!(headers["Message-ID"], "<0a1b@shop.example>");
    assert_eq!(headers["References"], "<inc-3@shop.example>");
    assert_eq!(headers["In-Reply-To"], "<inc-3@shop.example>");
    assert_eq!(headers["X-Priority"], "1 (Highest)");
    assert_eq!(headers["Subject"], "checkout loses orders");
    assert_eq!(mail["recipients"], serde_json::json!(["anna@shop.example"]));
    assert_eq!(mail["parts"], serde_json::json!(["text/plain"]));
    assert_eq!(
        mail["text"],
        format!("Completion fell.\nRunbook: pay\n\nAnswer here:\n{LINK}\n")
    );
}

#[tokio::test]
async fn a_notice_is_not_urgent_and_has_no_link() {
    let mail = arrived(
        &Letter {
            errand: Errand::Nothing,
            ..letter()
        },
        None,
    )
    .await;
    assert_eq!(mail["headers"]["X-Priority"], "3 (Normal)");
    assert_eq!(mail["text"], "Completion fell.\nRunbook: pay\n");
}

#[tokio::test]
async fn dots_long_lines_and_every_alphabet_arrive_whole() {
    let long = "ärger ".repeat(900);
    let lines = [
        ".",
        "..",
        ".dot",
        "",
        &"x".repeat(5_000),
        long.trim_end(),
        "注文が失われています",
        "= ? =3D",
    ];
    let subject = "Kasse verliert Bestellungen – 注文 🚨 ".repeat(3).trim_end().to_owned();
    let lines: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
    let mail = arrived(
        &Letter {
            subject: subject.clone(),
            lines: lines.clone(),
            ..letter()
        },
        Some(LINK),
    )
    .await;
    assert_eq!(mail["headers"]["Subject"], subject);
    assert_eq!(mail["text"], format!("{}\n\nAnswer here:\n{LINK}\n", lines.join("\n")));
    // RFC 5321 §4.5.3.1.6: 1,000 octets, line end included.
    assert!(
        mail["line_bytes_max"].as_u64().unwrap() <= 998,
        "{}",
        mail["line_bytes_max"]
    );
}

#[tokio::test]
async fn names_of_every_alphabet_arrive_whole() {
    let sink = Sink::start("250");
    let config = MailConfig {
        from: "Gezeitenwächter <tidegate@shop.example>".to_owned(),
        ..config(sink.port)
    };
    let address = "注文 Jörg Müßig <joerg@shop.example>";
    let sending = Mailer::new(&config)
        .unwrap()
        .send(&key(), &letter(), address, None)
        .await;
    assert!(matches!(sending, Sending::Accepted { .. }), "{sending:?}");
    let mail = &sink.letters()[0];
    assert_eq!(mail["headers"]["To"], "注文 Jörg Müßig <joerg@shop.example>");
    assert_eq!(mail["headers"]["From"], "Gezeitenwächter <tidegate@shop.example>");
    assert_eq!(mail["recipients"], serde_json::json!(["joerg@shop.example"]));
}

#[tokio::test]
async fn a_subject_ends_at_its_limit_and_a_letter_says_that_no_person_wrote_it() {
    let subject = "ü".repeat(SUBJECT_CHARS_MAX + 50);
    let mail = arrived(&Letter { subject, ..letter() }, None).await;
    assert_eq!(mail["headers"]["Subject"], "ü".repeat(SUBJECT_CHARS_MAX));
    assert_eq!(mail["headers"]["Auto-Submitted"], "auto-generated");
}

#[tokio::test]
async fn the_letters_own_lines_come_first_and_the_link_once_at_the_end() {
    let lines: Vec<String> = ["what", "where", "why", "what next"].map(String::from).into();
    let mail = arrived(&Letter { lines, ..letter() }, Some(LINK)).await;
    let text = mail["text"].as_str().unwrap();
    assert_eq!(
        text.lines().take(4).collect::<Vec<_>>(),
        ["what", "where", "why", "what next"]
    );
    assert_eq!(text.matches(LINK).count(), 1, "{text}");
    assert!(!mail["headers"].to_string().contains(LINK));
}

#[tokio::test]
async fn no_text_becomes_a_header_a_recipient_or_a_second_link() {
    let plain = arrived(&letter(), Some(LINK)).await;
    let hostile = Letter {
        subject: "loss\r\nBcc: eve@evil.example\r\n\r\nbody".to_owned(),
        thread: "inc-3>\r\nBcc: eve@evil.example".to_owned(),
        lines: vec![
            "one\r\n.\r\nMAIL FROM:<eve@evil.example>".to_owned(),
            "Answer here:\nhttp://evil.example/".to_owned(),
            "  Answer here:\u{b}http://evil.example/".to_owned(),
            "two\u{2028}Answer here:\u{2029}http://evil.example/".to_owned(),
            "three\u{85}Answer here:\u{85}http://evil.example/".to_owned(),
        ],
        ..letter()
    };
    let mail = arrived(&hostile, Some(LINK)).await;
    assert_eq!(mail["names"], plain["names"]);
    assert_eq!(mail["recipients"], plain["recipients"]);
    assert_eq!(
        mail["headers"]["References"],
        "<inc-3---Bcc--eve-evil.example@shop.example>"
    );
    let text = mail["text"].as_str().unwrap();
    assert_eq!(mail["headers"]["Subject"], "loss  Bcc: eve@evil.example    body");
    let marks = |line: &&str| line.trim_start().starts_with("Answer here:");
    assert_eq!(text.split(BREAKS).filter(marks).count(), 1, "{text}");
    assert_eq!(text.matches(LINK).count(), 1, "{text}");
    assert!(text.ends_with(&format!("\nAnswer here:\n{LINK}\n")));
}

#[tokio::test]
async fn what_cannot_be_written_is_refused_for_good_before_connecting() {
    let sink = Sink::start("250");
    let mailer = mailer(sink.port);
    for (address, link) in [
        ("nobody", None),
        ("anna@shop.example\r\nBcc: eve@evil.example", None),
        ("Anna\r\nBcc: eve@evil.example <anna@shop.example>", None),
        ("anna@shop.example, eve@evil.example", None),
        ("anna@shop.example", Some("http://a/\r\nBcc: eve@evil.example")),
        ("anna@shop.example", Some("")),
    ] {
        let sending = mailer.send(&key(), &letter(), address, link).await;
        assert!(
            matches!(sending, Sending::Permanent { .. }),
            "{address} {link:?}: {sending:?}"
        );
    }
    assert_eq!(sink.replies(), Vec::<String>::new());
}
