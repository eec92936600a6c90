//! The new shop: answers in JSON, money in cents, short addresses; links it gives away are the public addresses. What search
//! engines list of it is HTML.

mod landing;
mod repair;
mod store;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse as _, Json, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::cart_request::{AddToCart, Body, PlaceOrder, QUANTITY_MAX};
use super::payment::Provider;
use super::public::ROBOTS;
use super::switches::WalletSwitch;
use super::{Opening, Tokens, callback, cookie, lock};
use crate::fault::Fault;
use crate::flags::{FlagError, Flags};
use crate::webhook::Secret;
use landing::{Landing, Made};
use store::{Store, Unplaced};

/// Name of the session cookie.
const SESSION: &str = "nsid";
/// The key of `/admin/` when `--admin-key` is not given.
const ADMIN_KEY_DEFAULT: &str = "demo-admin-key";

struct NewShop {
    store: Mutex<Store>,
    provider: Provider,
    secret: Secret,
    tokens: Tokens,
    wallet: WalletSwitch,
    wallet_path: WalletPath,
    repair: repair::Repair,
    landing: Landing,
}

/// How the new shop's wallet integration behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WalletPath {
    Works,
    /// The wallet's session cannot be opened: an answer with `errors`, status 200, and no order.
    Broken,
}

type Shop = State<Arc<NewShop>>;

/// Opens the database, follows the switch and serves until told to stop.
pub(super) async fn start(opening: Opening, flags: &Flags, seed: u64) -> Result<(), Fault> {
    let wrong = flags.share_bp("price-fault")?.unwrap_or(0);
    let store = Store::open(&opening.db, &opening.products, wrong, seed)?;
    opening.tokens.begin(store.starts());
    let wallet = WalletSwitch::on();
    let admin_key = flags.text("admin-key").unwrap_or(ADMIN_KEY_DEFAULT);
    let made = if flags.has("canonical-fault") {
        Made::WithInternalHost
    } else {
        Made::Right
    };
    let shop = Arc::new(NewShop {
        store: Mutex::new(store),
        provider: opening.provider,
        secret: opening.secret,
        tokens: opening.tokens,
        wallet: wallet.clone(),
        wallet_path: if flags.has("wallet-fault") {
            WalletPath::Broken
        } else {
            WalletPath::Works
        },
        repair: repair::Repair::new(admin_key, flags.text("repair-from"))?,
        landing: Landing::new(opening.public, made),
    });
    let router = router(shop);
    let Some(switches) = flags.text("switches") else {
        return super::serve(opening.port, router).await;
    };
    let key = flags
        .text("switches-key")
        .ok_or(FlagError::Missing { name: "switches-key" })?;
    tokio::select! {
        served = super::serve(opening.port, router) => served,
        followed = wallet.follow(switches.to_owned(), key.to_owned()) => followed,
    }
}

fn router(shop: Arc<NewShop>) -> Router {
    Router::new()
        .route(
            "/",
            get(async || Json(json!({ "shop": "new", "categories": "/category/1" }))),
        )
        .route("/healthz", get(async || Json(json!({ "ok": true }))))
        .route("/c/{number}", get(category))
        .route("/p/{sku}", get(product))
        .route("/item/{sku}", get(landing_page))
        .route("/sitemap.xml", get(sitemap))
        .route("/robots.txt", get(async || ROBOTS))
        .route("/api/price/{sku}", get(price))
        .route("/api/cart", post(add_to_cart))
        .route("/api/payments", get(payments))
        .route("/payments", get(payments))
        .route("/api/checkout", post(checkout))
        .route("/orders/{reference}", get(order))
        .route("/callback/payment", post(captured))
        .route("/export/orders/{position}", get(paid_orders))
        .route("/admin/repair-prices", post(repair_prices))
        .route("/admin/repair-canonicals", post(repair_canonicals))
        .with_state(shop)
}

impl NewShop {
    /// The payment methods offered now; the wallet goes with its switch.
    fn methods(&self) -> &'static [&'static str] {
        if self.wallet.is_on() {
            &["card", "wallet", "invoice"]
        } else {
            &["card", "invoice"]
        }
    }
}

async fn category(State(shop): Shop, Path(number): Path<u32>) -> Response {
    match lock(&shop.store).category(number) {
        Ok(listed) if listed.is_empty() => missing("no such category"),
        Ok(listed) => {
            let items: Vec<Value> = listed
                .iter()
                .map(|one| {
                    json!({ "sku": one.sku, "name": one.name, "price_cents": one.price_cents,
                            "link": format!("/product/{}", one.sku) })
                })
                .collect();
            Json(json!({ "category": number, "items": items })).into_response()
        }
        Err(error) => broken(&error),
    }
}

async fn product(State(shop): Shop, Path(sku): Path<u32>) -> Response {
    match lock(&shop.store).item(sku) {
        Ok(Some(one)) => {
            Json(json!({ "sku": one.sku, "name": one.name, "price_cents": one.price_cents, "cart": "/cart/add" }))
                .into_response()
        }
        Ok(None) => missing("no such product"),
        Err(error) => broken(&error),
    }
}

async fn landing_page(State(shop): Shop, Path(sku): Path<u32>) -> Response {
    match lock(&shop.store).item(sku) {
        Ok(Some(one)) => Html(shop.landing.page(&one)).into_response(),
        Ok(None) => missing("no such page"),
        Err(error) => broken(&error),
    }
}

async fn sitemap(State(shop): Shop) -> Response {
    shop.landing.sitemap()
}

async fn price(State(shop): Shop, Path(sku): Path<u32>) -> Response {
    match lock(&shop.store).item(sku) {
        Ok(Some(one)) => {
            Json(json!({ "sku": one.sku, "price_cents": one.price_cents, "currency": "EUR" })).into_response()
        }
        Ok(None) => missing("no such product"),
        Err(error) => broken(&error),
    }
}

async fn add_to_cart(State(shop): Shop, headers: HeaderMap, Body(line): Body<AddToCart>) -> Response {
    if line.quantity == 0 || line.quantity > QUANTITY_MAX {
        return failure(StatusCode::UNPROCESSABLE_ENTITY, "choose 1 to 99 pieces");
    }
    let session = cookie::session(&headers, SESSION).unwrap_or_else(|| shop.tokens.session());
    match lock(&shop.store).add(&session, line.product, line.quantity) {
        Ok(true) => {
            let cart =
                json!({ "cart": { "added": line.product, "quantity": line.quantity }, "payments": shop.methods() });
            ([(SET_COOKIE, cookie::starting(SESSION, &session))], Json(cart)).into_response()
        }
        Ok(false) => missing("no such product"),
        Err(error) => broken(&error),
    }
}

async fn payments(State(shop): Shop) -> Json<Value> {
    Json(json!({ "payments": shop.methods() }))
}

async fn checkout(State(shop): Shop, headers: HeaderMap, Body(order): Body<PlaceOrder>) -> Response {
    if !shop.methods().contains(&order.payment.as_str()) {
        return failure(StatusCode::CONFLICT, "this payment method is not offered");
    }
    if order.payment == "wallet" && shop.wallet_path == WalletPath::Broken {
        // As real shops do (GraphQL): status 200, an error inside, the cart still there, no order.
        let answer = json!({ "data": { "checkout": null },
                             "errors": [{ "message": "wallet session could not be opened", "path": ["checkout"] }] });
        return Json(answer).into_response();
    }
    let Some(session) = cookie::session(&headers, SESSION) else {
        return failure(StatusCode::CONFLICT, "the cart is empty");
    };
    let placed = lock(&shop.store).place(&session, &order.payment, &shop.tokens.suffix());
    let placed = match placed {
        Ok(placed) => placed,
        Err(Unplaced::EmptyCart) => return failure(StatusCode::CONFLICT, "the cart is empty"),
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
            Json(json!({ "order": placed.reference, "next": format!("/order/{}", placed.reference) })).into_response()
        }
        Err(unpaid) => {
            tracing::error!(error = %unpaid, reference = placed.reference, "cannot create a payment");
            if let Err(error) = lock(&shop.store).give_up(&placed.reference) {
                return broken(&error);
            }
            failure(StatusCode::BAD_GATEWAY, "payment is not available")
        }
    }
}

async fn order(State(shop): Shop, Path(reference): Path<String>) -> Response {
    match lock(&shop.store).state(&reference) {
        Ok(Some(state)) => {
            let status = match state.as_str() {
                "paid" => "confirmed",
                "pending" => "waiting for payment",
                _ => "payment failed",
            };
            Json(json!({ "order": reference, "status": status })).into_response()
        }
        Ok(None) => missing("no such order"),
        Err(error) => broken(&error),
    }
}

async fn captured(State(shop): Shop, headers: HeaderMap, body: Bytes) -> Response {
    match callback::read(&shop.secret, &headers, &body) {
        Ok(notice) => callback::answer(lock(&shop.store).book(&notice)),
        Err(refusal) => *refusal,
    }
}

async fn repair_prices(State(shop): Shop, headers: HeaderMap, body: Bytes) -> Response {
    let prices = match shop.repair.read(&headers, &body).await {
        Ok(prices) => prices,
        Err(refused) => return failure(refused.status(), &refused.to_string()),
    };
    match lock(&shop.store).take_prices(&prices) {
        Ok(repaired) => Json(json!({ "read": prices.len(), "repaired": repaired })).into_response(),
        Err(error) => broken(&error),
    }
}

async fn repair_canonicals(State(shop): Shop, headers: HeaderMap) -> Response {
    match shop.repair.admit(&headers) {
        Ok(()) => Json(json!({ "repaired": shop.landing.repair() })).into_response(),
        Err(refused) => failure(refused.status(), &refused.to_string()),
    }
}

/// Paid orders behind a position: what the feed to the ERP reads.
async fn paid_orders(State(shop): Shop, Path(position): Path<i64>) -> Response {
    match lock(&shop.store).paid_after(position) {
        Ok(orders) => Json(json!({ "orders": orders })).into_response(),
        Err(error) => broken(&error),
    }
}

fn missing(what: &str) -> Response {
    failure(StatusCode::NOT_FOUND, what)
}

fn failure(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "errors": [{ "message": message }] }))).into_response()
}

fn broken(error: &rusqlite::Error) -> Response {
    tracing::error!(%error, "the shop's database failed");
    failure(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong")
}
