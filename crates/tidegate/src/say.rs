//! What the program prints on standard output. Whoever reads it may stop reading; a full disk behind it is an error.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

static IS_LOST: AtomicBool = AtomicBool::new(false);

/// Prints text as whole lines: it ends with exactly one line break, whether it brought one or not.
macro_rules! say {
    ($($words:tt)*) => {
        $crate::say::lines(format_args!($($words)*))
    };
}
pub(crate) use say;

/// Prints lines; see [`say!`].
pub(crate) fn lines(words: Arguments<'_>) {
    let text = format!("{}\n", words.to_string().trim_end_matches('\n'));
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        IS_LOST.store(true, Ordering::Relaxed);
        tracing::error!(%error, "standard output takes nothing");
    }
}

/// Whether something could not be printed although somebody reads.
pub(crate) fn is_lost() -> bool {
    IS_LOST.load(Ordering::Relaxed)
}
