//! When the values of a column agree, as people write it on the command line.

use anyhow::{Context as _, bail};
use tidegate_reconcile::Cmp;
use tidegate_reconcile::decimal::Decimal;

/// Reads a rule as people write it.
pub(super) fn rule(text: &str) -> anyhow::Result<Cmp> {
    let words: Vec<&str> = text.split('+').map(str::trim).collect();
    let rest: Vec<&str> = words.iter().copied().filter(|word| *word != "null=empty").collect();
    let inner = match rest.as_slice() {
        [] => Cmp::Exact,
        ["json"] => Cmp::Json,
        [number] if !matches!(*number, "trim" | "ci" | "nfc") => measure(number)?,
        _ => {
            if let Some(unknown) = rest.iter().find(|word| !matches!(**word, "trim" | "ci" | "nfc")) {
                bail!("`{unknown}` is no rule for texts; there are `trim`, `ci` and `nfc`");
            }
            Cmp::Text {
                trim: rest.contains(&"trim"),
                ci: rest.contains(&"ci"),
                nfc: rest.contains(&"nfc"),
            }
        }
    };
    Ok(if rest.len() < words.len() {
        Cmp::NullEqEmpty(Box::new(inner))
    } else {
        inner
    })
}

fn measure(text: &str) -> anyhow::Result<Cmp> {
    let whole = |number: &str, unit: i64| -> anyhow::Result<Cmp> {
        let amount: i64 = number
            .trim()
            .parse()
            .with_context(|| format!("`{number}` is no whole number"))?;
        Ok(Cmp::Micros(amount.saturating_mul(unit)))
    };
    if let Some(steps) = text.strip_suffix("ulp") {
        return Ok(Cmp::Ulp(
            steps.trim().parse().context("expected a whole number before `ulp`")?,
        ));
    }
    if let Some(share) = text.strip_suffix('%') {
        let share: f64 = share.trim().parse().context("expected a number before `%`")?;
        return Ok(Cmp::Rel(share / 100.0));
    }
    for (suffix, unit) in [("us", 1), ("ms", 1_000), ("s", 1_000_000)] {
        if let Some(number) = text.strip_suffix(suffix) {
            return whole(number, unit);
        }
    }
    match Decimal::parse(text) {
        Some(most) => Ok(Cmp::Abs(most)),
        None => bail!("`{text}` is no rule; see `tidegate compare --help`"),
    }
}
