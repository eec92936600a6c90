//! The two shops of the demo as plain upstreams: the same addresses and the answers that its flows read, no database behind
//! them.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use anyhow::Context;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Json, Response};
use axum::routing::{get, post};
use axum::{Router, serve};
use serde_json::{Value, json};

/// Categories of a shop, as in the demo.
pub(crate) const CATEGORIES: u32 = 20;
/// Products of a category; the demo has 1,000 in all.
pub(crate) const PRODUCTS: u32 = 50;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Pages in HTML, addresses with words in them.
    Old,
    /// JSON, short addresses.
    New,
}

impl Kind {
    /// How the references of its orders begin.
    pub(crate) const fn prefix(self) -> &'static str {
        match self {
            Self::Old => "O-",
            Self::New => "N-",
        }
    }

    /// Its session cookie; each side has its own name.
    const fn session(self) -> &'static str {
        match self {
            Self::Old => "osid",
            Self::New => "nsid",
        }
    }
}

struct Shop {
    kind: Kind,
    /// What a category answers, ready made: what is measured is not the shop.
    categories: Vec<String>,
    orders: Mutex<Orders>,
}

#[derive(Default)]
struct Orders {
    carts: u64,
    placed: u64,
    paid: BTreeSet<String>,
}

type Asked = State<Arc<Shop>>;

/// Starts one; it ends with the runtime.
pub(crate) async fn start(kind: Kind) -> anyhow::Result<SocketAddr> {
    let shop = Arc::new(Shop {
        kind,
        categories: (1..=CATEGORIES).map(|number| listing(kind, number)).collect(),
        orders: Mutex::default(),
    });
    let routes = match kind {
        Kind::Old => Router::new()
            .route("/category/{n}", get(category))
            .route("/product/{id}", get(product))
            .route("/price/{id}", get(price))
            .route("/cart/add", post(cart))
            .route("/checkout", post(checkout))
            .route("/order/{reference}", get(order)),
        Kind::New => Router::new()
            .route("/c/{n}", get(category))
            .route("/p/{id}", get(product))
            .route("/api/price/{id}", get(price))
            .route("/api/cart", post(cart))
            .route("/api/checkout", post(checkout))
            .route("/orders/{reference}", get(order)),
    };
    let routes = routes
        .route("/payments", get(payments))
        .route("/callback/payment", post(captured))
        .with_state(shop);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .context("cannot listen")?;
    let address = listener.local_addr().context("the listener has no address")?;
    tokio::spawn(async move { serve(listener, routes).await });
    Ok(address)
}

fn listing(kind: Kind, number: u32) -> String {
    let products = (number - 1) * PRODUCTS + 1..=number * PRODUCTS;
    match kind {
        Kind::Old => {
            let links: Vec<String> = products
                .map(|id| format!("<li><a href=\"/product/{id}\">Product {id}</a> {} EUR</li>", euros(id)))
                .collect();
            page(&format!("Category {number}"), &format!("<ul>{}</ul>", links.concat()))
        }
        Kind::New => {
            let items: Vec<Value> = products
                .map(|id| {
                    json!({ "sku": id, "name": format!("Product {id}"), "price_cents": cents(id),
                            "link": format!("/product/{id}") })
                })
                .collect();
            json!({ "category": number, "items": items }).to_string()
        }
    }
}

async fn category(State(shop): Asked, Path(number): Path<usize>) -> Response {
    let Some(found) = number.checked_sub(1).and_then(|at| shop.categories.get(at)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match shop.kind {
        Kind::Old => Html(found.clone()).into_response(),
        Kind::New => ([(CONTENT_TYPE, "application/json")], found.clone()).into_response(),
    }
}

async fn product(State(shop): Asked, Path(id): Path<u32>) -> Response {
    match shop.kind {
        Kind::Old => {
            let form = format!(
                "<form method=\"post\" action=\"/cart/add\"><input type=\"hidden\" name=\"product\" value=\"{id}\"><button>Add</button></form>"
            );
            let price = format!("<p class=\"price\">{} EUR</p>{form}", euros(id));
            Html(page(&format!("Product {id}"), &price)).into_response()
        }
        Kind::New => {
            let name = format!("Product {id}");
            Json(json!({ "sku": id, "name": name, "price_cents": cents(id), "cart": "/cart/add" })).into_response()
        }
    }
}

async fn price(State(shop): Asked, Path(id): Path<u32>) -> Response {
    match shop.kind {
        Kind::Old => Html(format!("<p class=\"price\">{} EUR</p>", euros(id))).into_response(),
        Kind::New => Json(json!({ "sku": id, "price_cents": cents(id), "currency": "EUR" })).into_response(),
    }
}

// A body that is not read has its connection closed behind the answer, which no shop wants from its proxy.
async fn cart(State(shop): Asked, _form: Bytes) -> Response {
    let number = {
        let mut orders = shop.orders();
        orders.carts += 1;
        orders.carts
    };
    let session = format!("{}={number:032x}; Path=/; HttpOnly; SameSite=Lax", shop.kind.session());
    ([(SET_COOKIE, session)], payments(State(shop)).await).into_response()
}

async fn payments(State(shop): Asked) -> Response {
    match shop.kind {
        Kind::Old => {
            let items = ["card", "wallet", "invoice"]
                .map(|method| format!("<li data-method=\"{method}\">Pay by {method}</li>"))
                .concat();
            Html(page("Payment", &format!("<ul class=\"payments\">{items}</ul>"))).into_response()
        }
        Kind::New => Json(json!({ "payments": ["card", "wallet", "invoice"] })).into_response(),
    }
}

/// An order is placed where its cart is, or not at all.
async fn checkout(State(shop): Asked, headers: HeaderMap, _form: Bytes) -> Response {
    let has_cart = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|cookies| cookies.contains(shop.kind.session()));
    if !has_cart {
        return StatusCode::CONFLICT.into_response();
    }
    let mut orders = shop.orders();
    orders.placed += 1;
    let reference = format!("{}{}", shop.kind.prefix(), orders.placed);
    let next = format!("/order/{reference}");
    match shop.kind {
        Kind::Old => (StatusCode::SEE_OTHER, [(LOCATION, next)]).into_response(),
        Kind::New => Json(json!({ "order": reference, "next": next })).into_response(),
    }
}

async fn order(State(shop): Asked, Path(reference): Path<String>) -> Response {
    let status = if shop.orders().paid.contains(&reference) {
        "confirmed"
    } else {
        "waiting for payment"
    };
    match shop.kind {
        Kind::Old => {
            let text = format!("<p class=\"status\">{status}</p>");
            Html(page(&format!("Order {reference}"), &text)).into_response()
        }
        Kind::New => Json(json!({ "order": reference, "status": status })).into_response(),
    }
}

/// The provider says that an order is paid. One of the other side is not believed.
async fn captured(State(shop): Asked, Json(notice): Json<Value>) -> StatusCode {
    match notice["reference"].as_str() {
        Some(reference) if reference.starts_with(shop.kind.prefix()) => {
            shop.orders().paid.insert(reference.to_owned());
            StatusCode::NO_CONTENT
        }
        Some(_) | None => StatusCode::NOT_FOUND,
    }
}

impl Shop {
    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().expect("counting does not panic")
    }
}

fn cents(id: u32) -> u32 {
    500 + id * 7
}

fn euros(id: u32) -> String {
    format!("{}.{:02}", cents(id) / 100, cents(id) % 100)
}

fn page(title: &str, body: &str) -> String {
    format!("<!doctype html><html><head><title>{title}</title></head><body><h1>{title}</h1>{body}</body></html>")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use reqwest::Client;
    use tidegate_model::FlowId;
    use tidegate_model::flow::SuccessPredicate;
    use tidegate_plan::{Mode, compile};

    use super::*;
    use crate::estate;

    /// The demo's predicates of both sides.
    fn success(flow: &str) -> [SuccessPredicate; 2] {
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
        let setup = estate::demo(nowhere, nowhere, nowhere);
        let estate = compile(&setup.bundle(), &setup.settings, Mode::Author).estate.unwrap();
        let flow = &estate.flows()[&FlowId::parse(flow).unwrap()];
        [flow.success_old.clone(), flow.success_new.clone()]
    }

    async fn holds(predicate: &SuccessPredicate, url: String) -> bool {
        let answer = Client::new().get(url).send().await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.text().await.unwrap();
        let json: Value = serde_json::from_str(&body).unwrap_or_default();
        assert!(predicate.location_prefix.is_none() && predicate.text_absent.is_none());
        predicate.status.contains(&status)
            && predicate.text.as_ref().is_none_or(|text| body.contains(text.as_str()))
            && predicate.json_present.iter().all(|at| json.pointer(at).is_some())
            && predicate.json_absent.iter().all(|at| json.pointer(at).is_none())
    }

    #[tokio::test]
    async fn answers_are_what_the_flows_of_the_demo_call_a_success() {
        let sides = [
            (Kind::Old, ["/product/7", "/price/7", "/order/O-1"]),
            (Kind::New, ["/p/7", "/api/price/7", "/orders/N-1"]),
        ];
        for (at, (kind, [browse, quote, buy])) in sides.into_iter().enumerate() {
            let address = start(kind).await.unwrap();
            assert!(holds(&success("browse")[at], format!("http://{address}{browse}")).await);
            assert!(holds(&success("quote")[at], format!("http://{address}{quote}")).await);
            let order = format!("http://{address}{buy}");
            assert!(!holds(&success("buy")[at], order.clone()).await, "nobody has paid");
            let paid = |prefix: &str| {
                let url = format!("http://{address}/callback/payment");
                Client::new()
                    .post(url)
                    .json(&json!({ "reference": format!("{prefix}1") }))
                    .send()
            };
            let other = sides[1 - at].0.prefix();
            assert_eq!(paid(other).await.unwrap().status(), StatusCode::NOT_FOUND);
            assert_eq!(paid(kind.prefix()).await.unwrap().status(), StatusCode::NO_CONTENT);
            assert!(holds(&success("buy")[at], order).await);
        }
    }
}
