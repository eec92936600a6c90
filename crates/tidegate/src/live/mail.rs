//! The mail server's settings, as people write them.

use anyhow::{Context, bail};
use tidegate_dispatch::{CredentialNames, MailConfig, Tls};

/// Environment variables that hold the credentials.
const USER: &str = "TIDEGATE_MAIL_USER";
const PASSWORD: &str = "TIDEGATE_MAIL_PASSWORD";

/// Reads the settings.
///
/// # Errors
/// No `host:port`, or an unknown way to protect the connection.
pub(crate) fn mail_config(server: &str, from: &str, tls: &str) -> anyhow::Result<MailConfig> {
    let (host, port) = server
        .rsplit_once(':')
        .with_context(|| format!("expected a mail server as `host:port`, found `{server}`"))?;
    let port = port
        .parse()
        .with_context(|| format!("expected a port, found `{port}`"))?;
    let tls = match tls {
        "none" => Tls::Plain,
        "starttls" => Tls::StartTls,
        "tls" => Tls::Wrapped,
        other => bail!("expected `none`, `starttls` or `tls`, found `{other}`"),
    };
    let domain = from
        .rsplit_once('@')
        .map_or("localhost", |(_, domain)| domain.trim_end_matches('>'));
    Ok(MailConfig {
        server: host.to_owned(),
        port,
        tls,
        credentials_from_env: std::env::var_os(USER).map(|_| CredentialNames {
            user: USER.to_owned(),
            password: PASSWORD.to_owned(),
        }),
        from: from.to_owned(),
        host_for_ids: domain.to_owned(),
    })
}
