//! Where a source is on the web, and what lets us in. What lets us in shows in no error, log or debugging output.

use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderValue, Uri};

use crate::source::AddressError;

/// The option that names the environment variable that holds a bearer token.
const TOKEN_OPTION: &str = "token-env=";

/// The option that names the file of the authorities whose certificates count, instead of the public ones.
const AUTHORITIES_OPTION: &str = "ca-file=";

/// Where a source is on the web: scheme, host, port, prefix, and what lets us in.
#[derive(Clone, PartialEq, Eq)]
pub struct WebAddress {
    /// Whether the connection is protected.
    pub(crate) is_tls: bool,
    /// A name or a number, an IPv6 number without its brackets.
    pub(crate) host: String,
    /// The port.
    pub(crate) port: u16,
    /// What the `Host` header says.
    pub(crate) authority: String,
    /// The path that stands before every other, without a slash at its end.
    pub(crate) prefix: String,
    /// The query of the address itself, which may hold a secret too.
    pub(crate) query: Option<String>,
    /// The authorities whose certificates count, in PEM; none are the public ones.
    pub(crate) authorities: Option<PathBuf>,
    /// The `Authorization` header, marked as sensitive.
    pub(crate) authorization: Option<HeaderValue>,
}

impl std::fmt::Debug for WebAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.is_tls { "https" } else { "http" };
        let entered = if self.authorization.is_some() {
            " (let in by a secret)"
        } else {
            ""
        };
        write!(f, "{scheme}://{}{}{entered}", self.authority, self.prefix)
    }
}

impl WebAddress {
    /// Reads `http://host:port/prefix` or `https://...`. A name and password stand before the host (`user:password@`,
    /// percent-encoded where they must be), or the option `token-env=NAME` at the end names the environment variable that
    /// holds a bearer token. With `https`, the option `ca-file=PATH` names the authorities whose certificates count.
    ///
    /// # Errors
    /// [`AddressError`], which never repeats the address.
    pub(crate) fn parse(text: &str) -> Result<Self, AddressError> {
        let uri: Uri = text.parse().map_err(|_| AddressError::Unreadable)?;
        let is_tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            Some(_) | None => return Err(AddressError::Unknown),
        };
        let authority = uri.authority().ok_or(AddressError::Unreadable)?;
        let named = authority.host();
        let host = named.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() || text.contains('#') {
            return Err(AddressError::Unreadable);
        }
        let (entry, place) = match authority.as_str().rsplit_once('@') {
            Some((entry, place)) => (Some(entry), place),
            None => (None, authority.as_str()),
        };
        let options = uri.query().into_iter().flat_map(|query| query.split('&'));
        let (tokens, rest): (Vec<&str>, Vec<&str>) = options.partition(|option| option.starts_with(TOKEN_OPTION));
        let (files, rest): (Vec<&str>, Vec<&str>) = rest
            .into_iter()
            .partition(|option| option.starts_with(AUTHORITIES_OPTION));
        let authorities = match (files.as_slice(), is_tls) {
            ([], _) => None,
            ([file], true) => Some(path(file)?),
            (_, _) => return Err(AddressError::Unreadable),
        };
        let authorization = match (entry, tokens.as_slice()) {
            (None, []) => None,
            (Some(entry), []) => Some(basic(entry)?),
            (None, [option]) => Some(bearer(option)?),
            (_, _) => return Err(AddressError::Unreadable),
        };
        let port = match authority.port_u16() {
            Some(port) => port,
            // A port that is none, such as `:99999`, is not read as if it were not there.
            None if place != named => return Err(AddressError::Unreadable),
            None if is_tls => 443,
            None => 80,
        };
        Ok(Self {
            is_tls,
            host: host.to_owned(),
            port,
            authority: place.to_owned(),
            prefix: uri.path().trim_end_matches('/').to_owned(),
            query: (!rest.is_empty()).then(|| rest.join("&")),
            authorities,
            authorization,
        })
    }

    /// The same, as the base of other paths: it has no query of its own.
    pub(crate) fn base(self) -> Result<Self, AddressError> {
        match self.query {
            None => Ok(self),
            Some(_) => Err(AddressError::Unreadable),
        }
    }

    /// The path and query of this address itself.
    pub(crate) fn itself(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.below("")),
            None => self.below(""),
        }
    }

    /// The path and query of a request below this address.
    pub(crate) fn below(&self, path: &str) -> String {
        match path.strip_prefix('/') {
            Some(rest) => format!("{}/{rest}", self.prefix),
            None if path.is_empty() && !self.prefix.is_empty() => self.prefix.clone(),
            None => format!("{}/{path}", self.prefix),
        }
    }
}

/// RFC 7617 §2.
fn basic(entry: &str) -> Result<HeaderValue, AddressError> {
    let (name, password) = entry.split_once(':').unwrap_or((entry, ""));
    let mut pair = decoded(name)?;
    if pair.contains(&b':') {
        return Err(AddressError::Unreadable);
    }
    pair.push(b':');
    pair.extend(decoded(password)?);
    sensitive(&format!("Basic {}", BASE64_STANDARD.encode(pair)))
}

/// RFC 6750 §2.1.
fn bearer(option: &str) -> Result<HeaderValue, AddressError> {
    let name = option.strip_prefix(TOKEN_OPTION).ok_or(AddressError::Unreadable)?;
    match std::env::var(name) {
        Ok(token) if !token.is_empty() => sensitive(&format!("Bearer {token}")),
        Ok(_) | Err(_) => Err(AddressError::Token),
    }
}

fn path(option: &str) -> Result<PathBuf, AddressError> {
    let path = decoded(option.strip_prefix(AUTHORITIES_OPTION).unwrap_or_default())?;
    let path = String::from_utf8(path).map_err(|_| AddressError::Unreadable)?;
    if path.is_empty() {
        return Err(AddressError::Unreadable);
    }
    Ok(PathBuf::from(path))
}

fn sensitive(text: &str) -> Result<HeaderValue, AddressError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| AddressError::Unreadable)?;
    value.set_sensitive(true);
    Ok(value)
}

/// RFC 3986 §2.1.
fn decoded(text: &str) -> Result<Vec<u8>, AddressError> {
    let mut bytes = text.bytes();
    let mut plain = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            plain.push(byte);
            continue;
        }
        let mut half = || char::from(bytes.next()?).to_digit(16);
        let (high, low) = (half(), half());
        let whole = high.zip(low).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        plain.push(whole.ok_or(AddressError::Unreadable)?);
    }
    Ok(plain)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_place_a_prefix_and_a_secret_that_does_not_show() {
        let address = WebAddress::parse("https://reader:p%40ss%3A@metrics.example/prom/").unwrap();
        assert_eq!((address.host.as_str(), address.port), ("metrics.example", 443));
        assert_eq!(address.below("/api/v1/query"), "/prom/api/v1/query");
        let entry = address.authorization.clone().unwrap();
        assert_eq!(entry, format!("Basic {}", BASE64_STANDARD.encode("reader:p@ss:")));
        let shown = format!("{address:?} {entry:?}");
        assert_eq!(
            shown, "https://metrics.example/prom (let in by a secret) Sensitive",
            "{shown}"
        );
    }

    #[test]
    fn a_path_stands_below_the_prefix() {
        let bare = WebAddress::parse("http://127.0.0.1:81").unwrap();
        assert_eq!(
            (bare.port, bare.below("/"), bare.below("")),
            (81, "/".into(), "/".into())
        );
        let file = WebAddress::parse("http://h/export.csv").unwrap();
        assert_eq!((file.port, file.below("")), (80, "/export.csv".into()));
        let table = WebAddress::parse("http://h/e?site=1&token-env=PATH&format=csv").unwrap();
        assert_eq!(table.itself(), "/e?site=1&format=csv");
        assert!(table.authorization.is_some() && !format!("{table:?}").contains("site"));
        let inner = WebAddress::parse("https://h/?ca-file=/etc/our%20ca.pem").unwrap();
        assert_eq!(inner.authorities, Some(PathBuf::from("/etc/our ca.pem")));
        let number = WebAddress::parse("http://[::1]:8080/x").unwrap();
        assert_eq!((number.host.as_str(), number.authority.as_str()), ("::1", "[::1]:8080"));
    }

    #[test]
    fn what_cannot_be_read_is_refused_and_not_repeated() {
        for text in [
            "http://secret@",
            "http://h:port/secret",
            "http://h:99999/secret",
            "http://a%zz:secret@h/",
            "http://h/?password=secret",
            "http://u:secret@h/?token-env=PATH",
            "http://h/#secret",
            "http://h/?ca-file=secret.pem",
            "https://h/?ca-file=",
            "https://h/?ca-file=secret&ca-file=secret",
            "ftp://u:secret@h/",
            "http://h/?token-env=TIDEGATE_NO_SUCH_VARIABLE",
            "/secret",
        ] {
            let error = WebAddress::parse(text)
                .and_then(WebAddress::base)
                .unwrap_err()
                .to_string();
            assert!(
                !error.contains("secret") && !error.contains("NO_SUCH"),
                "{text}: {error}"
            );
        }
    }
}
