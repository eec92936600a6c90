//! Letters against a real mail server on loopback: Debian's python3-aiosmtpd, read back by Python's own mail parser.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod content;
mod delivery;
mod sink;

use std::time::Duration;

use tidegate_dispatch::{MailConfig, Mailer, Patience, Tls};
use tidegate_model::seam::{EffectKey, Errand, Letter};
use tidegate_model::{IncidentId, Timestamp};

fn config(port: u16) -> MailConfig {
    MailConfig {
        server: "127.0.0.1".to_owned(),
        port,
        tls: Tls::Plain,
        credentials_from_env: None,
        from: "Tidegate <tidegate@shop.example>".to_owned(),
        host_for_ids: "shop.example".to_owned(),
    }
}

fn mailer(port: u16) -> Mailer {
    Mailer::new(&config(port)).unwrap()
}

fn key() -> EffectKey {
    EffectKey("0a1b".to_owned())
}

fn letter() -> Letter {
    Letter {
        to: "anna".parse().unwrap(),
        method: 0,
        thread: "inc-3".to_owned(),
        subject: "checkout loses orders".to_owned(),
        lines: vec!["Completion fell.".to_owned(), "Runbook: pay".to_owned()],
        errand: Errand::Incident(incident()),
        link_until: Timestamp(0),
    }
}

fn incident() -> IncidentId {
    "inc-3".parse().unwrap()
}

fn patience() -> Patience {
    Patience {
        first: Duration::from_millis(10),
        retry_max: Duration::from_millis(40),
    }
}
