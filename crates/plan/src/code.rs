//! The codes of diagnostics: stable, never reused, each with a page that `explain` prints.

/// What is wrong, as a stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// TG0001: text that is not YAML.
    Syntax,
    /// TG0002: a limit is exceeded.
    Limit,
    /// TG0003: a key is written twice.
    DuplicateKey,
    /// TG0004: an alias is used.
    Alias,
    /// TG0005: the envelope of a document is not known.
    Envelope,
    /// TG0006: a field is not known.
    UnknownField,
    /// TG0007: a field is missing.
    MissingField,
    /// TG0008: a value has the wrong type or form.
    WrongValue,
    /// TG0009: a name breaks the name rule.
    BadName,
    /// TG0010: a setting is not given.
    MissingSetting,
    /// TG0011: a name is declared twice.
    DeclaredTwice,
    /// TG0012: a reference leads nowhere.
    UnknownReference,
    /// TG0013: nothing names the estate.
    NoEstate,
    /// TG0014: a Backstage field is not read.
    ForeignField,
    /// TG0101: a domain has no owner.
    NoOwner,
    /// TG0102: an owner is not declared.
    UnknownOwner,
    /// TG0103: an owner is a person.
    PersonAsOwner,
    /// TG0104: a domain has two owners.
    TwoOwners,
    /// TG0105: an owner has no people.
    EmptyTeam,
    /// TG0201: a ladder has fewer than four rungs.
    FewRungs,
    /// TG0202: a rung reaches nobody.
    RungReachesNobody,
    /// TG0203: one person stands on every rung.
    SamePersonEverywhere,
    /// TG0204: nothing happens after the last rung.
    NothingAtTheTop,
    /// TG0205: a time to answer is not positive.
    AnswerTime,
    /// TG0301: an action has no expiry.
    NoExpiry,
    /// TG0302: an action sets an unknown switch.
    UnknownSwitch,
    /// TG0303: a switch has no default.
    NoDefault,
    /// TG0304: an action sets a value of another type.
    SwitchType,
    /// TG0305: an action has no effect.
    NoEffect,
    /// TG0401: a failure mode has no signal.
    NoSignal,
    /// TG0402: a failure mode has no runbook.
    NoRunbook,
    /// TG0403: a failure mode has no owner.
    HazardWithoutOwner,
    /// TG0404: a stage has no failure mode.
    RiskNotCovered,
    /// TG0501: a gate has no criterion.
    NoCriterion,
    /// TG0502: a gate has no approver.
    NoApprover,
    /// TG0503: a stage has no rollback rule.
    NoRollback,
    /// TG0504: nobody may trigger the rollback.
    NoTrigger,
    /// TG0505: nobody executes the rollback.
    NoExecutor,
    /// TG0506: who approves also executes.
    ApproverExecutes,
    /// TG0507: exposure does not grow from step to step.
    StepsNotGrowing,
    /// TG0508: the last step is not 100 %.
    NotToTheEnd,
    /// TG0509: stages wait for each other.
    Cycle,
    /// TG0510: a unit is not on the edge.
    UnknownUnit,
    /// TG0511: a flow's route is not on the edge.
    NoEntryPoint,
    /// TG0512: a payment flow has no callback.
    NoCallback,
    /// TG0513: a gate is decorative.
    Decorative,
    /// TG0514: no traffic is declared.
    NoTraffic,
    /// TG0515: a criterion watches a flow of another unit.
    OtherUnit,
    /// TG0516: nobody is told of a rollback.
    NoCommunication,
    /// TG0517: two edges listen on one address.
    SharedAddress,
    /// TG0518: a criterion watches a flow of another edge.
    OtherEdge,
    /// TG0519: a stage's unit has no route.
    NoRoute,
    /// TG0520: two stages move one unit.
    SharedUnit,
    /// TG0601: a segment is not declared.
    UnknownSegment,
    /// TG0602: a segment where no flow is watched.
    SegmentWithoutFlow,
    /// TG0603: there are too many segments or values.
    ManySegments,
    /// TG0604: shares of a segment are more than the whole.
    ShareSum,
    /// TG0605: frozen thresholds are out of order.
    ThresholdOrder,
    /// TG0606: a level has no bound or two.
    OneBound,
    /// TG0607: counts that nothing judges.
    NothingJudged,
    /// TG0608: an old side and a comparison do not go together.
    OldSide,
    /// TG0609: a source has no batches.
    NoBatches,
    /// TG0610: a step has no time for its batches.
    ManyBatches,
    /// TG0611: an answer is too old before the next question.
    StaleBeforeAsked,
    /// TG0612: a timeout does not fit.
    Timeout,
    /// TG0613: a signal from outside has no owner.
    NoSignalOwner,
    /// TG0614: a segment is read from a body that is not there.
    SegmentWithoutBody,
}

impl Code {
    /// Every code, in order.
    pub const ALL: &[Self] = &[
        Self::Syntax,
        Self::Limit,
        Self::DuplicateKey,
        Self::Alias,
        Self::Envelope,
        Self::UnknownField,
        Self::MissingField,
        Self::WrongValue,
        Self::BadName,
        Self::MissingSetting,
        Self::DeclaredTwice,
        Self::UnknownReference,
        Self::NoEstate,
        Self::ForeignField,
        Self::NoOwner,
        Self::UnknownOwner,
        Self::PersonAsOwner,
        Self::TwoOwners,
        Self::EmptyTeam,
        Self::FewRungs,
        Self::RungReachesNobody,
        Self::SamePersonEverywhere,
        Self::NothingAtTheTop,
        Self::AnswerTime,
        Self::NoExpiry,
        Self::UnknownSwitch,
        Self::NoDefault,
        Self::SwitchType,
        Self::NoEffect,
        Self::NoSignal,
        Self::NoRunbook,
        Self::HazardWithoutOwner,
        Self::RiskNotCovered,
        Self::NoCriterion,
        Self::NoApprover,
        Self::NoRollback,
        Self::NoTrigger,
        Self::NoExecutor,
        Self::ApproverExecutes,
        Self::StepsNotGrowing,
        Self::NotToTheEnd,
        Self::Cycle,
        Self::UnknownUnit,
        Self::NoEntryPoint,
        Self::NoCallback,
        Self::Decorative,
        Self::NoTraffic,
        Self::OtherUnit,
        Self::NoCommunication,
        Self::SharedAddress,
        Self::OtherEdge,
        Self::NoRoute,
        Self::SharedUnit,
        Self::UnknownSegment,
        Self::SegmentWithoutFlow,
        Self::ManySegments,
        Self::ShareSum,
        Self::ThresholdOrder,
        Self::OneBound,
        Self::NothingJudged,
        Self::OldSide,
        Self::NoBatches,
        Self::ManyBatches,
        Self::StaleBeforeAsked,
        Self::Timeout,
        Self::NoSignalOwner,
        Self::SegmentWithoutBody,
    ];

    /// The code as text, such as `TG0104`.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Syntax => "TG0001",
            Self::Limit => "TG0002",
            Self::DuplicateKey => "TG0003",
            Self::Alias => "TG0004",
            Self::Envelope => "TG0005",
            Self::UnknownField => "TG0006",
            Self::MissingField => "TG0007",
            Self::WrongValue => "TG0008",
            Self::BadName => "TG0009",
            Self::MissingSetting => "TG0010",
            Self::DeclaredTwice => "TG0011",
            Self::UnknownReference => "TG0012",
            Self::NoEstate => "TG0013",
            Self::ForeignField => "TG0014",
            Self::NoOwner => "TG0101",
            Self::UnknownOwner => "TG0102",
            Self::PersonAsOwner => "TG0103",
            Self::TwoOwners => "TG0104",
            Self::EmptyTeam => "TG0105",
            Self::FewRungs => "TG0201",
            Self::RungReachesNobody => "TG0202",
            Self::SamePersonEverywhere => "TG0203",
            Self::NothingAtTheTop => "TG0204",
            Self::AnswerTime => "TG0205",
            Self::NoExpiry => "TG0301",
            Self::UnknownSwitch => "TG0302",
            Self::NoDefault => "TG0303",
            Self::SwitchType => "TG0304",
            Self::NoEffect => "TG0305",
            Self::NoSignal => "TG0401",
            Self::NoRunbook => "TG0402",
            Self::HazardWithoutOwner => "TG0403",
            Self::RiskNotCovered => "TG0404",
            Self::NoCriterion => "TG0501",
            Self::NoApprover => "TG0502",
            Self::NoRollback => "TG0503",
            Self::NoTrigger => "TG0504",
            Self::NoExecutor => "TG0505",
            Self::ApproverExecutes => "TG0506",
            Self::StepsNotGrowing => "TG0507",
            Self::NotToTheEnd => "TG0508",
            Self::Cycle => "TG0509",
            Self::UnknownUnit => "TG0510",
            Self::NoEntryPoint => "TG0511",
            Self::NoCallback => "TG0512",
            Self::Decorative => "TG0513",
            Self::NoTraffic => "TG0514",
            Self::OtherUnit => "TG0515",
            Self::NoCommunication => "TG0516",
            Self::SharedAddress => "TG0517",
            Self::OtherEdge => "TG0518",
            Self::NoRoute => "TG0519",
            Self::SharedUnit => "TG0520",
            Self::UnknownSegment => "TG0601",
            Self::SegmentWithoutFlow => "TG0602",
            Self::ManySegments => "TG0603",
            Self::ShareSum => "TG0604",
            Self::ThresholdOrder => "TG0605",
            Self::OneBound => "TG0606",
            Self::NothingJudged => "TG0607",
            Self::OldSide => "TG0608",
            Self::NoBatches => "TG0609",
            Self::ManyBatches => "TG0610",
            Self::StaleBeforeAsked => "TG0611",
            Self::Timeout => "TG0612",
            Self::NoSignalOwner => "TG0613",
            Self::SegmentWithoutBody => "TG0614",
        }
    }

    /// What it says, in a few words.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Syntax => "text that is not YAML",
            Self::Limit => "a limit is exceeded",
            Self::DuplicateKey => "a key is written twice",
            Self::Alias => "an alias is used",
            Self::Envelope => "the envelope of a document is not known",
            Self::UnknownField => "a field is not known",
            Self::MissingField => "a field is missing",
            Self::WrongValue => "a value has the wrong type or form",
            Self::BadName => "a name breaks the name rule",
            Self::MissingSetting => "a setting is not given",
            Self::DeclaredTwice => "a name is declared twice",
            Self::UnknownReference => "a reference leads nowhere",
            Self::NoEstate => "nothing names the estate",
            Self::ForeignField => "a Backstage field is not read",
            Self::NoOwner => "a domain has no owner",
            Self::UnknownOwner => "an owner is not declared",
            Self::PersonAsOwner => "an owner is a person",
            Self::TwoOwners => "a domain has two owners",
            Self::EmptyTeam => "an owner has no people",
            Self::FewRungs => "a ladder has fewer than four rungs",
            Self::RungReachesNobody => "a rung reaches nobody",
            Self::SamePersonEverywhere => "one person stands on every rung",
            Self::NothingAtTheTop => "nothing happens after the last rung",
            Self::AnswerTime => "a time to answer is not positive",
            Self::NoExpiry => "an action has no expiry",
            Self::UnknownSwitch => "an action sets an unknown switch",
            Self::NoDefault => "a switch has no default",
            Self::SwitchType => "an action sets a value of another type",
            Self::NoEffect => "an action has no effect",
            Self::NoSignal => "a failure mode has no signal",
            Self::NoRunbook => "a failure mode has no runbook",
            Self::HazardWithoutOwner => "a failure mode has no owner",
            Self::RiskNotCovered => "a stage has no failure mode",
            Self::NoCriterion => "a gate has no criterion",
            Self::NoApprover => "a gate has no approver",
            Self::NoRollback => "a stage has no rollback rule",
            Self::NoTrigger => "nobody may trigger the rollback",
            Self::NoExecutor => "nobody executes the rollback",
            Self::ApproverExecutes => "who approves also executes",
            Self::StepsNotGrowing => "exposure does not grow from step to step",
            Self::NotToTheEnd => "the last step is not 100 %",
            Self::Cycle => "stages wait for each other",
            Self::UnknownUnit => "a unit is not on the edge",
            Self::NoEntryPoint => "a flow's route is not on the edge",
            Self::NoCallback => "a payment flow has no callback",
            Self::Decorative => "a gate is decorative",
            Self::NoTraffic => "no traffic is declared",
            Self::OtherUnit => "a criterion watches a flow of another unit",
            Self::NoCommunication => "nobody is told of a rollback",
            Self::SharedAddress => "two edges listen on one address",
            Self::OtherEdge => "a criterion watches a flow of another edge",
            Self::NoRoute => "a stage's unit has no route",
            Self::SharedUnit => "two stages move one unit",
            Self::UnknownSegment => "a segment is not declared",
            Self::SegmentWithoutFlow => "a segment where no flow is watched",
            Self::ManySegments => "there are too many segments or values",
            Self::ShareSum => "shares of a segment are more than the whole",
            Self::ThresholdOrder => "frozen thresholds are out of order",
            Self::OneBound => "a level has no bound or two",
            Self::NothingJudged => "counts that nothing judges",
            Self::OldSide => "an old side and a comparison do not go together",
            Self::NoBatches => "a source has no batches",
            Self::ManyBatches => "a step has no time for its batches",
            Self::StaleBeforeAsked => "an answer is too old before the next question",
            Self::Timeout => "a timeout does not fit",
            Self::NoSignalOwner => "a signal from outside has no owner",
            Self::SegmentWithoutBody => "a segment is read from a body that is not there",
        }
    }

    /// Its page in Markdown.
    #[must_use]
    pub fn page(self) -> &'static str {
        match self {
            Self::Syntax => include_str!("explain/TG0001.md"),
            Self::Limit => include_str!("explain/TG0002.md"),
            Self::DuplicateKey => include_str!("explain/TG0003.md"),
            Self::Alias => include_str!("explain/TG0004.md"),
            Self::Envelope => include_str!("explain/TG0005.md"),
            Self::UnknownField => include_str!("explain/TG0006.md"),
            Self::MissingField => include_str!("explain/TG0007.md"),
            Self::WrongValue => include_str!("explain/TG0008.md"),
            Self::BadName => include_str!("explain/TG0009.md"),
            Self::MissingSetting => include_str!("explain/TG0010.md"),
            Self::DeclaredTwice => include_str!("explain/TG0011.md"),
            Self::UnknownReference => include_str!("explain/TG0012.md"),
            Self::NoEstate => include_str!("explain/TG0013.md"),
            Self::ForeignField => include_str!("explain/TG0014.md"),
            Self::NoOwner => include_str!("explain/TG0101.md"),
            Self::UnknownOwner => include_str!("explain/TG0102.md"),
            Self::PersonAsOwner => include_str!("explain/TG0103.md"),
            Self::TwoOwners => include_str!("explain/TG0104.md"),
            Self::EmptyTeam => include_str!("explain/TG0105.md"),
            Self::FewRungs => include_str!("explain/TG0201.md"),
            Self::RungReachesNobody => include_str!("explain/TG0202.md"),
            Self::SamePersonEverywhere => include_str!("explain/TG0203.md"),
            Self::NothingAtTheTop => include_str!("explain/TG0204.md"),
            Self::AnswerTime => include_str!("explain/TG0205.md"),
            Self::NoExpiry => include_str!("explain/TG0301.md"),
            Self::UnknownSwitch => include_str!("explain/TG0302.md"),
            Self::NoDefault => include_str!("explain/TG0303.md"),
            Self::SwitchType => include_str!("explain/TG0304.md"),
            Self::NoEffect => include_str!("explain/TG0305.md"),
            Self::NoSignal => include_str!("explain/TG0401.md"),
            Self::NoRunbook => include_str!("explain/TG0402.md"),
            Self::HazardWithoutOwner => include_str!("explain/TG0403.md"),
            Self::RiskNotCovered => include_str!("explain/TG0404.md"),
            Self::NoCriterion => include_str!("explain/TG0501.md"),
            Self::NoApprover => include_str!("explain/TG0502.md"),
            Self::NoRollback => include_str!("explain/TG0503.md"),
            Self::NoTrigger => include_str!("explain/TG0504.md"),
            Self::NoExecutor => include_str!("explain/TG0505.md"),
            Self::ApproverExecutes => include_str!("explain/TG0506.md"),
            Self::StepsNotGrowing => include_str!("explain/TG0507.md"),
            Self::NotToTheEnd => include_str!("explain/TG0508.md"),
            Self::Cycle => include_str!("explain/TG0509.md"),
            Self::UnknownUnit => include_str!("explain/TG0510.md"),
            Self::NoEntryPoint => include_str!("explain/TG0511.md"),
            Self::NoCallback => include_str!("explain/TG0512.md"),
            Self::Decorative => include_str!("explain/TG0513.md"),
            Self::NoTraffic => include_str!("explain/TG0514.md"),
            Self::OtherUnit => include_str!("explain/TG0515.md"),
            Self::NoCommunication => include_str!("explain/TG0516.md"),
            Self::SharedAddress => include_str!("explain/TG0517.md"),
            Self::OtherEdge => include_str!("explain/TG0518.md"),
            Self::NoRoute => include_str!("explain/TG0519.md"),
            Self::SharedUnit => include_str!("explain/TG0520.md"),
            Self::UnknownSegment => include_str!("explain/TG0601.md"),
            Self::SegmentWithoutFlow => include_str!("explain/TG0602.md"),
            Self::ManySegments => include_str!("explain/TG0603.md"),
            Self::ShareSum => include_str!("explain/TG0604.md"),
            Self::ThresholdOrder => include_str!("explain/TG0605.md"),
            Self::OneBound => include_str!("explain/TG0606.md"),
            Self::NothingJudged => include_str!("explain/TG0607.md"),
            Self::OldSide => include_str!("explain/TG0608.md"),
            Self::NoBatches => include_str!("explain/TG0609.md"),
            Self::ManyBatches => include_str!("explain/TG0610.md"),
            Self::StaleBeforeAsked => include_str!("explain/TG0611.md"),
            Self::Timeout => include_str!("explain/TG0612.md"),
            Self::NoSignalOwner => include_str!("explain/TG0613.md"),
            Self::SegmentWithoutBody => include_str!("explain/TG0614.md"),
        }
    }

    /// Whether an estate cannot be assembled from text that shows it; other codes are rules, which newer releases add to.
    #[must_use]
    pub fn is_structural(self) -> bool {
        self.text() < Self::NoOwner.text()
    }

    /// Reads a code, in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.text().eq_ignore_ascii_case(text))
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text())
    }
}

/// The page of a code in Markdown: what it means, a bad and a good example. `None` when there is no such code.
#[must_use]
pub fn explain(code: &str) -> Option<&'static str> {
    Code::parse(code).map(Code::page)
}
