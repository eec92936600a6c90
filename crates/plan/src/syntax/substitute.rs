//! Settings in plan files: `${NAME}` and `${NAME:-default}` become what this machine says.

use crate::code::Code;
use crate::compile::Settings;
use crate::sink::{Finding, Place, Sink};

/// Puts settings in; `None` when one is missing and has no default, which is a diagnostic.
pub(crate) fn substitute(text: &str, place: Place, settings: &Settings, sink: &mut Sink) -> Option<String> {
    let mut is_whole = true;
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((lead, tail)) = rest.split_once("${") {
        out.push_str(lead);
        let Some((inner, after)) = tail.split_once('}') else {
            out.push_str("${");
            rest = tail;
            continue;
        };
        let (name, default) = match inner.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inner, None),
        };
        match settings.get(name).map(String::as_str).or(default) {
            Some(value) => out.push_str(value),
            None => {
                sink.add(
                    Finding::error(Code::MissingSetting, place, format!("setting `{name}` is not given"))
                        .expected(
                            format!("a value for `{name}`, or a default in the file"),
                            format!("`${{{inner}}}`"),
                        )
                        .help(format!("set `{name}`, or write a default: `${{{name}:-value}}`")),
                );
                is_whole = false;
            }
        }
        rest = after;
    }
    out.push_str(rest);
    is_whole.then_some(out)
}
