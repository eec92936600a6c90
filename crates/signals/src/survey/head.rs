//! What a page tells search engines in its head: title, canonical address, whether it may be indexed; and its structured data.

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};
use http::{HeaderMap, header};

/// The head of one page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// The text of its title; none when there is none or it is empty.
    pub(super) title: Option<String>,
    /// Every canonical address, of elements and headers, as written.
    pub(super) canonicals: Vec<String>,
    /// What keeps it out of the index, where it was said.
    pub(super) noindex: Option<&'static str>,
    /// Every block of JSON-LD, as written.
    pub(super) json_ld: Vec<String>,
}

/// Elements whose content is no part of the page's head, whatever it is called.
const ELSEWHERE: [&str; 3] = ["svg", "math", "template"];

/// What the text between two tags is kept for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Text {
    Nothing,
    Title,
    JsonLd,
}

impl Head {
    /// Reads a page as a search engine's crawler does.
    pub(super) fn read(text: &str, headers: &HeaderMap, crawler: &str) -> Self {
        let mut found = Tags::default();
        let mut emitter = DefaultEmitter::default();
        emitter.naively_switch_states(true);
        for Ok(token) in Tokenizer::new_with_emitter(text, emitter) {
            match token {
                Token::StartTag(tag) => found.open(&tag, crawler),
                Token::EndTag(tag) => found.close(&word(&tag.name)),
                Token::String(text) => found.text(&word(&text)),
                Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
            }
        }
        let mut canonicals = found.canonicals;
        canonicals.extend(linked(headers));
        let noindex = if found.is_kept_out {
            Some("its robots meta says noindex")
        } else {
            tagged(headers, crawler).then_some("its X-Robots-Tag says noindex")
        };
        let title = found
            .title
            .map(|title| title.split_whitespace().collect::<Vec<_>>().join(" "));
        Self {
            title: title.filter(|title| !title.is_empty()),
            canonicals,
            noindex,
            json_ld: found.json_ld,
        }
    }
}

fn word(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What the tags of a page have said so far.
#[derive(Debug)]
struct Tags {
    title: Option<String>,
    canonicals: Vec<String>,
    is_kept_out: bool,
    json_ld: Vec<String>,
    text: Text,
    /// How many elements are open that are none of the page's own.
    elsewhere: u32,
}

impl Default for Tags {
    fn default() -> Self {
        Self {
            title: None,
            canonicals: Vec::new(),
            is_kept_out: false,
            json_ld: Vec::new(),
            text: Text::Nothing,
            elsewhere: 0,
        }
    }
}

impl Tags {
    fn open(&mut self, tag: &StartTag<()>, crawler: &str) {
        let name = word(&tag.name);
        let attribute = |name: &str| tag.attributes.get(name.as_bytes()).map(|value| word(value));
        if ELSEWHERE.contains(&name.as_str()) && !tag.self_closing {
            self.elsewhere += 1;
        }
        self.text = Text::Nothing;
        if self.elsewhere > 0 {
            return;
        }
        match name.as_str() {
            "title" if self.title.is_none() => {
                self.title = Some(String::new());
                self.text = Text::Title;
            }
            "link" => {
                let relations = attribute("rel").unwrap_or_default().to_lowercase();
                if relations.split_whitespace().any(|one| one == "canonical") {
                    let href = attribute("href").unwrap_or_default();
                    self.canonicals.push(href.trim().to_owned());
                }
            }
            "meta" => {
                let name = attribute("name").unwrap_or_default();
                let is_meant = name.eq_ignore_ascii_case("robots") || name.eq_ignore_ascii_case(crawler);
                self.is_kept_out |= is_meant && says_noindex(&attribute("content").unwrap_or_default());
            }
            "script" => {
                let kind = attribute("type").unwrap_or_default();
                if kind.trim().eq_ignore_ascii_case("application/ld+json") {
                    self.json_ld.push(String::new());
                    self.text = Text::JsonLd;
                }
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        self.text = Text::Nothing;
        if ELSEWHERE.contains(&name) {
            self.elsewhere = self.elsewhere.saturating_sub(1);
        }
    }

    fn text(&mut self, text: &str) {
        let place = match self.text {
            Text::Nothing => None,
            Text::Title => self.title.as_mut(),
            Text::JsonLd => self.json_ld.last_mut(),
        };
        if let Some(place) = place {
            place.push_str(text);
        }
    }
}

fn says_noindex(directives: &str) -> bool {
    directives.split(',').any(|one| {
        let one = one.trim();
        one.eq_ignore_ascii_case("noindex") || one.eq_ignore_ascii_case("none")
    })
}

/// Directives that have a value of their own, so that what stands before the colon is no crawler.
const WITH_VALUE: [&str; 4] = [
    "max-snippet",
    "max-image-preview",
    "max-video-preview",
    "unavailable_after",
];

/// A header speaks to everybody, or to the crawler that it begins with.
fn tagged(headers: &HeaderMap, crawler: &str) -> bool {
    headers.get_all("x-robots-tag").iter().any(|value| {
        let Ok(value) = value.to_str() else { return false };
        match value.split_once(':') {
            Some((name, rest)) if !name.contains(',') && !WITH_VALUE.contains(&name.trim().to_lowercase().as_str()) => {
                name.trim().eq_ignore_ascii_case(crawler) && says_noindex(rest)
            }
            Some(_) | None => says_noindex(value),
        }
    })
}

/// Canonical addresses of `Link` headers: RFC 8288 §3.
fn linked(headers: &HeaderMap) -> Vec<String> {
    let values = headers
        .get_all(header::LINK)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let links = values.flat_map(|value| value.split(",<").map(|link| link.trim_start_matches([' ', '<'])));
    links
        .filter_map(|link| {
            let (target, parameters) = link.split_once('>')?;
            let is_canonical = parameters.split(';').any(|one| {
                let one = one.trim().to_lowercase();
                let relation = one.strip_prefix("rel=").unwrap_or_default();
                relation.trim_matches('"').split(' ').any(|word| word == "canonical")
            });
            is_canonical.then(|| target.trim().to_owned())
        })
        .collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_head_is_read_as_browsers_read_it() {
        let text = "<!doctype html><HTML><head><Title>\n Mug &amp; more\n</title>\
                    <LINK REL='Canonical' href=' https://h/a '><meta name=ROBOTS content='nofollow, NOINDEX'>\
                    <script type='application/ld+json'>{\"a\":1}</script></head><body><svg><title>no</title></svg><!-- <link rel=canonical href=/no> -->\
                    <script>'<link rel=canonical href=/no>'</script><template><link rel=canonical href=/no></template>";
        let head = Head::read(text, &HeaderMap::new(), "searchbot");
        assert_eq!(head.title.as_deref(), Some("Mug & more"));
        assert_eq!(head.canonicals, ["https://h/a"]);
        assert_eq!(head.noindex, Some("its robots meta says noindex"));
        assert_eq!(head.json_ld, ["{\"a\":1}"]);
        assert_eq!(Head::read("<title> </title>", &HeaderMap::new(), "x").title, None);
    }

    #[test]
    fn headers_speak_to_everybody_or_to_one_crawler() {
        for (value, is_kept_out) in [
            ("noindex", true),
            ("nofollow, none", true),
            ("searchbot: noindex", true),
            ("otherbot: noindex", false),
            ("unavailable_after: 25 Jun 2040 15:00:00 PST", false),
            ("max-snippet: 20, noindex", true),
            ("all", false),
        ] {
            let head = Head::read("", &headers(&[("x-robots-tag", value)]), "searchbot");
            assert_eq!(head.noindex.is_some(), is_kept_out, "{value}");
        }
        let links = headers(&[("link", "<https://h/x>; rel=next,<https://h/a>; rel=\"canonical\"")]);
        assert_eq!(Head::read("", &links, "x").canonicals, ["https://h/a"]);
    }
}
