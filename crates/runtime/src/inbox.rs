//! Two bounded queues into the loop. The urgent one is drained first; a full one says so instead of waiting.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Instant;

use tidegate_engine::command::{Command, Request};
use tokio::sync::oneshot;

use crate::handle::{Answer, Unavailable};

/// Commands that may wait in the urgent queue.
const URGENT_MAX: usize = 1_024;
/// Commands that may wait in the normal queue.
const NORMAL_MAX: usize = 4_096;

/// A command on its way in, with the way back for its answer.
pub(crate) struct Letter {
    pub(crate) command: Command,
    pub(crate) answer: oneshot::Sender<Result<Answer, Unavailable>>,
}

#[derive(Default)]
struct Queues {
    urgent: VecDeque<Letter>,
    normal: VecDeque<Letter>,
    closed: bool,
}

/// The inbox.
#[derive(Default)]
pub(crate) struct Inbox {
    queues: Mutex<Queues>,
    bell: Condvar,
}

/// Why a letter was not taken.
pub(crate) enum NotTaken {
    Full,
    Closed,
}

impl Inbox {
    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().expect("no code panics while it holds the inbox")
    }

    pub(crate) fn push(&self, letter: Letter) -> Result<(), NotTaken> {
        let urgent = is_urgent(&letter.command.request);
        let mut queues = self.lock();
        if queues.closed {
            return Err(NotTaken::Closed);
        }
        let (queue, max) = if urgent {
            (&mut queues.urgent, URGENT_MAX)
        } else {
            (&mut queues.normal, NORMAL_MAX)
        };
        if queue.len() >= max {
            return Err(NotTaken::Full);
        }
        queue.push_back(letter);
        drop(queues);
        self.bell.notify_one();
        Ok(())
    }

    /// Takes up to `most` letters, urgent ones first; waits until `until` (for ever without) when there are none.
    /// `None` once closed and empty.
    pub(crate) fn take(&self, most: usize, until: Option<Instant>) -> Option<Vec<Letter>> {
        let mut queues = self.lock();
        loop {
            if !(queues.urgent.is_empty() && queues.normal.is_empty()) {
                let from_urgent = queues.urgent.len().min(most);
                let mut taken: Vec<Letter> = queues.urgent.drain(..from_urgent).collect();
                let from_normal = queues.normal.len().min(most - from_urgent);
                taken.extend(queues.normal.drain(..from_normal));
                return Some(taken);
            }
            if queues.closed {
                return None;
            }
            let Some(until) = until else {
                queues = self.bell.wait(queues).expect("no code panics while it holds the inbox");
                continue;
            };
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Some(Vec::new());
            }
            queues = self
                .bell
                .wait_timeout(queues, left)
                .expect("no code panics while it holds the inbox")
                .0;
        }
    }

    /// Closes it and drops what waits: its senders hear that nobody answers any more.
    pub(crate) fn abandon(&self) {
        let mut queues = self.lock();
        queues.closed = true;
        queues.urgent.clear();
        queues.normal.clear();
        drop(queues);
        self.bell.notify_all();
    }

    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.bell.notify_all();
    }
}

/// Lowering, stopping and answering a pager go before everything else; so does what tells that exposure has fallen.
fn is_urgent(request: &Request) -> bool {
    match request {
        Request::Hold { .. }
        | Request::Rollback { .. }
        | Request::Acknowledge { .. }
        | Request::Act { .. }
        | Request::Look(_)
        | Request::Receive(_)
        | Request::GatewayLost { .. }
        | Request::StartController
        | Request::DistrustJournal => true,
        Request::Adopt { .. }
        | Request::Approve { .. }
        | Request::AcceptRisk { .. }
        | Request::Resume { .. }
        | Request::NoteChange { .. }
        | Request::Finalise { .. }
        | Request::Attest { .. }
        | Request::RecordDrill { .. }
        | Request::FinishStep { .. }
        | Request::FileFeedback { .. }
        | Request::AnswerLesson { .. }
        | Request::OpenIncident { .. }
        | Request::Revert { .. }
        | Request::Resolve { .. }
        | Request::Evidence(_)
        | Request::Observe { .. }
        | Request::ObservePromise { .. }
        | Request::GatewaySeen { .. }
        | Request::Tick => false,
    }
}
