//! Amounts in their currency's smallest unit, exactly; no floating point and no rounding.

use tidegate_model::survey::PriceIn;

/// Currencies without a smaller unit: ISO 4217, table A.1.
const WITHOUT_DECIMALS: [&str; 16] = [
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF",
];
/// Currencies of thousandths: ISO 4217, table A.1.
const WITH_THREE_DECIMALS: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

fn decimals(currency: &str) -> usize {
    if WITHOUT_DECIMALS.contains(&currency) {
        0
    } else if WITH_THREE_DECIMALS.contains(&currency) {
        3
    } else {
        2
    }
}

/// An amount as text in smallest units; none when it is no number, or has a rest that the currency does not know.
pub(super) fn minor(text: &str, currency: &str, counted_in: PriceIn) -> Option<i64> {
    let places = match counted_in {
        PriceIn::Decimal => decimals(currency),
        PriceIn::Minor => 0,
    };
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) || fraction.len() > places {
        return None;
    }
    let amount: i64 = format!("{whole}{fraction:0<places$}").parse().ok()?;
    Some(sign * amount)
}

/// An amount for people.
pub(super) fn shown(minor: i64, currency: &str) -> String {
    let places = decimals(currency);
    let sign = if minor < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", minor.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    match fraction {
        "" => format!("{sign}{whole} {currency}"),
        fraction => format!("{sign}{whole}.{fraction} {currency}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_in_the_unit_of_their_currency() {
        for (text, currency, counted_in, expected) in [
            ("19.90", "EUR", PriceIn::Decimal, Some(1_990)),
            ("19.9000", "EUR", PriceIn::Decimal, Some(1_990)),
            ("19.905", "EUR", PriceIn::Decimal, None),
            ("20", "EUR", PriceIn::Decimal, Some(2_000)),
            ("1990", "JPY", PriceIn::Decimal, Some(1_990)),
            ("1990.5", "JPY", PriceIn::Decimal, None),
            ("1.234", "KWD", PriceIn::Decimal, Some(1_234)),
            ("1990", "EUR", PriceIn::Minor, Some(1_990)),
            ("19.90", "EUR", PriceIn::Minor, None),
            ("-5", "EUR", PriceIn::Decimal, Some(-500)),
            ("1,990.00", "EUR", PriceIn::Decimal, None),
            ("", "EUR", PriceIn::Decimal, None),
        ] {
            assert_eq!(minor(text, currency, counted_in), expected, "{text} {currency}");
        }
        assert_eq!(shown(1_990, "EUR"), "19.90 EUR");
        assert_eq!(shown(-5, "EUR"), "-0.05 EUR");
        assert_eq!(shown(1_990, "JPY"), "1990 JPY");
    }
}
