//! `tidegate who` over plan files: the answer with the lines that say so, and what it says when there is none.

use super::{run, shop};

/// Asks and gives what was printed with the exit code.
fn who(of: &str) -> String {
    let ran = run(&shop(), &["who", of, "--in", "shop"]);
    format!("{}[{}]", ran.stdout, ran.code.unwrap())
}

#[test]
fn a_domain_is_answered_with_its_ladder_runbook_and_lines() {
    insta::assert_snapshot!(who("checkout"), @r##"
    domain `checkout`
      domain   checkout
      owner    Checkout team (checkout-team)
      on call  ana
      rung 1   domain owner: ana, answers within 5m
      rung 2   engineering: amir, answers within 10m
      rung 3   platform lead: bo, answers within 10m
      rung 4   CTO: bo, answers within 15m
               then the last rung again every 5m
      runbook  Take the checkout back
               1. look at what the new side answers
               2. take the stage back if the gate has not
      because  domain `checkout` is owned by team `checkout-team` (tidegate.yaml:51)
               roster of team `checkout-team` (tidegate.yaml:32)
      also     stage:checkout, of Checkout team (checkout-team)
      also     unit:checkout, of Checkout team (checkout-team)
    [0]
    "##);
}

#[test]
fn an_address_is_followed_to_its_route_flow_and_domain() {
    insta::assert_snapshot!(who("https://shop.example/order/O-1?from=mail"), @r##"
    route `order` (https://shop.example/order/O-1?from=mail)
      domain   checkout
      owner    Checkout team (checkout-team)
      on call  ana
      rung 1   domain owner: ana, answers within 5m
      rung 2   engineering: amir, answers within 10m
      rung 3   platform lead: bo, answers within 10m
      rung 4   CTO: bo, answers within 15m
               then the last rung again every 5m
      runbook  Take the checkout back
               1. look at what the new side answers
               2. take the stage back if the gate has not
      because  route `order` of edge `storefront` takes `GET /order/{ref}` (tidegate.yaml:102)
               flow `buy` of domain `checkout` begins or ends there (tidegate.yaml:68)
               domain `checkout` is owned by team `checkout-team` (tidegate.yaml:51)
               roster of team `checkout-team` (tidegate.yaml:32)
    [0]
    "##);
}

#[test]
fn what_no_route_takes_is_the_fallbacks() {
    let told = who("GET /cart");
    assert!(told.contains("no route of edge `storefront` takes `/cart`"), "{told}");
    assert!(told.contains("owner    Checkout team (checkout-team)"), "{told}");
    let told = who("POST /cart");
    assert!(
        told.contains("route `cart` of edge `storefront` takes `POST /cart`"),
        "{told}"
    );
}

#[test]
fn nobody_is_an_answer_of_its_own() {
    insta::assert_snapshot!(who("/blog/first-post"), @r##"
    route `blog` (/blog/first-post)
      owner    nobody
      because  route `blog` of edge `storefront` takes `GET /blog/{*rest}` (tidegate.yaml:103)
               no stage moves unit `blog` and no flow is measured on it (tidegate.yaml:98)
    [4]
    "##);
}

#[test]
fn a_mistyped_name_is_answered_with_the_nearest_ones() {
    insta::assert_snapshot!(who("walet"), @r##"
    nobody: nothing named `walet` is declared
      near it: switch:checkout.wallet
    [4]
    "##);
    assert!(who("checkot").contains("domain:checkout"));
    assert!(!who("zzzzz").contains("near it"));
}

#[test]
fn a_name_of_things_of_several_owners_lists_them() {
    let folder = shop();
    let text = super::SHOP
        .replace("name: orders-lost", "name: bo")
        .replace("route: bo", "");
    super::write(&folder, "shop", &text);
    let ran = run(&folder, &["who", "bo", "--in", "shop"]);
    insta::assert_snapshot!(format!("{}[{}]", ran.stdout, ran.code.unwrap()), @r##"
    `bo` means things of several owners; ask for one of them:
      failure-mode:bo                Checkout team (checkout-team)
      person:bo                      platform
    [2]
    "##);
    let one = run(&folder, &["who", "failure-mode:bo", "--in", "shop"]).fine();
    assert!(one.contains("owner    Checkout team"), "{one}");
}

#[test]
fn a_team_a_person_a_switch_and_a_criterion_are_answered() {
    for (of, owner, line) in [
        ("platform", "platform", "it owns domain `observability`"),
        (
            "amir",
            "Checkout team (checkout-team)",
            "member of team `checkout-team`",
        ),
        (
            "checkout.wallet",
            "Checkout team (checkout-team)",
            "switch `checkout.wallet` is in domain `checkout`",
        ),
        (
            "checkout/refunds",
            "Checkout team (checkout-team)",
            "criterion `checkout/refunds` is in domain `checkout`",
        ),
        (
            "gate-blind",
            "platform",
            "failure-mode `gate-blind` is in domain `observability`",
        ),
    ] {
        let told = who(of);
        assert!(told.contains(&format!("owner    {owner}\n")), "{told}");
        assert!(told.contains(&format!("{line} (tidegate.yaml:")), "{told}");
        assert!(told.ends_with("[0]"), "{told}");
    }
}

#[test]
fn programs_get_the_same_answer() {
    let json = run(&shop(), &["who", "wallet-off", "--in", "shop", "--json"]).fine();
    let told: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(told["kind"], "action");
    assert_eq!(told["on_call"][0], "ana");
    assert_eq!(told["ladder"].as_array().unwrap().len(), 4);
    assert_eq!(
        told["because"][0]["at"]
            .as_str()
            .map(|at| at.starts_with("tidegate.yaml:")),
        Some(true)
    );
}

/// What a repository says about code that the shop's checkout claims in part.
const OWNERS: &str = "# who reviews what
*               @example/platform
/services/checkout/           @example/checkout-team
/services/checkout/generated/
/docs/ @someone-else
";

fn who_of_code(of: &str) -> String {
    let folder = shop();
    let text = super::SHOP.replacen(
        "  responsibilities: [order placement]",
        "  code: [services/checkout/]",
        1,
    );
    super::write(&folder, "shop", &text);
    std::fs::create_dir(folder.path().join("shop/.github")).unwrap();
    std::fs::write(folder.path().join("shop/.github/CODEOWNERS"), OWNERS).unwrap();
    let ran = run(&folder, &["who", of, "--in", "shop"]);
    let brief = ran.stdout.lines().filter(|line| {
        let head = line.trim_start();
        !head.starts_with("rung") && !head.starts_with("then") && !head.starts_with(char::is_numeric)
    });
    let brief: Vec<&str> = brief.collect();
    format!("{}\n[{}]", brief.join("\n"), ran.code.unwrap())
}

#[test]
fn code_is_its_domains_then_its_rules_and_without_owner_by_a_rule_is_nobodys() {
    let told = who_of_code("services/checkout/pay.rs");
    assert!(
        told.starts_with("code `services/checkout/pay.rs`\n  domain   checkout\n  owner    Checkout team"),
        "{told}"
    );
    let said = "domain `checkout` says that `services/checkout/` is its own (tidegate.yaml:";
    assert!(told.contains(said), "{told}");
    assert!(
        told.contains("`/services/checkout/` is of @example/checkout-team (.github/CODEOWNERS:3)"),
        "{told}"
    );
    let told = who_of_code("code:lib/time.rs");
    assert!(told.contains("owner    platform"), "{told}");
    assert!(
        told.contains("`*` is of @example/platform (.github/CODEOWNERS:2)"),
        "{told}"
    );
    insta::assert_snapshot!(who_of_code("docs/index.md"), @r##"
    code `docs/index.md`
      owner    nobody
      because  `/docs/` is of @someone-else (.github/CODEOWNERS:5)
    [4]
    "##);
    let told = who_of_code("services/checkout/generated/a.rs");
    assert!(
        told.contains("`/services/checkout/generated/` is explicitly owned by nobody (.github/CODEOWNERS:4)"),
        "{told}"
    );
}

#[test]
fn code_that_nobody_owns_inside_of_a_domain_is_refused() {
    let folder = shop();
    let text = super::SHOP.replacen(
        "  responsibilities: [order placement]",
        "  code: [services/checkout/]",
        1,
    );
    super::write(&folder, "shop", &text);
    std::fs::write(folder.path().join("shop/CODEOWNERS"), OWNERS).unwrap();
    let ran = run(&folder, &["check", "shop"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
    let told = format!("{}{}", ran.stdout, ran.stderr);
    assert!(
        told.contains("error[TG0118]") && told.contains("--> shop/CODEOWNERS:4:1"),
        "{told}"
    );
}

#[test]
fn a_rule_for_all_code_owns_no_name_that_is_mistyped() {
    for of in [
        "paula",
        "processing",
        "storefront",
        "flow:nope",
        "team:nope",
        "person:nobody",
        "user:nobody",
        "group:nobody",
        "payments.nope",
        "checkout/nope",
        "flow:services/checkout/a.rs",
    ] {
        let told = who_in("shop", of);
        assert!(told.starts_with("nobody: nothing named"), "{of}: {told}");
        assert!(told.ends_with("[4]"), "{told}");
    }
    for of in [
        "services/checkout/pay.rs",
        "lib/time.rs",
        "code:Makefile",
        "code:checkout/nope",
    ] {
        let told = who_in("shop", of);
        assert!(told.starts_with("code `"), "{of}: {told}");
        assert!(told.ends_with("[0]"), "{told}");
    }
}

#[test]
fn a_catalogues_words_lead_to_teams_and_people() {
    for (of, first) in [
        ("group:payments", "team `payments` (group:payments)"),
        ("group:default/Payments", "team `payments` (group:default/Payments)"),
        ("user:emma", "person `emma` (user:emma)"),
    ] {
        let told = who_in("shop", of);
        assert!(told.starts_with(first), "{told}");
        assert!(told.ends_with("[0]"), "{told}");
    }
}

#[test]
fn an_address_of_a_side_is_its_routes_and_not_the_fallbacks() {
    for of in ["POST /api/checkout", "http://127.0.0.1:9002/api/checkout"] {
        let told = who_in("shop", of);
        assert!(told.starts_with("route `checkout`"), "{told}");
        assert!(told.contains("owner    Checkout team"), "{told}");
        let said = "takes `POST /checkout`, which is `/api/checkout` on the new side (edge.yaml:";
        assert!(told.contains(said), "{told}");
    }
    let told = who_in("shop", "http://127.0.0.1:9001/product/12");
    assert!(told.contains("which is `/product/{id}` on the old side"), "{told}");
    let told = who_in("shop", "POST /api/nope");
    assert!(
        told.contains("no route of edge `storefront` takes `/api/nope`"),
        "{told}"
    );
}

#[test]
fn a_person_is_answered_with_ladder_runbook_and_the_line_that_says_so() {
    let told = who_in("shop", "amir");
    for part in [
        "rung 1   domain owner on call: ana",
        "runbook  ",
        "because  member of team `checkout` (organisation.yaml:80)",
        "team `checkout` owns domain `checkout` (domains.yaml:",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
    let told = who_in("shop", "emma");
    assert!(
        told.contains("called on rung 2 (engineering manager) of ladder `standard`"),
        "{told}"
    );
    let told = who_in("shop", "team:leadership");
    assert!(
        told.contains("because  team `leadership` is declared, and owns no domain (organisation.yaml:"),
        "{told}"
    );
    assert!(told.contains("called on rung 4 (CTO) of ladder `standard`"), "{told}");
}

/// Asks about one of the examples.
fn who_in(example: &str, of: &str) -> String {
    let folder = format!("{}/../../examples/{example}", env!("CARGO_MANIFEST_DIR"));
    let ran = run(&shop(), &["who", of, "--in", &folder]);
    format!("{}[{}]", ran.stdout, ran.code.unwrap())
}

#[test]
fn agreements_transfers_integrations_and_invariants_are_answered_by_name() {
    for (example, of, owner, line) in [
        (
            "subscriptions",
            "agreement:payment-finalization",
            "subscription-service",
            "the first of them stays accountable (agreements.yaml:",
        ),
        (
            "subscriptions",
            "trials-to-subscriptions",
            "product",
            "is under way; the owner stays accountable until it is complete (agreements.yaml:",
        ),
        (
            "subscriptions",
            "notifications-idempotency",
            "product",
            "invariant `notifications-idempotency` is in domain `notifications` (invariants.yaml:",
        ),
        (
            "shop",
            "orders-to-erp",
            "integration",
            "failures of integration `orders-to-erp` are handled by domain `integrations` (records.yaml:",
        ),
        ("shop", "paid-once", "", "invariant `paid-once` is in domain"),
    ] {
        let told = who_in(example, of);
        let line_of_owner = told.lines().find(|one| one.starts_with("  owner")).unwrap_or_default();
        assert!(
            line_of_owner.contains(owner) && !line_of_owner.contains("nobody"),
            "{told}"
        );
        assert!(told.contains(line), "{told}");
        assert!(told.ends_with("[0]"), "{told}");
    }
}
