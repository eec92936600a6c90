//! Trying to get in by the back: as another site, along odd paths, with too much, with what is over, or by comparing answers.

use reqwest::Response;
use serde_json::json;
use tidegate_api::access::Purpose;
use tidegate_model::seam::Errand;
use tidegate_model::{IncidentId, Millis};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::world::{Town, hidden, now, person};

/// Sends bytes as they stand, on a connection of their own, and reads until its end.
async fn raw(town: &Town, request: &[u8]) -> String {
    let address = town.url.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    // Whoever is turned away in the middle hears no more; what was answered counts.
    let sent = stream.write_all(request).await;
    let mut bytes = Vec::new();
    let ended = stream.read_to_end(&mut bytes).await;
    assert!(
        !bytes.is_empty() || sent.is_err() || ended.is_err(),
        "neither an answer nor an end"
    );
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn form_from(town: &Town, path: &str, cookie: &str, headers: &[(&str, &str)], body: &str) -> Response {
    let mut request = town
        .post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", cookie)
        .body(body.to_owned());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

#[tokio::test]
async fn another_site_can_neither_press_nor_log_in_nor_out_even_with_every_secret() {
    let town = Town::new().await;
    let incident = town.incident().await;
    let cookie = town.session("ana").await;
    let csrf = hidden(&town.page("/", &cookie).await, "csrf");
    let errand = Errand::Incident(IncidentId::parse(&incident).unwrap());
    let link = town
        .links
        .sign(&errand, &person("ana"), now().after(Millis::minutes(5)));
    let nonce = hidden(&town.page(&link, "").await, "csrf");
    let forms = [
        ("/do", format!("csrf={csrf}&do=acknowledge&subject={incident}")),
        (link.as_str(), format!("csrf={nonce}&do=ack")),
        ("/login", format!("token={}", town.token("eve"))),
        ("/logout", format!("csrf={csrf}")),
    ];
    let before = town.seq();
    for (path, body) in &forms {
        for headers in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site"), ("origin", "null")],
            &[("sec-fetch-site", "cross-site"), ("origin", town.url.as_str())],
            &[("origin", "https://evil.example")],
            &[("origin", "http://127.0.0.1")],
        ] {
            let answer = form_from(&town, path, &cookie, headers, body).await;
            assert_eq!(answer.status(), 403, "{path} {headers:?}");
            assert!(answer.headers().get("set-cookie").is_none(), "{path} {headers:?}");
            assert!(answer.text().await.unwrap().contains("TG8103"), "{path} {headers:?}");
        }
    }
    assert_eq!(town.seq(), before, "nothing was asked of the engine");
    assert_eq!(
        town.get("/").header("cookie", &cookie).send().await.unwrap().status(),
        200
    );
    // The same from a page of ours, as browsers send it.
    for (path, body) in &forms {
        let own = [("sec-fetch-site", "same-origin"), ("origin", "null")];
        let answer = form_from(&town, path, &cookie, &own, body).await;
        assert!(answer.status().as_u16() < 400, "{path} {}", answer.status());
    }
}

#[tokio::test]
async fn no_other_site_may_read_an_answer() {
    let town = Town::new().await;
    let token = town.token("ana");
    for path in ["/api/v1/status", "/", "/healthz", "/api/openapi.json"] {
        let asked = town
            .get(path)
            .bearer_auth(&token)
            .header("origin", "https://evil.example");
        let answer = asked.send().await.unwrap();
        let opens: Vec<_> = answer
            .headers()
            .keys()
            .filter(|name| name.as_str().starts_with("access-control"))
            .collect();
        assert!(opens.is_empty(), "{path} {opens:?}");
    }
}

#[tokio::test]
async fn a_login_leads_to_a_path_of_this_site_and_to_nothing_else() {
    let town = Town::new().await;
    let token = town.token("ana");
    for next in [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/\t/evil.example",
        "/\r\nSet-Cookie: tidegate_session=chosen",
        "/%0d%0aSet-Cookie: x",
        " //evil.example",
        "/\u{e9}",
        "",
    ] {
        let answer = town.form("/login", None, &[("token", &token), ("next", next)]).await;
        assert_eq!(answer.status(), 303, "{next:?}");
        assert_eq!(answer.headers()["location"], "/", "{next:?}");
        assert_eq!(answer.headers().get_all("set-cookie").iter().count(), 1, "{next:?}");
    }
    let answer = town
        .form("/login", None, &[("token", &token), ("next", "/journal?from=1")])
        .await;
    assert_eq!(answer.headers()["location"], "/journal?from=1");
}

#[tokio::test]
async fn the_way_back_after_a_login_carries_no_parameter_of_its_own() {
    let town = Town::new().await;
    let answer = town.get("/incidents/x&login=chosen").send().await.unwrap();
    assert_eq!(
        answer.headers()["location"],
        "/login?next=/incidents/x%26login%3Dchosen"
    );
}

#[tokio::test]
async fn a_session_is_never_one_that_was_there_before() {
    let town = Town::new().await;
    let login = async |cookie: &str| {
        let token = town.token("ana");
        let answer = town.form("/login", Some(cookie), &[("token", &token)]).await;
        let given = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        given.split(';').next().unwrap().to_owned()
    };
    let is_in = async |cookie: &str| town.get("/").header("cookie", cookie).send().await.unwrap().status() == 200;
    let chosen = "tidegate_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let first = login(chosen).await;
    assert_ne!(first, chosen);
    assert!(is_in(&first).await && !is_in(chosen).await);
    let second = login(&first).await;
    assert_ne!(second, first);
    assert!(
        is_in(&second).await && !is_in(&first).await,
        "a login ends the session it came with"
    );
    // A token in the place of a session's secret opens nothing, and is not used up by it.
    let token = town.token("ana");
    let as_session = format!("tidegate_session={token}");
    assert!(!is_in(&as_session).await);
    login(&as_session).await;
    assert_eq!(
        town.get("/api/v1/status")
            .bearer_auth(&token)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
}

#[tokio::test]
async fn what_is_over_opens_nothing_and_one_secret_is_not_another() {
    let town = Town::new().await;
    let cookie = town.session("ana").await;
    let session = cookie.split_once('=').unwrap().1.to_owned();
    let login = town.access.issue_login(person("ana")).unwrap();
    let path = town
        .links
        .sign(&Errand::Nothing, &person("ana"), now().after(Millis::minutes(5)));
    let link = path.strip_prefix("/l/").unwrap().to_owned();
    for secret in [&session, &login, &link] {
        let answer = town.get("/api/v1/status").bearer_auth(secret).send().await.unwrap();
        assert_eq!(answer.status(), 401);
    }
    assert_eq!(town.get(&format!("/l/{session}")).send().await.unwrap().status(), 403);
    town.expire();
    assert_eq!(
        town.get("/").header("cookie", &cookie).send().await.unwrap().status(),
        303
    );
    assert_eq!(
        town.get(&format!("/login?login={login}"))
            .send()
            .await
            .unwrap()
            .status(),
        403
    );
    assert_eq!(town.form("/login", None, &[("token", &login)]).await.status(), 401);
}

#[tokio::test]
async fn looking_ahead_does_not_use_a_login_link_up() {
    let town = Town::new().await;
    let link = town.access.issue_login(person("ana")).unwrap();
    let url = format!("{}/login?login={link}", town.url);
    for request in [
        town.client.head(&url),
        town.client.get(&url).header("sec-purpose", "prefetch"),
        town.client.get(&url).header("user-agent", "a scanner of letters"),
        town.client.request(reqwest::Method::OPTIONS, &url),
    ] {
        assert!(request.send().await.unwrap().headers().get("set-cookie").is_none());
    }
    let mut altered = link.clone().into_bytes();
    altered[7] = if altered[7] == b'A' { b'B' } else { b'A' };
    let altered = String::from_utf8(altered).unwrap();
    assert_eq!(town.form("/login", None, &[("token", &altered)]).await.status(), 401);
    assert_eq!(town.form("/login", None, &[("token", &link)]).await.status(), 303);
}

#[tokio::test]
async fn cookies_are_for_this_site_and_no_script_and_over_tls_for_nothing_else() {
    for (public_url, is_secure) in [(None, false), (Some("https://tidegate.example"), true)] {
        let town = Town::known_as(public_url).await;
        let token = town.token("ana");
        let answer = town.form("/login", None, &[("token", &token)]).await;
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        let attributes: Vec<&str> = cookie.split("; ").skip(1).collect();
        let mut expected = vec!["Path=/", "HttpOnly", "SameSite=Lax"];
        expected.extend(is_secure.then_some("Secure"));
        assert_eq!(attributes, expected);
        // A neighbour below the same domain can set a cookie of the plain name, and no browser lets it set the other.
        let (name, secret) = cookie.split(';').next().unwrap().split_once('=').unwrap();
        let prefix = if is_secure { "__Host-" } else { "" };
        assert_eq!(name, format!("{prefix}tidegate_session"));
        for (name, status) in [(name, 200), ("tidegate_session", if is_secure { 303 } else { 200 })] {
            let asked = town.get("/").header("cookie", format!("{name}={secret}"));
            assert_eq!(asked.send().await.unwrap().status(), status, "{name}");
        }
    }
}

#[tokio::test]
async fn no_path_leads_around_the_door_and_no_header_makes_a_look_a_change() {
    let town = Town::new().await;
    let incident = town.incident().await;
    for path in [
        "//api/v1/status",
        "/api//v1/status",
        "/api/v1/./status",
        "/api/v1/x/../status",
        "/healthz/../api/v1/status",
        "/asset/..%2fapi/v1/status",
        "/asset/%2e%2e/api/v1/status",
        "/%61pi/v1/status",
        "/api%2fv1%2fstatus",
        "/api/v1/status/",
        "/api/v1/status%00",
        "/api/v1/status;x",
        "/api/v1/status%20",
        "/API/v1/status",
        "/api/v1/stages/%2e%2e",
        "/api/v1/stages/checkout%2fcriteria",
        "/api/v1/stages/%ff",
        "http://127.0.0.1/api/v1/status",
        "/journal/export",
        "/journal//export",
    ] {
        let said = raw(
            &town,
            format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes(),
        )
        .await;
        let status = said.split(' ').nth(1).unwrap_or_default();
        assert!(["303", "400", "401", "404"].contains(&status), "{path}: {said}");
    }
    let token = town.token("ana");
    let before = town.seq();
    let path = format!("/api/v1/incidents/{incident}/acknowledge");
    for (name, value) in [
        ("x-http-method-override", "POST"),
        ("x-http-method", "POST"),
        ("x-method-override", "POST"),
        ("x-original-url", "/api/v1/incidents"),
        ("x-rewrite-url", "/api/v1/incidents"),
    ] {
        let asked = town
            .get(&format!("{path}?_method=POST"))
            .bearer_auth(&token)
            .header(name, value);
        assert_eq!(asked.send().await.unwrap().status(), 405, "{name}");
        let asked = town.get("/api/v1/incidents").header(name, value);
        assert_eq!(asked.send().await.unwrap().status(), 401, "{name}");
    }
    assert_eq!(town.seq(), before);
}

#[tokio::test]
async fn too_much_is_turned_away_without_reading_it() {
    let town = Town::new().await;
    let token = town.token("ana");
    let before = town.seq();
    let head = format!(
        "POST /api/v1/incidents HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n"
    );
    let turned = |said: &str| ["400", "413", "431"].contains(&said.split(' ').nth(1).unwrap_or("431"));
    let long = format!(
        "GET /login HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n",
        "a".repeat(2_000_000)
    );
    let many: String = (0..5_000).map(|n| format!("x-{n}: y\r\n")).collect();
    let many = format!("GET /login HTTP/1.1\r\nhost: x\r\n{many}\r\n");
    let path = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(2_000_000));
    for request in [&long, &many, &path] {
        let said = raw(&town, request.as_bytes()).await;
        assert!(
            turned(&said) || said.starts_with("HTTP/1.1 414"),
            "{}",
            &said[..said.len().min(200)]
        );
    }
    let chunk = format!("{:x}\r\n{}\r\n", 70_000, "x".repeat(70_000));
    let in_chunks = format!("{head}transfer-encoding: chunked\r\nconnection: close\r\n\r\n{chunk}0\r\n\r\n");
    // Bodies that two readers could cut in different places.
    let two_lengths = format!("{head}content-length: 2\r\ncontent-length: 3\r\nconnection: close\r\n\r\n{{}} ");
    let no_length = format!("{head}content-length: -1\r\nconnection: close\r\n\r\n{{}}");
    let folded = format!("{head} transfer-encoding: chunked\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}");
    for request in [&in_chunks, &two_lengths, &no_length, &folded] {
        let said = raw(&town, request.as_bytes()).await;
        assert!(turned(&said), "{said}");
    }
    assert_eq!(town.seq(), before);
}

#[tokio::test]
async fn a_stranger_cannot_tell_what_there_is() {
    let town = Town::new().await;
    let incident = town.incident().await;
    let revoked = town.token("marek");
    town.access.revoke("marek").unwrap();
    let told = async |path: &str, token: Option<&str>| {
        let mut asked = town.get(path);
        if let Some(token) = token {
            asked = asked.bearer_auth(token);
        }
        let answer = asked.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    for token in [None, Some("never-issued"), Some(revoked.as_str())] {
        let known = told(&format!("/api/v1/incidents/{incident}"), token).await;
        assert_eq!(known, told("/api/v1/incidents/inc-99", token).await);
        assert_eq!(known, told("/api/v1/stages/-not-a-name-", token).await);
        assert_eq!(known.0, 401);
    }
    let never = told("/api/v1/status", Some("never-issued")).await;
    assert_eq!(never, told("/api/v1/status", Some(&revoked)).await);
}

#[tokio::test]
async fn a_login_says_the_same_of_whatever_does_not_open_it() {
    let town = Town::new().await;
    let revoked = town.token("marek");
    town.access.revoke("marek").unwrap();
    let used = town.access.issue_login(person("ana")).unwrap();
    assert_eq!(town.form("/login", None, &[("token", &used)]).await.status(), 303);
    let mut pages = Vec::new();
    for token in ["never-issued", &revoked, &town.key(Purpose::Switches), &used] {
        let answer = town.form("/login", None, &[("token", token)]).await;
        pages.push((answer.status().as_u16(), answer.text().await.unwrap()));
    }
    pages.dedup();
    assert_eq!(pages.len(), 1, "{pages:?}");
}

#[tokio::test]
async fn what_a_person_may_not_is_refused_and_a_key_asks_for_nothing_but_its_purpose() {
    let town = Town::new().await;
    let incident = town.incident().await;
    let before = town.seq();
    let body = json!({ "action": "wallet-off" });
    let path = format!("/api/v1/incidents/{incident}/act");
    let refused = town.ask(&town.token("eve"), &path, body.clone()).await;
    assert_eq!(refused.status(), 403);
    let told: serde_json::Value = refused.json().await.unwrap();
    assert_eq!(told["code"], "TG9001", "{told}");
    assert_eq!(town.seq(), before + 1, "the refused attempt is in the journal");
    for purpose in [Purpose::Switches, Purpose::Metrics, Purpose::Change] {
        assert_eq!(town.ask(&town.key(purpose), &path, body.clone()).await.status(), 403);
    }
    assert_eq!(town.seq(), before + 1);
}
