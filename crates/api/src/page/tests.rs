//! What a page says, not how it is marked up.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use maud::Markup;
use tidegate_engine::state::State;
use tidegate_engine::view::{LessonView, RulingView, StatusView};
use tidegate_model::{Estate, PersonId};

use crate::config::{Latencies, Panel, Slowed};
use crate::page::form::Forms;
use crate::page::frame::{Looker, Place, page};
use crate::page::view::{Parts, Scene, View};
use crate::page::{chart, gate, ladder, pages, sample};
use crate::why::{Section, Whys};

fn scene(panels: &[Panel]) -> Markup {
    seen(&View::Plan, &sample::status(), panels, &sample::rulings())
}

/// A page of a status, whole.
fn seen(view: &View, status: &StatusView, panels: &[Panel], rulings: &[RulingView]) -> Markup {
    let estate = Estate::assemble(tidegate_model::Parts::default()).unwrap();
    let latencies: Latencies = Arc::new(|_| Vec::new());
    let slowed: Slowed = Arc::new(|_, _| None);
    let scene = Scene {
        status,
        whys: &Whys::new(),
        estate: &estate,
        state: &State::default(),
        panels,
        latencies: &latencies,
        slowed: &slowed,
        fault: None,
        now: sample::NOW,
    };
    let forms = Forms {
        rulings,
        form_secret: "secret",
        once: "912-1",
        sights: &[("checkout".to_owned(), "5e3a".to_owned())].into(),
    };
    let mut all = view.shared(&scene);
    all.extend(view.own(&scene, &forms));
    view.compose(&mut Parts::of(all))
}

/// The text of markup, one space between its pieces.
fn text(markup: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for character in markup.chars() {
        match character {
            '<' => inside = true,
            '>' => {
                inside = false;
                out.push(' ');
            }
            _ if !inside => out.push(character),
            _ => {}
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_first_thing_read_is_the_answer_and_who_has_it() {
    let text = text(&scene(&[]).into_string());
    let answer = text.find("Checkout was rolled back from 50 %").unwrap();
    let who = text.find("ana is being called (rung 1 of 4)").unwrap();
    let ladder = text.find("Shop replatforming").unwrap();
    let gate = text.find("Gate of Checkout").unwrap();
    assert!(answer < who && who < ladder && ladder < gate, "{text}");
}

#[test]
fn missing_data_is_a_verdict_with_its_owner_and_never_a_number() {
    let text = text(&scene(&[]).into_string());
    let row = &text[text.find("ERP queue lag").unwrap()..];
    assert!(row.starts_with("ERP queue lag signal of checkout"), "{row}");
    assert!(row.contains("source down since 14:01:38 · owner checkout"), "{row}");
    assert!(!row[..row.find("Checkout:").unwrap_or(120)].contains("0 rows"));
}

#[test]
fn a_button_says_what_it_will_do_or_why_not() {
    let text = text(&scene(&[]).into_string());
    assert!(text.contains("50 % of visitors return to the old pricing at once"));
    assert!(text.contains("Approve · not now checkout was rolled back; note the change that repairs it first"));
}

#[test]
fn names_and_texts_cannot_become_markup() {
    let mut status = sample::status();
    status.headline.sentence = "<script>alert(1)</script>".into();
    status.incidents[0].summary = "\"><img src=x onerror=alert(1)>".into();
    let html = seen(&View::Plan, &status, &[], &[]).into_string();
    assert!(!html.contains("<script>") && !html.contains("<img"));
}

#[test]
fn the_chart_breaks_its_line_where_a_side_had_no_attempts() {
    let html = chart::cards(&sample::status()).into_string();
    assert_eq!(
        html.matches("<polyline class=\"new\"").count(),
        1,
        "one run on the new side"
    );
    assert!(html.contains("old side last at"), "the drawing is told in words");
    let mut status = sample::status();
    let series = &mut status.plans[0].stages[2].criteria[0].series;
    series[20].2 = None;
    assert_eq!(
        chart::cards(&status)
            .into_string()
            .matches("<polyline class=\"new\"")
            .count(),
        2,
        "a gap in the data is a gap in the line"
    );
}

/// There is no more than all of them, and none is drawn outside of the plot.
#[test]
fn the_axis_of_the_chart_ends_with_all_of_them_and_with_none() {
    for (share, axis) in [(1.0, ["100 %", "90 %"]), (0.0, ["10 %", "0 %"])] {
        let mut status = sample::status();
        let series = &mut status.plans[0].stages[2].criteria[0].series;
        for point in series.iter_mut() {
            (point.1, point.2) = (Some(share), Some(share));
        }
        let html = chart::cards(&status).into_string();
        let ends = |word: &str| html.contains(&format!(">{word}</text>"));
        assert!(axis.iter().all(|word| ends(word)) && !ends("110 %"), "{axis:?}: {html}");
        assert!(!html.contains("NaN") && !html.contains("inf"), "{html}");
    }
}

#[test]
fn the_rollback_that_ended_the_evidence_is_on_the_chart() {
    let mut status = sample::status();
    let checkout = &mut status.plans[0].stages[2];
    let last = checkout.criteria[0].series.last().unwrap().0;
    let mark = checkout.marks.last_mut().unwrap();
    mark.at = last.after(tidegate_model::Millis::seconds(5));
    assert_eq!(mark.label, "rolled back");
    let html = chart::cards(&status).into_string();
    assert!(text(&html).contains("rolled back at"), "{html}");
}

#[test]
fn what_is_final_is_not_offered_to_go_back() {
    let mut status = sample::status();
    let offered = |status: &tidegate_engine::view::StatusView| {
        let forms = Forms {
            rulings: &[],
            form_secret: "s",
            once: "1-1",
            sights: &crate::sight::Sights::new(),
        };
        ladder::card(status, &forms)
            .into_string()
            .contains("Everything to the old side")
    };
    assert!(offered(&status), "catalogue and pricing are exposed");
    status.plans[0].stages[0].phase = "finalised".into();
    assert!(!offered(&status), "pricing alone has a button of its own");
}

#[test]
fn nothing_on_a_page_needs_an_inline_script_or_style() {
    let looker = Looker {
        name: "ana",
        form_secret: "s",
        alarm: Markup::default(),
    };
    let html = page("Plan", Place::Plan, Some(&looker), Some(&View::Plan), &scene(&[])).0;
    assert!(!html.contains(" style=") && !html.contains(" onclick") && !html.contains("<style"));
    assert_eq!(
        html.matches("<script").count(),
        html.matches("<script src=\"/asset/page.js\"").count()
    );
}

#[test]
fn a_decision_carries_what_the_page_showed_and_nothing_else_does() {
    let html = scene(&[]).into_string();
    let forms: Vec<&str> = html
        .split("<form")
        .filter(|form| form.contains("value=\"checkout\""))
        .collect();
    let decides = |form: &str| {
        ["approve", "accept-risk", "finalise"]
            .iter()
            .any(|word| form.contains(&format!("value=\"{word}\"")))
    };
    assert!(forms.iter().any(|form| decides(form)), "{html}");
    for form in forms {
        assert_eq!(form.contains("name=\"seen\" value=\"5e3a\""), decides(form), "{form}");
    }
}

fn gates(status: &tidegate_engine::view::StatusView, whys: &Whys) -> String {
    let forms = Forms {
        rulings: &[],
        form_secret: "s",
        once: "1-1",
        sights: &crate::sight::Sights::new(),
    };
    gate::cards(status, whys, &forms).into_string()
}

#[test]
fn what_a_gate_has_to_answer_is_asked_where_the_stage_stands_and_what_was_answered_is_told() {
    let mut status = sample::status();
    let lesson = |id: &str, answer: Option<&str>| LessonView {
        id: id.to_owned(),
        from: "support".to_owned(),
        filed_by: Some(PersonId::parse("max").unwrap()),
        text: "people <cannot> pay".to_owned(),
        at: sample::NOW,
        answer: answer.map(str::to_owned),
        by: answer.map(|_| PersonId::parse("ana").unwrap()),
    };
    let answered = lesson("inc-1", Some("none, because it is known"));
    status.plans[0].stages[2].lessons = vec![lesson("fb-1", None), answered.clone()];
    status.incidents[0].phase = "resolved".to_owned();
    let stage = status.plans[0].stages[2].id.clone();
    status.incidents[0].answers = vec![(stage, answered)];
    let html = seen(&View::Plan, &status, &[], &[]).into_string();
    assert!(
        html.contains("name=\"lesson\" value=\"fb-1\"") && html.contains("name=\"because\""),
        "{html}"
    );
    assert!(!html.contains("name=\"lesson\" value=\"inc-1\""), "{html}");
    let told = text(&html);
    assert!(
        told.contains("from support, filed by max, ")
            && told.contains("people &lt;cannot&gt; pay")
            && told.contains("not answered yet"),
        "{told}"
    );
    assert!(told.contains("ana answered: none, because it is known"), "{told}");
    let page = View::Incident(status.incidents[0].id.clone());
    let told = text(&seen(&page, &status, &[], &[]).into_string());
    assert!(told.contains("ana answered: none, because it is known"), "{told}");
}

#[test]
fn a_criterion_opens_to_its_reasons_and_a_live_page_keeps_it_open() {
    let status = sample::status();
    let checkout = &status.plans[0].stages[2];
    let mut section = Section::new("Tests");
    section.row("harm? exact", "yes, worse <beyond> chance");
    let key = (checkout.id.clone(), checkout.criteria[0].id.clone());
    let html = gates(&status, &Whys::from([(key, vec![section])]));
    assert!(html.contains("<details data-key=\"why-checkout-buy\">"), "{html}");
    let text = text(&html);
    let opened = &text[text.find("Why “harm” for flow “buy”, completed?").unwrap()..];
    assert!(
        opened.contains("Tests harm? exact yes, worse &lt;beyond&gt; chance")
            && opened.contains("tidegate why buy --stage checkout"),
        "{opened}"
    );
    assert_eq!(
        html.matches("<details data-key=\"why-").count(),
        1,
        "what has no reasons opens to nothing"
    );
}

#[test]
fn a_segment_is_named_and_money_stands_with_what_was_lost() {
    let mut status = sample::status();
    let buy = &mut status.plans[0].stages[2].criteria[0];
    buy.segment = Some("payment=card".into());
    buy.reading.account = Some(sample::account());
    let text = text(&gates(&status, &Whys::new()));
    let row = &text[text.find("flow “buy”, completed").unwrap()..];
    assert!(
        row.starts_with("flow “buy”, completed only payment=card signal of checkout"),
        "{row}"
    );
    assert!(row.contains("23 orders 1,380 EUR"), "{row}");
    assert!(row.contains("alpha 2.00 %"), "{row}");
}

#[test]
fn exploration_is_a_list_of_its_own_labelled_so_and_has_no_verdict() {
    let mut status = sample::status();
    assert!(!text(&gates(&status, &Whys::new())).contains("xploration"));
    status.plans[0].stages[2].exploration = vec![
        sample::explored("device=phone", Some(-0.012)),
        sample::explored("device=other", None),
    ];
    let text = text(&gates(&status, &Whys::new()));
    let list = &text[text.find("Exploration: 2 segments without a criterion").unwrap()..];
    assert!(
        list.contains("open and halt nothing and have no share of alpha"),
        "{list}"
    );
    assert!(
        list.contains("device=phone of buy 61.8 % of 4,000 57.0 % of 200 −1.2 pp [−6.0, +3.6] exploration"),
        "{list}"
    );
    assert!(
        list.contains("device=other of buy 61.8 % of 4,000 57.0 % of 200 – exploration"),
        "{list}"
    );
    let of_list = &list[..list.rfind(" exploration").unwrap()];
    assert!(!of_list.contains("pass") && !of_list.contains("harm"), "{list}");
}

#[test]
fn groups_say_which_side_crawlers_meet_and_a_unit_without_any_says_nothing() {
    use tidegate_engine::view::GroupView;
    use tidegate_model::GroupId;
    let group = |id: &str, (is_flipped, is_proven): (bool, bool), flips_at| GroupView {
        id: GroupId::parse(id).unwrap(),
        is_flipped,
        is_proven,
        flips_at,
    };
    let mut status = sample::status();
    let shown = |status: &StatusView| text(&seen(&View::Plan, status, &[], &[]).into_string());
    assert!(!shown(&status).contains("Without a cookie"));
    status.plans[0].stages[0].groups = vec![
        group("products", (true, true), Some(1)),
        group("lists", (true, false), Some(2)),
        group("guides", (false, false), Some(3)),
        group("robots", (false, false), None),
    ];
    let told = shown(&status);
    for line in [
        "products new side, proven",
        "lists new side, not proven yet",
        "guides old side, flips at step 4",
        "robots old side, flips when the stage is final",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
}

#[test]
fn pages_without_a_survey_say_what_would_look_at_them() {
    let text = text(&seen(&View::Pages, &sample::status(), &[], &[]).into_string());
    assert!(
        text.contains("Pages No gate looks at pages or baskets: crawl asks a side for its addresses, quote asks both"),
        "{text}"
    );
}

#[test]
fn a_survey_is_told_with_what_it_asks_its_faults_by_class_and_both_addresses() {
    let html = pages::surveyed(&[sample::survey()]).into_string();
    let text = text(&html);
    for line in [
        "every page names itself ✕ harm stage Search and its pages · owner seo (seo-team)",
        "pages of sitemap /sitemap.xml and 12 redirects, asked of new-web and held against old-web , every 1 h",
        "addresses asked 1,240 at fault 18 tolerated 2 held against the other side 1,228",
        "parity: title 17 old side old-web /product/7 , new side new-web /product/7 `Chair` on the old side, `Shop` on the new one 16 more",
        "redirect 1 /former/3 to /product/3 status 302, expected 301 or 308",
        "last answer 14:01:28 · says so since 14:01:38 · more faults than tolerated stop growth",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("Whose it is"), "nothing is missing: {text}");
    for label in ["how many", "examples"] {
        assert!(html.contains(&format!("data-label=\"{label}\"")), "{label}");
    }
}

#[test]
fn what_was_not_looked_at_has_an_owner_and_no_number() {
    let mut silent = sample::survey();
    silent.kind = "quote".into();
    silent.asks = "totals of 12 fixed baskets".into();
    silent.verdict = "source down".into();
    (silent.found, silent.gap) = (None, Some("old-web: connection refused".into()));
    let shown = text(&pages::surveyed(&[silent.clone()]).into_string());
    assert!(
        shown.contains("Not looked at : old-web: connection refused. Whose it is: seo (seo-team)."),
        "{shown}"
    );
    assert!(
        !shown.contains("at fault") && !shown.contains("baskets asked"),
        "{shown}"
    );

    // What was found stands beside what is missing.
    let mut few = sample::survey();
    (few.verdict, few.against) = ("no data".into(), None);
    let found = few.found.as_mut().unwrap();
    (found.looked_at, found.faulty, found.faults) = (800, 0, Vec::new());
    few.gap = Some("800 addresses, expected 900 at least".into());
    let shown = text(&pages::surveyed(&[few.clone()]).into_string());
    for line in [
        "asked of new-web , without parity, every 1 h",
        "addresses asked 800 expected 900 at least at fault 0 tolerated 2 Missing",
        "Missing : 800 addresses, expected 900 at least. Whose it is: seo (seo-team).",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }

    let mut sound = sample::survey();
    sound.verdict = "pass".into();
    let all = [sound, few, silent, sample::survey()];
    let lead = text(&pages::head(&all).into_string());
    assert!(
        lead.contains("4 surveys : 1 passes, 1 with more faults than tolerated , 2 without a verdict ."),
        "{lead}"
    );
    let shown = text(&pages::surveyed(&all).into_string());
    assert!(shown.starts_with("every page names itself ✕ harm"), "{shown}");
}

#[test]
fn what_was_looked_at_last_stays_so_once_its_stage_is_final_and_its_instants_are_times_of_day() {
    let mut last = sample::survey();
    (last.verdict, last.is_last) = ("pass".into(), true);
    last.on = "the new side through the gateway".into();
    let html = pages::surveyed(&[last.clone()]).into_string();
    let shown = text(&html);
    assert!(
        shown.contains("last answer 14:01:28 · its last verdict, of 14:01:38 ·") && !shown.contains("Missing"),
        "{shown}"
    );
    assert!(
        shown.contains("asked of the new side through the gateway and"),
        "{shown}"
    );
    assert!(
        html.contains("<code>old-web</code>") && !html.contains("<code>the new side"),
        "{html}"
    );
    let lead = text(&pages::head(&[last.clone()]).into_string());
    assert!(
        lead.contains("1 survey : 1 passes, none with more faults than tolerated."),
        "{lead}"
    );

    last.gap = Some("looked at at 2026-11-22T03:10:36.320Z, before the gate asked at 2026-11-22T03:11:00Z".into());
    let shown = text(&pages::surveyed(&[last]).into_string());
    assert!(
        shown.contains("Missing : looked at at 03:10:36 , before the gate asked at 03:11:00 ."),
        "{shown}"
    );
}

#[test]
fn an_address_that_a_side_made_up_cannot_become_markup() {
    let mut survey = sample::survey();
    survey.found.as_mut().unwrap().faults[0].examples[0].detail = "<script>alert(1)</script>".into();
    assert!(!pages::surveyed(&[survey]).into_string().contains("<script>"));
}
