//! The mail server's letters on the page: who got one, and what it is about.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Deserialize;
use tidegate_api::Panel;
use tokio::task::JoinHandle;

/// How often the mail server is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(700);
/// Letters shown.
const SHOWN: usize = 8;

/// The latest letters, kept up to date.
pub(super) struct Mailroom {
    shown: Arc<Mutex<String>>,
    watching: JoinHandle<()>,
}

#[derive(Deserialize)]
struct Letters {
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    to: Vec<String>,
    subject: String,
}

impl Mailroom {
    /// Watches a mail server until it is closed.
    pub(super) fn watch(http: reqwest::Client, mail: String) -> Self {
        let shown = Arc::<Mutex<String>>::default();
        let watching = tokio::spawn(look(http, mail, shown.clone()));
        Self { shown, watching }
    }

    /// The panel of the page.
    pub(super) fn panel(&self) -> Panel {
        let shown = self.shown.clone();
        Panel {
            title: "Mail of the people on call".into(),
            html: Arc::new(move || shown.lock().expect("no code panics while it holds the letters").clone()),
        }
    }

    pub(super) fn close(&self) {
        self.watching.abort();
    }
}

async fn look(http: reqwest::Client, mail: String, shown: Arc<Mutex<String>>) {
    let mut clock = tokio::time::interval(LOOK_EVERY);
    loop {
        clock.tick().await;
        let Ok(answer) = http.get(format!("{mail}/messages")).send().await else {
            continue;
        };
        let Ok(letters) = answer.json::<Letters>().await else {
            continue;
        };
        *shown.lock().expect("no code panics while it holds the letters") = list(&letters.messages);
    }
}

/// The latest letters first.
fn list(messages: &[Message]) -> String {
    let latest = messages.iter().rev().take(SHOWN);
    let items: String = latest
        .map(|letter| {
            let (to, subject) = (escape(&letter.to.join(", ")), escape(&letter.subject));
            format!("<li><b>{to}</b> {subject}</li>")
        })
        .collect();
    format!("<ul>{items}</ul>")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_letters_are_shown_and_nothing_in_them_is_markup() {
        let letter = |number: usize| Message {
            to: vec![format!("p{number}@x")],
            subject: "<b>\"1 & 2\"".into(),
        };
        let all: Vec<Message> = (0..10).map(letter).collect();
        let shown = list(&all);
        assert!(
            shown.starts_with("<ul><li><b>p9@x</b> &lt;b&gt;&quot;1 &amp; 2&quot;</li>"),
            "{shown}"
        );
        assert_eq!(shown.matches("<li>").count(), SHOWN);
    }
}
