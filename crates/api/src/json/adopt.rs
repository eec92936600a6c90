//! Another version of the estate: who may ask comes first, then it is compiled, then kept, then asked of the engine like
//! everything else. Nothing is kept of what the engine would refuse.

use std::sync::Arc;

use axum::extract::State;
use tidegate_engine::command::{Command, Request};
use tidegate_engine::refusal::Rule;
use tidegate_model::Estate;

use super::ask::{Said200, ask};
use super::conditions::Once;
use crate::app::{App, Shared};
use crate::body::JsonBody;
use crate::clock;
use crate::config::{Candidate, Sources, Unfit};
use crate::door::{Caller, Person};
use crate::problem::{Code, Problem};

/// Plan files together, in bytes of JSON: room for estates of ten thousand entities.
const SOURCES_BYTES_MAX: usize = 16 * 1024 * 1024;

pub(crate) async fn adopt(
    State(app): State<Shared>,
    person: Person,
    once: Once,
    JsonBody(sources): JsonBody<Sources, SOURCES_BYTES_MAX>,
) -> Said200 {
    let runs = app.handle.view().estate.clone();
    if app.refuses(&person.caller, &runs) == Some(Rule::NotAuthorised) {
        // Asked all the same, with what runs for a candidate: the attempt is journalled.
        return ask(&app, &person.caller, once, Request::Adopt { candidate: runs }).await;
    }
    let candidates = app.config.candidates.clone();
    let Candidate { estate, keep } = apart(move || candidates(sources)).await?;
    if app.refuses(&person.caller, &estate).is_none() {
        apart(keep).await?;
    }
    ask(&app, &person.caller, once, Request::Adopt { candidate: estate }).await
}

impl App {
    /// By which rule the engine would refuse the adoption of a candidate now.
    fn refuses(&self, caller: &Caller, candidate: &Arc<Estate>) -> Option<Rule> {
        let snapshot = self.handle.view();
        let command = Command {
            actor: caller.actor(),
            key: None,
            request: Request::Adopt {
                candidate: candidate.clone(),
            },
        };
        let now = clock::now().max(snapshot.now);
        let decision = tidegate_engine::decide(&snapshot.estate, &snapshot.state, &command, now);
        decision.answer.err().map(|refusal| refusal.rule)
    }
}

/// Compiles or keeps without holding up other requests.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> Result<T, Unfit> + Send + 'static) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(Unfit::Wrong(diagnostics))) => Err(Problem::new(Code::PlanWrong, diagnostics)),
        Ok(Err(Unfit::Unroutable(reason))) => Err(Problem::new(Code::Unroutable, reason)),
        Ok(Err(Unfit::NotKept(reason))) => Err(Problem::new(Code::StoreFaulted, reason).retry_after(1)),
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
