//! Redirects and crawlers of an edge: addresses that are others on the new side, and who is never recognised.

use tidegate_model::GroupId;
use tidegate_model::edge::{CrawlerRule, Moved, Redirect};

use super::Reading;
use super::edge::{PATH, names, path};
use super::fields::{Fields, items, name, value, wrong};
use crate::form::{Form, Of, may, need};
use crate::syntax::Node;

/// The fields of the crawler rule.
pub(crate) static CRAWLERS: Form = Form::new("who is a crawler", &[need("header", Of::Text)]);

/// The fields of a redirect.
pub(crate) static REDIRECT: Form = Form::new(
    "an address that is another one on the new side",
    &[
        need("from", Of::Text),
        need("to", Of::Text),
        need("group", Of::Name),
        may("status", Of::Whole),
    ],
);

/// Reads the crawler rule.
pub(crate) fn crawlers(node: &Node, reading: &mut Reading) -> Option<CrawlerRule> {
    let mut fields = Fields::open(node, "the crawler rule", &CRAWLERS, reading)?;
    let header = fields
        .need("header", reading)
        .and_then(|node| value(node, "`header`", HEADER, header, reading));
    fields.close(reading);
    Some(CrawlerRule { header: header? })
}

const HEADER: &str = "a header name of letters, digits and `-`, such as `x-verified-bot`";

fn header(text: &str) -> Option<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (!text.is_empty() && text.chars().all(is_name)).then(|| text.to_ascii_lowercase())
}

/// Reads the redirects of an edge; each is marked under its number.
pub(crate) fn all(node: Option<&Node>, subject: &str, reading: &mut Reading) -> Vec<Redirect> {
    let mut redirects = Vec::new();
    for node in node.map(items).unwrap_or_default() {
        let Some((redirect, places)) = one(node, reading) else {
            continue;
        };
        let of = format!("redirect {} of {subject}", redirects.len());
        for (field, node) in ["from", "to", "group"].into_iter().zip(places) {
            reading.mark(&of, field, node.place);
        }
        redirects.push(redirect);
    }
    redirects
}

fn one<'n>(node: &'n Node, reading: &mut Reading) -> Option<(Redirect, [&'n Node; 3])> {
    let mut fields = Fields::open(node, "a redirect", &REDIRECT, reading)?;
    let nodes = ["from", "to", "group"].map(|field| fields.need(field, reading));
    let status = fields.get("status");
    let moved = status.map_or(Some(Moved::KeepingMethod), |node| {
        value(node, "`status`", STATUS, moved, reading)
    });
    fields.close(reading);
    let [from, to, group] = nodes;
    let places = [from?, to?, group?];
    let [from, to, group] = places;
    let from = value(from, "the old address", PATH, path, reading)?;
    let target = value(to, "the new address", PATH, path, reading)?;
    let bound = names(&from);
    if names(&target).iter().any(|name| !bound.contains(name)) {
        wrong(to, "the new address", "a path with names of `from` only", reading);
    }
    let group = name(group, "the group", GroupId::parse, reading)?;
    let redirect = Redirect {
        from,
        to: target,
        group,
        moved: moved?,
    };
    Some((redirect, places))
}

/// Anything temporary would keep both addresses known to search engines.
const STATUS: &str = "`301` or `308`";

fn moved(text: &str) -> Option<Moved> {
    match text {
        "301" => Some(Moved::Permanently),
        "308" => Some(Moved::KeepingMethod),
        _ => None,
    }
}
