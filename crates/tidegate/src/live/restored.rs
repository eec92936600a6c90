//! What follows from a person's word that the journal was restored: nothing that it believes exposed is asked for again.
//! The engine decides it by the rule for a journal that a gateway knows more than; here no gateway needs to know anything.

use anyhow::{Context, bail};
use tidegate_engine::command::{Command, Request};
use tidegate_model::GatewayId;
use tidegate_model::seam::{Actor, ExposureVersion};
use tidegate_runtime::Handle;

/// Stands in the journal for whoever may hold more than the journal knows.
const WITNESS: &str = "restored-journal";

/// Has every exposed stage whose way back is open rolled back, every stage that is not final held, and owners paged.
///
/// # Errors
/// When the journal takes nothing.
pub(super) async fn take_back(handle: &Handle) -> anyhow::Result<()> {
    let snapshot = handle.view();
    let witness = GatewayId::parse(WITNESS).expect("the witness has a name");
    let command = Command {
        actor: Actor::Gateway { id: witness.clone() },
        key: None,
        request: Request::GatewaySeen {
            gateway: witness,
            incarnation: u64::try_from(snapshot.now.0).unwrap_or(0),
            // Later than anything that this journal has asked for.
            holds: ExposureVersion {
                epoch: snapshot.state.epoch.saturating_add(1),
                seq: 0,
            },
        },
    };
    let answer = handle.ask(command).await.context("cannot take back what is exposed")?;
    match answer.result {
        Ok(_) => Ok(()),
        Err(refusal) => bail!("the engine refused to take back what is exposed: {}", refusal.what),
    }
}
