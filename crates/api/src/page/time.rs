//! Instants on a page: the time of day in UTC for everybody, how long ago or how soon where the script runs.

use maud::{Markup, html};
use tidegate_engine::view::words;
use tidegate_model::Timestamp;

/// A time of day.
pub(crate) fn at(instant: Timestamp) -> Markup {
    html! { time datetime=(instant) title=(instant) { (words::clock(instant)) } }
}

/// Day and time of day, for what may be long ago.
pub(crate) fn day(instant: Timestamp) -> Markup {
    let text = instant.to_string();
    let (day, clock) = (text.get(..10).unwrap_or(&text), words::clock(instant));
    html! { time datetime=(instant) title=(instant) { (day) " " (clock) } }
}

/// A time of day that the script follows with `41 s ago`.
pub(crate) fn since(instant: Timestamp) -> Markup {
    html! { time datetime=(instant) title=(instant) data-since=(instant.0) { (words::clock(instant)) } }
}

/// A time of day that the script replaces by its age, `3 s ago`.
pub(crate) fn age(instant: Timestamp) -> Markup {
    html! { time datetime=(instant) title=(instant) data-age=(instant.0) { (words::clock(instant)) } }
}

/// A time of day that the script follows with `in 4 min 19 s`.
pub(crate) fn until(instant: Timestamp) -> Markup {
    html! { time datetime=(instant) title=(instant) data-until=(instant.0) { (words::clock(instant)) } }
}
