//! The figures that must keep a bound, read from what the measurements have printed; it measures nothing itself.

use std::fmt;

use anyhow::{Context, bail};

/// How a line begins that says a figure: its name and its value follow.
const FIGURE: &str = "figure ";

/// What a figure must be.
#[derive(Debug, Clone, Copy)]
enum Bound {
    Below(f64),
    AtLeast(f64),
}

/// A figure with its bound.
struct Figure {
    name: &'static str,
    says: &'static str,
    unit: &'static str,
    bound: Bound,
}

/// What the project promises; figures that are not here are reported and bound to nothing.
const FIGURES: [Figure; 16] = [
    Figure {
        name: "rollbacks",
        says: "rollbacks that were measured",
        unit: "",
        bound: Bound::AtLeast(50.0),
    },
    Figure {
        name: "rollback-answers-per-second",
        says: "answers a second during the rollbacks (1,000 are asked for)",
        unit: "",
        bound: Bound::AtLeast(950.0),
    },
    Figure {
        name: "verdict-to-effect-ms-max",
        says: "verdict to effect, the slowest of all rollbacks",
        unit: " ms",
        bound: Bound::Below(1_000.0),
    },
    Figure {
        name: "tipped-to-verdict-ms-p99",
        says: "from the beginning of the stratum that tipped a criterion to its verdict, 99 of 100",
        unit: " ms",
        bound: Bound::Below(1_200.0),
    },
    Figure {
        name: "judging-percent-of-a-core",
        says: "judging 1,000 criteria each second after 10,000 strata",
        unit: " % of a core",
        bound: Bound::Below(5.0),
    },
    Figure {
        name: "judging-old-to-young",
        says: "the same against after 100 strata",
        unit: " times",
        bound: Bound::Below(1.25),
    },
    Figure {
        name: "appends-ratio-of-1",
        says: "durable appends against bare SQLite, one entry at a time",
        unit: "",
        bound: Bound::AtLeast(0.8),
    },
    Figure {
        name: "appends-ratio-of-8",
        says: "durable appends against bare SQLite, 8 at a time",
        unit: "",
        bound: Bound::AtLeast(0.8),
    },
    Figure {
        name: "appends-ratio-of-64",
        says: "durable appends against bare SQLite, 64 at a time",
        unit: "",
        bound: Bound::AtLeast(0.8),
    },
    Figure {
        name: "check-of-10000-ms",
        says: "check of 10,000 entities",
        unit: " ms",
        bound: Bound::Below(1_000.0),
    },
    Figure {
        name: "page-of-the-plan-ms-p95",
        says: "the Plan page over a journal of 10,000 entries, 95 of 100",
        unit: " ms",
        bound: Bound::Below(200.0),
    },
    Figure {
        name: "page-of-the-journal-plain-ms-p95",
        says: "the newest page of that journal, 95 of 100",
        unit: " ms",
        bound: Bound::Below(200.0),
    },
    Figure {
        name: "event-to-every-browser-ms-p95",
        says: "a command to the last of 200 open browsers, 95 of 100",
        unit: " ms",
        bound: Bound::Below(1_000.0),
    },
    Figure {
        name: "comparing-times-receiving",
        says: "comparing a million rows against receiving and discarding them",
        unit: " times",
        bound: Bound::Below(1.5),
    },
    Figure {
        name: "comparing-us-per-row-and-side",
        says: "CPU of comparing, a row and side",
        unit: " us",
        bound: Bound::Below(0.5),
    },
    Figure {
        name: "comparing-memory-mib-max",
        says: "memory of comparing at any size",
        unit: " MiB",
        bound: Bound::Below(64.0),
    },
];

/// Reads the log of a run and prints a line for each bound.
///
/// # Errors
/// When a bound is breached, or its figure is missing, said twice or not a number.
pub(crate) fn hold(log: &str) -> anyhow::Result<()> {
    let mut failed = 0;
    for figure in &FIGURES {
        match figure.read(log).and_then(|value| figure.keep(value)) {
            Ok(kept) => println!("kept      {kept}"),
            Err(breach) => {
                failed += 1;
                println!("BREACHED  {}: {breach:#}", figure.says);
            }
        }
    }
    if failed > 0 {
        bail!("{failed} of {} bounds are not kept", FIGURES.len());
    }
    Ok(())
}

impl Figure {
    fn read(&self, log: &str) -> anyhow::Result<f64> {
        let mut values = log
            .lines()
            .filter_map(|line| line.strip_prefix(FIGURE)?.strip_prefix(self.name)?.strip_prefix(' '));
        let value = values.next().context("was not measured")?;
        if values.next().is_some() {
            bail!("was measured twice in one log");
        }
        let value: f64 = value.parse().with_context(|| format!("`{value}` is not a number"))?;
        if !value.is_finite() {
            bail!("`{value}` is not a figure");
        }
        Ok(value)
    }

    fn keep(&self, value: f64) -> anyhow::Result<String> {
        let (unit, bound) = (self.unit, self.bound);
        let (is_kept, limit) = match bound {
            Bound::Below(limit) => (value < limit, limit),
            Bound::AtLeast(limit) => (value >= limit, limit),
        };
        if is_kept {
            return Ok(format!("{}: {value}{unit}, {bound}{unit}", self.says));
        }
        let by = (value - limit).abs();
        let (shown, share) = ((by * 1e3).round() / 1e3, 100.0 * by / limit);
        bail!("{value}{unit}, must be {bound}{unit}: off by {shown}{unit} ({share:.1} %)")
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Below(limit) => write!(f, "below {limit}"),
            Self::AtLeast(limit) => write!(f, "at least {limit}"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    const GOOD: &str = "== verdict to effect\nfigure rollbacks 50\nfigure rollback-answers-per-second 1012\n\
        figure verdict-to-effect-ms-max 999\nfigure tipped-to-verdict-ms-p99 1150\n\
        figure judging-percent-of-a-core 4.9\nfigure judging-old-to-young 1.01\nfigure appends-ratio-of-1 0.8\nfigure appends-ratio-of-8 0.91\n\
        figure appends-ratio-of-64 1.02\nfigure check-of-10000-ms 999.9\n\
        figure page-of-the-plan-ms-p95 12.1\nfigure page-of-the-journal-plain-ms-p95 199.9\nfigure event-to-every-browser-ms-p95 450\n\
        figure comparing-times-receiving 1.49\nfigure comparing-us-per-row-and-side 0.49\nfigure comparing-memory-mib-max 63\n";

    fn figure(name: &str) -> &'static Figure {
        FIGURES.iter().find(|figure| figure.name == name).unwrap()
    }

    #[test]
    fn a_log_at_its_bounds_is_kept() {
        hold(GOOD).unwrap();
    }

    #[test]
    fn each_figure_beyond_its_bound_breaches_alone() {
        for (kept, breached) in [
            ("rollbacks 50", "rollbacks 49"),
            ("second 1012", "second 949"),
            ("ms-max 999", "ms-max 1000"),
            ("ms-p99 1150", "ms-p99 1200"),
            ("core 4.9", "core 5"),
            ("young 1.01", "young 1.25"),
            ("of-1 0.8", "of-1 0.799"),
            ("of-8 0.91", "of-8 0.1"),
            ("of-64 1.02", "of-64 0.79"),
            ("of-10000-ms 999.9", "of-10000-ms 1000"),
            ("plan-ms-p95 12.1", "plan-ms-p95 200"),
            ("plain-ms-p95 199.9", "plain-ms-p95 200.1"),
            ("browser-ms-p95 450", "browser-ms-p95 1000"),
            ("receiving 1.49", "receiving 1.5"),
            ("and-side 0.49", "and-side 0.5"),
            ("mib-max 63", "mib-max 64"),
        ] {
            assert!(GOOD.contains(kept), "{kept}");
            let error = hold(&GOOD.replace(kept, breached)).unwrap_err();
            assert_eq!(error.to_string(), "1 of 16 bounds are not kept", "{breached}");
        }
    }

    #[test]
    fn what_was_not_measured_is_not_kept() {
        assert!(hold("").is_err());
        for line in GOOD.lines().filter(|line| line.starts_with(FIGURE)) {
            assert!(hold(&GOOD.replace(line, "")).is_err(), "without `{line}`");
            assert!(hold(&format!("{GOOD}{line}\n")).is_err(), "twice `{line}`");
        }
        assert!(hold(&GOOD.replace("ms-max 999", "ms-max NaN")).is_err());
        assert!(hold(&GOOD.replace("ms-max 999", "ms-max fast")).is_err());
    }

    #[test]
    fn a_breach_says_by_how_much() {
        let slow = figure("verdict-to-effect-ms-max").keep(1_250.0).unwrap_err();
        assert_eq!(
            slow.to_string(),
            "1250 ms, must be below 1000 ms: off by 250 ms (25.0 %)"
        );
        let low = figure("appends-ratio-of-1").keep(0.7).unwrap_err();
        assert_eq!(low.to_string(), "0.7, must be at least 0.8: off by 0.1 (12.5 %)");
    }
}
