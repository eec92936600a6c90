//! Exact decimal numbers of any length, as databases print them: read, written, ordered, subtracted, rounded.

use std::cmp::Ordering;
use std::fmt;

/// An exact decimal number: `0.DIGITS * 10^exponent`, without zeros at either end of the digits. Zero has no digits.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Decimal {
    is_negative: bool,
    exponent: i32,
    digits: Vec<u8>,
}

/// The farthest a decimal point may stand from the digits; what lies beyond is no number of a database.
const EXPONENT_MAX: i32 = 200_000;

impl Decimal {
    /// Reads digits with an optional sign, point and exponent.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (mantissa, power) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (is_negative, unsigned) = match mantissa.as_bytes().first()? {
            b'-' => (true, &mantissa[1..]),
            b'+' => (false, &mantissa[1..]),
            _ => (false, mantissa),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let is_number = !(whole.is_empty() && fraction.is_empty())
            && whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
        if !is_number || power.abs() > EXPONENT_MAX {
            return None;
        }
        let digits = whole.bytes().chain(fraction.bytes()).map(|byte| byte - b'0').collect();
        let exponent = i32::try_from(whole.len()).ok()?.checked_add(power)?;
        Some(Self::from_parts(is_negative, exponent, digits))
    }

    /// `0.DIGITS * 10^exponent`; each digit from 0 to 9.
    #[must_use]
    pub fn from_parts(is_negative: bool, exponent: i32, mut digits: Vec<u8>) -> Self {
        let zeros = digits.iter().take_while(|digit| **digit == 0).count();
        digits.drain(..zeros);
        let end = digits.iter().rposition(|digit| *digit != 0).map_or(0, |last| last + 1);
        digits.truncate(end);
        if digits.is_empty() {
            return Self::default();
        }
        let zeros = i32::try_from(zeros).expect("a number has fewer digits than an i32 counts");
        Self {
            is_negative,
            exponent: exponent - zeros,
            digits,
        }
    }

    /// Below zero.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.is_negative
    }

    /// The power of ten of `0.DIGITS`.
    #[must_use]
    pub fn exponent(&self) -> i32 {
        self.exponent
    }

    /// The digits, the most significant first.
    #[must_use]
    pub fn digits(&self) -> &[u8] {
        &self.digits
    }

    /// How many digits stand after the point.
    #[must_use]
    pub fn scale(&self) -> i32 {
        let digits = i32::try_from(self.digits.len()).expect("a number has fewer digits than an i32 counts");
        (digits - self.exponent).max(0)
    }

    /// The number as a whole one from -2^63 to 2^64 - 1, if it is one.
    #[must_use]
    pub fn whole(&self) -> Option<i128> {
        if self.scale() > 0 || self.exponent > 20 {
            return None;
        }
        let places = usize::try_from(self.exponent.max(0)).ok()?;
        let digit = |place: usize| i128::from(self.digits.get(place).copied().unwrap_or(0));
        let size = (0..places).fold(0_i128, |sum, place| sum * 10 + digit(place));
        let number = if self.is_negative { -size } else { size };
        (i128::from(i64::MIN)..=i128::from(u64::MAX))
            .contains(&number)
            .then_some(number)
    }

    /// The distance to another number, never negative.
    #[must_use]
    pub fn distance(&self, other: &Self) -> Self {
        let (low, high) = if self <= other { (self, other) } else { (other, self) };
        // Both are written as whole numbers of the smallest unit that either of them uses.
        let unit = low.lowest_place().min(high.lowest_place());
        let (low_digits, high_digits) = (low.places_above(unit), high.places_above(unit));
        let sum = match (low.is_negative, high.is_negative) {
            (true, false) => add(&low_digits, &high_digits),
            (false, _) => subtract(&high_digits, &low_digits),
            (true, true) => subtract(&low_digits, &high_digits),
        };
        let length = i32::try_from(sum.len()).expect("a number has fewer digits than an i32 counts");
        Self::from_parts(false, length + unit, sum)
    }

    /// The number with at most `scale` digits after the point, the rest cut off.
    #[must_use]
    pub fn truncated(&self, scale: i32) -> Self {
        let kept = usize::try_from((self.exponent + scale).max(0)).unwrap_or(0);
        let mut digits = self.digits.clone();
        digits.truncate(kept);
        Self::from_parts(self.is_negative, self.exponent, digits)
    }

    /// The number with at most `scale` digits after the point, halves away from zero.
    #[must_use]
    pub fn rounded(&self, scale: i32) -> Self {
        let kept = self.exponent + scale;
        let first_cut = usize::try_from(kept).ok().and_then(|place| self.digits.get(place));
        let cut = self.truncated(scale);
        if first_cut.is_none_or(|digit| *digit < 5) {
            return cut;
        }
        let step = Self::from_parts(!self.is_negative, 1 - scale, vec![1]);
        // The distance to one step on the other side of zero is the sum of both sizes.
        let mut sum = cut.distance(&step);
        sum.is_negative = self.is_negative;
        sum
    }

    /// The power of ten of the last digit.
    fn lowest_place(&self) -> i32 {
        let digits = i32::try_from(self.digits.len()).expect("a number has fewer digits than an i32 counts");
        self.exponent - digits
    }

    /// The digits down to a power of ten, with zeros where there are none.
    fn places_above(&self, unit: i32) -> Vec<u8> {
        let mut digits = self.digits.clone();
        if !digits.is_empty() {
            let zeros = usize::try_from(self.lowest_place() - unit).unwrap_or(0);
            digits.resize(digits.len() + zeros, 0);
        }
        digits
    }

    fn size_cmp(&self, other: &Self) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => (self.exponent, &self.digits).cmp(&(other.exponent, &other.digits)),
        }
    }
}

fn add(a: &[u8], b: &[u8]) -> Vec<u8> {
    let length = a.len().max(b.len()) + 1;
    let mut sum = vec![0; length];
    let mut carry = 0;
    for place in 0..length {
        let digit = from_end(a, place) + from_end(b, place) + carry;
        sum[length - 1 - place] = digit % 10;
        carry = digit / 10;
    }
    sum
}

/// The larger number first.
fn subtract(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut rest = vec![0; a.len()];
    let mut borrow = 0;
    for place in 0..a.len() {
        let (from, take) = (from_end(a, place), from_end(b, place) + borrow);
        borrow = u8::from(from < take);
        rest[a.len() - 1 - place] = from + 10 * borrow - take;
    }
    rest
}

fn from_end(digits: &[u8], place: usize) -> u8 {
    digits.len().checked_sub(place + 1).map_or(0, |at| digits[at])
}

/// A text that is no decimal number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a decimal number")]
pub struct NoNumber;

impl TryFrom<String> for Decimal {
    type Error = NoNumber;

    fn try_from(text: String) -> Result<Self, NoNumber> {
        Self::parse(&text).ok_or(NoNumber)
    }
}

impl From<Decimal> for String {
    fn from(number: Decimal) -> Self {
        number.to_string()
    }
}

impl From<i128> for Decimal {
    fn from(number: i128) -> Self {
        Self::parse(&number.to_string()).expect("the digits of a whole number are a number")
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_negative, other.is_negative) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self.size_cmp(other),
            (true, true) => other.size_cmp(self),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.digits.is_empty() {
            return f.write_str("0");
        }
        if self.is_negative {
            f.write_str("-")?;
        }
        let digit = |place: i32| {
            let digit = usize::try_from(place).ok().and_then(|place| self.digits.get(place));
            char::from(b'0' + digit.copied().unwrap_or(0))
        };
        if self.exponent <= 0 {
            f.write_str("0")?;
        }
        for place in 0..self.exponent {
            write!(f, "{}", digit(place))?;
        }
        if self.scale() > 0 {
            f.write_str(".")?;
            for place in self.exponent..self.exponent + self.scale() {
                write!(f, "{}", digit(place))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn one_number_has_one_form() {
        for (text, shown) in [
            ("1.10", "1.1"),
            ("1.1e0", "1.1"),
            ("-0.00", "0"),
            ("100", "100"),
            ("1e2", "100"),
            ("0.0001", "0.0001"),
            ("-00012.3400", "-12.34"),
            ("123456789012345678901234567890.5", "123456789012345678901234567890.5"),
            (".5", "0.5"),
            ("5.", "5"),
        ] {
            assert_eq!(number(text).to_string(), shown, "{text}");
            assert_eq!(number(text), number(shown), "{text}");
        }
        for no_number in ["", "-", ".", "1,5", "NaN", "1e", "0x1", "1 "] {
            assert_eq!(Decimal::parse(no_number), None, "{no_number}");
        }
    }

    #[test]
    fn order_distance_and_rounding_are_those_of_whole_numbers() {
        let thousandths = |n: i64| number(&format!("{n}e-3"));
        for a in (-2_500..=2_500).step_by(7) {
            for b in (-2_500..=2_500).step_by(113) {
                let (x, y) = (thousandths(a), thousandths(b));
                assert_eq!(x.cmp(&y), a.cmp(&b), "{a} {b}");
                assert_eq!(x.distance(&y), thousandths((a - b).abs()), "{a} {b}");
            }
            let half_away = (a.abs() + 5) / 10 * 10 * a.signum();
            assert_eq!(thousandths(a).rounded(2), thousandths(half_away), "{a}");
            assert_eq!(thousandths(a).truncated(2), thousandths(a / 10 * 10), "{a}");
        }
    }

    #[test]
    fn whole_numbers_end_where_databases_end() {
        for text in ["-9223372036854775808", "18446744073709551615", "0", "100"] {
            assert_eq!(number(text).whole().unwrap().to_string(), text);
        }
        for text in ["-9223372036854775809", "18446744073709551616", "1.5", "1e30"] {
            assert_eq!(number(text).whole(), None, "{text}");
        }
    }
}
