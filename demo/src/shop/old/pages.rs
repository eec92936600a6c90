//! The old shop's pages. Names come from the shop's own catalogue and need no escaping; references are checked before.

use super::store::Listed;

/// The home page.
pub(super) fn home() -> String {
    page("Old shop", "<p><a href=\"/category/1\">Browse</a></p>")
}

/// A category with links to its products.
pub(super) fn category(number: u32, listed: &[Listed]) -> String {
    let links: Vec<String> = listed
        .iter()
        .map(|one| {
            format!(
                "<li><a href=\"/product/{}\">{}</a> {} EUR</li>",
                one.id, one.name, one.price
            )
        })
        .collect();
    page(&format!("Category {number}"), &format!("<ul>{}</ul>", links.concat()))
}

/// The page of a product that search engines list, with its canonical address and its offer as structured data.
pub(super) fn landing(one: &Listed, canonical: &str) -> String {
    let Listed { id, name, price } = one;
    format!(
        "<!doctype html><html><head><title>{name}</title><link rel=\"canonical\" href=\"{canonical}\">\
         <script type=\"application/ld+json\">{{\"@context\":\"https://schema.org\",\"@type\":\"Product\",\"name\":\"{name}\",\
         \"sku\":\"{id}\",\"offers\":{{\"@type\":\"Offer\",\"price\":\"{price}\",\"priceCurrency\":\"EUR\",\
         \"availability\":\"https://schema.org/InStock\"}}}}</script></head>\
         <body><h1>{name}</h1><p class=\"price\">{price} EUR</p></body></html>"
    )
}

/// One product with its cart form.
pub(super) fn product(one: &Listed) -> String {
    let form = format!(
        "<form method=\"post\" action=\"/cart/add\"><input type=\"hidden\" name=\"product\" value=\"{}\"><button>Add</button></form>",
        one.id
    );
    page(&one.name, &format!("<p class=\"price\">{} EUR</p>{form}", one.price))
}

/// The price alone.
pub(super) fn price(one: &Listed) -> String {
    format!("<p class=\"price\">{} EUR</p>", one.price)
}

/// The cart after something was added.
pub(super) fn cart(methods: &[&str]) -> String {
    page("Your cart", &list(methods))
}

/// The offered payment methods.
pub(super) fn payments(methods: &[&str]) -> String {
    page("Payment", &list(methods))
}

/// The order page: `confirmed` once paid.
pub(super) fn order(reference: &str, status: &str) -> String {
    let text = match status {
        "paid" => "confirmed",
        "pending" => "waiting for payment",
        _ => "payment failed",
    };
    page(
        &format!("Order {reference}"),
        &format!("<p class=\"status\">{text}</p>"),
    )
}

/// A page with one sentence.
pub(super) fn notice(text: &str) -> String {
    page("Old shop", &format!("<p class=\"notice\">{text}</p>"))
}

fn list(methods: &[&str]) -> String {
    let items: Vec<String> = methods
        .iter()
        .map(|method| format!("<li data-method=\"{method}\">Pay by {method}</li>"))
        .collect();
    format!("<ul class=\"payments\">{}</ul>", items.concat())
}

fn page(title: &str, body: &str) -> String {
    format!("<!doctype html><html><head><title>{title}</title></head><body><h1>{title}</h1>{body}</body></html>")
}
