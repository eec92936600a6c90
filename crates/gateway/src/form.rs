//! Fields of queries and form bodies, by name. The first one of a name counts.

/// The value of a parameter in a query, or in a body of the type `application/x-www-form-urlencoded`.
#[must_use]
pub fn parameter(text: &str, name: &str) -> Option<String> {
    let mut pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .find(|(key, _)| decoded(key) == name)
        .map(|(_, value)| decoded(value))
}

/// The value of a field in a form's body; a file is none.
#[must_use]
pub fn field(content_type: &str, body: &[u8], name: &str) -> Option<String> {
    let body = String::from_utf8_lossy(body);
    match boundary(content_type) {
        Some(boundary) => part(&body, &boundary, name),
        None => parameter(&body, name),
    }
}

/// What stands between the parts of a form (RFC 7578 §4.1).
fn boundary(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let mut pairs = parameters.split(';').filter_map(|p| p.trim().split_once('='));
    let (_, text) = pairs.find(|(key, _)| key.eq_ignore_ascii_case("boundary"))?;
    Some(format!("--{}", text.trim_matches('"')))
}

fn part(body: &str, boundary: &str, name: &str) -> Option<String> {
    let said = format!("name=\"{name}\"");
    let mut parts = body.split(boundary).filter_map(|part| part.split_once("\r\n\r\n"));
    let (_, value) = parts.find(|(head, _)| {
        let mut attributes = head.split([';', '\r', '\n']).map(str::trim);
        attributes.clone().any(|a| a == said) && !attributes.any(|a| a.starts_with("filename"))
    })?;
    Some(value.strip_suffix("\r\n").unwrap_or(value).to_owned())
}

fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = tail
            .get(..2)
            .and_then(|h| std::str::from_utf8(h).ok())
            .and_then(|h| u8::from_str_radix(h, 16).ok());
        match (first, hex) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = tail;
            }
            (other, _) => {
                bytes.push(*other);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_their_decoded_name() {
        let check = |text: &str, name: &str, expected: Option<&str>| {
            assert_eq!(parameter(text, name).as_deref(), expected, "{text}");
            let kind = "application/x-www-form-urlencoded; charset=utf-8";
            assert_eq!(field(kind, text.as_bytes(), name).as_deref(), expected, "{text}");
        };
        check("a=1&pay=card&pay=x", "pay", Some("card"));
        check("order%5Bpay%5D=pay+by%20%63ard", "order[pay]", Some("pay by card"));
        check("prepay=card", "pay", None);
        check("pay", "pay", None);
        check("pay=%zz%", "pay", Some("%zz%"));
    }

    #[test]
    fn a_form_in_parts_is_read_too() {
        let body = concat!(
            "--x7\r\nContent-Disposition: form-data; name=\"scan\"; filename=\"pay\"\r\n\r\nbinary\r\n",
            "--x7\r\nContent-Disposition: form-data; name=\"pay\"\r\nContent-Type: text/plain\r\n\r\ncard\r\n",
            "--x7--\r\n"
        );
        let check = |kind: &str, name: &str, expected: Option<&str>| {
            assert_eq!(field(kind, body.as_bytes(), name).as_deref(), expected, "{kind} {name}");
        };
        check("multipart/form-data; boundary=x7", "pay", Some("card"));
        check(
            "Multipart/Form-Data; charset=utf-8; boundary=\"x7\"",
            "pay",
            Some("card"),
        );
        check("multipart/form-data; boundary=x7", "scan", None);
        check("multipart/form-data; boundary=x8", "pay", None);
        check("multipart/form-data", "pay", None);
    }
}
