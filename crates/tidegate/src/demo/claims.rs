//! What must have happened in a demo for its exit code to be 0.

use super::measured::Measured;
use super::report::Line;
use super::story::{StageStory, Story};

/// One thing that must have happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) what: String,
    pub(crate) holds: bool,
}

/// Names of the demo's estate.
const CATALOGUE: &str = "catalogue";
const PRICING: &str = "pricing";
pub(crate) const CHECKOUT: &str = "checkout";
const INTEGRATIONS: &str = "integrations";
const SEO: &str = "seo-routing";
/// The criterion that the hidden fault of the landing pages breaks.
const PAGES_SOUND: &str = "pages-sound";
/// The criterion that the hidden fault of the new exporter breaks.
const TAKEN_ONCE: &str = "taken-once";
/// The criterion that the hidden price fault breaks.
const PRICES_EQUAL: &str = "prices-equal";
/// The granted action that stops the hidden checkout fault.
const WALLET_OFF: &str = "wallet-off";
/// Index of the rung that answers.
const SECOND_RUNG: u32 = 1;

/// What must hold with the faults in.
pub(crate) fn with_faults(story: &Story, measured: &Measured, lines: &[Line]) -> Vec<Claim> {
    let catalogue = story.stage(CATALOGUE);
    let pricing = story.stage(PRICING);
    let checkout = story.stage(CHECKOUT);
    let below_half = checkout
        .rollbacks
        .first()
        .is_some_and(|rollback| rollback.from.get() < 5_000);
    let mut claims = vec![
        claim(
            "catalogue passed without a rollback",
            catalogue.is_through() && catalogue.rollbacks.is_empty(),
        ),
        claim(
            "pricing was harmful before its repair and passed after it",
            pricing.is_through() && is_repaired(&pricing, PRICES_EQUAL),
        ),
        claim("checkout was rolled back below 50 %", below_half),
        claim(
            "the second rung acknowledged the page and acted",
            is_answered_by_second_rung(story),
        ),
        claim(
            "checkout passed when it was tried again",
            checkout.is_through() && checkout.rollbacks.len() == 1,
        ),
        claim(
            "the feed was rolled back for an order taken twice, repaired, and passed",
            is_retried(&story.stage(INTEGRATIONS)),
        ),
        claim(
            "a wrong canonical address was found and repaired before crawlers were sent there",
            is_found_before_the_flip(&story.stage(SEO)),
        ),
        crawled(measured),
    ];
    claims.extend(books(measured));
    claims.push(claim(
        "every figure above was measured",
        lines.iter().all(|line| line.figure.is_ok()),
    ));
    claims
}

/// What must hold with the faults out.
pub(crate) fn without_faults(story: &Story, measured: &Measured) -> Vec<Claim> {
    let mut claims: Vec<Claim> = [CATALOGUE, PRICING, CHECKOUT, INTEGRATIONS, SEO]
        .iter()
        .map(|name| {
            let stage = story.stage(name);
            claim(
                &format!("{name} passed without a rollback"),
                stage.is_through() && stage.rollbacks.is_empty(),
            )
        })
        .collect();
    claims.push(crawled(measured));
    claims.extend(books(measured));
    claims
}

/// Whether a criterion was harmful, somebody changed the new side, and the same criterion passed after that.
fn is_repaired(stage: &StageStory, criterion: &str) -> bool {
    let Some(harm) = stage.first_harm_of(criterion) else {
        return false;
    };
    let repairs = stage.changes.iter().filter(|change| **change > harm.at);
    repairs
        .into_iter()
        .any(|change| stage.passed_after(&harm.criterion, *change))
}

/// Whether the crawl found harm while whoever has no cookie still met the old side, its repair was noted, and the stage went through
/// without a rollback.
fn is_found_before_the_flip(seo: &StageStory) -> bool {
    let (Some(harm), Some(flipped)) = (seo.first_harm_of(PAGES_SOUND), seo.flipped_at) else {
        return false;
    };
    harm.at < flipped && is_repaired(seo, PAGES_SOUND) && seo.is_through() && seo.rollbacks.is_empty()
}

/// Whether a crawler met each page on one side only until all of them moved at once, and was told no wrong address.
fn crawled(measured: &Measured) -> Claim {
    let crawler = measured.crawler;
    claim(
        "a crawler changed sides once, and no page told it a wrong address",
        crawler.old > 0 && crawler.new > 0 && crawler.moves == 1 && crawler.misnamed == 0,
    )
}

/// Whether the invariant of the ERP took the feed back once, somebody changed the new side, and the stage went through.
fn is_retried(feed: &StageStory) -> bool {
    let [rollback] = &feed.rollbacks[..] else { return false };
    rollback.by == TAKEN_ONCE && feed.changes.iter().any(|at| *at > rollback.harm_at) && feed.is_through()
}

/// Whether the first to acknowledge the harm of checkout was called as the second rung, and switched the wallet off.
fn is_answered_by_second_rung(story: &Story) -> bool {
    let Some(incident) = story.incident_of(CHECKOUT) else {
        return false;
    };
    let Some((at, by)) = &incident.by else { return false };
    let was_called = story.pages.iter().any(|page| {
        page.incident == incident.incident && page.rung == SECOND_RUNG && page.at <= *at && page.to.contains(by)
    });
    was_called
        && incident
            .acted
            .iter()
            .any(|acted| &acted.by == by && acted.action.as_str() == WALLET_OFF)
}

fn books(measured: &Measured) -> Vec<Claim> {
    vec![
        claim(
            "the payment ledger equals the orders of both shops",
            measured.ledger_differences == 0 && measured.ledger.paid > 0,
        ),
        claim(
            "the ERP has every paid order once",
            measured.erp.differences == 0 && measured.erp.orders > 0,
        ),
        claim("the journal verifies", measured.journal.is_ok()),
    ]
}

fn claim(what: &str, holds: bool) -> Claim {
    Claim {
        what: what.to_owned(),
        holds,
    }
}

#[cfg(test)]
mod tests {
    use tidegate_model::seam::{ArmCounts, ExposureVersion, Verdict};
    use tidegate_model::{ActionId, BasisPoints, CriterionId, IncidentId, PersonId, StageId, Timestamp};

    use super::*;
    use crate::demo::losses::Cohort;
    use crate::demo::measured::{Booked, Crawled, Orders, Stranded};
    use crate::demo::report::{REQUIRED, holds, lines, render};
    use crate::demo::story::{Acted, Answered, Judged, Paged, RolledBack};

    const GOOD: [&str; 12] = [
        "catalogue passed without a rollback",
        "pricing was harmful before its repair and passed after it",
        "checkout was rolled back below 50 %",
        "the second rung acknowledged the page and acted",
        "checkout passed when it was tried again",
        "the feed was rolled back for an order taken twice, repaired, and passed",
        "a wrong canonical address was found and repaired before crawlers were sent there",
        "a crawler changed sides once, and no page told it a wrong address",
        "the payment ledger equals the orders of both shops",
        "the ERP has every paid order once",
        "the journal verifies",
        "every figure above was measured",
    ];

    fn person(name: &str) -> PersonId {
        PersonId::parse(name).expect("a name")
    }

    fn incident() -> IncidentId {
        IncidentId::parse("inc-2").expect("a name")
    }

    fn judged(at: i64, criterion: &str, verdict: Verdict) -> Judged {
        Judged {
            at: Timestamp(at),
            criterion: CriterionId::parse(criterion).expect("a name"),
            verdict,
        }
    }

    fn rolled_back(from: u16) -> RolledBack {
        RolledBack {
            from: BasisPoints::new(from).expect("a share"),
            harm_at: Timestamp(40_000),
            done_at: Some(Timestamp(40_050)),
            by: "buy-completion".into(),
            version: ExposureVersion { epoch: 1, seq: 20 },
        }
    }

    fn page(rung: u32, at: i64, to: &str) -> Paged {
        Paged {
            at: Timestamp(at),
            incident: incident(),
            rung,
            to: vec![person(to)],
        }
    }

    fn through() -> StageStory {
        StageStory {
            finalised_at: Some(Timestamp(90_000)),
            ..StageStory::default()
        }
    }

    /// A story in which everything went as told.
    fn story() -> Story {
        let pricing = StageStory {
            judged: vec![
                judged(2_000, "prices-equal", Verdict::Harm),
                judged(9_000, "prices-equal", Verdict::Pass),
            ],
            changes: vec![Timestamp(2_500)],
            ..through()
        };
        let checkout = StageStory {
            exposed_as: Some(ExposureVersion { epoch: 1, seq: 10 }),
            cohorts: vec![Cohort {
                version: ExposureVersion { epoch: 1, seq: 10 },
                old: ArmCounts { n: 646, hits: 617 },
                new: ArmCounts { n: 57, hits: 38 },
            }],
            rollbacks: vec![rolled_back(1_000)],
            ..through()
        };
        let feed = StageStory {
            rollbacks: vec![RolledBack {
                by: TAKEN_ONCE.into(),
                ..rolled_back(1_000)
            }],
            changes: vec![Timestamp(42_000)],
            ..through()
        };
        let seo = StageStory {
            judged: vec![
                judged(2_000, PAGES_SOUND, Verdict::Harm),
                judged(9_000, PAGES_SOUND, Verdict::Pass),
            ],
            changes: vec![Timestamp(2_500)],
            flipped_at: Some(Timestamp(12_000)),
            ..through()
        };
        let stages = [
            ("catalogue", through()),
            ("pricing", pricing),
            ("checkout", checkout),
            ("integrations", feed),
            ("seo-routing", seo),
        ];
        Story {
            stages: stages
                .into_iter()
                .map(|(name, stage)| (StageId::parse(name).expect("a name"), stage))
                .collect(),
            pages: vec![page(0, 40_010, "ana"), page(1, 45_000, "emma")],
            incidents: vec![Answered {
                incident: incident(),
                stage: Some(StageId::parse("checkout").expect("a name")),
                by: Some((Timestamp(45_600), person("emma"))),
                acted: vec![Acted {
                    by: person("emma"),
                    action: ActionId::parse(WALLET_OFF).expect("a name"),
                }],
            }],
        }
    }

    fn measured() -> Measured {
        let orders = |paid: u64| Orders {
            placed: paid,
            paid,
            paid_cents: 6_000,
        };
        Measured {
            old_orders: orders(600),
            new_orders: orders(400),
            ledger: orders(1_000),
            ledger_differences: 0,
            erp: Booked {
                orders: 1_000,
                by_new: 300,
                reversed: 4,
                differences: 0,
            },
            stranded: Stranded {
                orders: 38,
                cents: 228_000,
                kept: 37,
                kept_cents: 222_005,
            },
            first_failure_at: Some(Timestamp(35_000)),
            last_fresh_request_at: Some(Timestamp(40_020)),
            attempts: 1_100,
            completed: 1_000,
            seconds: 10.0,
            crawler: Crawled {
                old: 400,
                new: 200,
                moves: 1,
                misnamed: 0,
                failed: 0,
            },
            journal: Ok(400),
        }
    }

    fn stage<'a>(story: &'a mut Story, name: &str) -> &'a mut StageStory {
        let of_name = |(id, _): &&mut (StageId, StageStory)| id.as_str() == name;
        &mut story.stages.iter_mut().find(of_name).expect("it has this stage").1
    }

    fn broken(story: &Story, measured: &Measured) -> Vec<String> {
        let claims = with_faults(story, measured, &lines(story, measured));
        assert_eq!(claims.iter().map(|claim| claim.what.as_str()).collect::<Vec<_>>(), GOOD);
        claims
            .into_iter()
            .filter(|claim| !claim.holds)
            .map(|claim| claim.what)
            .collect()
    }

    #[test]
    fn a_good_story_holds() {
        assert_eq!(broken(&story(), &measured()), Vec::<String>::new());
        let (story, measured) = (story(), measured());
        let lines = lines(&story, &measured);
        assert!(holds(&lines, &with_faults(&story, &measured, &lines)), "{lines:#?}");
    }

    #[test]
    fn each_claim_breaks_alone() {
        type Change = fn(&mut Story, &mut Measured);
        let cases: [(&str, Change); 31] = [
            (GOOD[0], |story, _| stage(story, CATALOGUE).finalised_at = None),
            (GOOD[0], |story, _| {
                stage(story, CATALOGUE).rollbacks.push(rolled_back(1_000))
            }),
            (GOOD[1], |story, _| stage(story, PRICING).finalised_at = None),
            // Harm of another criterion is not what the equality is there for.
            (GOOD[1], |story, _| {
                stage(story, PRICING).judged[0] = judged(2_000, "quote-completion", Verdict::Harm);
            }),
            (GOOD[1], |story, _| stage(story, PRICING).changes.clear()),
            (GOOD[1], |story, _| {
                stage(story, PRICING).changes = vec![Timestamp(1_000)];
            }),
            (GOOD[1], |story, _| {
                stage(story, PRICING).judged[1] = judged(2_100, "prices-equal", Verdict::Pass);
            }),
            (GOOD[2], |story, _| {
                stage(story, CHECKOUT).rollbacks = vec![rolled_back(5_000)]
            }),
            // The owner acknowledges the second page: nobody of the second rung did.
            (GOOD[3], |story, _| {
                story.incidents[0].by = Some((Timestamp(45_600), person("ana")));
                story.incidents[0].acted[0].by = person("ana");
            }),
            (GOOD[3], |story, _| story.pages[1].rung = 2),
            (GOOD[3], |story, _| story.incidents[0].acted[0].by = person("ana")),
            (GOOD[3], |story, _| {
                story.incidents[0].acted[0].action = ActionId::parse("checkout-rollback").expect("a name");
            }),
            (GOOD[4], |story, _| {
                stage(story, CHECKOUT).rollbacks.push(rolled_back(1_000))
            }),
            (GOOD[5], |story, _| stage(story, INTEGRATIONS).finalised_at = None),
            (GOOD[5], |story, _| {
                stage(story, INTEGRATIONS).rollbacks[0].by = "orders-in-erp".into();
            }),
            (GOOD[5], |story, _| {
                stage(story, INTEGRATIONS).changes = vec![Timestamp(39_000)];
            }),
            (GOOD[5], |story, _| {
                stage(story, INTEGRATIONS).rollbacks.push(rolled_back(1_000))
            }),
            (GOOD[6], |story, _| stage(story, SEO).changes.clear()),
            (GOOD[6], |story, _| {
                stage(story, SEO).flipped_at = Some(Timestamp(1_500))
            }),
            (GOOD[6], |story, _| stage(story, SEO).finalised_at = None),
            (GOOD[6], |story, _| {
                stage(story, SEO).judged[0] = judged(2_000, "landing-answers", Verdict::Harm);
            }),
            (GOOD[6], |story, _| stage(story, SEO).rollbacks.push(rolled_back(1_000))),
            (GOOD[7], |_, measured| measured.crawler.misnamed = 1),
            (GOOD[7], |_, measured| measured.crawler.moves = 3),
            (GOOD[7], |_, measured| measured.crawler.new = 0),
            (GOOD[7], |_, measured| measured.crawler.old = 0),
            (GOOD[8], |_, measured| measured.ledger_differences = 1),
            (GOOD[9], |_, measured| measured.erp.differences = 1),
            (GOOD[9], |_, measured| measured.erp.orders = 0),
            (GOOD[10], |_, measured| measured.journal = Err("broken: entry 7".into())),
            (GOOD[11], |_, measured| measured.first_failure_at = None),
        ];
        for (what, change) in cases {
            let (mut story, mut measured) = (story(), measured());
            change(&mut story, &mut measured);
            assert_eq!(broken(&story, &measured), [what]);
        }
    }

    #[test]
    fn without_faults_any_rollback_breaks_its_stage_alone() {
        for name in [CATALOGUE, PRICING, CHECKOUT, INTEGRATIONS, SEO] {
            let mut story = story();
            stage(&mut story, CHECKOUT).rollbacks.clear();
            stage(&mut story, INTEGRATIONS).rollbacks.clear();
            let claims = without_faults(&story, &measured());
            assert!(claims.iter().all(|claim| claim.holds), "{claims:#?}");
            stage(&mut story, name).rollbacks.push(rolled_back(1_000));
            let claims = without_faults(&story, &measured());
            let broken: Vec<&str> = claims
                .iter()
                .filter(|of| !of.holds)
                .map(|of| of.what.as_str())
                .collect();
            assert_eq!(broken, [format!("{name} passed without a rollback")]);
        }
    }

    #[test]
    fn every_required_line_is_printed_and_asked_for_whatever_happened() {
        let (told, measured) = (story(), measured());
        for story in [told, Story::default()] {
            let mut lines = lines(&story, &measured);
            let text = render(&lines, &[]);
            for label in REQUIRED {
                assert!(text.contains(&format!("\n  {label:<34} ")), "{label}:\n{text}");
            }
            assert!(holds(&lines, &[]));
            lines.retain(|line| line.label != "orders lost on the new side");
            assert!(!holds(&lines, &[]));
        }
        let text = render(&lines(&story(), &measured), &[]);
        let stranded = "38 orders worth 2280.00 EUR on the new side; paid and kept: 37 worth 2220.05 EUR";
        assert!(text.contains(stranded), "{text}");
        let text = render(&lines(&Story::default(), &measured), &[]);
        assert!(text.contains("no figure: nothing was rolled back"), "{text}");
    }
}
