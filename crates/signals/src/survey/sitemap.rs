//! Sitemaps and indexes of them, plain or compressed: which addresses a side itself says that it has.
//!
//! # Source
//! The protocol of sitemaps.org, version 0.9: 50,000 addresses and 50 MiB a file at most, uncompressed.

use std::collections::{BTreeSet, VecDeque};
use std::io::Read as _;

use flate2::read::MultiGzDecoder;
use http::StatusCode;
use quick_xml::XmlVersion;
use quick_xml::events::Event;
use quick_xml::reader::Reader;
use url::Url;

use super::faults::Faults;
use super::side::Side;

/// The longest sitemap, uncompressed, in bytes.
const BYTES_MAX: u64 = 50 << 20;
/// Sitemaps that an index, or several, may lead to.
const SITEMAPS_MAX: usize = 500;
/// The first bytes of what is compressed: RFC 1952 §2.3.1.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What a sitemap's text says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Listed {
    pages: Vec<String>,
    sitemaps: Vec<String>,
}

/// Addresses of this side that its sitemaps list, as paths; those of another host are faults.
///
/// # Errors
/// In words: a sitemap that is not there, cannot be read or lists nothing, or there are too many.
pub(super) async fn addresses(
    side: &Side,
    sitemaps: &[String],
    most: usize,
    faults: &mut Faults,
) -> Result<BTreeSet<String>, String> {
    let mut found = BTreeSet::new();
    let mut known: BTreeSet<String> = sitemaps.iter().cloned().collect();
    let mut waiting: VecDeque<String> = sitemaps.iter().cloned().collect();
    while let Some(path) = waiting.pop_front() {
        let listed = one(side, &path).await.map_err(|why| format!("{path}: {why}"))?;
        if listed.pages.is_empty() && listed.sitemaps.is_empty() {
            return Err(format!("{path} lists no address"));
        }
        for address in listed.pages {
            match here(side, &address) {
                Some(page) => drop(found.insert(page)),
                None => faults.add("sitemap", &address, format!("{path} lists an address of another host")),
            }
            if found.len() > most {
                return Err(format!("the sitemaps list more than {most} addresses"));
            }
        }
        for address in listed.sitemaps {
            match here(side, &address) {
                Some(next) if known.len() < SITEMAPS_MAX => {
                    if known.insert(next.clone()) {
                        waiting.push_back(next);
                    }
                }
                Some(_) => return Err(format!("there are more than {SITEMAPS_MAX} sitemaps")),
                None => faults.add(
                    "sitemap",
                    &address,
                    format!("{path} leads to a sitemap of another host"),
                ),
            }
        }
    }
    Ok(found)
}

fn here(side: &Side, address: &str) -> Option<String> {
    side.path_of(&Url::parse(address).ok()?)
}

async fn one(side: &Side, path: &str) -> Result<Listed, String> {
    let answer = side.get(path).await?;
    if answer.status != StatusCode::OK {
        return Err(format!("status {}", answer.status.as_u16()));
    }
    read(&unpacked(&answer.body)?)
}

fn unpacked(body: &[u8]) -> Result<String, String> {
    let mut text = String::new();
    if !body.starts_with(&GZIP) {
        return Ok(str::from_utf8(body)
            .map_err(|_| "it is no text in UTF-8".to_owned())?
            .to_owned());
    }
    let mut unpacking = MultiGzDecoder::new(body).take(BYTES_MAX + 1);
    unpacking
        .read_to_string(&mut text)
        .map_err(|error| format!("it cannot be unpacked: {error}"))?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > BYTES_MAX {
        return Err(format!("it is longer than {BYTES_MAX} bytes"));
    }
    Ok(text)
}

/// The locations of pages and of other sitemaps.
fn read(text: &str) -> Result<Listed, String> {
    let broken = |error: quick_xml::Error| format!("it is no sitemap: {error}");
    let mut reader = Reader::from_str(text);
    let mut listed = Listed::default();
    let mut open: Vec<String> = Vec::new();
    let mut location = String::new();
    loop {
        match reader.read_event().map_err(broken)? {
            Event::Start(tag) => {
                open.push(tag.local_name().as_ref().to_owned());
                if open.len() == 1 && !matches!(open[0].as_str(), "urlset" | "sitemapindex") {
                    return Err(format!("it is no sitemap: it begins with `{}`", open[0]));
                }
                location.clear();
            }
            Event::Text(text) => location.push_str(&text.xml_content(XmlVersion::Implicit1_0)),
            Event::CData(text) => location.push_str(&text.xml_content(XmlVersion::Implicit1_0)),
            Event::GeneralRef(named) => match named.resolve_char_ref().map_err(broken)? {
                Some(letter) => location.push(letter),
                None => location.push_str(predefined(&named.xml_content(XmlVersion::Implicit1_0))),
            },
            Event::End(_) => {
                let address = location.trim().to_owned();
                match open.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
                    ["urlset", "url", "loc"] => listed.pages.push(address),
                    ["sitemapindex", "sitemap", "loc"] => listed.sitemaps.push(address),
                    _ => {}
                }
                open.pop();
                location.clear();
            }
            Event::Eof if open.is_empty() => return Ok(listed),
            Event::Eof => return Err("it is no sitemap: it breaks off".to_owned()),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

/// XML 1.0 §4.6.
fn predefined(name: &str) -> &'static str {
    match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "apos" => "'",
        "quot" => "\"",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_read_with_their_entities_and_nothing_else() {
        let text = "<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' \
                    xmlns:i='http://www.google.com/schemas/sitemap-image/1.1'><url><loc> https://h/a?x=1&amp;y=2 </loc>\
                    <lastmod>2026-01-01</lastmod><i:image><i:loc>https://h/a.png</i:loc></i:image></url>\
                    <url><loc><![CDATA[https://h/b]]></loc></url></urlset>";
        let pages = vec!["https://h/a?x=1&y=2".to_owned(), "https://h/b".to_owned()];
        let sitemaps = Vec::new();
        assert_eq!(read(text), Ok(Listed { pages, sitemaps }));
    }

    #[test]
    fn what_is_no_sitemap_is_refused() {
        for text in [
            "<html><body>sorry</body></html>",
            "<urlset><url><loc>https://h/a",
            "<urlset></sitemap>",
        ] {
            assert!(read(text).is_err_and(|why| why.contains("no sitemap")), "{text}");
        }
        assert_eq!(read(""), Ok(Listed::default()), "which lists nothing");
    }
}
