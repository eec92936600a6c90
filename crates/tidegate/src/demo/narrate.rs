//! Telling the story while it happens: each event in plain words. It watches and does nothing else.

use std::io::IsTerminal;

use tidegate_engine::Event;
use tidegate_engine::event::Body;
use tidegate_engine::view::Tone;
use tidegate_model::Timestamp;
use tidegate_model::seam::Verdict;

use super::story::Story;
use super::world::World;
use crate::live::{Controller, SharedJournal};
use crate::say::say;

/// Entries read from the journal at once.
const ENTRIES_AT_ONCE: usize = 512;

/// Follows the journal of a running controller.
pub(crate) struct Narrator {
    journal: SharedJournal,
    sequence: tokio::sync::watch::Receiver<u64>,
    began_again: bool,
    next: u64,
    began: Option<Timestamp>,
    /// The last line; one that only says it again is left out.
    told: String,
    story: Story,
}

impl Narrator {
    pub(crate) fn new(controller: &Controller) -> Self {
        Self {
            journal: controller.journal.clone(),
            sequence: controller.handle.watch(),
            began_again: false,
            next: 1,
            began: None,
            told: String::new(),
            story: Story::default(),
        }
    }

    pub(crate) fn story(&self) -> &Story {
        &self.story
    }

    /// Tells events until every stage is final (true), or the controller has gone (false).
    pub(crate) async fn until_over(&mut self, world: &mut World, controller: &Controller) -> anyhow::Result<bool> {
        loop {
            for (seq, event) in self.read()? {
                self.tell(seq, &event);
                self.story.read(&event);
                if let Body::StepExposed { stage, .. } = &event.body {
                    self.began_again |=
                        stage.as_str() == "checkout" && !self.story.stage("checkout").rollbacks.is_empty();
                }
                if let Body::RollbackBegun { stage, .. } = &event.body {
                    world.rolled_back(stage.as_str(), event.at);
                }
            }
            world.watch_rollback(controller, self.began_again);
            if self.is_over() {
                return Ok(true);
            }
            if self.sequence.changed().await.is_err() {
                return Ok(false);
            }
        }
    }

    fn is_over(&self) -> bool {
        self.story.stages.len() >= super::world::STAGES && self.story.stages.iter().all(|(_, stage)| stage.is_through())
    }

    fn read(&mut self) -> anyhow::Result<Vec<(u64, Event)>> {
        let journal = self.journal.lock().expect("no code panics while it holds the journal");
        let mut events = Vec::new();
        loop {
            let entries = journal.read(self.next, ENTRIES_AT_ONCE)?;
            let Some(last) = entries.last() else { return Ok(events) };
            self.next = last.seq + 1;
            for entry in &entries {
                events.push((entry.seq, Event::decode(&entry.bytes)?));
            }
        }
    }

    fn tell(&mut self, seq: u64, event: &Event) {
        let began = *self.began.get_or_insert(event.at);
        if is_told(&event.body) {
            let seconds = event.at.since(began).0 / 1_000;
            let happened = tidegate_engine::view::happened(seq, event);
            if happened.text == self.told {
                return;
            }
            let (begin, end) = colour(happened.tone);
            say!(
                "{:>3}:{:02}  {} {begin}{}{end}",
                seconds / 60,
                seconds % 60,
                mark(happened.tone),
                happened.text
            );
            self.told = happened.text;
        }
    }
}

/// What a line is about, for eyes that see no colours and for logs.
fn mark(tone: Tone) -> char {
    match tone {
        Tone::Calm => ' ',
        Tone::Wait => '?',
        Tone::Harm => '!',
        Tone::Good => '+',
    }
}

/// Colours of a terminal, around the text.
fn colour(tone: Tone) -> (&'static str, &'static str) {
    if !std::io::stdout().is_terminal() {
        return ("", "");
    }
    match tone {
        Tone::Calm => ("", ""),
        Tone::Wait => ("\x1b[33m", "\x1b[0m"),
        Tone::Harm => ("\x1b[1;31m", "\x1b[0m"),
        Tone::Good => ("\x1b[32m", "\x1b[0m"),
    }
}

/// What a newcomer needs to hear; the rest is in the journal.
fn is_told(body: &Body) -> bool {
    match body {
        Body::StepExposed { .. }
        | Body::GatePassed { .. }
        | Body::HarmFound { .. }
        | Body::StageHeld { .. }
        | Body::HoldLifted { .. }
        | Body::RollbackBegun { .. }
        | Body::RolledBack { .. }
        | Body::ChangeNoted { .. }
        | Body::WatchBegun { .. }
        | Body::StageFinalised { .. }
        | Body::IncidentOpened { .. }
        | Body::RungCalled { .. }
        | Body::IncidentAcknowledged { .. }
        | Body::ActionTaken { .. }
        | Body::RunbookStepDone { .. }
        | Body::IncidentResolved { .. }
        | Body::Approved { .. }
        | Body::CommandRefused { .. }
        | Body::RunbookDrilled { .. }
        | Body::FeedbackFiled { .. }
        | Body::LessonAnswered { .. }
        | Body::GatewayLost { .. } => true,
        Body::CriterionJudged { verdict, .. } => matches!(verdict, Verdict::Harm),
        Body::ControllerStarted { .. }
        | Body::PromiseObserved { .. }
        | Body::EstateAdopted { .. }
        | Body::StageReadied { .. }
        | Body::OpeningDeferred { .. }
        | Body::ApprovalAsked { .. }
        | Body::RiskAccepted { .. }
        | Body::SoakBegun { .. }
        | Body::GateOpened { .. }
        | Body::EvidenceRecorded { .. }
        | Body::Observed { .. }
        | Body::Attested { .. }
        | Body::DecisionAsked { .. }
        | Body::ApprovalOverdue { .. }
        | Body::AcknowledgementLapsed { .. }
        | Body::ActionReverted { .. }
        | Body::LessonOwed { .. }
        | Body::GatewayConnected { .. }
        | Body::EffectEnded { .. } => false,
    }
}
