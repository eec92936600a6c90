//! What people see of the compiler: diagnostics per family, clean examples, and text that is nothing at all.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod clean;

use tidegate_plan::{Bundle, Compiled, Mode, Settings, compile};

fn compiled(bundle: &Bundle) -> Compiled {
    compile(bundle, &Settings::new(), Mode::Author)
}
