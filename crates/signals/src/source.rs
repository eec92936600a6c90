//! Where answers come from, as `serve` is told: `NAME=ADDRESS`. Addresses may hold secrets and are never shown.

use std::path::PathBuf;

use crate::sql::Database;
use crate::web::WebAddress;

/// A source that can be asked. Its debugging output shows no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A server that answers `/api/v1/query` as Prometheus does: `prometheus+http://host:port/prefix`,
    /// `prometheus+https://...`.
    Prometheus(WebAddress),
    /// A database: `postgres://...`, `mysql://...` or `mariadb://...`, `sqlite:PATH`.
    Database(Database),
    /// Requests below this address are the measurement itself: `http://...`, `https://...`.
    Http(WebAddress),
    /// A growing file of JSON lines: `log:PATH`.
    Log(PathBuf),
    /// A table of comma-separated values: `csv:PATH`, `csv+http://...`, `csv+https://...`.
    Csv(Table),
}

/// Where a table is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Table {
    /// A file.
    File(PathBuf),
    /// The body of an answer.
    Web(WebAddress),
}

/// An address that is none. It never repeats the address, which may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It begins like no address that is known.
    #[error(
        "expected `prometheus+http://`, `prometheus+https://`, `postgres://`, `mysql://`, `sqlite:PATH`, `log:PATH`, \
         `csv:PATH`, `csv+http://`, `csv+https://`, `http://` or `https://`, found something else"
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
    /// Reads an address as people write it. Web addresses may carry `user:password@` before the host, or the option
    /// `token-env=NAME` at the end: the environment variable of that name holds a bearer token. Those of `https` may carry
    /// the option `ca-file=PATH`: authorities in PEM whose certificates count instead of the public ones.
    ///
    /// # Errors
    /// [`AddressError`] for anything else.
    pub fn parse(address: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = address.split_once(':').ok_or(AddressError::Unknown)?;
        if rest.is_empty() {
            return Err(AddressError::Unreadable);
        }
        let web = |prefix: &str| WebAddress::parse(address.strip_prefix(prefix).unwrap_or(address));
        match scheme {
            "prometheus+http" | "prometheus+https" => web("prometheus+")?.base().map(Self::Prometheus),
            "http" | "https" => web("")?.base().map(Self::Http),
            "csv+http" | "csv+https" => web("csv+").map(Table::Web).map(Self::Csv),
            "csv" => Ok(Self::Csv(Table::File(PathBuf::from(rest)))),
            "log" => Ok(Self::Log(PathBuf::from(rest))),
            "postgres" | "postgresql" | "mysql" | "mariadb" | "sqlite" => Database::parse(address)
                .map(Self::Database)
                .map_err(|_| AddressError::Unreadable),
            _ => Err(AddressError::Unknown),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_kind_of_source_it_is() {
        for (address, shown) in [
            (
                "prometheus+http://u:secret@h:9090/p",
                "Prometheus(http://h:9090/p (let in by a secret))",
            ),
            ("prometheus+https://h", "Prometheus(https://h)"),
            ("http://h/shop", "Http(http://h/shop)"),
            ("postgres://u:secret@h/db", "Database(Postgres)"),
            ("mysql://u:secret@h/db", "Database(MySql)"),
            ("mariadb://u:secret@h/db", "Database(MySql)"),
            ("sqlite:shop.db", "Database(Sqlite(shop.db))"),
            ("log:/var/log/shop.json", "Log(\"/var/log/shop.json\")"),
            ("csv:seen.csv", "Csv(File(\"seen.csv\"))"),
            ("csv+https://h/e.csv?key=secret", "Csv(Web(https://h/e.csv))"),
        ] {
            assert_eq!(format!("{:?}", Source::parse(address).unwrap()), shown);
        }
    }

    #[test]
    fn an_address_that_is_none_is_refused_and_not_repeated() {
        for address in [
            "secret",
            "ftp://u:secret@h/",
            "prometheus://u:secret@h/",
            "log:",
            "csv:",
            "sqlite:",
            "postgres://u:secret@h:port/",
            "mysql://u:secret@h/?no=option",
            "http://u:secret@h/?a=b",
            "prometheus+http://h/?key=secret",
            "",
        ] {
            let error = Source::parse(address).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{address}: {error}");
        }
    }
}
