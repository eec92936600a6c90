//! When two values of a column agree, as plan files say it.

use tidegate_model::Millis;
use tidegate_model::entity::Agrees;

use crate::read::scalar::{duration, number, percent};

/// What [`rule`] reads, for messages.
pub(super) const RULE: &str = "`exactly`, a number `0.01`, a share `1%`, `2ulp`, a time `5ms`, or of `trim`, `case`, `nfc`, `json` and `null=empty` any, joined by `+`";

/// Reads a rule; `null=empty` goes with any other.
pub(super) fn rule(text: &str) -> Option<Agrees> {
    let words: Vec<&str> = text.split('+').map(str::trim).collect();
    let rest: Vec<&str> = words.iter().copied().filter(|word| *word != "null=empty").collect();
    let inner = match rest.as_slice() {
        [] | ["exactly"] => Agrees::Exactly,
        ["json"] => Agrees::Json,
        [one] if !is_text_word(one) => measure(one)?,
        several if several.iter().copied().all(is_text_word) => Agrees::Text {
            trim: several.contains(&"trim"),
            case: several.contains(&"case"),
            composition: several.contains(&"nfc"),
        },
        _ => return None,
    };
    Some(if rest.len() < words.len() {
        Agrees::NullIsEmpty(Box::new(inner))
    } else {
        inner
    })
}

fn is_text_word(word: &str) -> bool {
    matches!(word, "trim" | "case" | "nfc")
}

fn measure(text: &str) -> Option<Agrees> {
    if let Some(steps) = text.strip_suffix("ulp") {
        return steps.trim().parse().ok().map(Agrees::WithinSteps);
    }
    if text.ends_with('%') {
        return percent(text).map(Agrees::WithinShare);
    }
    if let Some(time) = duration(text).filter(|time| *time > Millis(0)) {
        return Some(Agrees::WithinTime(time));
    }
    number(text).filter(|most| most.0 >= 0).map(Agrees::Within)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidegate_model::ask::Decimal;

    #[test]
    fn rules_are_read_as_they_are_written() {
        let text = |trim, case, composition| Agrees::Text {
            trim,
            case,
            composition,
        };
        for (written, expected) in [
            ("exactly", Agrees::Exactly),
            ("0.01", Agrees::Within(Decimal(10_000))),
            ("2ulp", Agrees::WithinSteps(2)),
            ("5ms", Agrees::WithinTime(Millis(5))),
            ("trim+nfc", text(true, false, true)),
            ("case", text(false, true, false)),
            ("json", Agrees::Json),
            (
                "trim+null=empty",
                Agrees::NullIsEmpty(Box::new(text(true, false, false))),
            ),
            ("null=empty", Agrees::NullIsEmpty(Box::new(Agrees::Exactly))),
        ] {
            assert_eq!(rule(written), Some(expected), "{written}");
        }
        for written in ["", "about", "-1", "trim+json", "1%+trim", "0s"] {
            assert_eq!(rule(written), None, "{written}");
        }
    }
}
