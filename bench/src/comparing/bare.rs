//! The barest client of MariaDB: logs in by password, asks one statement by the binary protocol, and counts the packets that
//! come, without a look at what is in them.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use anyhow::{Context, bail};
use mysql_async::Opts;
use mysql_common::constants::CapabilityFlags;
use mysql_common::io::ParseBuf;
use mysql_common::packets::{AuthPlugin, HandshakePacket, HandshakeResponse, StmtPacket};
use mysql_common::proto::MySerialize as _;

const PREPARE: u8 = 0x16;
const EXECUTE: u8 = 0x17;
const END: u8 = 0xfe;
const ERROR: u8 = 0xff;
/// Bytes that are received at once.
const BUFFER: usize = 64 << 10;

/// What was received and thrown away.
#[derive(Debug, Default)]
pub(super) struct Received {
    pub(super) rows: u64,
    /// Of rows alone, as they were sent.
    pub(super) bytes: u64,
}

/// Receives all rows of a statement.
pub(super) fn discard(url: &str, sql: &str) -> anyhow::Result<Received> {
    let opts = Opts::from_url(url)?;
    let stream = TcpStream::connect((opts.ip_or_hostname(), opts.tcp_port()))?;
    stream.set_nodelay(true)?;
    let mut bare = Bare {
        stream,
        buffer: vec![0; BUFFER],
        begin: 0,
        end: 0,
    };
    bare.log_in(&opts)?;
    bare.send(0, &[&[PREPARE], sql.as_bytes()].concat())?;
    let packet = bare.packet()?;
    let statement: StmtPacket = ParseBuf(packet).parse(()).context("the statement was not understood")?;
    let columns = statement.num_columns();
    for _ in 0..=columns {
        bare.packet()?;
    }
    let execute = [
        &[EXECUTE][..],
        &statement.statement_id().to_le_bytes(),
        &[0, 1, 0, 0, 0],
    ]
    .concat();
    bare.send(0, &execute)?;
    for _ in 0..columns + 2 {
        bare.packet()?;
    }
    let mut received = Received::default();
    loop {
        match bare.packet()? {
            [END, ..] => return Ok(received),
            [ERROR, ..] => bail!("the rows ended early"),
            row => {
                received.rows += 1;
                received.bytes += u64::try_from(row.len())?;
            }
        }
    }
}

struct Bare {
    stream: TcpStream,
    buffer: Vec<u8>,
    begin: usize,
    end: usize,
}

impl Bare {
    fn log_in(&mut self, opts: &Opts) -> anyhow::Result<()> {
        let packet = self.packet()?;
        let greeting: HandshakePacket<'_> = ParseBuf(packet).parse(())?;
        let mut nonce = greeting.scramble_1_ref().to_vec();
        nonce.extend_from_slice(greeting.scramble_2_ref().unwrap_or_default());
        nonce.truncate(20);
        let plugin = AuthPlugin::MysqlNativePassword;
        let proof = plugin.gen_data(opts.pass(), &nonce).context("no password")?;
        let response = HandshakeResponse::new(
            Some(proof.to_vec()),
            (10, 0, 0),
            opts.user().map(str::as_bytes),
            opts.db_name().map(str::as_bytes),
            Some(plugin.clone()),
            CapabilityFlags::CLIENT_PROTOCOL_41
                | CapabilityFlags::CLIENT_SECURE_CONNECTION
                | CapabilityFlags::CLIENT_LONG_PASSWORD
                | CapabilityFlags::CLIENT_PLUGIN_AUTH,
            None,
            1 << 24,
        );
        let mut bytes = Vec::new();
        response.serialize(&mut bytes);
        self.send(1, &bytes)?;
        anyhow::ensure!(self.packet()?.first() == Some(&0), "not let in");
        Ok(())
    }

    fn send(&mut self, number: u8, content: &[u8]) -> anyhow::Result<()> {
        let mut packet = u32::try_from(content.len())?.to_le_bytes();
        packet[3] = number;
        self.stream.write_all(&[&packet, content].concat())?;
        Ok(())
    }

    fn packet(&mut self) -> anyhow::Result<&[u8]> {
        loop {
            let here = &self.buffer[self.begin..self.end];
            if let Some([low, middle, high, _]) = here.first_chunk::<4>() {
                let length = usize::from(*low) | usize::from(*middle) << 8 | usize::from(*high) << 16;
                if here.len() >= 4 + length {
                    let from = self.begin + 4;
                    self.begin = from + length;
                    return Ok(&self.buffer[from..from + length]);
                }
            }
            self.buffer.copy_within(self.begin..self.end, 0);
            (self.begin, self.end) = (0, self.end - self.begin);
            let received = self.stream.read(&mut self.buffer[self.end..])?;
            anyhow::ensure!(received > 0, "the server ended early");
            self.end += received;
        }
    }
}
