//! The canonical bytes of a decimal number of few digits, eight pairs of digits at once.

use super::{DECIMAL, SIGN_32, decimal};
use crate::decimal::Decimal;
use crate::short::Short;

/// Bytes of tag, sign and power of ten of a decimal.
const HEAD: usize = 6;
/// The first number of seventeen digits.
const TEN_TO_16: u64 = 10 * TENS[15];
/// The powers of ten from the zeroth on.
const TENS: [u64; 16] = {
    let mut tens = [1; 16];
    let mut place = 1;
    while place < tens.len() {
        tens[place] = 10 * tens[place - 1];
        place += 1;
    }
    tens
};

/// Appends a decimal, as [`decimal`] does, without a look at each digit.
pub(crate) fn short(out: &mut Vec<u8>, number: &Short) {
    let few = match u64::try_from(number.number()) {
        Ok(0) => return out.extend_from_slice(&[DECIMAL, 1]),
        Ok(few) if few < TEN_TO_16 => few,
        Ok(_) | Err(_) => return decimal(out, &Decimal::from(*number)),
    };
    let last = few.ilog10();
    let exponent = (last.cast_signed() + 1 + number.unit()).cast_unsigned() ^ SIGN_32;
    // Sixteen digits, whatever of them are zeros at the end: eight pairs, the first of which begins with the first digit.
    let pairs = pairs(few * TENS[15 - usize::try_from(last).expect("a digit's place")]);
    let written = 8 - usize::try_from(pairs.leading_zeros() / 8).expect("eight at most");
    // One more each, so that none is taken for the end, and nothing behind the last.
    let raised = (pairs + 0x0101_0101_0101_0101) & (u64::MAX >> (64 - 8 * written));
    // All of it is put together in one word: bytes that are written one by one are slow to read as a whole.
    let (sign, turn) = match number.is_negative() {
        true => (0, u128::MAX << 16),
        false => (2 << 8, 0),
    };
    let behind_sign = u128::from(exponent.swap_bytes()) << 16 | u128::from(raised) << 48;
    let form = (u128::from(DECIMAL) | sign | behind_sign) ^ turn;
    let begin = out.len();
    out.extend_from_slice(&form.to_le_bytes());
    out.truncate(begin + HEAD + written + 1);
}

/// Sixteen digits, two in a byte, the first two in the lowest one.
fn pairs(digits: u64) -> u64 {
    let (high, low) = (digits / 100_000_000, digits % 100_000_000);
    four_pairs(high) | four_pairs(low) << 32
}

/// The same of eight digits: halves are parted from each other side by side in one word.
fn four_pairs(digits: u64) -> u64 {
    let high = digits / 10_000;
    let fours = high | (digits - 10_000 * high) << 32;
    // A hundredth of a number of four digits: 10,486 is the next whole number to 2^20 / 100.
    let high = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let twos = high | (fours - 100 * high) << 16;
    let twos = (twos | twos >> 8) & 0x0000_ffff_0000_ffff;
    (twos | twos >> 16) & 0xffff_ffff
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_short_number_has_the_bytes_of_the_same_number_in_full() {
        let mut texts = vec!["0".to_owned(), "-0.00".to_owned()];
        // Of every length on either side of the point, with zeros at every place.
        for whole in 1..=19 {
            for fraction in 0..=19_usize {
                for digits in ["1234567890123456789", "9999999999999999999", "1000000000000000000"] {
                    texts.push(format!("{}.{}", &digits[..whole], &digits[..fraction]));
                    texts.push(format!("-0.{:0>19}", &digits[..fraction]));
                }
            }
        }
        for text in texts {
            let mut fast = Vec::new();
            short(&mut fast, &Short::parse(text.as_bytes()).unwrap());
            let mut full = Vec::new();
            decimal(&mut full, &Decimal::parse(&text).unwrap());
            assert_eq!(fast, full, "{text}");
        }
    }

    #[test]
    fn a_hundredth_of_every_four_digits_is_exact() {
        for four in 0..10_000_u64 {
            let expected = [four / 100, four % 100].map(|pair| pair.to_le_bytes()[0]);
            let (first, last) = (four_pairs(four * 10_000).to_le_bytes(), four_pairs(four).to_le_bytes());
            assert_eq!((&first[..2], &last[2..4]), (&expected[..], &expected[..]), "{four}");
        }
    }
}
