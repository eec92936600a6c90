//! Now, later and never: what the server's replies lead to.

use std::net::TcpListener;
use std::time::Duration;

use tidegate_dispatch::channel::Smtp;
use tidegate_dispatch::{ConfigFault, CredentialNames, MailConfig, Mailer, Sending, Tls};
use tidegate_model::seam::Outcome;

use crate::sink::Sink;
use crate::{config, key, letter, mailer, patience};

const ANNA: &str = "anna@shop.example";

#[tokio::test]
async fn a_greylisted_letter_arrives_under_the_same_key() {
    let sink = Sink::start("451,421,250");
    let outcome = mailer(sink.port)
        .deliver(&key(), &letter(), ANNA, None, patience())
        .await;
    assert_eq!(
        outcome,
        Outcome::Accepted {
            detail: "the mail server answered 250".to_owned()
        }
    );
    assert_eq!(sink.replies(), ["451", "421", "250"]);
    assert_eq!(sink.letters().len(), 1);
}

#[tokio::test]
async fn a_letter_greylisted_after_its_text_comes_again_under_the_same_message_id() {
    let sink = Sink::start("data451,data452,250");
    let outcome = mailer(sink.port)
        .deliver(&key(), &letter(), ANNA, None, patience())
        .await;
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
    let (refused, taken) = (sink.refused(), sink.letters());
    assert_eq!((refused.len(), taken.len()), (2, 1));
    for seen in &refused {
        assert_eq!(seen["headers"]["Message-ID"], "<0a1b@shop.example>");
        assert_eq!(seen["text"], taken[0]["text"]);
    }
    assert_eq!(taken[0]["headers"]["Message-ID"], "<0a1b@shop.example>");
}

#[tokio::test]
async fn a_refusal_of_the_text_for_good_is_not_repeated() {
    let sink = Sink::start("data554,250");
    let outcome = mailer(sink.port)
        .deliver(&key(), &letter(), ANNA, None, patience())
        .await;
    let Outcome::FailedForGood { reason } = outcome else {
        panic!("{outcome:?}")
    };
    assert!(reason.contains("554"), "{reason}");
    assert_eq!((sink.refused().len(), sink.letters().len()), (1, 0));
}

#[tokio::test]
async fn a_connection_cut_in_the_middle_is_tried_again() {
    let sink = Sink::start("drop,drop,250");
    let outcome = mailer(sink.port)
        .deliver(&key(), &letter(), ANNA, None, patience())
        .await;
    assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
    assert_eq!(sink.replies(), ["drop", "drop", "250"]);
    assert_eq!(sink.letters().len(), 1);
}

#[tokio::test]
async fn two_deliveries_of_one_key_carry_one_message_id() {
    let sink = Sink::start("250");
    let mailer = mailer(sink.port);
    for _ in 0..2 {
        assert!(matches!(
            mailer.send(&key(), &letter(), ANNA, None).await,
            Sending::Accepted { .. }
        ));
    }
    let ids: Vec<_> = sink
        .letters()
        .iter()
        .map(|l| l["headers"]["Message-ID"].clone())
        .collect();
    assert_eq!(ids, ["<0a1b@shop.example>", "<0a1b@shop.example>"]);
}

#[tokio::test]
async fn a_refusal_for_good_is_not_repeated() {
    let sink = Sink::start("550,250");
    let outcome = mailer(sink.port)
        .deliver(&key(), &letter(), ANNA, None, patience())
        .await;
    let Outcome::FailedForGood { reason } = outcome else {
        panic!("{outcome:?}")
    };
    assert!(reason.contains("550"), "{reason}");
    assert_eq!(sink.replies(), ["550"]);
    assert!(sink.letters().is_empty());
}

fn hurried(port: u16) -> Mailer {
    let smtp = Smtp::new(&config(port)).unwrap();
    Mailer::over(smtp.within(Duration::from_millis(1_500)))
}

#[tokio::test]
async fn a_server_that_stops_answering_is_left_for_this_time() {
    let sink = Sink::start("slow,250");
    let sending = hurried(sink.port).send(&key(), &letter(), ANNA, None).await;
    assert_eq!(
        sending,
        Sending::Passing {
            reason: "the mail server did not finish within 1500 ms".to_owned()
        }
    );
    let sending = mailer(sink.port).send(&key(), &letter(), ANNA, None).await;
    assert!(matches!(sending, Sending::Accepted { .. }), "{sending:?}");
}

#[tokio::test]
async fn a_server_that_never_greets_is_left_for_this_time() {
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = mute.local_addr().unwrap().port();
    let sending = hurried(port).send(&key(), &letter(), ANNA, None).await;
    assert_eq!(
        sending,
        Sending::Passing {
            reason: "the mail server did not finish within 1500 ms".to_owned()
        }
    );
}

#[tokio::test]
async fn a_server_that_is_down_gets_the_letter_when_it_is_up() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mailer = mailer(port);
    let sending = mailer.send(&key(), &letter(), ANNA, None).await;
    assert!(matches!(sending, Sending::Passing { .. }), "{sending:?}");
    let delivery = tokio::spawn(async move { mailer.deliver(&key(), &letter(), ANNA, None, patience()).await });
    let sink = tokio::task::spawn_blocking(move || Sink::start_with(port, "250", "-", "plain"))
        .await
        .unwrap();
    assert!(matches!(delivery.await.unwrap(), Outcome::Accepted { .. }));
    assert_eq!(sink.letters().len(), 1);
}

#[tokio::test]
async fn a_cancelled_delivery_stops_asking() {
    let sink = Sink::start("451");
    let mailer = mailer(sink.port);
    let delivery = tokio::spawn(async move { mailer.deliver(&key(), &letter(), ANNA, None, patience()).await });
    while sink.replies().len() < 3 {
        assert!(!delivery.is_finished());
        tokio::task::yield_now().await;
    }
    delivery.abort();
    assert!(delivery.await.unwrap_err().is_cancelled());
    assert!(sink.letters().is_empty());
}

/// Cargo sets both variables for every test, so that no test has to change its environment.
fn credentials() -> CredentialNames {
    CredentialNames {
        user: "CARGO_PKG_NAME".to_owned(),
        password: "CARGO_PKG_VERSION".to_owned(),
    }
}

#[tokio::test]
async fn credentials_come_from_the_environment() {
    let login = format!("{}:{}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    let sink = Sink::start_with(0, "250", &login, "plain");
    let known = MailConfig {
        credentials_from_env: Some(credentials()),
        ..config(sink.port)
    };
    let sending = Mailer::new(&known).unwrap().send(&key(), &letter(), ANNA, None).await;
    assert!(matches!(sending, Sending::Accepted { .. }), "{sending:?}");
    assert_eq!(sink.letters()[0]["user"], env!("CARGO_PKG_NAME"));
    let sending = mailer(sink.port).send(&key(), &letter(), ANNA, None).await;
    assert!(matches!(sending, Sending::Permanent { .. }), "{sending:?}");
}

/// The reason for which a letter that needs protection stays here, and is tried again.
async fn unprotected(sink: &Sink, tls: Tls) -> String {
    let config = MailConfig {
        tls,
        ..config(sink.port)
    };
    let sending = Mailer::new(&config).unwrap().send(&key(), &letter(), ANNA, None).await;
    let Sending::Passing { reason } = sending else {
        panic!("{tls:?}: {sending:?}")
    };
    assert_eq!(sink.replies(), Vec::<String>::new(), "{tls:?}: not even the address");
    reason
}

#[tokio::test]
async fn a_letter_that_needs_protection_never_goes_without() {
    let plain = Sink::start("250");
    let reason = unprotected(&plain, Tls::StartTls).await;
    assert!(reason.contains("STARTTLS is not supported"), "{reason}");
    let reason = unprotected(&plain, Tls::Wrapped).await;
    assert!(reason.contains("corrupt message"), "{reason}");
}

#[tokio::test]
async fn a_letter_never_goes_to_a_server_that_nobody_vouches_for() {
    let stranger = Sink::start_with(0, "250", "-", "tls");
    let reason = unprotected(&stranger, Tls::StartTls).await;
    assert!(reason.contains("invalid peer certificate"), "{reason}");
}

#[tokio::test]
async fn an_address_that_this_server_cannot_take_is_refused_for_good() {
    let sink = Sink::start("250");
    let sending = mailer(sink.port)
        .send(&key(), &letter(), "jörg@shop.example", None)
        .await;
    let Sending::Permanent { reason } = sending else {
        panic!("{sending:?}")
    };
    assert!(reason.contains("SMTPUTF8"), "{reason}");
    assert_eq!(sink.replies(), Vec::<String>::new());
}

#[test]
fn a_configuration_that_could_leak_or_break_is_refused() {
    let remote = MailConfig {
        server: "mail.shop.example".to_owned(),
        ..config(25)
    };
    assert!(matches!(
        Smtp::new(&remote).err(),
        Some(ConfigFault::Unprotected { .. })
    ));
    let names = CredentialNames {
        user: "TIDEGATE_TEST_NO_SUCH_USER".to_owned(),
        ..credentials()
    };
    let missing = MailConfig {
        credentials_from_env: Some(names),
        ..config(25)
    };
    assert!(matches!(
        Smtp::new(&missing).err(),
        Some(ConfigFault::CredentialMissing { .. })
    ));
    let host = MailConfig {
        host_for_ids: "a>\r\nBcc: b".to_owned(),
        ..config(25)
    };
    assert!(matches!(Smtp::new(&host).err(), Some(ConfigFault::IdHost { .. })));
    for from in ["nobody", "Tidegate\r\nBcc: eve@evil.example <tidegate@shop.example>"] {
        let sender = MailConfig {
            from: from.to_owned(),
            ..config(25)
        };
        assert!(matches!(Smtp::new(&sender).err(), Some(ConfigFault::Sender { .. })));
    }
}
