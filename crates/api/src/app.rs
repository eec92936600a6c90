//! What every face shares, and the one way from a face into the engine.

use std::sync::Arc;

use tidegate_engine::command::{Accepted, COMMAND_KEY_BYTES_MAX, Command, CommandKey, Request};
use tidegate_runtime::Handle;

use crate::chronicle::Chronicle;
use crate::config::ApiConfig;
use crate::door::Caller;
use crate::problem::{Code, Problem};
use crate::pulse::Pulse;
use crate::reads::Reads;
use crate::repeat::{Key, UnderWay};
use crate::secret;
use crate::sight;
use crate::throttle::Throttle;

/// What every face shares.
pub(crate) struct App {
    pub(crate) config: ApiConfig,
    pub(crate) handle: Handle,
    pub(crate) throttle: Throttle,
    pub(crate) reads: Reads,
    pub(crate) keys: UnderWay,
    pub(crate) pulse: Pulse,
    pub(crate) chronicle: Arc<Chronicle>,
    /// One reader of the whole journal at a time.
    pub(crate) verifying: tokio::sync::Mutex<()>,
}

/// The shared part, as handlers get it.
pub(crate) type Shared = Arc<App>;

/// The engine took a command.
pub(crate) struct Taken {
    pub(crate) accepted: Accepted,
    pub(crate) seq: u64,
}

impl App {
    /// Asks the engine. Only the door makes a [`Caller`], so no handler can ask without one. A decision on what was `seen` of a
    /// stage is turned away when that is no longer so; a repetition gets the answer that it got, whatever has become of it.
    pub(crate) async fn ask(
        &self,
        caller: &Caller,
        key: CommandKey,
        request: Request,
        seen: Option<&str>,
    ) -> Result<Taken, Problem> {
        // A key is its caller's own: nobody gets the answer that somebody else got under the same one.
        let key = Key::of(&caller.name(), &key, &request);
        let state = self.handle.view().state.clone();
        let _taking = self.keys.take(&key, &state)?;
        if let Some(seen) = seen
            && !state.answers.by_key.contains_key(&key.command_key())
        {
            sight::compare(seen, &request, &state)?;
        }
        let answer = self
            .handle
            .ask(Command {
                actor: caller.actor(),
                key: Some(key.command_key()),
                request,
            })
            .await?;
        match answer.result {
            Ok(accepted) => Ok(Taken {
                accepted,
                seq: answer.seq,
            }),
            Err(refusal) => Err(Problem::refused(refusal, answer.seq)),
        }
    }
}

/// The idempotency key of a request: the one it brings, else a new one.
pub(crate) fn command_key(given: Option<&str>) -> Result<CommandKey, Problem> {
    match given {
        Some(text)
            if text.is_empty() || text.len() > COMMAND_KEY_BYTES_MAX || !text.bytes().all(|b| b.is_ascii_graphic()) =>
        {
            Err(Problem::new(
                Code::WrongShape,
                format!("expected an Idempotency-Key of 1 to {COMMAND_KEY_BYTES_MAX} visible ASCII characters"),
            ))
        }
        Some(text) => Ok(CommandKey(text.to_owned())),
        None => {
            Ok(CommandKey(secret::make().map_err(|error| {
                Problem::new(Code::AccessUnreadable, error.to_string())
            })?))
        }
    }
}
