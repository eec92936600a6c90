//! Replay: how long a controller with a long journal needs before it knows where it stands.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, bail};
use tidegate_engine::{Body, Command, Event, Request, State, apply, decide};
use tidegate_journal::{Journal, NewEntry, Options};
use tidegate_model::seam::{
    Actor, ArmCounts, Door, Effect, MeterCounts, Outcome, Receipt, Ripeness, Stratum, StratumId, StratumPart,
};
use tidegate_model::{CriterionId, Estate, GatewayId, IncidentId, Millis, StageId, Timestamp};
use tidegate_plan::{Mode, compile};
use tidegate_runtime::Recovered;

use crate::estate::one_unit;

/// Strata of a step before the new side fails, both parts of each.
const STRATA_BEFORE: u64 = 2_000;
/// Rounds of one journal: a stage has at most 100 attempts.
const ROUNDS_MAX: u64 = 90;
/// Entries of one append while the journal is written.
const AT_ONCE: usize = 5_000;

/// What is counted for a criterion: the old side and the new.
pub(crate) type Counted = (CriterionId, Ripeness, ArmCounts, ArmCounts);

/// Records, writes, replays and prints.
pub(crate) fn run(entries: u64) -> anyhow::Result<()> {
    let strata = STRATA_BEFORE.max(entries / ROUNDS_MAX / 2);
    let nowhere = std::net::SocketAddr::from(([127, 0, 0, 1], 1));
    let setup = one_unit(nowhere, nowhere, nowhere);
    let compiled = compile(&setup.bundle(), &setup.settings, Mode::Author);
    let mut recorder = Recorder::new(compiled.estate.context("the bench's estate has errors")?)?;
    while (recorder.events.len() as u64) < entries {
        recorder.round(strata)?;
    }
    recorder.events.truncate(usize::try_from(entries)?);
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("journal.sqlite3");
    write(&path, &recorder.events)?;
    drop(recorder);

    let began = Instant::now();
    let scanned = scan(&path)?;
    let scan_took = began.elapsed().as_secs_f64();

    let began = Instant::now();
    let journal = Journal::open(&path, Options::default())?;
    let mut recovered = Recovered::default();
    let mut failed = None;
    journal.for_each(1, |entry| {
        failed = recovered.feed(entry.seq, &entry.bytes).err();
        failed.is_none()
    })?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    let took = began.elapsed().as_secs_f64();
    if scanned != entries || recovered.state.seq != entries {
        bail!("{scanned} rows and {} events instead of {entries}", recovered.state.seq);
    }
    println!("replay: {entries} entries");
    println!(
        "  read, hash chain checked, decoded, applied: {took:.2} s, {:.0} entries/s",
        entries as f64 / took
    );
    println!(
        "  ratio to reading the rows with bare SQLite and parsing them as JSON: {:.2}",
        took / scan_took
    );
    Ok(())
}

/// The yardstick: every row read, its bytes parsed as JSON of no particular shape.
fn scan(path: &std::path::Path) -> anyhow::Result<u64> {
    let connection = rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut statement = connection.prepare("SELECT bytes FROM entry ORDER BY seq")?;
    let mut rows = statement.query([])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(0)?.as_bytes()?;
        let value: serde_json::Value = serde_json::from_slice(bytes)?;
        count += u64::from(value.is_object());
    }
    Ok(count)
}

fn write(path: &std::path::Path, events: &[Event]) -> anyhow::Result<()> {
    let mut journal = Journal::open(path, Options::default())?;
    for some in events.chunks(AT_ONCE) {
        let mut entries = Vec::with_capacity(some.len());
        for event in some {
            entries.push(NewEntry {
                at_ms: event.at.0,
                kind: event.body.kind().to_owned(),
                bytes: event.encode()?,
            });
        }
        journal.append(&entries)?;
    }
    Ok(())
}

/// Drives the engine through one cutover after another and keeps what it says.
pub(crate) struct Recorder {
    estate: Arc<Estate>,
    state: State,
    now: Timestamp,
    events: Vec<Event>,
    stratum: u64,
    stage: StageId,
    gateway: GatewayId,
}

impl Recorder {
    /// Begins with the bench's stage `shop` in an estate.
    pub(crate) fn new(estate: Estate) -> anyhow::Result<Self> {
        let mut recorder = Self {
            estate: Arc::new(estate),
            state: State::default(),
            now: Timestamp(1_772_442_000_000),
            events: Vec::new(),
            stratum: 0,
            stage: StageId::parse("shop")?,
            gateway: GatewayId::parse("storefront")?,
        };
        recorder.ask(Actor::Controller, Request::StartController)?;
        let seen = Request::GatewaySeen {
            gateway: recorder.gateway.clone(),
            incarnation: 1,
            holds: tidegate_model::seam::ExposureVersion::default(),
        };
        recorder.ask(recorder.at_gateway(), seen)?;
        Ok(recorder)
    }

    fn at_gateway(&self) -> Actor {
        Actor::Gateway {
            id: self.gateway.clone(),
        }
    }

    fn owner(&self) -> anyhow::Result<Actor> {
        Ok(Actor::Person {
            id: tidegate_model::PersonId::parse("ana")?,
            door: Door::Token,
        })
    }

    fn ask(&mut self, actor: Actor, request: Request) -> anyhow::Result<()> {
        let command = Command {
            actor,
            key: None,
            request,
        };
        let decision = decide(&self.estate, &self.state, &command, self.now);
        for event in &decision.events {
            apply(&mut self.state, event);
        }
        self.events.extend(decision.events);
        decision
            .answer
            .map(drop)
            .map_err(|refusal| anyhow::anyhow!("refused: {} ({})", refusal.what, refusal.remedy))
    }

    /// Approval and the first step.
    pub(crate) fn expose(&mut self) -> anyhow::Result<()> {
        let stage = self.stage.clone();
        self.ask(self.owner()?, Request::Approve { stage })?;
        self.end_effects()
    }

    /// Lets a second pass.
    pub(crate) fn later(&mut self) {
        self.now = self.now.after(Millis::seconds(1));
    }

    /// Forgets what was recorded, which nobody wants to write; the state stays.
    pub(crate) fn forget(&mut self) {
        self.events.clear();
    }

    /// Approval, exposure, evidence, harm, rollback, answer, change.
    fn round(&mut self, strata: u64) -> anyhow::Result<()> {
        self.expose()?;
        self.evidence(2)?;
        self.repeat_evidence(strata, 2);
        while self.is_exposed() {
            self.evidence(400)?;
        }
        self.end_effects()?;
        let open: Vec<IncidentId> = self.state.open_incidents().map(|(id, _)| id.clone()).collect();
        for incident in open {
            let lesson = "none, because it was made to fail".to_owned();
            self.ask(
                self.owner()?,
                Request::Acknowledge {
                    incident: incident.clone(),
                },
            )?;
            self.ask(self.owner()?, Request::Resolve { incident, lesson })?;
        }
        self.end_effects()?;
        let change = Request::NoteChange {
            stage: self.stage.clone(),
            side: tidegate_engine::Side::New,
            reference: format!("change-{}", self.stratum),
            summary: String::new(),
        };
        self.ask(self.owner()?, change)
    }

    pub(crate) fn is_exposed(&self) -> bool {
        self.state
            .stages
            .get(&self.stage)
            .is_some_and(|stage| stage.phase.is_exposed())
    }

    /// A second of counts, whole; `bad` of 1,000 pages of the new side fail.
    fn evidence(&mut self, bad: u64) -> anyhow::Result<()> {
        self.later();
        let arm = |n, hits| ArmCounts { n, hits };
        let named = |name: &str, ripeness, n, old, new| {
            anyhow::Ok((CriterionId::parse(name)?, ripeness, arm(n, old), arm(n, new)))
        };
        let prompt = vec![
            named("split", Ripeness::Whole, 1_000, 1_000, 1_000)?,
            named("view-errors", Ripeness::Young, 1_000, 2, bad)?,
        ];
        let cohort = vec![
            named("order-completion", Ripeness::Whole, 20, 19, 19)?,
            named("view-errors", Ripeness::Grown, 1_000, 2, bad)?,
        ];
        self.stratum_of(StratumPart::Prompt, prompt)?;
        self.stratum_of(StratumPart::Cohort, cohort)
    }

    /// One part of a second's counts, of the old and of the new side; the cohort ends the second.
    pub(crate) fn stratum_of(&mut self, part: StratumPart, meters: Vec<Counted>) -> anyhow::Result<()> {
        let asserted = self.state.asserted.last_key_value();
        let version = asserted
            .map(|(epoch, seq)| tidegate_model::seam::ExposureVersion {
                epoch: *epoch,
                seq: *seq,
            })
            .unwrap_or_default();
        let counted = |(criterion, ripeness, old, new): Counted| MeterCounts {
            ripeness,
            ..MeterCounts::whole(self.stage.clone(), criterion, old, new)
        };
        let stratum = Stratum {
            id: StratumId {
                gateway: self.gateway.clone(),
                incarnation: 1,
                index: self.stratum,
                part,
            },
            began: self.now,
            lasted: Millis::seconds(1),
            version,
            untracked: 0,
            fallbacks: 0,
            voided: false,
            counts: meters.into_iter().map(counted).collect(),
            promised: Vec::new(),
        };
        self.stratum += u64::from(part == StratumPart::Cohort);
        self.ask(self.at_gateway(), Request::Evidence(stratum))
    }

    /// So many more seconds of the same counts, as the entries that the engine made of the last second, one for each part:
    /// deciding each anew would take hours and give nothing else.
    pub(crate) fn repeat_evidence(&mut self, seconds: u64, parts: usize) {
        let entries = self.events.iter().rev();
        let is_evidence = |event: &&Event| matches!(event.body, Body::EvidenceRecorded { .. });
        let last: Vec<Event> = entries.filter(is_evidence).take(parts).cloned().collect();
        for _ in 0..seconds {
            self.now = self.now.after(Millis::seconds(1));
            for mut event in last.iter().rev().cloned() {
                event.at = self.now;
                if let Body::EvidenceRecorded { stratum, .. } = &mut event.body {
                    stratum.began = self.now;
                    stratum.id.index = self.stratum;
                }
                apply(&mut self.state, &event);
                self.events.push(event);
            }
            self.stratum += 1;
        }
    }

    /// Everything in the outbox ends well.
    fn end_effects(&mut self) -> anyhow::Result<()> {
        let waiting: Vec<(tidegate_model::seam::EffectKey, Effect)> = self
            .state
            .outbox()
            .iter()
            .map(|(key, waiting)| (key.clone(), waiting.effect.clone()))
            .collect();
        for (key, effect) in waiting {
            let outcome = match effect {
                Effect::SetExposure(_) => Outcome::InForce {
                    acknowledged: vec![self.gateway.clone()],
                    lapsed: Vec::new(),
                },
                Effect::Page(_) | Effect::AskApproval(_) | Effect::Notify(_) => Outcome::Accepted {
                    detail: "250 taken".to_owned(),
                },
            };
            self.ask(Actor::Controller, Request::Receive(Receipt { key, outcome }))?;
        }
        Ok(())
    }
}

/// Kinds of the recorded events must be those of a cutover, not of one endless refusal.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_goes_from_approval_to_the_way_back() {
        let nowhere = std::net::SocketAddr::from(([127, 0, 0, 1], 1));
        let setup = one_unit(nowhere, nowhere, nowhere);
        let estate = compile(&setup.bundle(), &setup.settings, Mode::Author).estate;
        let mut recorder = Recorder::new(estate.expect("it has no errors")).expect("the bench's estate is run");
        recorder.round(5).expect("a round");
        recorder.round(5).expect("the next round");
        assert!(recorder.events.len() > 2 * 2 * 5, "{} events", recorder.events.len());
        let rolled_back = recorder
            .events
            .iter()
            .filter(|event| matches!(event.body, Body::RolledBack { .. }));
        assert_eq!(rolled_back.count(), 2);
    }
}
