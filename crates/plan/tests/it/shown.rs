//! What a person sees, one case per family.

use insta::assert_snapshot;
use tidegate_plan::{Bundle, SourceFile, render_human, render_json, schedule};

use crate::{compiled, edited};

fn shown(bundle: &Bundle) -> String {
    render_human(&compiled(bundle).diagnostics, bundle, false)
}

fn beside(text: &str) -> Bundle {
    let mut bundle = tidegate_plan::scaffold("shop");
    bundle.files.push(SourceFile {
        path: "more.yaml".into(),
        text: text.into(),
    });
    bundle
}

#[test]
fn torn_yaml_is_shown_where_it_tears_and_later_documents_are_still_read() {
    assert_snapshot!(shown(&beside("kind: [Runbook\n---\napiVersion: tidegate/v1alpha1\nkind: Runbok\n")), @"");
}

#[test]
fn a_tab_is_shown() {
    assert_snapshot!(shown(&beside("apiVersion: tidegate/v1alpha1\nkind:\n\t- Domain\n")), @"");
}

#[test]
fn every_wrong_field_of_a_document_is_shown_at_once() {
    let text = "apiVersion: tidegate/v1alpha1\nkind: Runbook\nmetadata: { name: -x, titel: X }\n---\n\
                apiVersion: tidegate/v1alpha1\nkind: Roster\nmetadata: { name: night }\nspec: { team: shop-taem, oncall: [ana] }\n";
    assert_snapshot!(shown(&beside(text)), @"");
}

#[test]
fn two_owners_across_files_show_both_places() {
    let text = "apiVersion: tidegate/v1alpha1\nkind: Domain\nmetadata: { name: shop }\nspec: { owner: platform, ladder: standard }\n";
    assert_snapshot!(shown(&beside(text)), @"");
}

#[test]
fn a_rung_that_reaches_nobody_is_shown() {
    assert_snapshot!(shown(&edited("people.yaml", "email: cem@example.com", "displayName: Cem Ö")), @"");
}

#[test]
fn an_unknown_switch_is_shown_with_the_nearest() {
    assert_snapshot!(shown(&edited("domains.yaml", "sets: { shop.orders: off }", "sets: { shop.order: off }")), @"");
}

#[test]
fn a_hazard_without_a_runbook_is_shown() {
    assert_snapshot!(shown(&edited("hazards.yaml", "  runbook: shop-rollback\n", "")), @"");
}

#[test]
fn a_decorative_gate_names_the_time_it_needs() {
    assert_snapshot!(shown(&edited("plan.yaml", "at-most: 3d, margin: 30%", "at-most: 3d, margin: 4%")), @"");
}

#[test]
fn json_has_spans_in_bytes_and_lines() {
    let bundle = edited("domains.yaml", "owner: shop-team", "owner: [shop-team, platform]");
    assert_snapshot!(render_json(&compiled(&bundle).diagnostics), @"");
}

#[test]
fn colours_are_written_only_when_asked_for() {
    let bundle = edited("domains.yaml", "owner: shop-team", "owner: nobody");
    let diagnostics = compiled(&bundle).diagnostics;
    assert!(render_human(&diagnostics, &bundle, true).contains("\u{1b}["));
    assert!(!render_human(&diagnostics, &bundle, false).contains('\u{1b}'));
}

#[test]
fn the_schedule_shows_every_step_and_the_sum() {
    let estate = compiled(&tidegate_plan::scaffold("shop")).estate.unwrap();
    assert_snapshot!(schedule(&estate).to_string(), @"");
}
