//! One visitor's cookies, as far as the demo needs them: one host, one path, no expiry by date.

use std::collections::BTreeMap;

use reqwest::header::{COOKIE, HeaderMap, SET_COOKIE};

/// Largest number of cookies a visitor keeps; further new names are not kept.
const COOKIES_MAX: usize = 32;

/// The cookies of one visitor.
#[derive(Debug, Default)]
pub(crate) struct Jar {
    cookies: BTreeMap<String, String>,
}

impl Jar {
    /// Keeps what an answer sets and drops what it expires with `Max-Age=0`.
    pub(crate) fn take(&mut self, answer: &HeaderMap) {
        for line in answer
            .get_all(SET_COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
        {
            let mut parts = line.split(';');
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            let name = name.trim();
            if parts.any(|attribute| attribute.trim().eq_ignore_ascii_case("max-age=0")) {
                self.cookies.remove(name);
            } else if self.cookies.contains_key(name) || self.cookies.len() < COOKIES_MAX {
                self.cookies.insert(name.to_owned(), value.trim().to_owned());
            }
        }
    }

    /// The request with this visitor's cookies on it.
    pub(crate) fn put(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        if self.cookies.is_empty() {
            return request;
        }
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        request.header(COOKIE, pairs.join("; "))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    #[test]
    fn cookies_are_kept_replaced_and_dropped() {
        let mut jar = Jar::default();
        let mut answer = HeaderMap::new();
        answer.append(SET_COOKIE, "osid=a; Path=/; HttpOnly".parse().unwrap());
        answer.append(SET_COOKIE, "bucket=7".parse().unwrap());
        jar.take(&answer);
        assert_eq!(jar.cookies.get("osid").unwrap(), "a");
        let mut next = HeaderMap::new();
        next.append(SET_COOKIE, "osid=; Max-Age=0".parse().unwrap());
        next.append(SET_COOKIE, "bucket=8".parse().unwrap());
        jar.take(&next);
        assert_eq!(
            jar.cookies.into_iter().collect::<Vec<_>>(),
            [("bucket".to_owned(), "8".to_owned())]
        );
    }
}
