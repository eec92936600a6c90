//! The event stream: each new journal sequence, and for the page the fragments that changed.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use serde::Serialize;
use tidegate_engine::view;
use tokio_stream::wrappers::WatchStream;
use tokio_stream::{Stream, StreamExt};

use crate::app::Shared;
use crate::body::parameter;
use crate::clock;
use crate::door::Person;
use crate::json::unrolled::Unrolled;
use crate::page::form;
use crate::page::fragments::Scene;
use crate::pulse::Beat;
use crate::sight;

/// A silent stream says something this often, so that proxies keep it open.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

#[derive(Serialize)]
struct Head {
    seq: u64,
}

/// Follows the journal for as long as its reader is let in. With `?fragments=1` and a browser session it also carries the changed parts of the Plan page.
pub(crate) async fn follow(
    State(app): State<Shared>,
    person: Person,
    RawQuery(query): RawQuery,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let session = person
        .session()
        .cloned()
        .filter(|_| parameter(query.as_deref(), "fragments").is_some());
    let mut shown: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut last_seq = None;
    let once = form::once(app.handle.view().seq, clock::now());
    // Whoever is let out hears nothing more, at the next beat at the latest.
    let beats = WatchStream::new(app.pulse.clone()).take_while({
        let (app, person) = (app.clone(), person.clone());
        move |_| person.is_still_let_in(&app)
    });
    let events = beats.map(move |beat| -> Vec<Result<Event, Infallible>> {
        let mut events = Vec::new();
        if last_seq != Some(beat.snapshot.seq) {
            last_seq = Some(beat.snapshot.seq);
            events.push(json("status", beat.snapshot.seq, &Head { seq: beat.snapshot.seq }));
        }
        if let Some(session) = &session {
            let scene = scene(&app, &person, session.form_secret(), once.clone(), &beat);
            for fragment in scene.fragments() {
                if shown.insert(fragment.id, fragment.print()) != Some(fragment.print()) {
                    events.push(json("fragment", beat.snapshot.seq, &fragment));
                }
            }
        }
        events.into_iter().map(Ok).collect()
    });
    Sse::new(Unrolled::new(events)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

fn scene<'a>(app: &'a Shared, person: &Person, form_secret: String, once: String, beat: &'a Beat) -> Scene<'a> {
    let snapshot = &beat.snapshot;
    let now = clock::now().max(snapshot.now);
    Scene {
        status: beat.status(),
        whys: beat.whys(),
        sights: sight::all(snapshot),
        rulings: view::rulings(&snapshot.estate, &snapshot.state, &person.caller.actor(), now),
        form_secret,
        once,
        panels: &app.config.panels,
        fault: snapshot.fault.as_deref(),
        now,
    }
}

fn json<T: Serialize>(kind: &str, seq: u64, body: &T) -> Event {
    let text = serde_json::to_string(body).expect("numbers and texts become JSON");
    Event::default().event(kind).id(seq.to_string()).data(text)
}
