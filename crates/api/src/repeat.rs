//! Idempotency keys: one key of one caller stands for one request. The same key with another request is turned away, however
//! long ago the first was, because both halves of what the engine sees are in the journal.
//!
//! Source: draft-ietf-httpapi-idempotency-key-header.

use std::collections::BTreeMap;
use std::sync::Mutex;

use tidegate_engine::command::{CommandKey, Request, Side};
use tidegate_engine::state::State;

use crate::problem::{Code, Problem};
use crate::secret;

/// Hexadecimal digits of each half: 128 bits say whose key it is, 128 what is asked.
const HALF: usize = 32;

/// A key as the engine sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    whose: String,
    what: String,
}

impl Key {
    pub(crate) fn of(caller: &str, given: &CommandKey, request: &Request) -> Self {
        let half = |texts: &[&str]| secret::digest(texts)[..HALF].to_owned();
        let said = said(request);
        let said: Vec<&str> = said.iter().map(String::as_str).collect();
        Self {
            whose: half(&["key", caller, &given.0]),
            what: half(&said),
        }
    }

    pub(crate) fn command_key(&self) -> CommandKey {
        CommandKey(format!("{}{}", self.whose, self.what))
    }

    /// Whether it stood for something else in the journal.
    fn is_another_in(&self, state: &State) -> bool {
        let from = CommandKey(self.whose.clone());
        let same = state.answers.by_key.range(from..);
        same.take_while(|(key, _)| key.0.starts_with(&self.whose))
            .any(|(key, _)| *key != self.command_key())
    }
}

/// Keys of requests that are under way.
#[derive(Debug, Default)]
pub(crate) struct UnderWay(Mutex<BTreeMap<String, (String, usize)>>);

impl UnderWay {
    /// Takes a key for as long as its request is under way.
    ///
    /// # Errors
    /// When it stands for another request.
    pub(crate) fn take(&self, key: &Key, state: &State) -> Result<Taking<'_>, Problem> {
        let mut keys = self.0.lock().expect("no code panics while it holds the keys");
        let (what, count) = keys.entry(key.whose.clone()).or_insert_with(|| (key.what.clone(), 0));
        *count += 1;
        let is_same = *what == key.what;
        drop(keys);
        let taking = Taking {
            keys: self,
            whose: key.whose.clone(),
        };
        if is_same && !key.is_another_in(state) {
            return Ok(taking);
        }
        Err(Problem::new(
            Code::KeyReused,
            "this Idempotency-Key came with another request before; nothing was done - send a new key",
        ))
    }
}

/// A key that is taken until this is dropped.
#[derive(Debug)]
pub(crate) struct Taking<'a> {
    keys: &'a UnderWay,
    whose: String,
}

impl Drop for Taking<'_> {
    fn drop(&mut self) {
        let mut keys = self.keys.0.lock().expect("no code panics while it holds the keys");
        if let Some((_, count)) = keys.get_mut(&self.whose) {
            *count -= 1;
            if *count == 0 {
                keys.remove(&self.whose);
            }
        }
    }
}

/// What is asked, as texts that stay the same from version to version.
fn said(request: &Request) -> Vec<String> {
    let texts = |word: &str, rest: &[&dyn ToString]| {
        let rest = rest.iter().map(|text| text.to_string());
        std::iter::once(word.to_owned()).chain(rest).collect()
    };
    match request {
        Request::Adopt { candidate } => texts("adopt", &[&candidate.digest()]),
        Request::Approve { stage } => texts("approve", &[stage]),
        Request::AcceptRisk { stage, reason } => texts("accept-risk", &[stage, reason]),
        Request::Hold { stage, reason: None } => texts("hold", &[stage]),
        Request::Hold {
            stage,
            reason: Some(reason),
        } => texts("hold", &[stage, reason]),
        Request::Resume { stage, reason } => texts("resume", &[stage, reason]),
        Request::Rollback { stage, reason } => texts("rollback", &[stage, reason]),
        Request::NoteChange {
            stage,
            side,
            reference,
            summary,
        } => texts("change", &[stage, &side_word(*side), reference, summary]),
        Request::Finalise { stage } => texts("finalise", &[stage]),
        Request::Attest {
            stage,
            criterion,
            holds,
            note,
        } => texts("attest", &[stage, criterion, holds, note]),
        Request::RecordDrill { runbook, worked, note } => texts("drill", &[runbook, worked, note]),
        Request::FileFeedback { stage, from, text } => texts("feedback", &[stage, from, text]),
        Request::AnswerLesson { stage, of, answer } => texts("answer", &[stage, of, answer]),
        Request::OpenIncident {
            domain,
            severity,
            summary,
        } => texts("open-incident", &[domain, &severity.word(), summary]),
        Request::Acknowledge { incident } => texts("acknowledge", &[incident]),
        Request::Act {
            incident,
            action,
            reason: None,
        } => texts("act", &[incident, action]),
        Request::Act {
            incident,
            action,
            reason: Some(reason),
        } => texts("act", &[incident, action, reason]),
        Request::FinishStep {
            incident,
            action,
            step,
            note,
        } => texts("finish-step", &[incident, action, step, note]),
        Request::Revert { action } => texts("revert", &[action]),
        Request::Resolve { incident, lesson } => texts("resolve", &[incident, lesson]),
        // No face asks for these: they come from the controller and its gateways.
        Request::StartController
        | Request::DistrustJournal
        | Request::Evidence(_)
        | Request::Look(_)
        | Request::Observe { .. }
        | Request::ObservePromise { .. }
        | Request::GatewaySeen { .. }
        | Request::GatewayLost { .. }
        | Request::Receive(_)
        | Request::Tick => texts("inside", &[]),
    }
}

fn side_word(side: Side) -> &'static str {
    match side {
        Side::Old => "old",
        Side::New => "new",
    }
}
