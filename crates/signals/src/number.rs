//! Numbers as sources write them: decimals in millionths, and counts. What is no finite number is told apart, never read.

use tidegate_model::ask::Decimal;
use tidegate_model::seam::InvalidReason;

use crate::miss::{Finding, Miss};

/// The largest whole number below which a binary floating-point number has not lost a count: 2^53.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// A binary floating-point number in millionths, rounded to the nearest.
///
/// # Errors
/// NaN, infinity, and what lies beyond 9.2 million million either way.
pub(crate) fn decimal(value: f64) -> Finding<Decimal> {
    let value = finite(value)?;
    // The shortest digits that lead back to the number, never with an exponent.
    decimal_of_digits(&value.to_string())
}

/// A plain decimal number as text, such as `-12.5`, in millionths, rounded to the nearest.
///
/// # Errors
/// Any other text, and what lies beyond 9.2 million million either way.
pub(crate) fn decimal_of_digits(text: &str) -> Finding<Decimal> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1_i128, digits),
        None => (1, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    if !is_digits(whole) || !is_digits(fraction) {
        return Err(Miss::shape("a number is not written as plain digits"));
    }
    let beyond = || Miss::shape("a number lies beyond what can be judged, 9.2 million million either way");
    let whole: i128 = whole.parse().map_err(|_| beyond())?;
    let kept: String = fraction.chars().chain(std::iter::repeat('0')).take(6).collect();
    let mut millionths: i128 = kept.parse().expect("six digits are a number");
    millionths += i128::from(fraction.as_bytes().get(6).is_some_and(|digit| *digit >= b'5'));
    whole
        .checked_mul(i128::from(Decimal::ONE))
        .and_then(|whole| i64::try_from(sign * (whole + millionths)).ok())
        .map(Decimal)
        .ok_or_else(beyond)
}

/// A number as tables write it: plain digits; what says in words that it is none is told as that.
///
/// # Errors
/// NaN, infinity, an empty field or `null`, and any other text, such as one with thousands set apart or per cent.
pub(crate) fn written(text: &str) -> Finding<&str> {
    let word = text.trim_start_matches(['+', '-']).to_ascii_lowercase();
    match word.as_str() {
        "nan" => finite(f64::NAN).map(|_| text),
        "inf" | "infinity" => finite(f64::INFINITY).map(|_| text),
        "" | "null" => Err(Miss::Unusable(InvalidReason::Null, "a field is empty".to_owned())),
        _ => Ok(text),
    }
}

/// A binary floating-point number as a count.
///
/// # Errors
/// NaN, infinity, and what is no count: negative, a fraction, beyond 2^53.
pub(crate) fn count(value: f64) -> Finding<u64> {
    let value = finite(value)?;
    let impossible = |what: &str| Err(Miss::Unusable(InvalidReason::Impossible, what.to_owned()));
    if value < 0.0 {
        return impossible("a count is negative");
    }
    if value.fract() != 0.0 {
        return impossible("a count is a fraction");
    }
    if value > EXACT_MAX {
        return impossible("a count is beyond 2^53");
    }
    // Exact: it is whole and small enough to be written with all of its digits.
    count_of_digits(&value.abs().to_string())
}

/// A text of digits as a count.
///
/// # Errors
/// A negative number or a fraction is impossible, any other text of another shape.
pub(crate) fn count_of_digits(text: &str) -> Finding<u64> {
    if is_digits(text) {
        return text
            .parse()
            .map_err(|_| Miss::Unusable(InvalidReason::Impossible, "a count is beyond 2^64".to_owned()));
    }
    let value = decimal_of_digits(text)?;
    if value.0 % Decimal::ONE == 0 && value.0 >= 0 {
        return Ok(u64::try_from(value.0 / Decimal::ONE).expect("it is not negative"));
    }
    let what = if value.0 < 0 {
        "a count is negative"
    } else {
        "a count is a fraction"
    };
    Err(Miss::Unusable(InvalidReason::Impossible, what.to_owned()))
}

/// The number, unless it is none.
pub(crate) fn finite(value: f64) -> Finding<f64> {
    if value.is_nan() {
        return Err(Miss::Unusable(
            InvalidReason::NotANumber,
            "the number is NaN".to_owned(),
        ));
    }
    if value.is_infinite() {
        return Err(Miss::Unusable(
            InvalidReason::Infinite,
            "the number is infinite".to_owned(),
        ));
    }
    Ok(value)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason<T: std::fmt::Debug>(finding: Finding<T>) -> InvalidReason {
        match finding {
            Err(Miss::Unusable(reason, _)) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_decimal_keeps_six_digits_and_rounds_the_rest() {
        for (text, millionths) in [
            ("0.1", 100_000),
            ("-12.5", -12_500_000),
            ("3", 3_000_000),
            ("0.0000004", 0),
            ("0.0000005", 1),
            ("-0.9999999", -1_000_000),
            ("9223372036854.775807", i64::MAX),
        ] {
            assert_eq!(decimal_of_digits(text), Ok(Decimal(millionths)), "{text}");
        }
        assert_eq!(decimal(0.1), Ok(Decimal(100_000)));
        assert_eq!(decimal(-1e12), Ok(Decimal(-1_000_000_000_000_000_000)));
    }

    #[test]
    fn what_is_no_plain_number_is_not_read() {
        for text in [
            "", "-", "1,234", "1 234", "3.5%", "1e3", "+1", ".5", "1.", "0x10", "NaN", "１",
        ] {
            assert_eq!(reason(decimal_of_digits(text)), InvalidReason::Shape, "{text}");
        }
        for text in ["9223372036854.775808", "99999999999999999999999999999999999999999999"] {
            assert_eq!(reason(decimal_of_digits(text)), InvalidReason::Shape, "{text}");
        }
        assert_eq!(reason(decimal(f64::NAN)), InvalidReason::NotANumber);
        assert_eq!(reason(decimal(f64::NEG_INFINITY)), InvalidReason::Infinite);
        assert_eq!(reason(decimal(1e300)), InvalidReason::Shape);
    }

    #[test]
    fn a_count_is_whole_and_not_negative() {
        assert_eq!(count(12.0), Ok(12));
        assert_eq!(count(-0.0), Ok(0));
        assert_eq!(count(EXACT_MAX), Ok(1 << 53));
        assert_eq!(count_of_digits("12.000"), Ok(12));
        assert_eq!(count_of_digits("18446744073709551615"), Ok(u64::MAX));
        for value in [-1.0, 0.5, EXACT_MAX * 2.0] {
            assert_eq!(reason(count(value)), InvalidReason::Impossible, "{value}");
        }
        for text in ["-1", "0.5", "18446744073709551616"] {
            assert_eq!(reason(count_of_digits(text)), InvalidReason::Impossible, "{text}");
        }
        assert_eq!(reason(count(f64::NAN)), InvalidReason::NotANumber);
        assert_eq!(reason(count(f64::INFINITY)), InvalidReason::Infinite);
        assert_eq!(reason(count_of_digits("1,234")), InvalidReason::Shape);
    }
}
