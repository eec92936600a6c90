//! What is looked at one by one, as people see it: each survey of pages or baskets with its verdict, how many were asked and are
//! at fault, the faults by class with examples, and what is missing. Says nothing of rows that are compared.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tidegate_model::ask::Cadence;
use tidegate_model::plan::{Criterion, Measure, OnHarm};
use tidegate_model::seam::{FaultSeen, Observation, Surveyed};
use tidegate_model::survey::{CrawlAsk, Reach, SurveyAsk};
use tidegate_model::{CriterionId, DomainId, Estate, Millis, StageId, TeamId, Timestamp};

use crate::state::State;
use crate::view::looked::{self, Known, Looked};
use crate::view::words::{counted, list};

/// A survey of pages or baskets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SurveyView {
    /// The stage whose gate asks for it.
    pub stage: StageId,
    /// Its title.
    pub stage_title: String,
    /// The criterion.
    pub criterion: CriterionId,
    /// In words, as the plan has it.
    pub title: String,
    /// `crawl` or `quote`.
    pub kind: String,
    /// Whose signal it is.
    pub owner: DomainId,
    /// The team that answers for it.
    pub team: Option<TeamId>,
    /// What more faults than tolerated do.
    pub on_harm: OnHarm,
    /// What is asked for, in words: `pages of sitemap /sitemap.xml and 12 redirects`.
    pub asks: String,
    /// The source of the side that is judged, or that it is asked through the gateway.
    pub on: String,
    /// The same of the side that it is held against; none when it is held against none.
    pub against: Option<String>,
    /// Addresses or baskets with a fault that are tolerated.
    pub at_most: u64,
    /// Fewer addresses or baskets than this are no evidence.
    pub at_least: u64,
    /// Time between two surveys.
    pub every: Millis,
    /// The word of its verdict.
    pub verdict: String,
    /// Since when it says so.
    pub since: Option<Timestamp>,
    /// Whether that is the last verdict: the stage is final, or was rolled back.
    #[serde(default)]
    pub is_last: bool,
    /// When the last answer came in, and for a survey when it began.
    pub at: Option<Timestamp>,
    /// What the last survey found; none when the last answer was none.
    pub found: Option<FoundView>,
    /// What of the evidence is missing, when some is.
    pub gap: Option<String>,
}

/// What a survey found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FoundView {
    /// Addresses or baskets that were asked for.
    pub looked_at: u64,
    /// How many of them have a fault.
    pub faulty: u64,
    /// How many of them were held against the other side.
    pub compared: u64,
    /// How long it took.
    pub took: Millis,
    /// Faults by class, the most frequent first.
    pub faults: Vec<FaultView>,
}

/// Faults of one class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FaultView {
    /// The class, such as `canonical` or `parity: title`.
    pub class: String,
    /// Addresses or baskets that have it; one may be in several classes.
    pub count: u64,
    /// A few of them.
    pub examples: Vec<ExampleView>,
}

/// One fault of one address or basket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExampleView {
    /// The address or the basket's name.
    pub subject: String,
    /// Where it was asked for on the old side, as source and address, when the fault is a difference between the sides.
    pub old: Option<String>,
    /// The same on the new side; for an address that was moved, where it should lead.
    pub new: Option<String>,
    /// What was expected and what was found.
    pub detail: String,
}

/// Every survey that a gate of the estate asks for, in the order of the plans.
#[must_use]
pub fn surveys(estate: &Estate, state: &State, now: Timestamp) -> Vec<SurveyView> {
    let now = now.max(state.at);
    let asked =
        looked::criteria(estate, state).filter_map(|(of, declared)| Some((of, declared, asked(&declared.measure)?)));
    asked
        .map(|(of, declared, asked)| view((estate, state), of, declared, &asked, now))
        .collect()
}

/// What a survey is declared with.
struct Asked<'a> {
    ask: &'a SurveyAsk,
    at_most: u64,
    at_least: u64,
    cadence: &'a Cadence,
}

fn asked(measure: &Measure) -> Option<Asked<'_>> {
    match measure {
        Measure::Survey {
            ask,
            at_most,
            at_least,
            cadence,
        } => Some(Asked {
            ask,
            at_most: *at_most,
            at_least: *at_least,
            cadence,
        }),
        Measure::Completion { .. }
        | Measure::Errors { .. }
        | Measure::Latency { .. }
        | Measure::Slower { .. }
        | Measure::Level { .. }
        | Measure::Counted { .. }
        | Measure::SqlEqual { .. }
        | Measure::Reconcile { .. }
        | Measure::Load { .. }
        | Measure::Incidents { .. }
        | Measure::Manual { .. } => None,
    }
}

fn view(
    (estate, state): (&Estate, &State),
    (stage, known): Known<'_>,
    declared: &Criterion,
    asked: &Asked<'_>,
    now: Timestamp,
) -> SurveyView {
    let mut looked = Looked::of((estate, state), (stage, known), declared, now);
    let (at, found, gap) = answered(known.observations.get(&declared.id));
    SurveyView {
        stage: stage.id.clone(),
        stage_title: stage.title.clone(),
        criterion: declared.id.clone(),
        title: declared.title.clone(),
        gap: looked.gap(gap),
        kind: looked.kind,
        owner: declared.owner.clone(),
        team: estate.owner_of(&declared.owner).cloned(),
        on_harm: declared.on_harm,
        asks: asks(asked.ask),
        on: asked.ask.on(),
        against: asked.ask.against(),
        at_most: asked.at_most,
        at_least: asked.at_least,
        every: asked.cadence.every,
        verdict: looked.verdict,
        since: looked.since,
        is_last: looked.is_last,
        at,
        found: found.map(|found| shown(asked.ask, found)),
    }
}

/// When there was an answer, what was found, and what of it is missing.
fn answered(observation: Option<&Observation>) -> (Option<Timestamp>, Option<&Surveyed>, Option<String>) {
    match observation {
        None => (None, None, None),
        Some(Observation::Surveyed { at, found }) => (Some(*at), Some(found), found.gap.clone()),
        Some(Observation::Nothing { at, detail } | Observation::Unusable { at, detail, .. }) => {
            (Some(*at), None, Some(detail.clone()))
        }
        Some(Observation::Silent(silence)) => (None, None, Some(silence.reason.clone())),
        Some(
            Observation::Equality { at, .. }
            | Observation::Reconciled { at, .. }
            | Observation::Level { at, .. }
            | Observation::Counts { at, .. },
        ) => (Some(*at), None, Some("the answer is no survey".to_owned())),
    }
}

/// What is asked for, in words.
fn asks(ask: &SurveyAsk) -> String {
    match ask {
        SurveyAsk::Crawl(crawl) => format!("pages of {}", list(&origins(crawl))),
        SurveyAsk::Quote(quote) => format!(
            "totals of {}",
            counted(quote.baskets.len() as u64, "fixed basket", "fixed baskets")
        ),
    }
}

/// Where the addresses of a crawl are from.
fn origins(crawl: &CrawlAsk) -> Vec<String> {
    let mut all: Vec<String> = crawl.sitemaps.iter().map(|path| format!("sitemap {path}")).collect();
    if !crawl.addresses.is_empty() {
        let n = crawl.addresses.len() as u64;
        all.push(counted(n, "written address", "written addresses"));
    }
    all.extend(crawl.list.as_ref().map(|_| "a list of addresses".to_owned()));
    all.extend(crawl.catalogue.as_ref().map(|_| "the catalogue".to_owned()));
    if !crawl.redirects.is_empty() {
        all.push(counted(crawl.redirects.len() as u64, "redirect", "redirects"));
    }
    all
}

fn shown(ask: &SurveyAsk, found: &Surveyed) -> FoundView {
    let mut examples: BTreeMap<&str, Vec<ExampleView>> = BTreeMap::new();
    for seen in &found.examples {
        examples.entry(&seen.class).or_default().push(example(ask, seen));
    }
    let mut faults: Vec<FaultView> = found
        .classes
        .iter()
        .map(|(class, count)| FaultView {
            class: class.clone(),
            count: *count,
            examples: examples.remove(class.as_str()).unwrap_or_default(),
        })
        .collect();
    faults.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.class.cmp(&b.class)));
    FoundView {
        looked_at: found.looked_at,
        faulty: found.faulty,
        compared: found.compared,
        took: found.took,
        faults,
    }
}

/// An address with its source; through the gateway both sides have one.
fn address(reach: &Reach, subject: &str) -> String {
    match reach {
        Reach::Source(source) => format!("{source} {subject}"),
        Reach::Gateway => subject.to_owned(),
    }
}

/// A fault with both its addresses, where it has two.
fn example(ask: &SurveyAsk, seen: &FaultSeen) -> ExampleView {
    let (old, new) = match ask {
        SurveyAsk::Crawl(crawl) => match (&crawl.same_as, crawl.redirects.get(&seen.subject)) {
            (Some(old), _) if seen.class.starts_with(FaultSeen::PARITY) => (
                Some(address(old, &seen.subject)),
                Some(address(&crawl.on, &seen.subject)),
            ),
            (Some(_) | None, target) => (None, target.cloned()),
        },
        // A total is always one of both sides, and its detail tells the two.
        SurveyAsk::Quote(_) => (None, None),
    };
    ExampleView {
        subject: seen.subject.clone(),
        old,
        new,
        detail: seen.detail.clone(),
    }
}
