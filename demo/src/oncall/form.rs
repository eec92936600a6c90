//! Reads the forms of a page and fills one in as a browser would.

/// What a person writes where the page asks for words.
const WORDS: &str = "none, because the demo's gate has a criterion for it already";

/// A form with one of its buttons pressed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Filled {
    /// Address as written; empty means the page's own.
    pub(super) action: String,
    /// Fields in the page's order, the button last.
    pub(super) fields: Vec<(String, String)>,
}

/// The form whose button is called `do` or `action` and has `value`, filled in.
pub(super) fn pressing(page: &str, value: &str) -> Option<Filled> {
    forms(page).into_iter().find_map(|form| {
        let pressed = form.buttons.into_iter().find(|(name, found)| {
            (name == "do" || name == "action") && (found == value || value.strip_prefix("act:") == Some(found))
        })?;
        let mut fields = form.fields;
        fields.push(pressed);
        Some(Filled {
            action: form.action,
            fields,
        })
    })
}

#[derive(Default)]
struct Form {
    action: String,
    fields: Vec<(String, String)>,
    buttons: Vec<(String, String)>,
}

fn forms(page: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let mut inside = false;
    for tag in page.split('<').skip(1) {
        let name: String = tag
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '/')
            .collect();
        let tag = &tag[name.len()..];
        match name.to_ascii_lowercase().as_str() {
            "form" => {
                inside = attribute(tag, "method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
                if inside {
                    forms.push(Form {
                        action: attribute(tag, "action").unwrap_or_default(),
                        ..Form::default()
                    });
                }
            }
            "/form" => inside = false,
            kind @ ("input" | "button" | "textarea") => {
                if let Some(form) = forms.last_mut().filter(|_| inside) {
                    control(form, kind, tag);
                }
            }
            _ => {}
        }
    }
    forms
}

fn control(form: &mut Form, kind: &str, tag: &str) {
    let Some(name) = attribute(tag, "name") else { return };
    let value = attribute(tag, "value").unwrap_or_default();
    let of_type = attribute(tag, "type").unwrap_or_default().to_ascii_lowercase();
    if kind == "button" || of_type == "submit" {
        form.buttons.push((name, value));
    } else if of_type == "checkbox" || of_type == "radio" {
        if attribute(tag, "checked").is_some() {
            form.fields.push((name, value));
        }
    } else {
        let value = if value.is_empty() && of_type != "hidden" {
            WORDS.to_owned()
        } else {
            value
        };
        form.fields.push((name, value));
    }
}

/// The value of an attribute in a tag's text, quoted or not; an attribute without value is empty.
fn attribute(tag: &str, wanted: &str) -> Option<String> {
    let mut rest = tag.trim_start();
    while !rest.is_empty() && !rest.starts_with('>') {
        let end = rest
            .find(|c: char| c == '=' || c == '>' || c.is_whitespace())
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let after = after.trim_start();
        let (value, next) = match after.strip_prefix('=').map(str::trim_start) {
            None => ("", after),
            Some(text) => match text.chars().next().filter(|c| *c == '"' || *c == '\'') {
                Some(quote) => text[1..].split_once(quote).unwrap_or((&text[1..], "")),
                None => text.split_at(text.find(|c: char| c == '>' || c.is_whitespace()).unwrap_or(text.len())),
            },
        };
        if name.eq_ignore_ascii_case(wanted) {
            return Some(unescape(value));
        }
        // A lone slash or stray sign is passed over, one character at a time.
        rest = if name.is_empty() && next.len() == rest.len() {
            let mut chars = rest.chars();
            chars.next();
            chars.as_str()
        } else {
            next.trim_start()
        };
    }
    None
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

/// The fields as `application/x-www-form-urlencoded`.
pub(super) fn encoded(fields: &[(String, String)]) -> String {
    let mut url = reqwest::Url::parse("http://form/").expect("a constant address is an address");
    url.query_pairs_mut().extend_pairs(fields);
    url.query().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<form method="get" action="/x"><button name="do" value="ack"></form>
        <form method="post" action="/answer?a=1&amp;b=2"><input type="hidden" name="token" value="t&quot;1">
        <input type=checkbox name=never><textarea name="reason"></textarea><button name="do" value="ack">Ack</button></form>
        <FORM METHOD='POST'><input type="hidden" name="token" value="2"/><button name="do" value="act:wallet-off">Off</button></FORM>"#;

    fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn the_form_with_the_button_is_filled_in() {
        let filled = pressing(PAGE, "ack").expect("the page has it");
        assert_eq!(filled.action, "/answer?a=1&b=2");
        assert_eq!(
            filled.fields,
            pairs(&[("token", "t\"1"), ("reason", WORDS), ("do", "ack")])
        );
        let act = pressing(PAGE, "act:wallet-off").expect("the page has it");
        assert_eq!((act.action.as_str(), act.fields.len()), ("", 2));
        assert_eq!(pressing(PAGE, "approve"), None);
    }

    #[test]
    fn fields_are_encoded_as_a_browser_does() {
        assert_eq!(
            encoded(&pairs(&[("do", "act:a b"), ("t", "x&y")])),
            "do=act%3Aa+b&t=x%26y"
        );
    }
}
