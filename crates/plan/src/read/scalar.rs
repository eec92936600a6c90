//! Scalars of plan files as text: durations, percentages, money, rates, severities. Each returns `None` for anything else.

use tidegate_model::ask::Decimal;
use tidegate_model::{BasisPoints, Millis, Money, PartsPerMillion, Severity};

/// What [`duration`] reads, for messages.
pub(crate) const DURATION: &str = "a duration such as `250ms`, `90s`, `1m30s`, `4h` or `7d`";
/// What [`percent`] reads, for messages.
pub(crate) const PERCENT: &str = "a share such as `5%`, `0.1%` or `2pp`";
/// What [`exposure`] reads, for messages.
pub(crate) const EXPOSURE: &str = "an exposure such as `10%`, in hundredths of a percent";
/// What [`money`] reads, for messages.
pub(crate) const MONEY: &str = "an amount such as `60 EUR` or `59.90 EUR`";
/// What [`per_hour`] reads, for messages.
pub(crate) const PER_HOUR: &str = "a rate such as `1900/h`, `30/m` or `100/s`";
/// What [`whole`] reads, for messages.
pub(crate) const WHOLE: &str = "a whole number";
/// What [`severity`] reads, for messages.
pub(crate) const SEVERITY: &str = "`sev1`, `sev2`, `sev3` or `sev4`";
/// What [`truth`] reads, for messages.
pub(crate) const TRUTH: &str = "`true` or `false`";

/// What [`number`] reads, for messages.
pub(crate) const NUMBER: &str = "a number such as `200`, `0.5` or `-3`";

/// The longest duration that can be written, ten years.
const DURATION_MS_MAX: u64 = 10 * 366 * 86_400_000;

/// A duration of parts with units, largest first or not; at most ten years.
pub(crate) fn duration(text: &str) -> Option<Millis> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    let mut total = 0_u64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, after) = tail.split_at(letters);
        let size: u64 = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 604_800_000,
            _ => return None,
        };
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(size)?)?;
        rest = after;
    }
    (total <= DURATION_MS_MAX).then_some(Millis(total))
}

/// A decimal number of `decimals` places at most, as an integer of its smallest place.
fn decimal(text: &str, decimals: usize) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || fraction.len() > decimals {
        return None;
    }
    if text.ends_with('.') {
        return None;
    }
    format!("{whole}{fraction:0<decimals$}").parse().ok()
}

/// A number with six decimals at most.
pub(crate) fn number(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let millionths = i64::try_from(decimal(digits, 6)?).ok()?;
    Some(Decimal(sign * millionths))
}

/// A share with `%` or `pp`, to a ten-thousandth of a percent.
pub(crate) fn percent(text: &str) -> Option<PartsPerMillion> {
    let text = text.trim();
    let number = text.strip_suffix('%').or_else(|| text.strip_suffix("pp"))?;
    let millionths = decimal(number.trim_end(), 4)?;
    PartsPerMillion::new(u32::try_from(millionths).ok()?).ok()
}

/// An exposure with `%`.
pub(crate) fn exposure(text: &str) -> Option<BasisPoints> {
    let number = text.trim().strip_suffix('%')?;
    BasisPoints::new(u16::try_from(decimal(number.trim_end(), 2)?).ok()?).ok()
}

/// An amount and a currency of three capital letters.
pub(crate) fn money(text: &str) -> Option<Money> {
    let (amount, currency) = text.trim().split_once(' ')?;
    let currency = currency.trim();
    let is_currency = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
    let minor = i64::try_from(decimal(amount, 2)?).ok()?;
    is_currency.then(|| Money {
        minor,
        currency: currency.to_owned(),
    })
}

/// A rate, an hour.
pub(crate) fn per_hour(text: &str) -> Option<u64> {
    let (number, unit) = text.trim().split_once('/')?;
    let number: u64 = number.trim().parse().ok()?;
    match unit.trim() {
        "h" => Some(number),
        "m" => number.checked_mul(60),
        "s" => number.checked_mul(3_600),
        "d" => Some(number / 24),
        _ => None,
    }
}

/// A whole number, 0 or more.
pub(crate) fn whole(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

/// A severity.
pub(crate) fn severity(text: &str) -> Option<Severity> {
    match text.trim() {
        "sev1" => Some(Severity::Sev1),
        "sev2" => Some(Severity::Sev2),
        "sev3" => Some(Severity::Sev3),
        "sev4" => Some(Severity::Sev4),
        _ => None,
    }
}

/// A truth value.
pub(crate) fn truth(text: &str) -> Option<bool> {
    match text.trim() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_back_what_they_display() {
        for (text, ms) in [
            ("250ms", 250),
            ("1m30s", 90_000),
            ("4h", 14_400_000),
            ("7d", 604_800_000),
            ("0s", 0),
        ] {
            assert_eq!(duration(text), Some(Millis(ms)), "{text}");
            assert_eq!(Millis(ms).to_string(), text);
        }
        for text in ["", "4", "h", "4 h", "-4h", "4x", "99999999999999999999h", "999999w"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn shares_keep_their_last_place() {
        assert_eq!(percent("0.1%").map(PartsPerMillion::get), Some(1_000));
        assert_eq!(percent("2pp").map(PartsPerMillion::get), Some(20_000));
        assert_eq!(percent("94 %").map(PartsPerMillion::get), Some(940_000));
        assert_eq!(exposure("2.5%").map(BasisPoints::get), Some(250));
        for text in ["101%", "5", "-1%", ".5%", "5.%", "0.00001%"] {
            assert_eq!(percent(text), None, "{text}");
        }
    }

    #[test]
    fn money_needs_an_amount_and_a_currency() {
        assert_eq!(money("59.90 EUR").map(|money| money.minor), Some(5_990));
        for text in ["60", "60EUR", "60 eur", "-1 EUR", "1.234 EUR"] {
            assert_eq!(money(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_keep_sign_and_last_place() {
        assert_eq!(number("-0.5").map(|number| number.0), Some(-500_000));
        assert_eq!(number("200").map(|number| number.to_string()), Some("200".to_owned()));
        for text in ["", "-", "--1", "1e3", "NaN", "0.1234567", "5%"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn rates_are_an_hour() {
        assert_eq!(per_hour("100/s"), Some(360_000));
        assert_eq!(per_hour("1900/h"), Some(1_900));
        assert_eq!(per_hour("1900"), None);
    }
}
