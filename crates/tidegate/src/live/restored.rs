//! What follows from a person's word that the journal was restored: nothing that it believes exposed is asked for again.

use anyhow::{Context, bail};
use tidegate_engine::command::{Command, Request};
use tidegate_model::seam::Actor;
use tidegate_runtime::Handle;

/// Has every exposed stage whose way back is open rolled back, every stage that is not final held, and owners paged.
///
/// # Errors
/// When the journal takes nothing.
pub(super) async fn take_back(handle: &Handle) -> anyhow::Result<()> {
    let command = Command {
        actor: Actor::Controller,
        key: None,
        request: Request::DistrustJournal,
    };
    let answer = handle.ask(command).await.context("cannot take back what is exposed")?;
    match answer.result {
        Ok(_) => Ok(()),
        Err(refusal) => bail!("the engine refused to take back what is exposed: {}", refusal.what),
    }
}
