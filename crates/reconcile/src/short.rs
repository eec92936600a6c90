//! Exact decimal numbers of few digits, which take no memory of their own: most numbers of a database are. Reads and holds
//! them; everything that is computed with numbers is left to [`Decimal`].

use crate::decimal::Decimal;

/// Digits that stand on either side of the point at most; so many of them fit into 64 bits.
const DIGITS_MAX: usize = 19;
/// Digits of base 10,000 at most; half of them fit into 64 bits.
const GROUPS_MAX: usize = 8;

/// A number `NUMBER * 10^unit` of at most 38 digits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Short {
    is_negative: bool,
    unit: i32,
    number: u128,
}

impl Short {
    /// Reads digits with an optional sign and point; anything else is left to [`Decimal::parse`].
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let (is_negative, text) = match text.split_first()? {
            (b'-', rest) => (true, rest),
            _ => (false, text),
        };
        let point = text.iter().position(|byte| *byte == b'.').unwrap_or(text.len());
        let (whole, fraction) = (&text[..point], text.get(point + 1..).unwrap_or_default());
        if whole.is_empty() {
            return None;
        }
        let places = u32::try_from(fraction.len()).ok()?;
        let (whole, fraction) = (number(whole)?, number(fraction)?);
        let number = match places {
            0 => u128::from(whole),
            places => u128::from(whole) * u128::from(10_u64.pow(places)) + u128::from(fraction),
        };
        Some(Self {
            is_negative,
            unit: -places.cast_signed(),
            number,
        })
    }

    /// Of digits of base 10,000, the first of which counts `10,000^weight`; `None` where they are too many, or one is none.
    pub(crate) fn from_groups(
        is_negative: bool,
        weight: i16,
        groups: impl ExactSizeIterator<Item = u16>,
    ) -> Option<Self> {
        let count = groups.len();
        if count > GROUPS_MAX {
            return None;
        }
        let (mut high, mut low, mut behind) = (0_u64, 0_u64, 0);
        for (place, group) in groups.enumerate() {
            if group >= 10_000 {
                return None;
            }
            let number = if place < GROUPS_MAX / 2 { &mut high } else { &mut low };
            *number = *number * 10_000 + u64::from(group);
            behind = place.saturating_sub(GROUPS_MAX / 2 - 1);
        }
        let number = match u32::try_from(behind).ok()? {
            0 => u128::from(high),
            behind => u128::from(high) * 10_000_u128.pow(behind) + u128::from(low),
        };
        let unit = 4 * (i32::from(weight) + 1 - i32::try_from(count).ok()?);
        Some(Self {
            is_negative,
            unit,
            number,
        })
    }

    /// Below zero, unless it is zero.
    pub(crate) fn is_negative(&self) -> bool {
        self.is_negative
    }

    /// The power of ten that the number counts.
    pub(crate) fn unit(&self) -> i32 {
        self.unit
    }

    /// How many units it is, whatever its sign; below 10^38.
    pub(crate) fn number(&self) -> u128 {
        self.number
    }
}

/// At most 19 digits, which may be none.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.len() > DIGITS_MAX {
        return None;
    }
    let mut number = 0;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number * 10 + u64::from(digit);
    }
    Some(number)
}

impl From<Short> for Decimal {
    fn from(short: Short) -> Self {
        let digits: Vec<u8> = short.number.to_string().bytes().map(|byte| byte - b'0').collect();
        let length = i32::try_from(digits.len()).expect("128 bits have few digits");
        Self::from_parts(short.is_negative, length + short.unit, digits)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_short_number_is_the_number_that_its_text_is() {
        for text in [
            "0",
            "-0.00",
            "5.",
            "1.10",
            "-12.3400",
            "007",
            "0.0001",
            "9999999999999999999",
            "9999999999999999999.9999999999999999999",
            "-1000000000000000000.5",
        ] {
            let short = Short::parse(text.as_bytes()).unwrap();
            assert_eq!(Decimal::from(short), Decimal::parse(text).unwrap(), "{text}");
        }
        for text in [
            "",
            "-",
            ".5",
            "1e2",
            "+1",
            "1.2.3",
            "10000000000000000000",
            "1:0",
            "1/2",
        ] {
            assert!(Short::parse(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn groups_of_four_digits_are_the_number_that_they_are_written_as() {
        for (weight, groups, text) in [
            (0, &[][..], "0"),
            (0, &[5], "5"),
            (-1, &[100], "0.01"),
            (1, &[12, 3456, 7000], "123456.7"),
            (2, &[1, 0, 0, 0, 1], "100000000.00000001"),
            (
                3,
                &[9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999],
                "9999999999999999.9999999999999999",
            ),
            (5, &[1], "100000000000000000000"),
        ] {
            let short = Short::from_groups(true, weight, groups.iter().copied()).unwrap();
            let expected = Decimal::parse(&format!("-{text}")).unwrap();
            assert_eq!(Decimal::from(short), expected, "{text}");
        }
        assert!(Short::from_groups(false, 0, [10_000].into_iter()).is_none());
        assert!(Short::from_groups(false, 0, [1; 9].into_iter()).is_none());
    }
}
