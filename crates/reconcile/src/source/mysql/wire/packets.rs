//! Packets: what is received lies in one buffer, and a packet is a part of it.

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::fault::SourceFault;

/// A packet's length and number stand before it.
const HEADER: usize = 4;
/// A packet of this length is continued by the next one.
const PART_MAX: usize = 0xff_ffff;
/// What is received at once at most, unless a packet is longer.
const BUFFER: usize = 64 << 10;
/// The longest packet that is taken; a server sends no longer one.
const PACKET_MAX: usize = 1 << 30;

/// Where bytes go to and come from.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Packets of one connection.
pub(super) struct Packets {
    stream: Box<dyn Stream>,
    buffer: Vec<u8>,
    /// What was received and not taken yet.
    begin: usize,
    end: usize,
    /// A packet that came in several parts.
    joined: Vec<u8>,
    /// The number of the next packet of this exchange.
    number: u8,
}

impl Packets {
    pub(super) fn new(stream: Box<dyn Stream>) -> Self {
        Self {
            stream,
            buffer: vec![0; BUFFER],
            begin: 0,
            end: 0,
            joined: Vec::new(),
            number: 0,
        }
    }

    /// Goes on over a stream that was made of another's; the exchange goes on with this number.
    pub(super) fn resumed(stream: Box<dyn Stream>, number: u8) -> Self {
        let mut packets = Self::new(stream);
        packets.number = number;
        packets
    }

    /// Gives the stream away; nothing may be waiting in the buffer then.
    pub(super) fn into_stream(self) -> (Box<dyn Stream>, u8) {
        (self.stream, self.number)
    }

    /// Begins an exchange.
    pub(super) async fn command(&mut self, command: u8, parts: &[&[u8]]) -> Result<(), SourceFault> {
        self.number = 0;
        let mut content = vec![command];
        parts.iter().for_each(|part| content.extend_from_slice(part));
        self.send(&content).await
    }

    /// Sends a packet of the running exchange.
    pub(super) async fn send(&mut self, content: &[u8]) -> Result<(), SourceFault> {
        let mut all = Vec::with_capacity(content.len() + HEADER);
        let mut parts = content.chunks(PART_MAX).peekable();
        loop {
            let part = parts.next().unwrap_or_default();
            let length = u32::try_from(part.len()).expect("a part is shorter than 16 MiB");
            all.extend_from_slice(&length.to_le_bytes()[..3]);
            all.push(self.number);
            self.number = self.number.wrapping_add(1);
            all.extend_from_slice(part);
            if part.len() < PART_MAX {
                break;
            }
        }
        self.stream.write_all(&all).await.map_err(|error| lost(&error))?;
        self.stream.flush().await.map_err(|error| lost(&error))
    }

    /// The next packet, once it is here.
    pub(super) async fn next(&mut self) -> Result<&[u8], SourceFault> {
        while !self.has_whole()? {
            self.receive().await?;
        }
        Ok(self.buffered()?.unwrap_or_default())
    }

    /// The next packet, if all of it is here.
    pub(super) fn buffered(&mut self) -> Result<Option<&[u8]>, SourceFault> {
        let Some((length, number)) = self.header(self.begin) else {
            return Ok(None);
        };
        if length == PART_MAX {
            return self.join();
        }
        let from = self.begin + HEADER;
        if self.end - from < length {
            return Ok(None);
        }
        self.begin = from + length;
        self.number = number.wrapping_add(1);
        Ok(Some(&self.buffer[from..from + length]))
    }

    /// Receives what there is, at least one byte.
    pub(super) async fn receive(&mut self) -> Result<(), SourceFault> {
        if self.begin == self.end {
            (self.begin, self.end) = (0, 0);
        } else if self.buffer.len() - self.end < self.buffer.len() / 4 {
            if self.begin < self.buffer.len() / 2 {
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
            self.buffer.copy_within(self.begin..self.end, 0);
            (self.begin, self.end) = (0, self.end - self.begin);
        }
        let received = self.stream.read(&mut self.buffer[self.end..]).await;
        match received.map_err(|error| lost(&error))? {
            0 => Err(SourceFault::Connection {
                why: "the server closed the connection".to_owned(),
            }),
            bytes => {
                self.end += bytes;
                Ok(())
            }
        }
    }

    fn header(&self, at: usize) -> Option<(usize, u8)> {
        let [low, middle, high, number] = *self.buffer[at..self.end].first_chunk::<HEADER>()?;
        let length = usize::from(low) | usize::from(middle) << 8 | usize::from(high) << 16;
        Some((length, number))
    }

    fn has_whole(&self) -> Result<bool, SourceFault> {
        let mut at = self.begin;
        while let Some((length, _)) = self.header(at) {
            at += HEADER + length;
            if at - self.begin > PACKET_MAX {
                return Err(SourceFault::Connection {
                    why: "a packet is longer than 1 GiB".to_owned(),
                });
            }
            if at > self.end {
                return Ok(false);
            }
            if length < PART_MAX {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A packet of several parts, copied together once all of them are here.
    fn join(&mut self) -> Result<Option<&[u8]>, SourceFault> {
        if !self.has_whole()? {
            return Ok(None);
        }
        self.joined.clear();
        while let Some((length, number)) = self.header(self.begin) {
            let from = self.begin + HEADER;
            self.joined.extend_from_slice(&self.buffer[from..from + length]);
            self.begin = from + length;
            self.number = number.wrapping_add(1);
            if length < PART_MAX {
                break;
            }
        }
        Ok(Some(&self.joined))
    }
}

fn lost(error: &std::io::Error) -> SourceFault {
    SourceFault::Connection { why: error.to_string() }
}
