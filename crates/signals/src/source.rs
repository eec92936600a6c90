//! Where answers come from, as `serve` is told: `NAME=ADDRESS`. Addresses may hold secrets and are never shown.

use crate::sql::Database;
use crate::web::WebAddress;

/// A source that can be asked. Its debugging output shows no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A server that answers `/api/v1/query` as Prometheus does: `prometheus+http://host:port/prefix`,
    /// `prometheus+https://...`.
    Prometheus(WebAddress),
    /// A database: `postgres://...`, `sqlite:PATH`.
    Database(Database),
    /// Requests below this address are the measurement itself: `http://...`, `https://...`.
    Http(WebAddress),
}

/// An address that is none. It never repeats the address, which may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It begins like no address that is known.
    #[error(
        "expected `prometheus+http://`, `prometheus+https://`, `postgres://`, `sqlite:PATH`, `http://` or `https://`, \
         found something else"
    )]
    Unknown,
    /// It begins like one and goes on like none.
    #[error(
        "expected an address such as `http://user:password@host:port/prefix` or `http://host/prefix?token-env=NAME`"
    )]
    Unreadable,
    /// The environment variable that should hold a token is not set, empty or no text.
    #[error("the environment variable that `token-env` names holds no token")]
    Token,
}

impl Source {
    /// Reads an address as people write it. Web addresses may carry `user:password@` before the host, or
    /// `?token-env=NAME` at the end: the environment variable of that name holds a bearer token.
    ///
    /// # Errors
    /// [`AddressError`] for anything else.
    pub fn parse(address: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = address.split_once(':').ok_or(AddressError::Unknown)?;
        match scheme {
            "prometheus+http" | "prometheus+https" => {
                let web = address.strip_prefix("prometheus+").expect("the scheme begins with it");
                WebAddress::parse(web).map(Self::Prometheus)
            }
            "http" | "https" => WebAddress::parse(address).map(Self::Http),
            "postgres" | "postgresql" | "sqlite" if !rest.is_empty() => Database::parse(address)
                .map(Self::Database)
                .map_err(|_| AddressError::Unreadable),
            _ => Err(AddressError::Unknown),
        }
    }
}
