//! The hands: carries each effect out, at least once under its one key, and brings its receipt back as a command.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tidegate_api::links::Links;
use tidegate_dispatch::{Mailer, Patience};
use tidegate_engine::command::{Command, Request};
use tidegate_gateway::Hub;
use tidegate_model::people::ContactMethod;
use tidegate_model::seam::{Actor, Effect, EffectKey, Errand, Letter, Outcome, Receipt};
use tidegate_runtime::{Handle, Unavailable};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{AbortHandle, JoinSet};

use super::world::Order;

/// Rest between attempts to bring a receipt home while the store takes nothing.
const RECEIPT_RETRY: Duration = Duration::from_millis(200);
/// Longest wait between attempts to send a letter; far below half of any sensible time to acknowledge.
const LETTER_RETRY_MAX: Duration = Duration::from_secs(5);

/// What the hands work with.
pub(crate) struct Hands {
    pub(crate) handle: Handle,
    pub(crate) hub: Hub,
    /// None when no mail server is configured: no letter leaves, and incidents say so.
    pub(crate) mailer: Option<Mailer>,
    pub(crate) links: Arc<Links>,
    /// Public address of the controller, for links in letters, without a slash at its end.
    pub(crate) public_url: String,
}

/// Works until the queue closes.
pub(crate) async fn work(hands: Hands, mut orders: UnboundedReceiver<Order>) {
    let hands = Arc::new(hands);
    let mut under_way: BTreeMap<EffectKey, AbortHandle> = BTreeMap::new();
    let mut tasks = JoinSet::new();
    while let Some(order) = orders.recv().await {
        while tasks.try_join_next().is_some() {}
        match order {
            Order::Perform(key, effect) => {
                let hands = hands.clone();
                let task = tasks.spawn({
                    let key = key.clone();
                    async move { hands.carry_out(key, *effect).await }
                });
                under_way.insert(key, task);
            }
            Order::Withdraw(key) => {
                if let Some(task) = under_way.remove(&key) {
                    task.abort();
                }
            }
        }
        under_way.retain(|_, task| !task.is_finished());
    }
}

impl Hands {
    async fn carry_out(&self, key: EffectKey, effect: Effect) {
        let outcome = match effect {
            Effect::SetExposure(snapshot) => self.hub.apply(snapshot).await,
            Effect::Page(letter) | Effect::AskApproval(letter) | Effect::Notify(letter) => {
                self.post(&key, &letter).await
            }
        };
        let receipt = Receipt { key, outcome };
        loop {
            let command = Command {
                actor: Actor::Controller,
                key: None,
                request: Request::Receive(receipt.clone()),
            };
            match self.handle.ask(command).await {
                Ok(_) | Err(Unavailable::Stopped) => return,
                Err(Unavailable::Busy { .. } | Unavailable::Faulted(_)) => tokio::time::sleep(RECEIPT_RETRY).await,
            }
        }
    }

    async fn post(&self, key: &EffectKey, letter: &Letter) -> Outcome {
        let estate = self.handle.view().estate.clone();
        let method = estate
            .people()
            .get(&letter.to)
            .and_then(|person| person.methods.get(usize::from(letter.method)));
        let Some(ContactMethod::Mail(address)) = method else {
            return Outcome::FailedForGood {
                reason: format!("{} has no contact method {}", letter.to, letter.method),
            };
        };
        let Some(mailer) = &self.mailer else {
            return Outcome::NoChannel {
                reason: "no mail server is configured".into(),
            };
        };
        let link = match &letter.errand {
            Errand::Nothing => None,
            errand @ (Errand::Incident(_) | Errand::Stage(_)) => Some(format!(
                "{}{}",
                self.public_url,
                self.links.sign(errand, &letter.to, letter.link_until)
            )),
        };
        mailer
            .deliver(key, letter, address, link.as_deref(), Patience::up_to(LETTER_RETRY_MAX))
            .await
    }
}
