//! Old against new over time, drawn as SVG: steps shaded, decisions marked, gaps where a side had no attempts.

use maud::{Markup, PreEscaped, html};
use tidegate_engine::view::{CriterionView, MarkView, StageView, StatusView, Tone, words};
use tidegate_model::Timestamp;

use crate::page::answer::tone;

/// Start of a stratum with the share of each side, where it had attempts.
type Point = (Timestamp, Option<f64>, Option<f64>);

/// Size of the drawing in its own units, and the margins of its plot.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 280.0;
const LEFT: f64 = 96.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 32.0;
/// Two labels of marks nearer than this would cover each other.
const LABEL_APART: f64 = 110.0;

pub(crate) fn cards(status: &StatusView) -> Markup {
    let drawn = status
        .plans
        .iter()
        .flat_map(|plan| &plan.stages)
        .filter(|stage| stage.phase != "finalised");
    html! {
        @for stage in drawn {
            @for criterion in stage.criteria.iter().filter(|criterion| is_drawable(criterion)) { (card(stage, criterion)) }
        }
    }
}

/// A line needs two points.
fn is_drawable(criterion: &CriterionView) -> bool {
    criterion.kind == "completion" && criterion.series.len() >= 2
}

fn card(stage: &StageView, criterion: &CriterionView) -> Markup {
    html! {
        section class="card" {
            h2 { (stage.title) ": " (criterion.title) ", share of attempts over time" }
            (legend(criterion))
            (PreEscaped(draw(stage, criterion).into_string()))
        }
    }
}

/// From data to drawing.
struct Scale {
    from: Timestamp,
    until: Timestamp,
    low: f64,
    high: f64,
}

impl Scale {
    fn of(series: &[Point], marks: &[MarkView]) -> Self {
        let from = series.first().map_or(Timestamp(0), |point| point.0);
        let last = series.last().map_or(from, |point| point.0);
        // What ended the evidence, such as a rollback, comes after its last stratum and is drawn too.
        let until = marks.iter().map(|mark| mark.at).fold(last, Ord::max);
        let values = series.iter().flat_map(|point| [point.1, point.2]).flatten();
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values {
            (low, high) = (low.min(value), high.max(value));
        }
        if !low.is_finite() || !high.is_finite() {
            (low, high) = (0.0, 1.0);
        }
        // Whole tenths around the data, so that noise does not look like drama; never beyond all of them.
        let high = ((high * 10.0).ceil() / 10.0).clamp(0.1, 1.0);
        let low = ((low * 10.0).floor() / 10.0).clamp(0.0, high - 0.1);
        Self { from, until, low, high }
    }

    fn x(&self, at: Timestamp) -> f64 {
        let span = (self.until.0 - self.from.0).max(1) as f64;
        LEFT + (at.0 - self.from.0) as f64 / span * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, share: f64) -> f64 {
        TOP + (self.high - share) / (self.high - self.low) * (HEIGHT - TOP - BOTTOM)
    }
}

fn draw(stage: &StageView, criterion: &CriterionView) -> Markup {
    let series = &criterion.series;
    let scale = Scale::of(series, &stage.marks);
    let marks: Vec<&MarkView> = stage
        .marks
        .iter()
        .filter(|mark| mark.at >= scale.from && mark.at <= scale.until)
        .collect();
    let (old, new) = ends(series);
    let labelled = labelled(&marks, &scale);
    let summary = format!(
        "From {} to {}: old side last at {}, new side at {}.",
        words::clock(scale.from),
        words::clock(scale.until),
        said(old),
        said(new)
    );
    html! {
        svg class="chart" viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(summary) {
            (shades(stage, &scale))
            (grid(&scale))
            @for (mark, labelled) in marks.iter().zip(labelled) {
                @let x = scale.x(mark.at);
                g class=(format!("mark {}", tone(mark.tone).0)) {
                    line x1=(px(x)) x2=(px(x)) y1=(px(TOP)) y2=(px(HEIGHT - BOTTOM)) {}
                    title { (mark.label) " at " (words::clock(mark.at)) }
                    @if labelled {
                        @let anchor = if x > WIDTH - LABEL_APART { "end" } else { "start" };
                        text x=(px(x)) y=(px(TOP - 9.0)) text-anchor=(anchor) { (mark.label) }
                    }
                }
            }
            @for line in lines(series, &scale, |point| point.1) { polyline class="old" points=(line) {} }
            @for line in lines(series, &scale, |point| point.2) { polyline class="new" points=(line) {} }
        }
    }
}

/// The last share of each side.
fn ends(series: &[Point]) -> (Option<f64>, Option<f64>) {
    let last = |pick: fn(&Point) -> Option<f64>| series.iter().rev().find_map(pick);
    (last(|point| point.1), last(|point| point.2))
}

fn said(share: Option<f64>) -> String {
    share.map_or_else(|| "no attempts".to_owned(), words::percent)
}

/// Which line is which, with what each showed last.
fn legend(criterion: &CriterionView) -> Markup {
    let (old, new) = ends(&criterion.series);
    let swatch = |class: &str| {
        html! {
            svg class="chart swatch" viewBox="0 0 34 10" aria-hidden="true" { line class=(class) x1="0" x2="34" y1="5" y2="5" {} }
        }
    };
    html! {
        p class="legend" {
            span { (swatch("old")) "old side, last " b { (said(old)) } }
            span { (swatch("new")) "new side, last " b { (said(new)) } }
            span class="mute" { "shaded: exposed, darker with more visitors" }
        }
    }
}

/// Which marks have room for their label: harm first, then the newest.
fn labelled(marks: &[&MarkView], scale: &Scale) -> Vec<bool> {
    let mut order: Vec<usize> = (0..marks.len()).collect();
    order.sort_by_key(|place| (marks[*place].tone != Tone::Harm, std::cmp::Reverse(*place)));
    let mut taken: Vec<f64> = Vec::new();
    let mut shown = vec![false; marks.len()];
    for place in order {
        let x = scale.x(marks[place].at);
        if taken.iter().all(|other| (other - x).abs() >= LABEL_APART) {
            taken.push(x);
            shown[place] = true;
        }
    }
    shown
}

fn px(value: f64) -> String {
    format!("{value:.1}")
}

/// Each step's time under exposure, darker with more exposure.
fn shades(stage: &StageView, scale: &Scale) -> Markup {
    html! {
        @for (place, mark) in stage.marks.iter().enumerate() {
            @let until = stage.marks.get(place + 1).map_or(scale.until, |next| next.at).min(scale.until);
            @let from = mark.at.max(scale.from);
            @if mark.exposure.get() > 0 && until > from {
                rect class="shade" x=(px(scale.x(from))) y=(px(TOP)) width=(px(scale.x(until) - scale.x(from)))
                    height=(px(HEIGHT - TOP - BOTTOM)) opacity=(format!("{:.2}", 0.05 + 0.13 * mark.exposure.share())) {}
            }
        }
    }
}

fn grid(scale: &Scale) -> Markup {
    let middle = f64::midpoint(scale.low, scale.high);
    html! {
        @for share in [scale.low, middle, scale.high] {
            line class="grid" x1=(px(LEFT)) x2=(px(WIDTH - RIGHT)) y1=(px(scale.y(share))) y2=(px(scale.y(share))) {}
            text class="axis" x=(px(LEFT - 6.0)) y=(px(scale.y(share) + 4.0)) text-anchor="end" { (format!("{:.0} %", share * 100.0)) }
        }
        text class="axis" x=(px(LEFT)) y=(px(HEIGHT - 6.0)) { (words::clock(scale.from)) }
        text class="axis" x=(px(WIDTH - RIGHT)) y=(px(HEIGHT - 6.0)) text-anchor="end" { (words::clock(scale.until)) }
    }
}

/// Runs of neighbouring points; a gap in the data is a gap in the line.
fn lines(series: &[Point], scale: &Scale, pick: fn(&Point) -> Option<f64>) -> Vec<String> {
    series
        .split(|point| pick(point).is_none())
        .filter(|run| !run.is_empty())
        .map(|run| {
            let points: Vec<String> = run
                .iter()
                .filter_map(|point| pick(point).map(|share| format!("{:.1},{:.1}", scale.x(point.0), scale.y(share))))
                .collect();
            points.join(" ")
        })
        .collect()
}
