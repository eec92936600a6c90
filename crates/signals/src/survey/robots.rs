//! robots.txt: what we may ask for, as the crawler that we say we are, and what the search engine's crawler may.
//!
//! # Source
//! RFC 9309: no file lets everybody in, a file that cannot be reached lets nobody in; five redirects are followed.

use http::header;
use robotstxt::DefaultMatcher;

use super::side::Side;

/// Who we say we are.
const OURSELVES: &str = "tidegate";
/// RFC 9309 §2.3.1.2.
const REDIRECTS_MAX: usize = 5;

/// The rules of a side.
#[derive(Debug, Default)]
pub(super) struct Robots {
    text: String,
}

/// Who may ask for an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Let {
    /// We may.
    pub(super) us: bool,
    /// The search engine's crawler may.
    pub(super) crawler: bool,
}

impl Robots {
    /// Reads the rules of a side.
    ///
    /// # Errors
    /// In words, when they cannot be reached: then nobody is let in.
    pub(super) async fn of(side: &Side) -> Result<Self, String> {
        let mut path = "/robots.txt".to_owned();
        for _ in 0..=REDIRECTS_MAX {
            let answer = side.get(&path).await.map_err(|why| format!("robots.txt: {why}"))?;
            let status = answer.status.as_u16();
            match status {
                200..=299 => {
                    let text = String::from_utf8_lossy(&answer.body).into_owned();
                    return Ok(Self { text });
                }
                300..=399 => {
                    let location = answer.headers.get(header::LOCATION).and_then(|to| to.to_str().ok());
                    let next = location.and_then(|to| side.path_of(&side.resolve(&path, to)?));
                    path = next.ok_or_else(|| "robots.txt leads elsewhere, or nowhere".to_owned())?;
                }
                400..=499 => return Ok(Self::default()),
                _ => return Err(format!("robots.txt: status {status}, which lets nobody in")),
            }
        }
        Err(format!("robots.txt leads on more than {REDIRECTS_MAX} times"))
    }

    /// Who may ask for an address of visitors.
    pub(super) fn let_in(&self, crawler: &str, address: &str) -> Let {
        let may = |agent: &str| DefaultMatcher::default().one_agent_allowed_by_robots(&self.text, agent, address);
        Let {
            us: may(OURSELVES),
            crawler: may(crawler),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_are_those_of_who_asks() {
        let text = "User-agent: *\nDisallow: /cart\n\nUser-agent: searchbot\nDisallow: /product\n".to_owned();
        let robots = Robots { text };
        let may = |path: &str| {
            let found = robots.let_in("searchbot", &format!("https://shop.example{path}"));
            (found.us, found.crawler)
        };
        assert_eq!(may("/product/1"), (true, false));
        assert_eq!(may("/cart"), (false, true));
        assert_eq!(may("/"), (true, true));
    }
}
