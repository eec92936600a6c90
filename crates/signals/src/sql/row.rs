//! Rows as digests: 16 bytes for the key and 16 for the rest, however long the row was.

use sha2::{Digest, Sha256};

use super::Limits;
use super::fault::SourceFault;
use super::rows::Rows;
use super::value::Value;

/// The first half of a SHA-256: two different rows agree by chance with probability 2^-128.
pub(crate) type Mark = [u8; 16];

/// A row: the mark of its key and that of its other values, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) key: Mark,
    pub(crate) rest: Mark,
}

/// One side's rows, in the order they came.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Columns of the result, 1 and up.
    pub(crate) columns: usize,
    /// Its rows.
    pub(crate) rows: Vec<Row>,
}

impl Rows for Answer {
    fn begin(&mut self, columns: usize) {
        self.columns = columns;
    }

    /// Takes one row in; the first value is its key.
    ///
    /// # Errors
    /// The row is one too many, too long, has no key, or a value that cannot be compared.
    fn take<'a>(
        &mut self,
        limits: &Limits,
        values: impl Iterator<Item = Result<Value<'a>, SourceFault>>,
    ) -> Result<(), SourceFault> {
        if self.rows.len() >= limits.rows_max {
            return Err(SourceFault::TooManyRows { limit: limits.rows_max });
        }
        let mut bytes = 0_usize;
        let mut key = None;
        let mut rest = Sha256::new();
        for value in values {
            let text = value?.canonical()?;
            bytes = bytes.saturating_add(text.as_ref().map_or(0, |text| text.len()));
            if bytes > limits.row_bytes_max {
                return Err(SourceFault::RowTooLong {
                    limit: limits.row_bytes_max,
                });
            }
            match (text, key) {
                (None, None) => return Err(SourceFault::NullKey),
                (Some(text), None) => key = Some(half(Sha256::digest(text.as_bytes()).as_slice())),
                (None, Some(_)) => rest.update([0]),
                (Some(text), Some(_)) => {
                    // Its length goes first, so that no value can pass for the end of one and the start of the next.
                    rest.update([1]);
                    rest.update(u64::try_from(text.len()).expect("a length fits 64 bits").to_be_bytes());
                    rest.update(text.as_bytes());
                }
            }
        }
        let key = key.ok_or(SourceFault::NullKey)?;
        let rest = half(rest.finalize().as_slice());
        self.rows.push(Row { key, rest });
        Ok(())
    }
}

fn half(digest: &[u8]) -> Mark {
    digest[..16].try_into().expect("a SHA-256 has 32 bytes")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn rest(values: &[Value<'_>]) -> Mark {
        let mut answer = Answer::default();
        let key = std::iter::once(Value::Integer(1));
        let row = key.chain(values.iter().copied()).map(Ok);
        answer.take(&Limits::default(), row).unwrap();
        answer.rows[0].rest
    }

    #[test]
    fn values_do_not_run_into_each_other() {
        let (a, ab, b, bc, c) = (
            b"a".as_slice(),
            b"ab".as_slice(),
            b"b".as_slice(),
            b"bc".as_slice(),
            b"c".as_slice(),
        );
        assert_ne!(
            rest(&[Value::Text(ab), Value::Text(c)]),
            rest(&[Value::Text(a), Value::Text(bc)])
        );
        assert_ne!(
            rest(&[Value::Text(b"a\x01b"), Value::Text(c)]),
            rest(&[Value::Text(a), Value::Text(b"b\x01c")])
        );
        assert_ne!(
            rest(&[Value::Text(a), Value::Null]),
            rest(&[Value::Null, Value::Text(a)])
        );
        assert_ne!(
            rest(&[Value::Text(b), Value::Text(b"")]),
            rest(&[Value::Text(b), Value::Null])
        );
        assert_ne!(rest(&[Value::Text(b"")]), rest(&[Value::Null]));
        assert_eq!(rest(&[Value::Null]), rest(&[Value::Null]));
    }

    #[test]
    fn a_row_costs_the_same_memory_whatever_it_holds() {
        assert_eq!(size_of::<Row>(), 32);
    }

    #[test]
    fn rows_beyond_a_limit_are_no_answer() {
        let limits = Limits {
            rows_max: 1,
            row_bytes_max: 3,
            ..Limits::default()
        };
        let mut answer = Answer::default();
        let long = [Ok(Value::Text(b"ab")), Ok(Value::Text(b"cd"))];
        assert_eq!(
            answer.take(&limits, long.into_iter()),
            Err(SourceFault::RowTooLong { limit: 3 })
        );
        let row = || [Ok(Value::Text(b"ab")), Ok(Value::Text(b"c"))].into_iter();
        assert_eq!(answer.take(&limits, row()), Ok(()));
        assert_eq!(answer.take(&limits, row()), Err(SourceFault::TooManyRows { limit: 1 }));
    }
}
