//! To which declared value of each segment a visitor belongs, read from the request that begins the attempt.
//!
//! What was read is compared and forgotten: only the places of declared words are kept.

use std::cell::OnceCell;

use http::HeaderMap;
use tidegate_model::flow::{OTHER, Segment, SegmentSource, SegmentValue, SegmentWord};

use crate::form::{field, parameter};

/// Most segments of a flow: four bits each are sixteen in a record.
pub const SEGMENTS_MAX: usize = 4;
/// Most declared values of a segment: with `other` they fill four bits.
pub const WORDS_MAX: usize = 15;
/// Most bytes of an entry request's body that are read. A body that is longer, or does not say how long it is, fits no word.
pub const ENTRY_BODY_BYTES_MAX: usize = 64 * 1024;

/// A visitor's value in each segment of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Classes(u16);

/// One value of one segment, by place; 0 is `other`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Class {
    segment: u8,
    value: u8,
}

impl Classes {
    /// Whether the visitor has this value.
    #[must_use]
    pub fn has(self, class: Class) -> bool {
        (self.0 >> (4 * class.segment)) & 0xF == u16::from(class.value)
    }
}

/// A request that begins an attempt.
#[derive(Debug)]
pub struct Entry<'r> {
    headers: &'r HeaderMap,
    query: &'r str,
    body: Option<&'r [u8]>,
    json: OnceCell<Option<serde_json::Value>>,
}

impl<'r> Entry<'r> {
    /// A request, with its whole body when that was read.
    #[must_use]
    pub fn new(headers: &'r HeaderMap, query: &'r str, body: Option<&'r [u8]>) -> Self {
        Self {
            body: body.filter(|_| !headers.contains_key("content-encoding")),
            headers,
            query,
            json: OnceCell::new(),
        }
    }

    fn text(&self, source: &SegmentSource) -> Option<String> {
        match source {
            SegmentSource::Header(name) => self.header(name).map(str::to_owned),
            SegmentSource::Cookie(name) => self.cookie(name).map(str::to_owned),
            SegmentSource::Query(name) => parameter(self.query, name),
            SegmentSource::Form(name) => field(self.header("content-type").unwrap_or_default(), self.body?, name),
            SegmentSource::Body(pointer) => self.pointed(pointer),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn cookie(&self, name: &str) -> Option<&str> {
        let lines = self.headers.get_all("cookie").iter().filter_map(|v| v.to_str().ok());
        let mut pairs = lines
            .flat_map(|line| line.split(';'))
            .filter_map(|p| p.trim().split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    fn pointed(&self, pointer: &str) -> Option<String> {
        let parse = || serde_json::from_slice(self.body?).ok();
        match self.json.get_or_init(parse).as_ref()?.pointer(pointer)? {
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Bool(flag) => Some(flag.to_string()),
            serde_json::Value::Number(number) => Some(number.to_string()),
            serde_json::Value::Null | serde_json::Value::Array(_) | serde_json::Value::Object(_) => None,
        }
    }
}

/// The segments of a flow, made ready for comparing.
#[derive(Debug)]
pub struct Sorting {
    segments: Vec<Segment>,
}

impl Sorting {
    /// Makes segments ready; `None` when there are more than [`SEGMENTS_MAX`], or one has more than [`WORDS_MAX`] values.
    #[must_use]
    pub fn of(segments: &[Segment]) -> Option<Self> {
        let fits = segments.len() <= SEGMENTS_MAX && segments.iter().all(|s| s.words.len() <= WORDS_MAX);
        let lower = |texts: &[String]| texts.iter().map(|t| t.to_lowercase()).collect();
        let ready = |segment: &Segment| {
            let words = segment.words.iter().map(|word| SegmentWord {
                name: word.name.clone(),
                equals: lower(&word.equals),
                contains: lower(&word.contains),
            });
            Segment {
                words: words.collect(),
                ..segment.clone()
            }
        };
        fits.then(|| Self {
            segments: segments.iter().map(ready).collect(),
        })
    }

    /// Whether a body has to be read.
    #[must_use]
    pub fn reads_body(&self) -> bool {
        self.segments.iter().any(|segment| match segment.read {
            SegmentSource::Body(_) | SegmentSource::Form(_) => true,
            SegmentSource::Header(_) | SegmentSource::Cookie(_) | SegmentSource::Query(_) => false,
        })
    }

    /// The values of whoever sent this request.
    #[must_use]
    pub fn classes(&self, entry: &Entry<'_>) -> Classes {
        let mut classes = 0;
        for (at, segment) in self.segments.iter().enumerate() {
            let text = entry.text(&segment.read).map(|t| t.trim().to_lowercase());
            let word = text.and_then(|t| segment.words.iter().position(|w| fits(w, &t)));
            let value = word.map_or(0, |place| u16::try_from(place + 1).expect("at most WORDS_MAX words"));
            classes |= value << (4 * at);
        }
        Classes(classes)
    }

    /// The place of a value; `None` for one that is not declared here.
    #[must_use]
    pub fn class(&self, value: &SegmentValue) -> Option<Class> {
        let place = self.segments.iter().position(|s| s.id == value.segment)?;
        let word = self.segments[place].words.iter().position(|w| w.name == value.value);
        let value = match word {
            Some(word) => word + 1,
            None if value.value == OTHER => 0,
            None => return None,
        };
        Some(Class {
            segment: u8::try_from(place).expect("at most SEGMENTS_MAX segments"),
            value: u8::try_from(value).expect("at most WORDS_MAX words"),
        })
    }
}

fn fits(word: &SegmentWord, text: &str) -> bool {
    word.equals.iter().any(|t| t == text) || word.contains.iter().any(|t| text.contains(t.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidegate_model::SegmentId;

    fn word(name: &str, equals: &[&str], contains: &[&str]) -> SegmentWord {
        let owned = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect();
        SegmentWord {
            name: name.to_owned(),
            equals: owned(equals),
            contains: owned(contains),
        }
    }

    fn segment(name: &str, read: SegmentSource, words: Vec<SegmentWord>) -> Segment {
        Segment {
            id: SegmentId::parse(name).unwrap(),
            read,
            words,
        }
    }

    fn payment(read: SegmentSource) -> Segment {
        let words = vec![
            word("card", &["Card", "visa"], &["credit"]),
            word("wallet", &[], &["pay", "card"]),
        ];
        segment("payment", read, words)
    }

    /// The value in `payment` of who sends this.
    fn check(read: SegmentSource, headers: &[(&'static str, &str)], query: &str, body: Option<&str>, expected: &str) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let sorting = Sorting::of(&[payment(read.clone())]).unwrap();
        let classes = sorting.classes(&Entry::new(&map, query, body.map(str::as_bytes)));
        let found = ["card", "wallet", OTHER].into_iter().find(|name| {
            let value = SegmentValue {
                segment: SegmentId::parse("payment").unwrap(),
                value: (*name).to_owned(),
            };
            classes.has(sorting.class(&value).unwrap())
        });
        assert_eq!(found, Some(expected), "{read:?} {headers:?} {query} {body:?}");
    }

    #[test]
    fn each_source_is_read_and_the_first_word_that_fits_wins() {
        let header = || SegmentSource::Header("x-pay".to_owned());
        check(header(), &[("x-pay", " VISA ")], "", None, "card");
        check(header(), &[("x-pay", "a credit card")], "", None, "card");
        check(header(), &[("x-pay", "debit card")], "", None, "wallet");
        check(header(), &[("x-pay", "cash")], "", None, "other");
        check(header(), &[], "", None, "other");
        let cookie = || SegmentSource::Cookie("pay".to_owned());
        check(
            cookie(),
            &[("cookie", "a=1"), ("cookie", "b=2; pay=card")],
            "",
            None,
            "card",
        );
        check(cookie(), &[("cookie", "prepay=card")], "", None, "other");
        let query = || SegmentSource::Query("pay".to_owned());
        check(query(), &[], "a=1&pay=apple%20pay", None, "wallet");
        let form = || SegmentSource::Form("pay".to_owned());
        check(form(), &[], "", Some("pay=card"), "card");
        check(form(), &[], "pay=card", None, "other");
        let body = || SegmentSource::Body("/payment/method".to_owned());
        check(body(), &[], "", Some(r#"{"payment":{"method":"Visa"}}"#), "card");
        check(body(), &[], "", Some(r#"{"payment":{"method":["card"]}}"#), "other");
        check(body(), &[], "", Some(r#"{"payment":{"method":"card""#), "other");
        let packed = [("content-encoding", "gzip")];
        check(body(), &packed, "", Some(r#"{"payment":{"method":"card"}}"#), "other");
    }

    #[test]
    fn the_largest_declaration_fits_a_record_and_a_larger_one_is_refused() {
        let many = |segments: usize, words: usize| {
            let all: Vec<Segment> = (0..segments)
                .map(|n| {
                    let words = (0..words).map(|w| word(&format!("w{w}"), &[&format!("w{w}")], &[]));
                    segment(&format!("s{n}"), SegmentSource::Query(format!("q{n}")), words.collect())
                })
                .collect();
            Sorting::of(&all)
        };
        assert!(many(SEGMENTS_MAX + 1, 1).is_none() && many(1, WORDS_MAX + 1).is_none());
        let sorting = many(SEGMENTS_MAX, WORDS_MAX).unwrap();
        assert_eq!(size_of::<Classes>(), 2);
        let headers = HeaderMap::new();
        let classes = sorting.classes(&Entry::new(&headers, "q0=w0&q1=w14&q3=w7", None));
        for (segment, value, expected) in [
            ("s0", "w0", true),
            ("s0", "w1", false),
            ("s1", "w14", true),
            ("s2", OTHER, true),
            ("s2", "w0", false),
            ("s3", "w7", true),
            ("s3", OTHER, false),
        ] {
            let asked = SegmentValue {
                segment: SegmentId::parse(segment).unwrap(),
                value: value.to_owned(),
            };
            assert_eq!(classes.has(sorting.class(&asked).unwrap()), expected, "{asked}");
        }
        for (segment, value) in [("s4", OTHER), ("s0", "w15")] {
            let asked = SegmentValue {
                segment: SegmentId::parse(segment).unwrap(),
                value: value.to_owned(),
            };
            assert_eq!(sorting.class(&asked), None, "{asked} is not declared");
        }
    }
}
