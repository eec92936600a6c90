//! The way to both sides of a unit that leads through a gateway, as visitors come.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use http::{HeaderMap, StatusCode};
use tidegate_model::seam::{SHOWN_HEADER, Shown};

use crate::web::WebAddress;

/// Writes what the gateway takes one request for a survey by: for this path with its query. In words why it cannot.
pub type Pass = Arc<dyn Fn(&str) -> Result<String, String> + Send + Sync>;

/// A gateway, with passes for both sides of a unit.
#[derive(Clone)]
pub struct Entrance {
    pub(super) address: WebAddress,
    old: Pass,
    new: Pass,
}

/// The way to one side.
pub(super) struct Through {
    pub(super) pass: Pass,
    /// What answers must say that they show.
    shows: Shown,
}

impl fmt::Debug for Through {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Through({:?})", self.shows)
    }
}

impl Through {
    /// Whether an answer shows the side, or an address of another unit: with anything else it says nothing about the side.
    ///
    /// # Errors
    /// In words, what it is instead.
    pub(super) fn took(&self, status: StatusCode, headers: &HeaderMap) -> Result<(), String> {
        match shown(headers) {
            Some(Shown::Elsewhere) => Ok(()),
            Some(shown) if shown == self.shows => Ok(()),
            Some(shown) => Err(format!(
                "the gateway shows the {} side, not the {} one",
                shown.word(),
                self.shows.word()
            )),
            None if status.is_server_error() => Err(format!("status {}, of the gateway itself", status.as_u16())),
            None => Err("the gateway took it for a visitor's".to_owned()),
        }
    }
}

/// What an answer says that it shows; none where no gateway says it.
pub(super) fn shown(headers: &HeaderMap) -> Option<Shown> {
    Shown::parse(headers.get(SHOWN_HEADER)?.to_str().ok()?)
}

impl fmt::Debug for Entrance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entrance({:?})", self.address)
    }
}

impl Entrance {
    /// A gateway that listens here, such as `127.0.0.1:8080`; one that listens on every address is met on this machine's own. None
    /// where the address is none.
    #[must_use]
    pub fn new(listens: &str, old: Pass, new: Pass) -> Option<Self> {
        let mut address: SocketAddr = listens.parse().ok()?;
        if address.ip().is_unspecified() {
            address.set_ip(match address.ip() {
                IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        let address = WebAddress::parse(&format!("http://{address}")).ok()?;
        Some(Self { address, old, new })
    }

    /// The way to the old side.
    pub(super) fn to_old(&self) -> Through {
        let pass = self.old.clone();
        Through {
            pass,
            shows: Shown::Old,
        }
    }

    /// The way to the new side.
    pub(super) fn to_new(&self) -> Through {
        let pass = self.new.clone();
        Through {
            pass,
            shows: Shown::New,
        }
    }
}
