//! An exact sum of numbers of any length, cheap while they are short.

use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;
use crate::totals::number_of;
use crate::value::Value;

/// Digits after the point that the cheap part of a sum has.
const PLACES: i32 = 9;
/// The longest number of the cheap part, in digits before the point; 10^9 of them stay within 127 bits.
const WHOLE_DIGITS_MAX: i32 = 20;

/// Rows, and the exact sum of their amounts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub struct Sum {
    rows: u64,
    nulls: u64,
    not_numbers: u64,
    /// In units of 10^-9.
    units: i128,
    /// What does not fit there.
    beyond: Decimal,
}

/// How a sum is written.
#[derive(Serialize, Deserialize)]
struct Kept {
    rows: u64,
    nulls: u64,
    not_numbers: u64,
    total: Decimal,
}

impl Sum {
    /// Adds a row; `None` where rows are counted only.
    pub(crate) fn add(&mut self, amount: Option<&Value>) {
        self.rows += 1;
        match amount {
            None => {}
            Some(Value::Null) => self.nulls += 1,
            Some(value) => match number_of(value) {
                Some(number) => self.add_number(&number),
                None => self.not_numbers += 1,
            },
        }
    }

    /// Adds a number without a row.
    pub(crate) fn add_number(&mut self, number: &Decimal) {
        match units(number).and_then(|units| self.units.checked_add(units)) {
            Some(sum) => self.units = sum,
            None => self.beyond = plus(&self.beyond, number),
        }
    }

    /// Adds another sum.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.nulls += other.nulls;
        self.not_numbers += other.not_numbers;
        self.add_number(&other.total());
    }

    /// How many rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// How many of them had no amount.
    #[must_use]
    pub fn nulls(&self) -> u64 {
        self.nulls
    }

    /// How many of them had an amount that is no number; it is not in the sum.
    #[must_use]
    pub fn not_numbers(&self) -> u64 {
        self.not_numbers
    }

    /// The sum.
    #[must_use]
    pub fn total(&self) -> Decimal {
        let near = Decimal::parse(&format!("{}e-{PLACES}", self.units)).expect("digits and a power are a number");
        plus(&near, &self.beyond)
    }
}

impl PartialEq for Sum {
    fn eq(&self, other: &Self) -> bool {
        (self.rows, self.nulls, self.not_numbers) == (other.rows, other.nulls, other.not_numbers)
            && self.total() == other.total()
    }
}

impl Eq for Sum {}

impl From<Kept> for Sum {
    fn from(kept: Kept) -> Self {
        let mut sum = Self {
            rows: kept.rows,
            nulls: kept.nulls,
            not_numbers: kept.not_numbers,
            ..Self::default()
        };
        sum.add_number(&kept.total);
        sum
    }
}

impl From<Sum> for Kept {
    fn from(sum: Sum) -> Self {
        Self {
            rows: sum.rows,
            nulls: sum.nulls,
            not_numbers: sum.not_numbers,
            total: sum.total(),
        }
    }
}

/// The number in units of 10^-9, where it is a whole number of them and not too long.
fn units(number: &Decimal) -> Option<i128> {
    if number.scale() > PLACES || number.exponent() > WHOLE_DIGITS_MAX {
        return None;
    }
    let size = number
        .digits()
        .iter()
        .fold(0_i128, |sum, digit| sum * 10 + i128::from(*digit));
    let digits = i32::try_from(number.digits().len()).ok()?;
    let zeros = u32::try_from(PLACES + number.exponent() - digits).ok()?;
    let size = size.checked_mul(10_i128.checked_pow(zeros)?)?;
    Some(if number.is_negative() { -size } else { size })
}

/// The exact sum of two numbers.
pub(crate) fn plus(a: &Decimal, b: &Decimal) -> Decimal {
    minus(a, &negated(b))
}

/// The exact difference of two numbers.
pub(crate) fn minus(a: &Decimal, b: &Decimal) -> Decimal {
    let distance = a.distance(b);
    if a < b { negated(&distance) } else { distance }
}

fn negated(number: &Decimal) -> Decimal {
    Decimal::from_parts(!number.is_negative(), number.exponent(), number.digits().to_vec())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_whole_numbers_at_every_scale() {
        for scale in [0, 2, 9, 10, 15] {
            let (mut sum, mut expected) = (Sum::default(), 0_i128);
            for step in -700..=900_i128 {
                let number = step * step * step * 7_919;
                sum.add_number(&Decimal::parse(&format!("{number}e-{scale}")).unwrap());
                expected += number;
            }
            assert_eq!(
                sum.total(),
                Decimal::parse(&format!("{expected}e-{scale}")).unwrap(),
                "{scale}"
            );
        }
    }

    #[test]
    fn a_sum_outgrows_its_cheap_part_without_loss() {
        let large = Decimal::parse("99999999999999999999.999999999").unwrap();
        let mut sum = Sum {
            units: i128::MAX - 5,
            ..Sum::default()
        };
        let before = sum.total();
        sum.add_number(&large);
        assert_eq!(minus(&sum.total(), &before), large);
        let kept = serde_json::to_string(&sum).unwrap();
        assert_eq!(serde_json::from_str::<Sum>(&kept).unwrap(), sum);
    }

    #[test]
    fn what_is_no_number_is_counted_and_not_summed() {
        let mut sum = Sum::default();
        for value in [
            Value::Int(5),
            Value::Null,
            Value::Float(f64::NAN),
            Value::Text("x".to_owned()),
            Value::Text("0.5".to_owned()),
            Value::Float(0.1),
        ] {
            sum.add(Some(&value));
        }
        assert_eq!((sum.rows(), sum.nulls(), sum.not_numbers()), (6, 1, 2));
        assert_eq!(sum.total().to_string(), "5.6");
    }
}
