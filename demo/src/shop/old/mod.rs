//! The old shop: pages in HTML, money as decimal text, addresses with words in them.

mod pages;
mod store;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse as _, Json, Response};
use axum::routing::{get, post};
use serde_json::json;

use super::cart_request::{AddToCart, Body, PlaceOrder, QUANTITY_MAX};
use super::payment::Provider;
use super::public::{Public, ROBOTS};
use super::{Opening, Tokens, callback, cookie, lock};
use crate::fault::Fault;
use crate::webhook::Secret;
use store::{Store, Unplaced};

/// Name of the session cookie.
const SESSION: &str = "osid";
/// What addresses of the pages that search engines list begin with.
const LANDING_PREFIX: &str = "/artikel/";
/// The payment methods of the old shop.
const METHODS: [&str; 3] = ["card", "wallet", "invoice"];

struct OldShop {
    store: Mutex<Store>,
    provider: Provider,
    secret: Secret,
    tokens: Tokens,
    public: Public,
}

type Shop = State<Arc<OldShop>>;

/// Opens the database and serves until told to stop.
pub(super) async fn start(opening: Opening) -> Result<(), Fault> {
    let store = Store::open(&opening.db, &opening.products)?;
    opening.tokens.begin(store.starts());
    let shop = OldShop {
        store: Mutex::new(store),
        provider: opening.provider,
        secret: opening.secret,
        tokens: opening.tokens,
        public: opening.public,
    };
    let router = Router::new()
        .route("/", get(async || Html(pages::home())))
        .route("/healthz", get(async || "ok"))
        .route("/category/{number}", get(category))
        .route("/product/{id}", get(product))
        .route("/artikel/{id}", get(landing))
        .route("/sitemap.xml", get(sitemap))
        .route("/robots.txt", get(async || ROBOTS))
        .route("/price/{id}", get(price))
        .route("/cart/add", post(add_to_cart))
        .route("/payments", get(async || Html(pages::payments(&METHODS))))
        .route("/checkout", post(checkout))
        .route("/order/{reference}", get(order))
        .route("/callback/payment", post(captured))
        .route("/export/prices.csv", get(export))
        .route("/export/orders/{position}", get(paid_orders))
        .with_state(Arc::new(shop));
    super::serve(opening.port, router).await
}

async fn category(State(shop): Shop, Path(number): Path<u32>) -> Response {
    match lock(&shop.store).category(number) {
        Ok(listed) if listed.is_empty() => missing(),
        Ok(listed) => Html(pages::category(number, &listed)).into_response(),
        Err(error) => broken(&error),
    }
}

async fn product(State(shop): Shop, Path(id): Path<u32>) -> Response {
    match lock(&shop.store).product(id) {
        Ok(Some(product)) => Html(pages::product(&product)).into_response(),
        Ok(None) => missing(),
        Err(error) => broken(&error),
    }
}

async fn landing(State(shop): Shop, Path(id): Path<u32>) -> Response {
    match lock(&shop.store).product(id) {
        Ok(Some(product)) => {
            let canonical = shop.public.address(&format!("{LANDING_PREFIX}{id}"));
            Html(pages::landing(&product, &canonical)).into_response()
        }
        Ok(None) => missing(),
        Err(error) => broken(&error),
    }
}

async fn sitemap(State(shop): Shop) -> Response {
    shop.public.sitemap(LANDING_PREFIX)
}

async fn price(State(shop): Shop, Path(id): Path<u32>) -> Response {
    match lock(&shop.store).product(id) {
        Ok(Some(product)) => Html(pages::price(&product)).into_response(),
        Ok(None) => missing(),
        Err(error) => broken(&error),
    }
}

async fn add_to_cart(State(shop): Shop, headers: HeaderMap, Body(line): Body<AddToCart>) -> Response {
    if line.quantity == 0 || line.quantity > QUANTITY_MAX {
        return (
            StatusCode::UNPROCESSABLE_ENTITY,
            Html(pages::notice("choose 1 to 99 pieces")),
        )
            .into_response();
    }
    let session = cookie::session(&headers, SESSION).unwrap_or_else(|| shop.tokens.session());
    match lock(&shop.store).add(&session, line.product, line.quantity) {
        Ok(true) => (
            [(SET_COOKIE, cookie::starting(SESSION, &session))],
            Html(pages::cart(&METHODS)),
        )
            .into_response(),
        Ok(false) => missing(),
        Err(error) => broken(&error),
    }
}

async fn checkout(State(shop): Shop, headers: HeaderMap, Body(order): Body<PlaceOrder>) -> Response {
    if !METHODS.contains(&order.payment.as_str()) {
        return (
            StatusCode::UNPROCESSABLE_ENTITY,
            Html(pages::notice("unknown payment method")),
        )
            .into_response();
    }
    let Some(session) = cookie::session(&headers, SESSION) else {
        return (StatusCode::CONFLICT, Html(pages::notice("your cart is empty"))).into_response();
    };
    let placed = lock(&shop.store).place(&session, &order.payment, &shop.tokens.suffix());
    let placed = match placed {
        Ok(placed) => placed,
        Err(Unplaced::EmptyCart) => {
            return (StatusCode::CONFLICT, Html(pages::notice("your cart is empty"))).into_response();
        }
        Err(Unplaced::Database(error)) => return broken(&error),
    };
    match shop
        .provider
        .create(&placed.reference, placed.amount_cents, &order.payment)
        .await
    {
        Ok(payment) => {
            if let Err(error) = lock(&shop.store).note_payment(&placed.reference, &payment) {
                return broken(&error);
            }
            (
                StatusCode::SEE_OTHER,
                [(LOCATION, format!("/order/{}", placed.reference))],
            )
                .into_response()
        }
        Err(unpaid) => {
            tracing::error!(error = %unpaid, reference = placed.reference, "cannot create a payment");
            if let Err(error) = lock(&shop.store).give_up(&placed.reference) {
                return broken(&error);
            }
            (StatusCode::BAD_GATEWAY, Html(pages::notice("payment is not available"))).into_response()
        }
    }
}

async fn order(State(shop): Shop, Path(reference): Path<String>) -> Response {
    match lock(&shop.store).status(&reference) {
        Ok(Some(status)) => Html(pages::order(&reference, &status)).into_response(),
        Ok(None) => missing(),
        Err(error) => broken(&error),
    }
}

async fn captured(State(shop): Shop, headers: HeaderMap, body: Bytes) -> Response {
    match callback::read(&shop.secret, &headers, &body) {
        Ok(notice) => callback::answer(lock(&shop.store).book(&notice)),
        Err(refusal) => *refusal,
    }
}

/// All prices as `sku,price` lines: what an importer of the new shop reads.
async fn export(State(shop): Shop) -> Response {
    match lock(&shop.store).prices() {
        Ok(prices) => {
            let lines: Vec<String> = prices.iter().map(|(sku, price)| format!("{sku},{price}\n")).collect();
            format!("sku,price\n{}", lines.concat()).into_response()
        }
        Err(error) => broken(&error),
    }
}

/// Paid orders behind a position: what the feed to the ERP reads.
async fn paid_orders(State(shop): Shop, Path(position): Path<i64>) -> Response {
    match lock(&shop.store).paid_after(position) {
        Ok(orders) => Json(json!({ "orders": orders })).into_response(),
        Err(error) => broken(&error),
    }
}

fn missing() -> Response {
    (StatusCode::NOT_FOUND, Html(pages::notice("not found"))).into_response()
}

fn broken(error: &rusqlite::Error) -> Response {
    tracing::error!(%error, "the shop's database failed");
    (
        StatusCode::INTERNAL_SERVER_ERROR,
        Html(pages::notice("something went wrong")),
    )
        .into_response()
}
