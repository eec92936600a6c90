//! Messages and lines of the link.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tidegate_model::seam::{BrakeLook, ExposureSnapshot, ExposureVersion, Stratum, StratumId};
use tidegate_model::{GatewayId, Millis};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWrite, AsyncWriteExt};

use crate::config::Counting;
use crate::live::LiveCounts;
use crate::pass::PassKey;

/// Longest line, newline included.
pub const LINE_BYTES_MAX: usize = 1024 * 1024;

/// How a gateway introduces itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Its name.
    pub gateway: GatewayId,
    /// Its start, in milliseconds since 1970.
    pub incarnation: u64,
    /// The snapshot it holds.
    pub holds: ExposureVersion,
    /// Hash of that snapshot's content; `None` when it holds none.
    pub hash: Option<String>,
}

/// What gateways say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToController {
    /// The first line.
    Hello(Hello),
    /// Asks for the lease.
    Renew {
        /// Number of this renewal.
        n: u64,
    },
    /// The snapshot in force.
    Holds(ExposureVersion),
    /// A closed stratum.
    Stratum(Stratum),
    /// A look of a brake.
    Brake(BrakeLook),
    /// Counts of the moment.
    Live(LiveCounts),
}

/// What controllers say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToGateway {
    /// The exposure to hold.
    Snapshot(ExposureSnapshot),
    /// Grants a renewal.
    Lease {
        /// Number of the renewal.
        n: u64,
        /// How long it holds, from its sending.
        ttl: Millis,
        /// The key of passes that the controller's surveys bring; none from controllers that send none through gateways.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        passes: Option<PassKey>,
    },
    /// A stratum is journalled.
    Taken(StratumId),
    /// What to count.
    Configure(Counting),
    /// Send `live` now.
    Look,
}

/// Why the link broke.
#[derive(Debug, thiserror::Error)]
pub enum LinkFault {
    /// The other side is gone.
    #[error("the other side closed the link")]
    Closed,
    /// A line above [`LINE_BYTES_MAX`].
    #[error("a line of at most {LINE_BYTES_MAX} bytes was expected")]
    TooLong,
    /// A line that is no message.
    #[error("a message was expected: {0}")]
    Malformed(#[source] serde_json::Error),
    /// The socket failed.
    #[error("the socket failed: {0}")]
    Socket(#[from] std::io::Error),
}

/// Reads one message; cancel-safe as long as `line` is kept between calls.
///
/// # Errors
/// [`LinkFault`].
pub async fn read<M: DeserializeOwned>(
    from: &mut (impl AsyncBufRead + Unpin),
    line: &mut Vec<u8>,
) -> Result<M, LinkFault> {
    loop {
        let bytes = from.fill_buf().await?;
        if bytes.is_empty() {
            return Err(LinkFault::Closed);
        }
        let end = bytes.iter().position(|b| *b == b'\n');
        let taken = end.map_or(bytes.len(), |at| at + 1);
        line.extend_from_slice(&bytes[..taken]);
        from.consume(taken);
        if line.len() > LINE_BYTES_MAX {
            return Err(LinkFault::TooLong);
        }
        if end.is_some() {
            let message = serde_json::from_slice(line).map_err(LinkFault::Malformed);
            line.clear();
            return message;
        }
    }
}

/// Writes one message.
///
/// # Errors
/// [`LinkFault`].
pub async fn write<M: Serialize>(to: &mut (impl AsyncWrite + Unpin), message: &M) -> Result<(), LinkFault> {
    let mut line = serde_json::to_vec(message).expect("messages are plain data");
    line.push(b'\n');
    if line.len() > LINE_BYTES_MAX {
        return Err(LinkFault::TooLong);
    }
    to.write_all(&line).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_are_bounded_and_messages_round_trip() {
        let mut sent = Vec::new();
        write(&mut sent, &ToController::Renew { n: 3 }).await.unwrap();
        write(&mut sent, &ToController::Renew { n: 4 }).await.unwrap();
        let (mut from, mut line) = (sent.as_slice(), Vec::new());
        let first: ToController = read(&mut from, &mut line).await.unwrap();
        let second: ToController = read(&mut from, &mut line).await.unwrap();
        assert_eq!(
            [first, second],
            [ToController::Renew { n: 3 }, ToController::Renew { n: 4 }]
        );
        assert!(matches!(
            read::<ToController>(&mut from, &mut line).await,
            Err(LinkFault::Closed)
        ));
        let long = vec![b'x'; LINE_BYTES_MAX + 1];
        let found = read::<ToController>(&mut long.as_slice(), &mut Vec::new()).await;
        assert!(matches!(found, Err(LinkFault::TooLong)));
    }
}
