//! The site: every link leads somewhere, nothing is loaded from elsewhere, and what is declared stands in it.

use std::collections::{BTreeMap, BTreeSet};

use tidegate_artefacts::site::site;

use crate::estate::{SHOP, estate, example};

/// All values of an attribute.
fn values<'a>(text: &'a str, attribute: &str) -> Vec<&'a str> {
    let mark = format!(" {attribute}=\"");
    text.split(mark.as_str())
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

#[test]
fn no_link_is_broken_and_nothing_comes_from_elsewhere() {
    for (name, estate) in [("shop", estate(SHOP)), ("example", example("shop"))] {
        let files: BTreeMap<String, String> = site(&estate, name)
            .into_iter()
            .map(|file| (file.name, file.text))
            .collect();
        let ids: BTreeMap<&str, BTreeSet<&str>> = files
            .iter()
            .map(|(name, text)| (name.as_str(), values(text, "id").into_iter().collect()))
            .collect();
        let mut walked = 0;
        for (page, text) in files.iter().filter(|(name, _)| name.ends_with(".html")) {
            assert!(!text.contains("<script") && !text.contains(" style="), "{page}");
            assert!(values(text, "src").is_empty(), "{page}");
            for href in values(text, "href") {
                let (file, id) = href.split_once('#').map_or((href, None), |(file, id)| (file, Some(id)));
                let file = if file.is_empty() { page.as_str() } else { file };
                assert!(files.contains_key(file), "{page} leads to {href}");
                assert!(id.is_none_or(|id| ids[file].contains(id)), "{page} leads to {href}");
                walked += 1;
            }
            for id in values(text, "id") {
                assert_eq!(
                    text.matches(&format!(" id=\"{id}\"")).count(),
                    1,
                    "{id} stands twice in {page}"
                );
            }
        }
        assert!(walked > 60, "{walked}");
    }
}

#[test]
fn the_five_artefacts_and_the_six_sections_say_what_is_declared() {
    let files: BTreeMap<String, String> = site(&estate(SHOP), "shop")
        .into_iter()
        .map(|file| (file.name, file.text))
        .collect();
    for (file, words) in [
        ("index.html", "6 gaps of ownership"),
        ("ownership.html", "Stop offering the wallet"),
        ("escalation.html", "between domains"),
        ("gates.html", "checkout.owner (amir, ana)"),
        ("gates.html", "everybody back at once"),
        ("contracts.html", "No integration is declared"),
        ("runbooks.html", "take the stage back if the gate has not"),
        (
            "risks.html",
            "Refunds fail &lt;on&gt; the new side &amp; nobody sees it",
        ),
        ("plan-move.html", "1. System map and critical flows"),
        ("plan-move.html", "6. Way back per stage and response"),
        ("plan-move.html", "orders of the new side are served there"),
    ] {
        assert!(files[file].contains(words), "`{words}` is not in {file}");
    }
    let steps = "      owner: checkout\n      steps:\n";
    let entering = "      owner: checkout\n      enter: [{ rollback-drilled: within 14d }]\n      steps:\n";
    for file in site(&estate(&SHOP.replacen(steps, entering, 1)), "shop") {
        let words = "<dd>its way back was drilled within 14d</dd>";
        let is_told = matches!(file.name.as_str(), "gates.html" | "plan-move.html");
        assert_eq!(file.text.contains(words), is_told, "{}", file.name);
    }
    let sections = files["plan-move.html"].matches("<section id=").count();
    assert_eq!(sections, 6);
}

#[test]
fn the_plan_shows_the_map_of_systems() {
    let files = site(&example("shop"), "shop");
    let plan = files.iter().find(|file| file.name.starts_with("plan")).unwrap();
    let systems = plan.text.split("id=\"failures\"").next().unwrap();
    for words in [
        "Payments",
        "old-storefront (website, of platform)",
        "redirect-map (service, of seo)",
        "Products from the PIM",
        "the agency that runs the CRM",
        "the topic stock-rejected, looked at within 15m",
        "Orders from stage checkout on",
    ] {
        assert!(systems.contains(words), "{words}");
    }
}
