//! What becomes of an answer's rows: marks to compare, or the values themselves.

use super::Limits;
use super::fault::SourceFault;
use super::value::Value;

/// Takes rows in as they come.
pub(crate) trait Rows: Default + Send + 'static {
    /// The answer has so many columns, 1 and up.
    fn begin(&mut self, columns: usize);

    /// Takes one row in.
    ///
    /// # Errors
    /// The row is one too many, too long, or has a value that cannot be taken.
    fn take<'a>(
        &mut self,
        limits: &Limits,
        values: impl Iterator<Item = Result<Value<'a>, SourceFault>>,
    ) -> Result<(), SourceFault>;
}
