//! Finds what a shopper looks for in an answer, whether it is a page or JSON.

use serde_json::Value;

use super::tally::Side;

/// The public product addresses in a category's answer.
pub(super) fn products(body: &str) -> Vec<String> {
    links(body, "/product/")
}

/// The offered payment methods.
pub(super) fn methods(body: &str) -> Vec<String> {
    if let Ok(json) = serde_json::from_str::<Value>(body) {
        let listed = json.get("payments").and_then(Value::as_array);
        return listed
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
    }
    body.split("data-method=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect()
}

/// The address of the placed order in a JSON answer.
pub(super) fn next_address(body: &str) -> Option<String> {
    serde_json::from_str::<Value>(body)
        .ok()?
        .get("next")?
        .as_str()
        .map(str::to_owned)
}

/// Which shop an answer is from, as far as a shopper can tell: the new one speaks JSON.
pub(super) fn side(body: &str) -> Side {
    if serde_json::from_str::<Value>(body).is_ok_and(|json| json.is_object()) {
        Side::New
    } else {
        Side::Old
    }
}

/// Whether an order page says that the order is confirmed.
pub(super) fn is_confirmed(body: &str) -> bool {
    body.contains("confirmed")
}

fn links(body: &str, prefix: &str) -> Vec<String> {
    body.split(prefix)
        .skip(1)
        .map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>())
        .filter(|number| !number.is_empty())
        .map(|number| format!("{prefix}{number}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_json_say_the_same() {
        assert_eq!(
            products("<a href=\"/product/17\">x</a><a href=\"/product/2\">"),
            ["/product/17", "/product/2"]
        );
        assert_eq!(products(r#"{"items":[{"link":"/product/17"}]}"#), ["/product/17"]);
        assert_eq!(
            methods("<li data-method=\"card\">a</li><li data-method=\"invoice\">"),
            ["card", "invoice"]
        );
        assert_eq!(methods(r#"{"payments":["card","invoice"]}"#), ["card", "invoice"]);
        assert_eq!(next_address(r#"{"errors":[]}"#), None);
        assert_eq!((side(r#"{"errors":[]}"#), side("<p>sorry</p>")), (Side::New, Side::Old));
        assert_eq!(next_address(r#"{"next":"/order/N-1"}"#), Some("/order/N-1".to_owned()));
    }
}
