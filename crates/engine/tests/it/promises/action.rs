//! What anybody may do to the world, as small plain values: what they mean is worked out against the world they meet.

use tidegate_engine::Side;
use tidegate_model::Severity;

use crate::world::Health;

/// A stage of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Catalogue,
    Pricing,
    Checkout,
    /// None of the estate's.
    Nowhere,
}

impl Place {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Catalogue => "catalogue",
            Self::Pricing => "pricing",
            Self::Checkout => "checkout",
            Self::Nowhere => "nowhere",
        }
    }

    /// People with authority over it: first its approvers, in the order of its gate.
    pub(crate) fn people(self) -> &'static [&'static str] {
        match self {
            Self::Catalogue | Self::Nowhere => &["cleo"],
            Self::Pricing => &["pat", "gus"],
            Self::Checkout => &["ana", "bea"],
        }
    }
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// Somebody with authority for it.
    Right,
    /// Somebody of the estate, or nobody of it.
    Person(&'static str),
    /// As before, through a link in a letter.
    Linked(&'static str),
    /// A service of this purpose.
    Service(&'static str),
    /// A gateway of this name.
    Gateway(&'static str),
    /// The controller.
    Controller,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    Approve(Place),
    AcceptRisk(Place),
    Finalise(Place),
    Hold(Place),
    Resume(Place),
    Rollback(Place),
    Change(Place, Side),
    /// Answers pricing's manual criterion, or, wrongly, the compared one.
    Attest {
        holds: bool,
        is_manual: bool,
    },
    Open(Place, Severity),
    /// The open incident of this place in the list, else one that does not exist.
    Acknowledge(usize),
    Act(usize, &'static str),
    /// A step of the runbook that is done by hand, in that incident.
    Finish(usize, u32),
    Revert(&'static str),
    /// Closes it with its lesson, or without.
    Resolve(usize, bool),
    /// A drill of the way back, which worked or did not.
    Drill(bool),
    Feedback(Place),
    /// Answers the first that waits at this place, else one that does not exist.
    Answer(Place),
    /// The same with the criterion that only an edit brings.
    AnswerAdded(Place),
    /// A text longer than any may be.
    Shout(Place),
    /// What only machines ask.
    Start,
    Tick,
    LoseGateway,
    Report(Place),
    Observe(Place),
}

/// How a report of counts arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Post {
    /// Both parts, now.
    Prompt,
    /// Only the one part.
    Half,
    /// Both parts, the later first, after a gap.
    Disordered,
    /// Each twice.
    Twice,
    /// Kept until [`Action::Deliver`].
    Kept,
    /// Under the exposure before.
    Outdated,
    /// Under an exposure that was never asked for.
    Premature,
    /// From a start of the gateway long ago.
    Reborn,
    /// Its cohorts were voided by a restart.
    Voided,
    /// From a clock an hour ahead.
    Skewed,
}

/// Which effects end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    All,
    Exposure,
    Pages,
    /// One that is not in the outbox.
    Unknown,
}

/// How they end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Well,
    /// The gateway did not answer and its lease has run out.
    Lapsed,
    /// For good.
    Badly,
    /// An outcome of another kind of effect.
    Oddly,
}

/// What comparing two databases says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    Clean,
    Differs,
    Few,
    Silent,
    /// Seen before the present step.
    Old,
}

/// What a source outside says, to a question for a number or for counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A number within its bound.
    Within,
    /// A number beyond it.
    Beyond,
    /// A number of a minute ago.
    Old,
    /// Pages without a fault.
    Sound,
    /// Pages with more faults than tolerated.
    Faulty,
    /// Pages without a fault, of which one did not answer.
    Gappy,
    /// A survey that found nothing and began some seconds ago.
    Begun,
    /// So few pages that they prove nothing.
    Scant,
    /// A survey that begins in a minute.
    Early,
    /// Rows that agree, that do not, and of which nobody can tell.
    Clean,
    Torn,
    Doubtful,
    /// Counts of a night where a stream is asked for.
    Night,
    /// Equal shares on both sides.
    Equal,
    /// Far more refusals on the new side.
    Refused,
    /// Nobody on either side.
    Nobody,
    /// The same counts on both sides, so small that they say little.
    Few,
    /// More refusals than attempts.
    Absurd,
    Nothing,
    NotANumber,
    Silent,
}

/// A promise that a source is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Vow {
    /// Nobody pays twice.
    PaidOnce,
    /// Answers of pricing come in time.
    Answers,
    /// Most of what pricing does is well.
    Shares,
}

/// What a gateway does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coming {
    Lost,
    Back,
    Restarted,
    /// It holds an exposure that this journal never asked for.
    Ahead,
    /// None: the controller is told that its journal was restored.
    Distrusted,
}

/// How an estate was edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edit {
    /// A title.
    Nothing,
    /// As the shop was at first.
    Back,
    /// Another owner of checkout.
    Owner,
    /// Pricing's domain is gone.
    DomainGone,
    /// Checkout's approvers are others.
    Approvers,
    /// Catalogue's margins are wider.
    Margin,
    /// Pricing's stage is gone.
    StageGone,
    /// The wallet's switch and its grants are gone.
    SwitchGone,
    /// Somebody of the direction is gone.
    PersonGone,
    /// Visitors would be split anew.
    Salt,
    /// Growth pauses soon, for minutes.
    Freeze,
    /// Growth waits for office hours.
    Hours,
    /// Catalogue gets a step more.
    Steps,
    /// Somebody else is on call for checkout.
    Handover,
    /// Every gate gets a criterion.
    Added,
    /// The runbook of the way back has a step more.
    Runbook,
    /// Ana is reached otherwise.
    Address,
    /// Checkout's stage cuts another unit over.
    Unit,
    /// Checkout's stage is pricing's.
    StageOwner,
    /// Checkout and pricing ask for nothing at their doors.
    Door,
    /// Pricing comes after nothing.
    After,
    /// Watches are short, and ways back close at once.
    Hasty,
    /// What has held growth takes back, and the other way round.
    OnHarm,
    /// Many attempts.
    Attempts,
    /// Ladders begin with platform.
    Ladder,
    /// What is promised of orders is less.
    Looser,
}

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Whatever carries a stage on from where it is.
    Advance(Place),
    /// A gate that cannot tell yet is opened at somebody's risk, after a silence or at once.
    Dare(Place, bool),
    /// Somebody takes the incident at this place, or a new one of checkout, and uses an action in it.
    Mitigate(usize, &'static str),
    /// Pricing's gate passes, says nothing while it is held, and passes again: one has approved before, another since.
    Waver,
    /// Seconds pass and the clock is obeyed.
    Wait(u64),
    /// Seconds pass and nobody looks at the clock until they are over.
    Sleep(u64),
    /// The machine's clock is set back by so many seconds.
    ClockBack(u64),
    /// A second's counts of a stage, so many times the usual traffic.
    Count(Place, Health, u64, Post),
    /// The clock goes on and counts come, so many seconds long.
    Stream(Place, Health, u64),
    /// Reports that were kept arrive.
    Deliver,
    End(Which, How),
    Observe(Sight),
    /// A source outside answers the question of this criterion of pricing.
    Tell(&'static str, Answer),
    /// A gateway tells how many attempts of checkout's flow were bad, of so many, or a gateway that counts something else does.
    Promised(u64, u64, bool),
    /// The source of a promise answers.
    Vow(Vow, Answer),
    /// The brake looks: attempts and failures in a hundred on both sides.
    Look(Place, u64, u64, u64),
    Gateway(Coming),
    Restart,
    /// Runs the estate with one edit or two.
    Adopt(Who, Edit, Option<Edit>),
    /// Somebody complains, everybody's gate gets a criterion for it, and that is the answer.
    Learn(Place),
    /// Asks, under one of a few keys or none.
    Ask(Who, Option<u8>, Deed),
}
