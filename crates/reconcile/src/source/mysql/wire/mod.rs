//! A connection whose rows are read where they lie in the receive buffer: as much of the client's half of the protocol as
//! reading rows takes. What is asked of the catalogue goes through the driver.
//!
//! # Source
//! MariaDB, "Client/Server Protocol"; MySQL, "Client/Server Protocol": packets, connection phase, prepared statements.

mod greeting;
mod packets;

use mysql_async::{Column, Opts};
use mysql_common::constants::CapabilityFlags;
use mysql_common::io::ParseBuf;
use mysql_common::packets::{ErrPacket, StmtPacket};

use self::packets::Packets;
use super::session::of_server;
use crate::fault::SourceFault;

/// First bytes of a command.
const QUERY: u8 = 0x03;
const PING: u8 = 0x0e;
const PREPARE: u8 = 0x16;
const EXECUTE: u8 = 0x17;
const CLOSE: u8 = 0x19;
/// First bytes of an answer.
const OK: u8 = 0x00;
const END: u8 = 0xfe;
const ERROR: u8 = 0xff;
/// An end is shorter than this; a row that begins with the same byte is not.
const END_BYTES_MAX: usize = 9;
/// No cursor, asked once.
const EXECUTION: [u8; 5] = [0, 1, 0, 0, 0];

/// A connection.
pub(super) struct Wire {
    packets: Packets,
    capabilities: CapabilityFlags,
}

/// A statement that the server has understood.
pub(super) struct Statement {
    id: u32,
    pub(super) columns: Vec<Column>,
}

/// What came of the rows.
pub(super) enum Piece<'a> {
    /// A row as the server sent it.
    Row(&'a [u8]),
    /// No whole row is here yet; more has to be received.
    Wait,
    /// There are no more.
    End,
}

impl Wire {
    /// Connects and logs in.
    ///
    /// # Errors
    /// [`SourceFault::Connection`]; [`SourceFault::Refused`] where we are not let in.
    pub(super) async fn connect(opts: &Opts) -> Result<Self, SourceFault> {
        greeting::connect(opts).await
    }

    /// Whether the server still answers.
    pub(super) async fn ping(&mut self) -> Result<(), SourceFault> {
        self.packets.command(PING, &[]).await?;
        self.done().await
    }

    /// Has a statement carried out that gives no rows.
    pub(super) async fn run(&mut self, sql: &str) -> Result<(), SourceFault> {
        self.packets.command(QUERY, &[sql.as_bytes()]).await?;
        self.done().await
    }

    /// Has a statement understood.
    ///
    /// # Errors
    /// [`SourceFault::OneStatement`] where it has parameters; whatever the server refuses.
    pub(super) async fn prepare(&mut self, sql: &str) -> Result<Statement, SourceFault> {
        self.packets.command(PREPARE, &[sql.as_bytes()]).await?;
        let capabilities = self.capabilities;
        let packet = accepted(self.packets.next().await?, capabilities)?;
        let statement: StmtPacket = ParseBuf(packet).parse(()).map_err(|_| unexpected())?;
        if statement.num_params() != 0 {
            return Err(SourceFault::OneStatement);
        }
        let columns = self.columns(usize::from(statement.num_columns())).await?;
        Ok(Statement {
            id: statement.statement_id(),
            columns,
        })
    }

    /// Asks for the rows of a statement; they are then taken by [`Wire::piece`].
    pub(super) async fn execute(&mut self, statement: &Statement) -> Result<(), SourceFault> {
        self.packets
            .command(EXECUTE, &[&statement.id.to_le_bytes(), &EXECUTION])
            .await?;
        let packet = accepted(self.packets.next().await?, self.capabilities)?;
        // A small number of columns is one byte; a larger one has a marker before its two.
        let count = match packet {
            [count] if *count < 0xfb => usize::from(*count),
            [0xfc, low, high] => usize::from(u16::from_le_bytes([*low, *high])),
            _ => return Err(unexpected()),
        };
        if count != statement.columns.len() {
            return Err(SourceFault::SchemaChanged);
        }
        self.columns(count).await?;
        Ok(())
    }

    /// The next row, as far as it is here.
    pub(super) fn piece(&mut self) -> Result<Piece<'_>, SourceFault> {
        let capabilities = self.capabilities;
        Ok(match self.packets.buffered()? {
            None => Piece::Wait,
            Some([END, rest @ ..]) if rest.len() + 1 < END_BYTES_MAX => Piece::End,
            Some(packet) => Piece::Row(accepted(packet, capabilities)?),
        })
    }

    /// Receives more.
    pub(super) async fn receive(&mut self) -> Result<(), SourceFault> {
        self.packets.receive().await
    }

    /// Forgets a statement; the server says nothing to that.
    pub(super) async fn close(&mut self, statement: &Statement) -> Result<(), SourceFault> {
        self.packets.command(CLOSE, &[&statement.id.to_le_bytes()]).await
    }

    async fn columns(&mut self, count: usize) -> Result<Vec<Column>, SourceFault> {
        let mut columns = Vec::with_capacity(count);
        for _ in 0..count {
            let packet = self.packets.next().await?;
            columns.push(ParseBuf(packet).parse::<Column>(()).map_err(|_| unexpected())?);
        }
        if count > 0 {
            match self.packets.next().await? {
                [END, ..] => {}
                _ => return Err(unexpected()),
            }
        }
        Ok(columns)
    }

    async fn done(&mut self) -> Result<(), SourceFault> {
        match accepted(self.packets.next().await?, self.capabilities)? {
            [OK, ..] => Ok(()),
            _ => Err(unexpected()),
        }
    }
}

/// The packet, unless it is an error.
fn accepted(packet: &[u8], capabilities: CapabilityFlags) -> Result<&[u8], SourceFault> {
    if packet.first() != Some(&ERROR) {
        return Ok(packet);
    }
    match ParseBuf(packet).parse::<ErrPacket<'_>>(capabilities) {
        Ok(ErrPacket::Error(said)) => Err(of_server(said.error_code(), &said.message_str())),
        Ok(ErrPacket::Progress(_)) | Err(_) => Err(unexpected()),
    }
}

/// The other end does not speak as it should.
fn unexpected() -> SourceFault {
    SourceFault::Connection {
        why: "the server sent something that is no answer to what was asked".to_owned(),
    }
}
