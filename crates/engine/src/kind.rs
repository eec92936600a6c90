//! The stable word of each kind of event, as the journal and its readers have it.

use crate::event::Body;

impl Body {
    /// The stable word of its kind, as the journal has it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ControllerStarted { .. } => "controller-started",
            Self::EstateAdopted { .. } => "estate-adopted",
            Self::CommandRefused { .. } => "command-refused",
            Self::StageReadied { .. } => "stage-readied",
            Self::OpeningDeferred { .. } => "opening-deferred",
            Self::ApprovalAsked { .. } => "approval-asked",
            Self::Approved { .. } => "approved",
            Self::RiskAccepted { .. } => "risk-accepted",
            Self::StepExposed { .. } => "step-exposed",
            Self::SoakBegun { .. } => "soak-begun",
            Self::GateOpened { .. } => "gate-opened",
            Self::GatePassed { .. } => "gate-passed",
            Self::EvidenceRecorded { .. } => "evidence-recorded",
            Self::Observed { .. } => "observed",
            Self::PromiseObserved { .. } => "promise-observed",
            Self::CriterionJudged { .. } => "criterion-judged",
            Self::DecisionAsked { .. } => "decision-asked",
            Self::ApprovalOverdue { .. } => "approval-overdue",
            Self::Attested { .. } => "attested",
            Self::HarmFound { .. } => "harm-found",
            Self::StageHeld { .. } => "stage-held",
            Self::HoldLifted { .. } => "hold-lifted",
            Self::RollbackBegun { .. } => "rollback-begun",
            Self::RolledBack { .. } => "rolled-back",
            Self::ChangeNoted { .. } => "change-noted",
            Self::WatchBegun { .. } => "watch-begun",
            Self::StageFinalised { .. } => "stage-finalised",
            Self::IncidentOpened { .. } => "incident-opened",
            Self::RungCalled { .. } => "rung-called",
            Self::IncidentAcknowledged { .. } => "incident-acknowledged",
            Self::AcknowledgementLapsed { .. } => "acknowledgement-lapsed",
            Self::ActionTaken { .. } => "action-taken",
            Self::RunbookStepDone { .. } => "runbook-step-done",
            Self::ActionReverted { .. } => "action-reverted",
            Self::IncidentResolved { .. } => "incident-resolved",
            Self::RunbookDrilled { .. } => "runbook-drilled",
            Self::FeedbackFiled { .. } => "feedback-filed",
            Self::LessonOwed { .. } => "lesson-owed",
            Self::LessonAnswered { .. } => "lesson-answered",
            Self::GatewayConnected { .. } => "gateway-connected",
            Self::GatewayLost { .. } => "gateway-lost",
            Self::EffectEnded { .. } => "effect-ended",
        }
    }
}
