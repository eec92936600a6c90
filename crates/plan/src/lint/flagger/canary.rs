//! Canaries and metric templates of Flagger as far as their checks go: `pkg/apis/flagger/v1beta1`.

use super::super::document::Document;
use super::super::read::{Reading, below, first_key, key_place};
use super::judge::{Check, Range};
use super::provider::{BUILT_IN, ELSEWHERE, NOTHING, Provider, of_query};
use crate::sink::Place;
use crate::syntax::{Node, Shape};

/// A metric template of the file.
pub(super) struct Template {
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) place: Place,
    /// Where its provider's type stands.
    pub(super) type_place: Place,
    pub(super) provider: Provider,
    pub(super) query: String,
}

/// A metric of a canary.
pub(super) struct Asked {
    pub(super) name: String,
    pub(super) place: Place,
    /// Where its range stands.
    pub(super) range_place: Place,
    pub(super) check: Check,
    pub(super) query: String,
    /// Bounds in the file, also when they are not a range.
    pub(super) bounds: (Option<f64>, Option<f64>),
    /// The template that it names.
    pub(super) template: Option<(String, String)>,
}

/// A canary.
pub(super) struct Canary {
    pub(super) metrics: Vec<Asked>,
    /// Where the canary leaves its analysis out, or has none.
    pub(super) skipped: Option<Place>,
    /// Where the analysis stands when it has no metrics.
    pub(super) without_metrics: Option<Place>,
    /// Whether a webhook is asked at every check.
    pub(super) has_webhook: bool,
}

/// Reads a metric template.
pub(super) fn template(document: &Document<'_>, reading: &mut Reading<'_>) -> Option<Template> {
    let Some(spec) = document.node.get("spec") else {
        reading.missing(document.node, &document.words(), "spec");
        return None;
    };
    let Some(given) = spec.get("provider") else {
        reading.missing(spec, &document.words(), "provider");
        return None;
    };
    let kind = reading.text(given, "type");
    let name = below(document.node, &["metadata", "name"])?;
    let query = reading.text(spec, "query").and_then(Node::text).unwrap_or_default();
    Some(Template {
        name: document.name.to_owned(),
        namespace: namespace(document.node),
        place: name.place,
        type_place: kind.map_or_else(|| first_key(given), |kind| kind.place),
        provider: of_query(kind.and_then(Node::text).unwrap_or_default(), query),
        query: query.to_owned(),
    })
}

fn namespace(node: &Node) -> String {
    below(node, &["metadata", "namespace"])
        .and_then(Node::text)
        .unwrap_or_default()
        .to_owned()
}

/// Reads a canary.
pub(super) fn canary(document: &Document<'_>, templates: &[Template], reading: &mut Reading<'_>) -> Option<Canary> {
    let Some(spec) = document.node.get("spec") else {
        reading.missing(document.node, &document.words(), "spec");
        return None;
    };
    let is_set = spec.get("skipAnalysis").and_then(Node::text) == Some("true");
    let mut analysis = None;
    for field in ["analysis", "canaryAnalysis"] {
        let given = spec.get(field).filter(|node| !matches!(node.shape, Shape::Nothing));
        analysis = analysis.or_else(|| given.zip(key_place(spec, field)));
    }
    let Some((analysis, analysis_place)) = analysis else {
        return Some(Canary {
            metrics: Vec::new(),
            skipped: Some(if is_set {
                place_of(spec, "skipAnalysis")
            } else {
                place_of(document.node, "spec")
            }),
            without_metrics: None,
            has_webhook: false,
        });
    };
    let threshold = reading
        .number(analysis, "threshold")
        .filter(|threshold| *threshold >= 1.0);
    let shared = Shared {
        // A number past any count of checks is as good as none.
        threshold: threshold.map_or(1, |threshold| threshold.min(1e9).round() as i64),
        is_skipped: is_set,
        namespace: namespace(document.node),
        words: document.words(),
    };
    let metrics = reading
        .items(analysis, "metrics")
        .iter()
        .filter_map(|item| metric(item, &shared, templates, reading))
        .collect::<Vec<_>>();
    let has_webhook = reading.items(analysis, "webhooks").iter().any(|hook| {
        hook.get("type")
            .and_then(Node::text)
            .is_none_or(|kind| kind.is_empty() || kind == "rollout")
    });
    Some(Canary {
        skipped: is_set.then(|| place_of(spec, "skipAnalysis")),
        without_metrics: metrics.is_empty().then_some(analysis_place),
        metrics,
        has_webhook,
    })
}

fn place_of(node: &Node, field: &str) -> Place {
    key_place(node, field).unwrap_or_else(|| first_key(node))
}

/// What all metrics of a canary have in common.
struct Shared {
    threshold: i64,
    is_skipped: bool,
    namespace: String,
    words: String,
}

fn metric(node: &Node, shared: &Shared, templates: &[Template], reading: &mut Reading<'_>) -> Option<Asked> {
    let Some(name) = node.get("name").filter(|name| name.text().is_some()) else {
        reading.missing(node, &format!("a metric of {}", shared.words), "name");
        return None;
    };
    let text = name.text()?.to_owned();
    let is_rate = text == "request-success-rate";
    let is_built_in = is_rate || text == "request-duration";
    let template = node.get("templateRef").and_then(|named| {
        let namespace = named.get("namespace").and_then(Node::text).unwrap_or_default();
        let namespace = if namespace.is_empty() {
            &shared.namespace
        } else {
            namespace
        };
        Some((named.get("name")?.text()?.to_owned(), namespace.to_owned()))
    });
    let found = template.as_ref().map(|(name, namespace)| {
        templates
            .iter()
            .find(|template| template.name == *name && template.namespace == *namespace)
    });
    let query = reading.text(node, "query").and_then(Node::text).unwrap_or_default();
    // A name that is built in, or a query, is asked before the template is, and both must pass.
    let (provider, query) = match found {
        _ if is_built_in => (BUILT_IN, query),
        _ if !query.is_empty() => (of_query("prometheus", query), query),
        Some(Some(template)) => (template.provider, template.query.as_str()),
        Some(None) => (ELSEWHERE, ""),
        None => (NOTHING, ""),
    };
    let threshold = reading.number(node, "threshold");
    let range = node
        .get("thresholdRange")
        .filter(|range| !matches!(range.shape, Shape::Nothing));
    let bounds = match range {
        Some(range) => (reading.number(range, "min"), reading.number(range, "max")),
        // The old `threshold` is a lower bound for the rate and an upper one for everything else; it is 0 by default.
        None if is_rate => (Some(threshold.unwrap_or(0.0)), None),
        None => (None, Some(threshold.unwrap_or(0.0))),
    };
    let range_place = ["thresholdRange", "threshold"]
        .into_iter()
        .find_map(|field| key_place(node, field))
        .unwrap_or(name.place);
    Some(Asked {
        name: text,
        place: name.place,
        range_place,
        check: Check {
            provider,
            range: Range::Between(bounds.0, bounds.1),
            threshold: Some(shared.threshold),
            is_skipped: shared.is_skipped,
        },
        query: query.to_owned(),
        bounds,
        template,
    })
}
