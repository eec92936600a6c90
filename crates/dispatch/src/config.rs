//! Where letters are handed over, and how the connection is protected. It reads no file and keeps no secret.

use std::net::IpAddr;

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Not at all; only to this machine.
    Plain,
    /// Required upgrade by `STARTTLS` (RFC 3207).
    StartTls,
    /// From the first byte (RFC 8314).
    Wrapped,
}

/// Names of the environment variables that hold the credentials; never the credentials themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialNames {
    /// Holds the user.
    pub user: String,
    /// Holds the password.
    pub password: String,
}

/// Where letters are handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailConfig {
    /// Host name or address of the mail server.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// Where the credentials are, when the server asks for any.
    pub credentials_from_env: Option<CredentialNames>,
    /// The sender, such as `Tidegate <tidegate@shop.example>`.
    pub from: String,
    /// The part of message ids after the `@`; a domain of the sender's.
    pub host_for_ids: String,
}

/// Why a mailer cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigFault {
    /// Plain text leaves the machine.
    #[error(
        "letters to `{server}` would cross the network unprotected; expected `starttls` or `tls` for a server that is not on loopback"
    )]
    Unprotected {
        /// The server.
        server: String,
    },
    /// The sender is no mailbox.
    #[error("`{from}` is no sender; expected `Name <user@host>`")]
    Sender {
        /// What was found.
        from: String,
    },
    /// The host for message ids has other characters than letters, digits, dots and hyphens.
    #[error("`{host}` cannot end a message id; expected a host name")]
    IdHost {
        /// What was found.
        host: String,
    },
    /// A credential is declared and not there.
    #[error("the environment variable `{name}` is not set; expected the mail server's credentials in it")]
    CredentialMissing {
        /// The variable.
        name: String,
    },
    /// The server's name cannot be used for a protected connection.
    #[error("`{server}` cannot be reached by a protected connection")]
    Server {
        /// The server.
        server: String,
        /// What the transport said.
        #[source]
        source: lettre::transport::smtp::Error,
    },
}

impl MailConfig {
    /// Whether the server is on this machine. A name other than `localhost` never counts, wherever it resolves to.
    #[must_use]
    pub fn is_on_loopback(&self) -> bool {
        self.server == "localhost" || self.server.parse::<IpAddr>().is_ok_and(|a| a.is_loopback())
    }

    /// Refuses what would leave the machine unprotected, and a host that could break a header.
    pub(crate) fn verify(&self) -> Result<(), ConfigFault> {
        match self.tls {
            Tls::Plain if !self.is_on_loopback() => {
                return Err(ConfigFault::Unprotected {
                    server: self.server.clone(),
                });
            }
            Tls::Plain | Tls::StartTls | Tls::Wrapped => {}
        }
        let is_host = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        if self.host_for_ids.is_empty() || !self.host_for_ids.chars().all(is_host) {
            return Err(ConfigFault::IdHost {
                host: self.host_for_ids.clone(),
            });
        }
        Ok(())
    }
}
