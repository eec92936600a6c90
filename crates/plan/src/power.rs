//! Power before the start: what each criterion of a plan can see at each step, how often it may be wrong, and how long it
//! needs. Everything is predicted from declared night traffic.

mod table;

use serde::Serialize;
use tidegate_model::ask::{LevelQuestion, Looks};
use tidegate_model::flow::Flow;
use tidegate_model::plan::{Criterion, Measure, Step};
use tidegate_model::survey::SurveyAsk;
use tidegate_model::{BasisPoints, CriterionId, Estate, Millis, PartsPerMillion, PlanId, StageId};

use crate::code::Code;
use crate::forecast::{Ground, Need, Part, Visible};
use crate::read::criterion::flow_of;
use crate::shares::Shares;

/// What a plan can see. `Display` prints it as a table per step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Power {
    /// The plan.
    pub plan: PlanId,
    /// Chance of any false halt over all stages, criteria and tries.
    pub alpha: PartsPerMillion,
    /// The try of each stage that is looked at, from 1; an attempt and a restart of its evidence are a try each.
    pub attempt: u32,
    /// Every step in plan order.
    pub steps: Vec<StepPower>,
}

/// What a step can see.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepPower {
    /// The stage.
    pub stage: StageId,
    /// The step, from 0.
    pub step: usize,
    /// Its exposure.
    pub to: BasisPoints,
    /// Its shortest time.
    pub soak: Millis,
    /// Its longest time.
    pub at_most: Millis,
    /// Each criterion of the gate.
    pub criteria: Vec<CriterionPower>,
}

/// What a criterion can see at a step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CriterionPower {
    /// The criterion.
    pub criterion: CriterionId,
    /// What it judges, in words.
    pub title: String,
    /// Attempts an hour on both sides by night; none when no traffic of the kind is declared.
    pub night_per_hour: Option<f64>,
    /// Attempts an hour on both sides by day.
    pub day_per_hour: Option<f64>,
    /// Smallest change for the worse that is seen with 80 % chance within the soak.
    pub in_soak: Option<Seen>,
    /// The same within the step's longest time.
    pub in_longest: Option<Seen>,
    /// Chance of a false halt in this try, of all tests of the criterion together; none when it is no test.
    pub false_harm: Option<f64>,
    /// Chance of a false pass at the step; none when it is no test.
    pub false_pass: Option<f64>,
    /// What must be excluded, in words.
    pub margin: String,
    /// Seconds after which it has passed with 80 % chance when the sides are equal.
    pub needs_s: Option<f64>,
    /// Whether that is in time.
    pub outcome: Outcome,
    /// Code of the rule that the step breaks.
    #[serde(serialize_with = "code_text")]
    pub code: Option<Code>,
    /// What the forecast rests on, when that is not declared.
    pub note: Option<String>,
}

/// What is seen: a change, or for a bound without a test how often it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "of")]
pub enum Seen {
    /// A relative loss of completion.
    Completion {
        /// In `[0, 1]`.
        drop: f64,
    },
    /// A share of failed or slow attempts.
    Share {
        /// What is expected, or allowed where only a limit is judged.
        from: f64,
        /// What is seen.
        to: f64,
    },
    /// Answers of a source that tells a number.
    Answers {
        /// How many at most.
        count: u64,
    },
}

/// Whether a criterion can pass in its step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It can.
    Fits,
    /// It needs longer than the step's longest time.
    TooShort,
    /// It does not pass on the declared traffic.
    Never,
    /// No traffic of its flow is declared.
    Undeclared,
    /// It is not judged at this step, as there is no old side left.
    NotCompared,
    /// Nothing that is declared says when it passes.
    NotForecast,
}

fn code_text<S: serde::Serializer>(code: &Option<Code>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_some(&code.map(Code::text))
}

/// What every criterion of a plan can see at every step in this try of a stage, the first of which is 1; none when the estate
/// has no such plan.
#[must_use]
pub fn power(estate: &Estate, shares: &Shares, plan: &PlanId, attempt: u32) -> Option<Power> {
    let plan = estate.plans().get(plan)?;
    let edge = estate.edges().get(&plan.edge)?;
    let flows: Vec<&Flow> = estate.flows().values().collect();
    let mut steps = Vec::new();
    for stage in &plan.stages {
        let ground = Ground {
            plan,
            stage,
            edge,
            flows: &flows,
            shares,
            attempt,
        };
        for (at, step) in stage.steps.iter().enumerate() {
            steps.push(StepPower {
                stage: stage.id.clone(),
                step: at,
                to: step.to,
                soak: step.soak,
                at_most: step.at_most,
                criteria: stage
                    .gate
                    .criteria
                    .iter()
                    .map(|criterion| of_criterion(&ground, criterion, step))
                    .collect(),
            });
        }
    }
    Some(Power {
        plan: plan.id.clone(),
        alpha: plan.alpha,
        attempt,
        steps,
    })
}

impl Power {
    /// Whether no step is too short for any of its criteria, so that `check` has nothing to say about them.
    #[must_use]
    pub fn fits(&self) -> bool {
        let mut criteria = self.steps.iter().flat_map(|step| &step.criteria);
        criteria.all(|one| one.code.is_none())
    }
}

fn of_criterion(ground: &Ground<'_>, criterion: &Criterion, step: &Step) -> CriterionPower {
    let part = ground.part(criterion);
    let declared = flow_of(&criterion.measure).and_then(|flow| ground.declared(flow));
    let (needs_s, outcome, code) = outcome(ground, criterion, step);
    let is_test = is_test(&criterion.measure) && outcome != Outcome::NotCompared;
    let seen = |time: Millis| match &criterion.measure {
        Measure::Level { cadence, .. } => Some(Seen::Answers {
            count: time.0 / cadence.every.0.max(1),
        }),
        Measure::Completion { .. }
        | Measure::Errors { .. }
        | Measure::Latency { .. }
        | Measure::Slower { .. }
        | Measure::Counted { .. }
        | Measure::SqlEqual { .. }
        | Measure::Reconcile { .. }
        | Measure::Survey { .. }
        | Measure::Incidents { .. }
        | Measure::Load { .. }
        | Measure::Manual { .. } => ground.visible(criterion, step, time).map(seen),
    };
    CriterionPower {
        criterion: criterion.id.clone(),
        title: criterion.title.clone(),
        night_per_hour: declared.map(|declared| declared.night_per_hour as f64 * part.share()),
        day_per_hour: declared.map(|declared| declared.day_per_hour as f64 * part.share()),
        in_soak: seen(step.soak),
        in_longest: seen(step.at_most),
        false_harm: ground.harm_alpha(criterion).filter(|_| is_test),
        false_pass: Some(ground.plan.alpha.ratio()).filter(|_| is_test),
        margin: match outcome {
            Outcome::NotCompared => "-".to_owned(),
            Outcome::Fits | Outcome::TooShort | Outcome::Never | Outcome::Undeclared | Outcome::NotForecast => {
                margin(&criterion.measure, step)
            }
        },
        needs_s,
        outcome,
        code,
        note: note(ground, criterion, part),
    }
}

fn seen(visible: Visible) -> Seen {
    match visible {
        Visible::Drop(drop) => Seen::Completion { drop },
        Visible::Share(from, to) => Seen::Share { from, to },
    }
}

fn outcome(ground: &Ground<'_>, criterion: &Criterion, step: &Step) -> (Option<f64>, Outcome, Option<Code>) {
    if ground
        .days_of_batches(criterion, step)
        .is_some_and(|days| days > step.at_most)
    {
        return (None, Outcome::TooShort, Some(Code::ManyBatches));
    }
    let is_forecast = !matches!(
        criterion.measure,
        Measure::Counted { .. } | Measure::Incidents { .. } | Measure::Manual { .. }
    );
    match ground.need(criterion, step) {
        Need::Seconds(needed) if ground.is_late(needed, step) => {
            (Some(needed), Outcome::TooShort, Some(Code::Decorative))
        }
        Need::Seconds(needed) if is_forecast => (Some(needed), Outcome::Fits, None),
        Need::Seconds(_) => (None, Outcome::NotForecast, None),
        Need::Never => (None, Outcome::Never, Some(Code::Decorative)),
        Need::Undeclared => (None, Outcome::Undeclared, Some(Code::NoTraffic)),
        Need::Nothing if is_forecast => (None, Outcome::NotCompared, None),
        Need::Nothing => (None, Outcome::NotForecast, None),
    }
}

/// Whether a measure is a test that can be wrong by chance.
fn is_test(measure: &Measure) -> bool {
    match measure {
        Measure::Completion { .. }
        | Measure::Errors { .. }
        | Measure::Latency { .. }
        | Measure::Slower { .. }
        | Measure::Counted { .. } => true,
        Measure::Level { .. }
        | Measure::SqlEqual { .. }
        | Measure::Reconcile { .. }
        | Measure::Survey { .. }
        | Measure::Incidents { .. }
        | Measure::Load { .. }
        | Measure::Manual { .. } => false,
    }
}

/// What a pass excludes.
fn margin(measure: &Measure, step: &Step) -> String {
    match measure {
        Measure::Completion { .. } => format!("-{}", step.margin),
        Measure::Errors {
            at_most, not_worse_by, ..
        } => format!("{at_most}, +{} pp", percent_number(*not_worse_by)),
        Measure::Latency { quantile, .. } => format!("{:.1} %", 100.0 * (1.0 - quantile.ratio())),
        Measure::Slower { not_worse_by, .. } => format!("+{not_worse_by}"),
        Measure::Level { bound, .. } => bound.to_string(),
        Measure::Counted {
            at_most, not_worse_by, ..
        } => {
            let limit = at_most.map(|share| share.to_string());
            let worse = not_worse_by.map(|share| format!("+{} pp", percent_number(share)));
            limit.into_iter().chain(worse).collect::<Vec<_>>().join(", ")
        }
        Measure::SqlEqual { .. } => "equal".to_owned(),
        Measure::Reconcile { .. } => "clean".to_owned(),
        Measure::Survey { at_most, .. } => format!("at most {at_most}"),
        Measure::Incidents { at_most, .. } => format!("at most {at_most}"),
        Measure::Load { at_most, .. } => format!("at most {at_most}"),
        Measure::Manual { .. } => "yes".to_owned(),
    }
}

fn percent_number(share: PartsPerMillion) -> String {
    share.to_string().trim_end_matches('%').trim_end().to_owned()
}

fn note(ground: &Ground<'_>, criterion: &Criterion, part: Part) -> Option<String> {
    let of_segment = criterion.segment.as_ref().and_then(|segment| match part {
        Part::Assumed(share) => Some(format!(
            "{segment} is taken for {:.1} % of attempts; declare it under `segments` of the traffic",
            100.0 * share
        )),
        Part::Whole | Part::Declared(_) => None,
    });
    let of_measure = match &criterion.measure {
        Measure::Errors { .. } | Measure::Latency { .. } => {
            Some("failures and slow answers are taken to be a tenth of what is allowed".to_owned())
        }
        Measure::Level { ask, cadence, .. } => Some(match ask.question {
            LevelQuestion::Csv { .. } => {
                format!("a bound, no test: asked every {}, if rows come as often", cadence.every)
            }
            LevelQuestion::Prometheus { .. }
            | LevelQuestion::Sql { .. }
            | LevelQuestion::Log { .. }
            | LevelQuestion::Probe { .. } => format!("a bound, no test: asked every {}", cadence.every),
        }),
        Measure::Counted { new, looks, .. } => {
            let source = format!("what {} counts is not declared and needs no declared traffic", new.on);
            Some(match looks {
                Looks::Stream => source,
                Looks::Batches { planned } => format!("{source}; {planned} batches are planned"),
            })
        }
        Measure::Reconcile { every, .. } => Some(format!(
            "every row is compared, each {every} and as the gate asks: one difference that stays is harm"
        )),
        Measure::Survey { ask, cadence, .. } => Some(match ask {
            SurveyAsk::Crawl(_) => format!("every address is asked for, each {}", cadence.every),
            SurveyAsk::Quote(_) => format!("every basket is priced on both sides, each {}", cadence.every),
        }),
        Measure::SqlEqual { .. } => Some("every row is compared: one difference is harm".to_owned()),
        Measure::Load { over, .. } => Some(format!("a bound, no test: pages are counted over {over}")),
        Measure::Completion { .. } | Measure::Slower { .. } | Measure::Incidents { .. } | Measure::Manual { .. } => {
            None
        }
    };
    let is_undeclared = flow_of(&criterion.measure).is_some_and(|flow| ground.declared(flow).is_none());
    let notes: Vec<String> = of_segment
        .into_iter()
        .chain(of_measure)
        .filter(|_| !is_undeclared)
        .collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}
