//! The compiler of plan files: text to a checked estate, or to every diagnostic at once.
//! It reads strings, never files, and knows no clock: equal text gives equal answers.

pub mod bundle;
pub mod code;
pub mod compile;
pub mod diagnostic;
pub mod lint;
pub mod power;
pub mod render;
pub mod sarif;
pub mod scaffold;
pub mod schedule;
pub mod schema;
pub mod shares;

mod check;
mod forecast;
mod form;
mod lost;
mod read;
mod sink;
mod syntax;
mod whereabouts;

pub use bundle::{Bundle, BundleError, SourceFile, Unread, Why};
pub use code::{Code, explain};
pub use compile::{Compiled, Mode, ROOT_FILE, Settings, compile, is_yaml};
pub use diagnostic::{Diagnostic, Level, Related, Span};
pub use power::{Outcome, Power, power};
pub use read::codeowners::CODEOWNERS;
pub use render::{render_human, render_json};
pub use sarif::render_sarif;
pub use scaffold::scaffold;
pub use schedule::{Schedule, StepForecast, schedule};
pub use shares::Shares;
