//! The event stream: each new journal sequence, and for the page the fragments that changed.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio_stream::wrappers::WatchStream;
use tokio_stream::{Stream, StreamExt};

use crate::app::Shared;
use crate::clock;
use crate::door::Person;
use crate::json::query::Asked;
use crate::json::unrolled::Unrolled;
use crate::page::form;
use crate::page::fragments::{Fragment, Marks};
use crate::page::view::View;
use crate::problem::{Code, Problem};

/// A silent stream says something this often, so that proxies keep it open.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

#[derive(Serialize)]
struct Head {
    seq: u64,
}

/// What else is followed.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Followed {
    /// A page of the dashboard whose changed parts are sent along to its session.
    #[serde(default)]
    #[schemars(with = "String")]
    fragments: Option<String>,
}

/// Follows the journal for as long as its reader is let in. With `?fragments=PAGE` and a browser session it also carries the
/// changed parts of that page.
///
/// # Errors
/// [`Code::UnknownThing`] when there is no such page.
pub(crate) async fn follow(
    State(app): State<Shared>,
    person: Person,
    Asked(Followed { fragments }): Asked<Followed>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let page =
        match fragments {
            Some(name) => Some(View::parse(&name).ok_or_else(|| {
                Problem::new(Code::UnknownThing, format!("there is no page named `{name}` to follow"))
            })?),
            None => None,
        };
    let session = person.session().cloned();
    let followed = page.zip(session.map(|session| session.form_secret()));
    let mut shown: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut last_seq = None;
    let once = form::once(app.handle.view().seq, clock::now());
    let marks = Marks::of(&app.config.links);
    // Whoever is let out hears nothing more, at the next beat at the latest.
    let beats = WatchStream::new(app.pulse.clone()).take_while({
        let (app, person) = (app.clone(), person.clone());
        move |_| person.is_still_let_in(&app)
    });
    let events = beats.map(move |beat| -> Vec<Result<Event, Infallible>> {
        let seq = beat.snapshot.seq;
        let mut events = Vec::new();
        if last_seq != Some(seq) {
            last_seq = Some(seq);
            let head = serde_json::to_string(&Head { seq }).expect("a number becomes JSON");
            events.push(told("status", seq, &head));
        }
        if let Some((view, form_secret)) = &followed {
            let (shared, own) = (beat.shared(&app, view), beat.own(&app, view, &person, &marks));
            for fragment in shared.iter().filter(|one| is_news(&mut shown, one)) {
                events.push(told("fragment", seq, &fragment.json));
            }
            for fragment in own.iter().filter(|one| is_news(&mut shown, one)) {
                events.push(told("fragment", seq, &marks.fill(fragment, form_secret, &once)));
            }
        }
        events.into_iter().map(Ok).collect()
    });
    Ok(Sse::new(Unrolled::new(events)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// Whether a fragment is another one than was sent last; it counts as sent from now on.
fn is_news(shown: &mut BTreeMap<&'static str, u64>, fragment: &Fragment) -> bool {
    shown.insert(fragment.id, fragment.print) != Some(fragment.print)
}

fn told(kind: &str, seq: u64, text: &str) -> Event {
    Event::default().event(kind).id(seq.to_string()).data(text)
}
