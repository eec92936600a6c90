//! Watching: the status again and again, in place in a terminal, and as plain text elsewhere whenever it changed.

use std::io::IsTerminal;
use std::time::Duration;

use tidegate_engine::view::StatusView;

use super::describe;
use crate::client::{Reply, Server};
use crate::say::say;

/// To the upper left, then nothing below (ECMA-48, CUP and ED).
const AGAIN: &str = "\u{1b}[H\u{1b}[J";

/// Shows the status until Ctrl-C. A controller that stops answering is waited for; one that refuses is not.
pub(super) fn watch(server: &Server, every: Duration) -> anyhow::Result<u8> {
    let in_place = std::io::stdout().is_terminal();
    let mut shown = String::new();
    let mut answered = false;
    server.follow::<StatusView>("/api/v1/status", every, |seen| {
        let (text, compared) = match seen {
            Ok(Reply::Refused(code)) => return Ok(Some(code)),
            Ok(Reply::Fine(view)) => {
                answered = true;
                told(&view, server.json)?
            }
            // Whoever watches a restart wants to see it end; at the very first a wrong address is likelier.
            Err(error) if answered => {
                let words = format!("no answer: {error:#}\n");
                (words.clone(), words)
            }
            Err(error) => return Err(error),
        };
        if in_place {
            say!("{AGAIN}{text}");
        } else if compared != shown {
            say!("{text}");
        }
        shown = compared;
        Ok(None)
    })
}

/// What is printed, and what has to differ before it is printed again: the moment of asking is no news.
fn told(view: &StatusView, json: bool) -> anyhow::Result<(String, String)> {
    let text = match json {
        true => serde_json::to_string(view)?,
        false => describe(view),
    };
    let lines = describe(view);
    let news = lines
        .lines()
        .filter(|line| !line.starts_with("journal "))
        .collect::<Vec<_>>();
    Ok((text, format!("{} {}", view.seq, news.join("\n"))))
}
