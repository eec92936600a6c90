//! Delivers letters: sends, and sends again under the same key until the server accepts or refuses for good.

use std::time::Duration;

use tidegate_model::seam::{EffectKey, Letter, Outcome};

use crate::channel::Smtp;
use crate::config::{ConfigFault, MailConfig};
use crate::sending::Sending;

/// How long to wait between attempts: doubled from `first` up to `retry_max`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// The wait after the first failure.
    pub first: Duration,
    /// The longest wait. Below half of the shortest time to acknowledge, so that a greylisted page still arrives within its rung.
    pub retry_max: Duration,
}

impl Patience {
    /// Waits from a second (or `retry_max`, when that is less) up to `retry_max`.
    #[must_use]
    pub fn up_to(retry_max: Duration) -> Self {
        Self {
            first: Duration::from_secs(1).min(retry_max),
            retry_max,
        }
    }

    /// The wait after so many failures, from 1.
    #[must_use]
    pub fn after(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(20);
        self.first.saturating_mul(1 << doublings).min(self.retry_max)
    }
}

/// Sends letters through one mail server.
pub struct Mailer {
    smtp: Smtp,
}

impl Mailer {
    /// Prepares the mailer; connects to nothing yet.
    ///
    /// # Errors
    /// See [`ConfigFault`].
    pub fn new(config: &MailConfig) -> Result<Self, ConfigFault> {
        Ok(Self {
            smtp: Smtp::new(config)?,
        })
    }

    /// A mailer on a prepared channel.
    #[must_use]
    pub fn over(smtp: Smtp) -> Self {
        Self { smtp }
    }

    /// Tries once. A repeat has the same `Message-ID`, so that a receiver can drop it.
    pub async fn send(&self, key: &EffectKey, letter: &Letter, address: &str, link: Option<&str>) -> Sending {
        self.smtp.send(key, letter, address, link).await
    }

    /// Tries until the letter is accepted or refused for good; passing failures are logged and retried without end.
    /// Dropping the future cancels it; the letter may then have been taken over, which the next attempt's key shows.
    pub async fn deliver(
        &self,
        key: &EffectKey,
        letter: &Letter,
        address: &str,
        link: Option<&str>,
        patience: Patience,
    ) -> Outcome {
        let mut failures = 0_u32;
        loop {
            match self.send(key, letter, address, link).await {
                Sending::Accepted { detail } => return Outcome::Accepted { detail },
                Sending::Permanent { reason } => return Outcome::FailedForGood { reason },
                Sending::Passing { reason } => {
                    failures = failures.saturating_add(1);
                    let wait = patience.after(failures);
                    tracing::warn!(%key, to = %letter.to, failures, wait_ms = wait.as_millis(), reason, "letter not accepted yet");
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_never_exceed_the_longest() {
        let patience = Patience {
            first: Duration::from_millis(100),
            retry_max: Duration::from_millis(450),
        };
        let waits: Vec<u128> = (1..6).map(|n| patience.after(n).as_millis()).collect();
        assert_eq!(waits, [100, 200, 400, 450, 450]);
        assert_eq!(patience.after(u32::MAX).as_millis(), 450);
    }
}
