//! Mail: one attempt to hand a letter to a server, told apart by what to do next.

use std::error::Error as _;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls as Security, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use tidegate_model::seam::{EffectKey, Letter};

use crate::config::{ConfigFault, MailConfig, Tls};
use crate::letter::compose;
use crate::sending::{Sending, remark};

/// A server that has not answered by then has not taken the letter.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// A mail server.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    host_for_ids: String,
    finish_within: Duration,
}

impl Smtp {
    /// Prepares the connection; connects only when there is a letter.
    ///
    /// # Errors
    /// See [`ConfigFault`].
    pub fn new(config: &MailConfig) -> Result<Self, ConfigFault> {
        config.verify()?;
        let from = config.from.parse().map_err(|_| ConfigFault::Sender {
            from: config.from.clone(),
        })?;
        let parameters = || {
            TlsParameters::new(config.server.clone()).map_err(|source| ConfigFault::Server {
                server: config.server.clone(),
                source,
            })
        };
        let security = match config.tls {
            Tls::Plain => Security::None,
            Tls::StartTls => Security::Required(parameters()?),
            Tls::Wrapped => Security::Wrapper(parameters()?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.server)
            .port(config.port)
            .tls(security)
            .timeout(Some(ANSWER_WITHIN));
        if let Some(names) = &config.credentials_from_env {
            builder = builder.credentials(Credentials::new(secret(&names.user)?, secret(&names.password)?));
        }
        Ok(Self {
            transport: builder.build(),
            from,
            host_for_ids: config.host_for_ids.clone(),
            finish_within: ANSWER_WITHIN,
        })
    }

    /// The same with another limit for one attempt.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.finish_within = limit;
        self
    }

    /// Tries once.
    pub async fn send(&self, key: &EffectKey, letter: &Letter, address: &str, link: Option<&str>) -> Sending {
        let message = match compose(key, letter, address, link, &self.from, &self.host_for_ids) {
            Ok(message) => message,
            Err(fault) => {
                return Sending::Permanent {
                    reason: fault.to_string(),
                };
            }
        };
        match tokio::time::timeout(self.finish_within, self.transport.send(message)).await {
            Err(_) => Sending::Passing {
                reason: format!(
                    "the mail server did not finish within {} ms",
                    self.finish_within.as_millis()
                ),
            },
            Ok(Ok(reply)) => Sending::Accepted {
                detail: remark(&format!("the mail server answered {}", reply.code())),
            },
            Ok(Err(error)) if error.is_permanent() => Sending::Permanent { reason: reason(&error) },
            // The client refuses before it names an address that the server cannot take (RFC 6531 §3.2); no repeat helps.
            Ok(Err(error)) if error.is_client() && !address.is_ascii() => Sending::Permanent { reason: reason(&error) },
            Ok(Err(error)) => Sending::Passing { reason: reason(&error) },
        }
    }
}

fn secret(name: &str) -> Result<String, ConfigFault> {
    std::env::var(name).map_err(|_| ConfigFault::CredentialMissing { name: name.to_owned() })
}

/// The whole chain of causes on one line.
fn reason(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        let more = deeper.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = deeper.source();
    }
    remark(&text)
}
