//! The beginning of a connection: the server's greeting, TLS where it is asked for, and the proof of who we are.

use mysql_async::{Opts, SslOpts};
use mysql_common::constants::CapabilityFlags;
use mysql_common::io::ParseBuf;
use mysql_common::packets::{AuthPlugin, AuthSwitchRequest, HandshakePacket, HandshakeResponse, SslRequest};
use mysql_common::proto::MySerialize;
use tokio::net::{TcpStream, UnixStream};

use super::packets::{Packets, Stream};
use super::{END, OK, Wire, accepted, unexpected};
use crate::fault::SourceFault;
use crate::source::tls::{self, Trust};

/// The longest packet that we announce to take.
const PACKET_MAX: u32 = 1 << 30;
/// The number of `utf8mb4_general_ci`; the session says its own afterwards.
const COLLATION: u8 = 45;
/// More of the same proof follows.
const MORE: u8 = 0x01;
/// The server knows the password from before.
const KNOWN: u8 = 0x03;
/// The server wants the password itself.
const IN_FULL: u8 = 0x04;
/// We want the server's key, to hide the password with.
const KEY_WANTED: [u8; 1] = [0x02];
/// Bytes that a server gives to be proven with.
const NONCE: usize = 20;

/// Whether nobody else can read along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Privacy {
    Open,
    Closed,
}

pub(super) async fn connect(opts: &Opts) -> Result<Wire, SourceFault> {
    let (stream, mut privacy) = stream(opts).await?;
    let mut packets = Packets::new(stream);
    let greeting = packets.next().await?;
    let greeting: HandshakePacket<'_> = ParseBuf(accepted(greeting, CapabilityFlags::empty())?)
        .parse(())
        .map_err(|_| unexpected())?;
    let version = (greeting.maria_db_server_version_parsed())
        .or_else(|| greeting.server_version_parsed())
        .unwrap_or((0, 0, 0));
    let mut nonce = greeting.scramble_1_ref().to_vec();
    nonce.extend_from_slice(greeting.scramble_2_ref().unwrap_or_default());
    nonce.resize(NONCE, 0);
    let plugin = match greeting.auth_plugin() {
        Some(AuthPlugin::CachingSha2Password) => AuthPlugin::CachingSha2Password,
        _ => AuthPlugin::MysqlNativePassword,
    };
    let mut wanted = CapabilityFlags::CLIENT_PROTOCOL_41
        | CapabilityFlags::CLIENT_SECURE_CONNECTION
        | CapabilityFlags::CLIENT_LONG_PASSWORD
        | CapabilityFlags::CLIENT_LONG_FLAG
        | CapabilityFlags::CLIENT_TRANSACTIONS
        | CapabilityFlags::CLIENT_PLUGIN_AUTH
        | CapabilityFlags::CLIENT_CONNECT_WITH_DB;
    // MariaDB leaves this one out and takes it all the same.
    let offered = greeting.capabilities() | CapabilityFlags::CLIENT_LONG_PASSWORD;
    if let (Some(ssl), Privacy::Open) = (opts.ssl_opts(), privacy) {
        wanted |= CapabilityFlags::CLIENT_SSL;
        if !offered.contains(CapabilityFlags::CLIENT_SSL) {
            return Err(SourceFault::refused("the server offers no TLS"));
        }
        let request = SslRequest::new(wanted & offered, PACKET_MAX, COLLATION);
        packets.send(&bytes(&request)).await?;
        packets = protected(packets, opts, ssl).await?;
        privacy = Privacy::Closed;
    }
    let capabilities = wanted & offered;
    let proof = plugin.gen_data(opts.pass(), &nonce).map(|data| bytes(&data));
    let response = HandshakeResponse::new(
        proof,
        version,
        opts.user().map(str::as_bytes),
        opts.db_name().map(str::as_bytes),
        Some(plugin.clone()),
        capabilities,
        None,
        PACKET_MAX,
    );
    packets.send(&bytes(&response)).await?;
    let mut login = Login {
        packets,
        opts,
        privacy,
        plugin,
        nonce,
    };
    login.end(capabilities).await?;
    Ok(Wire {
        packets: login.packets,
        capabilities,
    })
}

async fn stream(opts: &Opts) -> Result<(Box<dyn Stream>, Privacy), SourceFault> {
    let lost = |error: std::io::Error| SourceFault::Connection { why: error.to_string() };
    if let Some(path) = opts.socket() {
        let stream = UnixStream::connect(path).await.map_err(lost)?;
        return Ok((Box::new(stream), Privacy::Closed));
    }
    let stream = TcpStream::connect((opts.ip_or_hostname(), opts.tcp_port())).await;
    let stream = stream.map_err(lost)?;
    stream.set_nodelay(true).map_err(lost)?;
    Ok((Box::new(stream), Privacy::Open))
}

/// The same connection under TLS, as strictly checked as the address asks for.
async fn protected(packets: Packets, opts: &Opts, ssl: &SslOpts) -> Result<Packets, SourceFault> {
    let trust = match (ssl.accept_invalid_certs(), ssl.skip_domain_validation()) {
        (true, _) => Trust::Anybody,
        (false, true) => Trust::Authority,
        (false, false) => Trust::Name,
    };
    let (stream, number) = packets.into_stream();
    let stream = tls::protect(stream, opts.ip_or_hostname(), trust, None).await?;
    Ok(Packets::resumed(Box::new(stream), number))
}

/// A login on its way.
struct Login<'a> {
    packets: Packets,
    opts: &'a Opts,
    privacy: Privacy,
    plugin: AuthPlugin<'static>,
    nonce: Vec<u8>,
}

impl Login<'_> {
    /// Answers what the server asks until it lets us in.
    async fn end(&mut self, capabilities: CapabilityFlags) -> Result<(), SourceFault> {
        let mut has_switched = false;
        loop {
            let packet = accepted(self.packets.next().await?, capabilities)?.to_vec();
            match packet.as_slice() {
                [OK, ..] => return Ok(()),
                [END, ..] if !has_switched => {
                    has_switched = true;
                    self.switch(&packet).await?;
                }
                [MORE, KNOWN] => {}
                [MORE, IN_FULL] => self.in_full().await?,
                _ => return Err(unexpected()),
            }
        }
    }

    /// Proves it in the way that the server prefers for this account.
    async fn switch(&mut self, packet: &[u8]) -> Result<(), SourceFault> {
        let asked: AuthSwitchRequest<'_> = ParseBuf(packet).parse(()).map_err(|_| unexpected())?;
        self.nonce = asked.plugin_data().to_vec();
        self.plugin = match asked.auth_plugin() {
            AuthPlugin::MysqlNativePassword => AuthPlugin::MysqlNativePassword,
            AuthPlugin::CachingSha2Password => AuthPlugin::CachingSha2Password,
            other @ (AuthPlugin::MysqlOldPassword
            | AuthPlugin::MysqlClearPassword
            | AuthPlugin::Ed25519
            | AuthPlugin::MariadbParsec { .. }
            | AuthPlugin::Other(_)) => {
                let name = String::from_utf8_lossy(other.as_bytes()).into_owned();
                return Err(SourceFault::refused(&format!(
                    "the server asks for the login `{name}`, which is not spoken here"
                )));
            }
        };
        let proof = self.plugin.gen_data(self.opts.pass(), &self.nonce);
        let proof = proof.map(|data| bytes(&data)).unwrap_or_default();
        self.packets.send(&proof).await
    }

    /// Sends the password itself, under TLS as it is, else hidden by the server's key.
    async fn in_full(&mut self) -> Result<(), SourceFault> {
        let mut password = self.opts.pass().unwrap_or_default().as_bytes().to_vec();
        password.push(0);
        if self.privacy == Privacy::Closed {
            return self.packets.send(&password).await;
        }
        self.packets.send(&KEY_WANTED).await?;
        let [MORE, key @ ..] = self.packets.next().await? else {
            return Err(unexpected());
        };
        let key = key.to_vec();
        for (byte, turn) in password.iter_mut().zip(self.nonce.iter().cycle()) {
            *byte ^= turn;
        }
        self.packets.send(&mysql_common::crypto::encrypt(&password, &key)).await
    }
}

fn bytes(packet: &impl MySerialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    packet.serialize(&mut bytes);
    bytes
}
