//! Whether a query of Prometheus can only give one series. What is not understood may give several.

/// Aggregations: without a grouping they give one series.
const AGGREGATIONS: &[&str] = &["sum", "avg", "min", "max", "count", "stddev", "stdvar", "group"];
/// Functions that give as many series as their first argument.
const ELEMENTWISE: &[&str] = &[
    "abs",
    "ceil",
    "floor",
    "round",
    "exp",
    "ln",
    "log2",
    "log10",
    "sqrt",
    "clamp_min",
    "clamp_max",
];
/// Deepest nesting that is followed.
const DEPTH_MAX: usize = 32;

/// Whether the query gives at most one series, whatever it is asked about.
pub(super) fn is_single(query: &str) -> bool {
    Reader { rest: query, depth: 0 }.whole().is_some()
}

/// Whether the query gives a number without a series around it.
pub(super) fn is_scalar(query: &str) -> bool {
    let mut reader = Reader { rest: query, depth: 0 };
    reader.word() == "scalar" && reader.bracketed().is_some() && reader.rest.trim().is_empty()
}

/// Reads what is known to be one series; nothing as soon as it is not.
struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn whole(mut self) -> Option<()> {
        self.sum()?;
        self.rest.trim().is_empty().then_some(())
    }

    fn inside(&self, rest: &'a str) -> Option<Self> {
        (self.depth < DEPTH_MAX).then_some(Self {
            rest,
            depth: self.depth + 1,
        })
    }

    /// Operands with arithmetic or `or` between them: series without labels meet in one.
    fn sum(&mut self) -> Option<()> {
        self.operand()?;
        loop {
            let before = self.rest;
            let is_or = self.word() == "or";
            if !is_or {
                self.rest = before.trim_start();
                let Some(rest) = self.rest.strip_prefix(['+', '-', '*', '/', '%', '^']) else {
                    return Some(());
                };
                self.rest = rest;
            }
            self.operand()?;
        }
    }

    fn operand(&mut self) -> Option<()> {
        self.rest = self.rest.trim_start();
        if self.rest.starts_with('(') {
            let inner = self.bracketed()?;
            return self.inside(inner)?.whole();
        }
        let digits = self
            .rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(self.rest.len());
        if digits > 0 {
            self.rest = &self.rest[digits..];
            return Some(());
        }
        let name = self.word();
        let before = self.grouping()?;
        let inner = self.bracketed()?;
        let after = self.grouping()?;
        let grouping = before.or(after);
        if AGGREGATIONS.contains(&name) {
            return grouping.is_none_or(|labels| labels.trim().is_empty()).then_some(());
        }
        match (name, grouping) {
            ("scalar" | "vector" | "time", None) => Some(()),
            ("histogram_quantile", None) => {
                let (_, buckets) = inner.split_once(',')?;
                self.inside(buckets)?.buckets()
            }
            (name, None) if ELEMENTWISE.contains(&name) => {
                let mut first = self.inside(inner)?;
                first.sum()?;
                let rest = first.rest.trim_start();
                (rest.is_empty() || rest.starts_with(',')).then_some(())
            }
            _ => None,
        }
    }

    /// An aggregation by `le` and nothing else, which a quantile turns into one series.
    fn buckets(mut self) -> Option<()> {
        let name = self.word();
        let before = self.grouping()?;
        self.bracketed()?;
        let after = self.grouping()?;
        let is_by_le = before.or(after).is_some_and(|labels| labels.trim() == "le");
        (AGGREGATIONS.contains(&name) && is_by_le && self.rest.trim().is_empty()).then_some(())
    }

    fn word(&mut self) -> &'a str {
        let text = self.rest.trim_start();
        let end = text
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        self.rest = rest;
        word
    }

    /// The labels of a `by`; nothing known behind a `without`.
    fn grouping(&mut self) -> Option<Option<&'a str>> {
        let before = self.rest;
        match self.word() {
            "by" => self.bracketed().map(Some),
            "without" => None,
            _ => {
                self.rest = before;
                Some(None)
            }
        }
    }

    /// What stands between the bracket that comes next and its partner; brackets in quotes do not count.
    fn bracketed(&mut self) -> Option<&'a str> {
        let text = self.rest.trim_start().strip_prefix('(')?;
        let (mut open, mut quote) = (1_usize, None);
        let mut is_escaped = false;
        for (at, c) in text.char_indices() {
            match (quote, c) {
                _ if is_escaped => is_escaped = false,
                (Some('"' | '\''), '\\') => is_escaped = true,
                (Some(mark), c) if mark == c => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'' | '`') => quote = Some(c),
                (None, '(') => open += 1,
                (None, ')') => open -= 1,
                (None, _) => {}
            }
            if open == 0 {
                self.rest = &text[at + 1..];
                return Some(&text[..at]);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_everything_are_one_series() {
        for query in [
            "sum(rate(requests{code!~\"5..\"}[2m]))\n  / sum(rate(requests[2m])) * 100",
            "(sum(a) or vector(0)) / 5",
            "1 - avg by () (up)",
            "scalar(up)",
            "clamp_max(sum(a) / sum(b), 1)",
            "histogram_quantile(0.99, sum(rate(seconds_bucket[5m])) by (le)) * 1000",
            "histogram_quantile(0.99, sum by (le) (rate(seconds_bucket[5m])))",
            "sum(a{path=\")\"})",
        ] {
            assert!(is_single(query), "{query}");
        }
    }

    #[test]
    fn anything_else_may_be_several() {
        for query in [
            "",
            "up",
            "rate(requests[2m])",
            "sum(a) by (pod)",
            "sum by (pod) (a)",
            "sum without (pod) (a)",
            "sum(a) / b",
            "sum(a) > 5",
            "topk(5, a)",
            "abs(up)",
            "histogram_quantile(0.99, sum(a) by (le, pod))",
            "histogram_quantile(0.99, a)",
            "sum(a",
            "sum(a) and",
            "{{ query }}",
        ] {
            assert!(!is_single(query), "{query}");
        }
        assert!(is_scalar(" scalar( up ) ") && !is_scalar("scalar(up) * up") && !is_scalar("up"));
        assert!(!is_single(&"(".repeat(100_000)));
        assert!(!is_single(&format!("{}sum(a){}", "(".repeat(100), ")".repeat(100))));
    }
}
