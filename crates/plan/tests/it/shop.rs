//! What the example of a shop must carry: each line here is a line of the documents that the example answers.

use tidegate_model::domain::Domain;
use tidegate_model::plan::{Approver, Measure, Stage};
use tidegate_model::{Estate, Millis};

use crate::clean::example;
use crate::compiled;

fn shop() -> Estate {
    compiled(&example("shop")).estate.unwrap()
}

fn stage<'a>(estate: &'a Estate, name: &str) -> &'a Stage {
    estate.stages().find(|(_, stage)| stage.id.as_str() == name).unwrap().1
}

fn domain<'a>(estate: &'a Estate, name: &str) -> &'a Domain {
    let found = estate.domains().values().find(|domain| domain.id.as_str() == name);
    found.unwrap_or_else(|| panic!("domain {name}"))
}

/// A criterion as `name: what it measures, owner`.
fn criteria(stage: &Stage) -> Vec<String> {
    let line = |criterion: &tidegate_model::plan::Criterion| {
        let measure = match &criterion.measure {
            Measure::Completion { flow } => format!("completion of {flow}"),
            Measure::Errors { flow, at_most, .. } => format!("errors of {flow} up to {at_most}"),
            Measure::Latency { flow, quantile, limit } => format!("{} of {flow} within {limit}", quantile.get()),
            Measure::Slower { flow, threshold, .. } => format!("{flow} slower than {threshold}"),
            Measure::Level { ask, bound, .. } => format!("{} tells {bound}", ask.on),
            Measure::Counted { new, .. } => format!("counted by {}", new.on),
            Measure::Reconcile { entity, .. } => format!("{entity} agree"),
            Measure::SqlEqual { old, new, .. } => format!("{} equals {}", old.on, new.on),
            Measure::Survey { ask, at_most, .. } => format!("{at_most} faults at {}", ask.on()),
            Measure::Incidents { at_least, at_most } => format!("{at_most} at {}", at_least.word()),
            Measure::Load { at_most, over } => format!("{at_most} pages an hour over {over}"),
            Measure::Manual { .. } => "a person".to_owned(),
        };
        let whose = criterion
            .segment
            .as_ref()
            .map_or_else(String::new, |segment| format!(" for {segment}"));
        format!("{}: {measure}{whose}, {}", criterion.id, criterion.owner)
    };
    stage.gate.criteria.iter().map(line).collect()
}

/// Asserts that every line is among the found ones; more of them may be found.
fn holds(found: &[String], needed: &[&str]) {
    for line in needed {
        assert!(found.iter().any(|one| one == line), "`{line}` is not in {found:#?}");
    }
}

#[test]
fn the_gate_of_the_catalogue_watches_paths_correctness_indexing_and_load() {
    holds(
        &criteria(stage(&shop(), "catalogue")),
        &[
            "browse-completion: completion of browse, catalogue",
            "search-completion: completion of search, catalogue",
            "browse-errors: errors of browse up to 5 %, catalogue",
            "browse-p95: 950000 of browse within 500ms, catalogue",
            "browse-slower-p50: browse slower than 90ms, catalogue",
            "browse-slower-p95: browse slower than 310ms, catalogue",
            "browse-slower-p99: browse slower than 700ms, catalogue",
            "crawl-without-errors: counted by access-log, seo",
            "pages-indexed: search-console tells at least 900, seo",
            "products-equal: products agree, catalogue",
            "texts-equal-pim: product-texts agree, integrations",
            "pages-rendered: 0 faults at new-web, seo",
            "scraped: metrics tells at least 3, observability",
            "stock-equal: warehouse equals new-shop, inventory",
            "preferred-addresses-equal: preferred-addresses agree, seo",
            "crawl-looked-at: a person, seo",
            "incidents-sev2: 0 at sev2, catalogue",
            "load-on-call: 0.5 pages an hour over 4h, catalogue",
        ],
    );
}

#[test]
fn the_gate_of_pricing_watches_prices_promotions_errors_latency_and_load() {
    holds(
        &criteria(stage(&shop(), "pricing")),
        &[
            "quote-completion: completion of quote, pricing",
            "promotion-completion: completion of promotion, promotions",
            "quote-errors: errors of quote up to 2 %, pricing",
            "promotion-errors: errors of promotion up to 5 %, promotions",
            "quote-p95: 950000 of quote within 300ms, pricing",
            "prices-equal: prices agree, pricing",
            "promotions-equal: promotions agree, promotions",
            "baskets-equal: 0 faults at new-web, pricing",
            "incidents-sev2: 0 at sev2, pricing",
            "load-on-call: 0.5 pages an hour over 4h, pricing",
        ],
    );
}

#[test]
fn the_gate_of_the_checkout_watches_every_payment_path_and_the_money() {
    holds(
        &criteria(stage(&shop(), "checkout")),
        &[
            "buy-completion: completion of buy, checkout",
            "buy-card-completion: completion of buy-card, checkout",
            "buy-wallet-completion: completion of buy-wallet, checkout",
            "buy-invoice-completion: completion of buy-invoice, checkout",
            "buy-completion-device-mobile: completion of buy for device=mobile, checkout",
            "buy-slower-p50: buy slower than 140ms, checkout",
            "buy-slower-p95: buy slower than 420ms, checkout",
            "payments-declined: counted by metrics, payments",
            "payments-waiting: metrics tells at most 200, payments",
            "dead-letters: integrations tells at most 0, integrations",
            "way-back-open: counted by old-shop-web, checkout",
            "buy-errors: errors of buy up to 5 %, checkout",
            "buy-p95: 950000 of buy within 500ms, checkout",
            "payment-times: new-shop equals payment-ledger, payments",
            "orders-equal-payments: orders agree, payments",
            "captured-once: payment-ledger equals payment-ledger, payments",
            "orders-equal-erp: new-shop equals erp, integrations",
            "customers-equal-crm: customers agree, integrations",
            "payments-counted-now: metrics tells at most 60, observability",
            "incidents-sev2: 0 at sev2, checkout",
            "load-on-call: 0.5 pages an hour over 4h, checkout",
            "manual: a person, checkout",
        ],
    );
}

#[test]
fn the_first_criterion_of_a_stage_is_the_completion_that_its_brake_looks_at() {
    let estate = shop();
    for (name, flow) in [("catalogue", "browse"), ("pricing", "quote"), ("checkout", "buy")] {
        let first = stage(&estate, name).gate.criteria.first().unwrap();
        assert!(
            matches!(&first.measure, Measure::Completion { flow: found } if found.as_str() == flow),
            "{name}: {first:?}"
        );
    }
}

#[test]
fn the_figures_of_payments_stand_in_the_query_and_in_the_words() {
    let estate = shop();
    let criteria = &stage(&estate, "checkout").gate.criteria;
    let times = criteria.iter().find(|one| one.id.as_str() == "payment-times").unwrap();
    let Measure::SqlEqual {
        old,
        new,
        rows_at_least,
        ..
    } = &times.measure
    else {
        panic!("{times:?}")
    };
    assert_eq!(*rows_at_least, 3);
    for (step, limit) in [("processing", 500), ("finalization", 300), ("verification", 200)] {
        assert!(old.query.contains(&format!("'{step}'")), "{step}");
        let figure = [format!("'{step}', {limit}"), format!("'{step}' AS step, {limit}")];
        assert!(
            figure.iter().any(|text| new.query.contains(text)),
            "{step} in {}",
            new.query
        );
        let words = format!("payment {step}, within {} (P95)", in_words(limit));
        holds(&domain(&estate, "payments").responsibilities, &[&words]);
    }
}

fn in_words(limit_ms: u64) -> String {
    Millis(limit_ms).to_string().replace("ms", " ms")
}

/// A failure mode as `name: domain, severity, signals, runbook`.
fn failure_modes(estate: &Estate) -> Vec<String> {
    let line = |mode: &tidegate_model::hazard::FailureMode| {
        let signals: Vec<String> = mode
            .signals
            .iter()
            .map(|(stage, name)| format!("{stage}/{name}"))
            .collect();
        format!(
            "{}: {}, {}, {}, {}",
            mode.id,
            mode.domain,
            mode.severity.word(),
            signals.join(" "),
            mode.runbook
        )
    };
    estate.failure_modes().values().map(line).collect()
}

#[test]
fn every_high_risk_area_has_failure_modes_with_signal_owner_and_runbook() {
    let estate = shop();
    holds(
        &failure_modes(&estate),
        &[
            "products-not-found: catalogue, sev2, catalogue/browse-completion catalogue/search-completion catalogue/browse-errors, catalogue-rollback",
            "catalogue-slow: catalogue, sev3, catalogue/browse-p95, catalogue-rollback",
            "products-differ: catalogue, sev2, catalogue/products-equal, catalogue-rollback",
            "stock-differs: inventory, sev2, catalogue/stock-equal, stock-resync",
            "pages-leave-the-index: seo, sev2, catalogue/preferred-addresses-equal catalogue/crawl-looked-at, indexing-repair",
            "imports-stop: integrations, sev2, catalogue/products-equal catalogue/stock-equal, integration-failure",
            "prices-fail: pricing, sev2, pricing/quote-completion pricing/quote-errors, pricing-repair",
            "prices-slow: pricing, sev3, pricing/quote-p95, pricing-repair",
            "prices-differ: pricing, sev2, pricing/prices-equal, pricing-repair",
            "promotions-differ: promotions, sev2, pricing/promotions-equal pricing/promotion-completion pricing/promotion-errors, promotions-repair",
            "orders-lost: checkout, sev1, checkout/buy-completion checkout/buy-errors, checkout-rollback",
            "payment-path-fails: checkout, sev1, checkout/buy-card-completion checkout/buy-wallet-completion checkout/buy-invoice-completion, checkout-rollback",
            "checkout-slow: checkout, sev2, checkout/buy-p95, checkout-rollback",
            "payments-late: payments, sev2, checkout/payment-times, payments-late",
            "money-without-order: payments, sev1, checkout/orders-equal-payments, payments-reconciliation",
            "captured-twice: payments, sev1, checkout/captured-once, payments-reconciliation",
            "orders-not-in-erp: integrations, sev2, checkout/orders-equal-erp, integration-failure",
            "catalogue-slower: catalogue, sev3, catalogue/browse-slower-p50 catalogue/browse-slower-p95 catalogue/browse-slower-p99, catalogue-rollback",
            "crawlers-meet-errors: seo, sev2, catalogue/crawl-without-errors catalogue/pages-indexed, indexing-repair",
            "mobile-checkout-fails: checkout, sev1, checkout/buy-completion-device-mobile, checkout-rollback",
            "checkout-slower: checkout, sev2, checkout/buy-slower-p50 checkout/buy-slower-p95, checkout-rollback",
            "payments-refused: payments, sev1, checkout/payments-declined checkout/payments-waiting, payments-late",
            "messages-given-up: integrations, sev2, checkout/dead-letters, integration-failure",
            "no-way-back: checkout, sev1, checkout/way-back-open, checkout-rollback",
            "evidence-missing: observability, sev2, catalogue/scraped pricing/scraped checkout/scraped checkout/payments-counted-now integrations/scraped seo-routing/scraped, evidence-repair",
        ],
    );
    for runbook in estate.runbooks().values() {
        assert!(
            runbook.steps.len() >= 3 && !runbook.actions.is_empty(),
            "{}",
            runbook.id
        );
    }
}

#[test]
fn every_domain_has_an_owner_a_contact_responsibilities_authority_and_a_runbook() {
    let estate = shop();
    let owners = [
        ("catalogue", "catalogue"),
        ("inventory", "catalogue"),
        ("seo", "seo"),
        ("pricing", "pricing"),
        ("promotions", "pricing"),
        ("checkout", "checkout"),
        ("payments", "payments"),
        ("integrations", "integrations"),
        ("observability", "platform"),
    ];
    for (name, owner) in owners {
        let found = domain(&estate, name);
        assert_eq!(found.owner.as_str(), owner, "{name}");
        assert!(found.escalation_contact.is_some(), "{name}");
        assert!(
            found.responsibilities.len() >= 3,
            "{name}: {:?}",
            found.responsibilities
        );
        assert!(!found.authority.is_empty() && found.runbook.is_some(), "{name}");
    }
    assert_eq!(estate.domains().len(), owners.len());
    holds(
        &domain(&estate, "payments").responsibilities,
        &["payment idempotency", "payment provider integration"],
    );
    let actions = |name: &str| -> Vec<String> {
        let granted = domain(&estate, name).authority.iter();
        granted.map(|grant| grant.action.to_string()).collect()
    };
    holds(&actions("payments"), &["payments-off", "payments-queue"]);
    holds(
        &actions("checkout"),
        &["card-off", "wallet-off", "invoice-off", "checkout-rollback"],
    );
}

#[test]
fn every_stage_says_who_approves_triggers_executes_and_is_told_and_what_is_fixed_forward() {
    let estate = shop();
    let who = |approver: &Approver| match approver {
        Approver::OwnerOf(domain) => format!("{domain}.owner"),
        Approver::Team(team) => team.to_string(),
        Approver::Person(person) => person.to_string(),
    };
    for (name, triggers, runbook) in [
        (
            "catalogue",
            "catalogue.owner inventory.owner seo.owner",
            "catalogue-rollback",
        ),
        ("pricing", "pricing.owner promotions.owner", "pricing-repair"),
        ("checkout", "checkout.owner payments.owner", "checkout-rollback"),
    ] {
        let stage = stage(&estate, name);
        let approvers: Vec<String> = stage.gate.approvers.iter().map(who).collect();
        assert_eq!(approvers, [format!("{name}.owner")]);
        let found: Vec<String> = stage.rollback.trigger.iter().map(who).collect();
        assert_eq!(found.join(" "), triggers, "{name}");
        assert_eq!(stage.rollback.executor.as_str(), "platform", "{name}");
        assert_eq!(stage.rollback.runbook.as_str(), runbook, "{name}");
        assert!(stage.rollback.within > Millis(0), "{name}");
        assert!(stage.rollback.forward_fix.len() >= 2, "{name}");
        assert!(stage.communication.on_rollback.len() >= 2, "{name}");
    }
    let after: Vec<&str> = stage(&estate, "checkout")
        .after
        .iter()
        .map(|stage| stage.as_str())
        .collect();
    assert_eq!(after, ["catalogue", "pricing"]);
}

#[test]
fn every_stage_waits_at_its_door_and_every_gate_is_told_when_it_sees_too_little() {
    for (_, stage) in shop().stages() {
        assert!(stage.enter.len() >= 3, "{}", stage.id);
        let scraped = stage.gate.criteria.iter().find(|one| one.id.as_str() == "scraped");
        assert_eq!(
            scraped.map(|one| one.owner.as_str()),
            Some("observability"),
            "{}",
            stage.id
        );
    }
}
