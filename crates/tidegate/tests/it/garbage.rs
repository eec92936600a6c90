//! Requests that are none: each is answered with a problem document or a plain refusal, and the next one is served.

use crate::shoppers::{Answer, Visitor, ask, ask_raw};
use crate::world::World;

/// The API's answer to a request of a person.
fn answer(world: &World, token: &str, method: &str, path: &str, kind: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", kind)];
    ask(world.admin(), method, path, &headers, body).unwrap()
}

#[track_caller]
fn is_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{answer:?}");
    let document: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(
        (&document["code"], &document["status"]),
        (&code.into(), &status.into()),
        "{document:#}"
    );
    assert!(
        document["detail"].as_str().is_some_and(|detail| !detail.is_empty()),
        "{document:#}"
    );
}

#[test]
fn bodies_of_no_shape_are_answered_by_code() {
    let world = World::start();
    let token = world.token("ana");
    let hold = "/api/v1/stages/shop/hold";
    let json = "application/json";
    let post = |path: &str, kind: &str, body: &str| answer(&world, &token, "POST", path, kind, body);
    is_problem(&post(hold, json, "{\"reason\""), 400, "TG8107");
    is_problem(&post(hold, json, "\u{0}\u{1}\u{2}"), 400, "TG8107");
    is_problem(&post(hold, json, "{\"reason\": 7}"), 422, "TG8108");
    is_problem(
        &post(hold, json, "{\"reason\": \"x\", \"colour\": \"red\"}"),
        422,
        "TG8108",
    );
    is_problem(&post(hold, "text/plain", "reason"), 415, "TG8105");
    is_problem(
        &post(hold, json, &format!("{{\"reason\": \"{}\"}}", "x".repeat(70_000))),
        413,
        "TG8106",
    );
    is_problem(&post(hold, json, &"[".repeat(60_000)), 400, "TG8107");
    is_problem(&post("/api/v1/nothing", json, "{}"), 404, "TG8109");
    is_problem(&answer(&world, &token, "DELETE", hold, json, ""), 405, "TG8110");
    is_problem(&answer(&world, "nonsense", "POST", hold, json, "{}"), 401, "TG8101");
    assert_eq!(
        world.status(&token)["plans"][0]["stages"][0]["holds"],
        serde_json::json!([])
    );
}

#[test]
fn bytes_that_are_no_request_close_their_connection_and_no_other() {
    let world = World::start();
    let token = world.token("ana");
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(1_000_000));
    let requests: [&[u8]; 6] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n",
        long.as_bytes(),
    ];
    for door in [world.admin(), world.edge()] {
        for request in requests {
            // Closed without a word is an answer, too.
            if let Ok(answer) = ask_raw(door, request) {
                let words = String::from_utf8_lossy(&request[..request.len().min(40)]).into_owned();
                assert!((400..600).contains(&answer.status), "{words:?} got {answer:?}");
            }
        }
    }
    assert_eq!(Visitor::default().get(world.edge(), "/").unwrap().status, 200);
    world.status(&token);
}
