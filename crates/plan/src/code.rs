//! The codes of diagnostics: stable, never reused, each with a page that `explain` prints.

/// Declares the codes, one a line: its name here, its text, and its page's title. The page is the file of its text.
macro_rules! codes {
    ($($name:ident = $text:literal, $title:literal;)*) => {
        /// What is wrong, as a stable code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(
                #[doc = concat!($text, ": ", $title, ".")]
                $name,
            )*
        }

        impl Code {
            /// Every code, in order.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code as people see it, such as `TG0104`.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// The title of its page.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self {
                    $(Self::$name => $title,)*
                }
            }

            /// Its page in Markdown.
            #[must_use]
            pub fn page(self) -> &'static str {
                match self {
                    $(Self::$name => include_str!(concat!("explain/", $text, ".md")),)*
                }
            }
        }
    };
}

codes! {
    Syntax = "TG0001", "text that is not YAML";
    Limit = "TG0002", "a limit is exceeded";
    DuplicateKey = "TG0003", "a key is written twice";
    Alias = "TG0004", "an alias is used";
    Envelope = "TG0005", "the envelope of a document is not known";
    UnknownField = "TG0006", "a field is not known";
    MissingField = "TG0007", "a field is missing";
    WrongValue = "TG0008", "a value has the wrong type or form";
    BadName = "TG0009", "a name breaks the name rule";
    MissingSetting = "TG0010", "a setting is not given";
    DeclaredTwice = "TG0011", "a name is declared twice";
    UnknownReference = "TG0012", "a reference leads nowhere";
    NoEstate = "TG0013", "nothing names the estate";
    ForeignField = "TG0014", "a Backstage field is not read";
    NotRead = "TG0080", "a file is not read";
    Unseen = "TG0081", "a character that nobody sees";
    NoOwner = "TG0101", "a domain has no owner";
    UnknownOwner = "TG0102", "an owner is not declared";
    PersonAsOwner = "TG0103", "an owner is a person";
    TwoOwners = "TG0104", "a domain has two owners";
    EmptyTeam = "TG0105", "an owner has no people";
    SystemWithoutOwner = "TG0106", "a system has no owner";
    OwnersDisagree = "TG0107", "catalogue and domain name different owners";
    ObjectiveTwice = "TG0108", "two owners claim one objective";
    OneParty = "TG0109", "an agreement has one party";
    NothingPromised = "TG0110", "an agreement promises nothing";
    NoBoundary = "TG0111", "an agreement draws no boundary";
    NoSharedLadder = "TG0112", "an agreement has no escalation path";
    NoMeetings = "TG0113", "an agreement has no meetings";
    NotSigned = "TG0114", "an agreement is not signed";
    NeverInForce = "TG0115", "an agreement ends before it is signed";
    TransferIncomplete = "TG0116", "a transfer leaves something out";
    TransferOwner = "TG0117", "a transfer and its domain disagree";
    UnownedCode = "TG0118", "code of a domain is owned by nobody";
    CodeOwnersDisagree = "TG0119", "CODEOWNERS and domain name different owners";
    CodeOwnersLine = "TG0120", "a line of CODEOWNERS says nothing";
    UnitInNoDomain = "TG0121", "a unit is in no domain";
    FewRungs = "TG0201", "a ladder has fewer than four rungs";
    RungReachesNobody = "TG0202", "a rung reaches nobody";
    SamePersonEverywhere = "TG0203", "one person stands on every rung";
    NothingAtTheTop = "TG0204", "nothing happens after the last rung";
    AnswerTime = "TG0205", "a time to answer is not positive";
    AskedTwice = "TG0206", "the first two rungs reach one person";
    ContactUnreachable = "TG0207", "an escalation contact cannot be reached";
    ScopeShrinks = "TG0208", "a higher rung may decide less";
    TopDecidesLittle = "TG0209", "nobody decides for the organisation";
    OnCallStranger = "TG0210", "somebody is on call for another team";
    EmptyRoster = "TG0211", "a roster names nobody";
    TwoRosters = "TG0212", "a team has two rosters";
    OnCallUnreachable = "TG0213", "somebody on call cannot be reached";
    NoContact = "TG0280", "a domain has no escalation contact";
    NoExpiry = "TG0301", "an action has no expiry";
    UnknownSwitch = "TG0302", "an action sets an unknown switch";
    NoDefault = "TG0303", "a switch has no default";
    SwitchType = "TG0304", "an action sets a value of another type";
    NoEffect = "TG0305", "an action has no effect";
    NoAuthority = "TG0306", "a domain grants no action";
    OneActor = "TG0307", "one person alone may act";
    ForeignSwitch = "TG0308", "an action sets another domain's switch";
    ChangesNothing = "TG0309", "an action changes nothing";
    IdleSwitch = "TG0310", "no action sets a switch";
    NothingToTakeBack = "TG0311", "an action takes back what no stage moves";
    NoSignal = "TG0401", "a failure mode has no signal";
    NoRunbook = "TG0402", "a failure mode has no runbook";
    HazardWithoutOwner = "TG0403", "a failure mode has no owner";
    RiskNotCovered = "TG0404", "a stage has no failure mode";
    OnlyByHand = "TG0405", "a high risk is seen by people only";
    AreaNotCovered = "TG0406", "a typical area of risk is not covered";
    AreaNotWatched = "TG0407", "a typical area of risk is not watched";
    EmptyRunbook = "TG0480", "a runbook has no steps";
    NoCriterion = "TG0501", "a gate has no criterion";
    NoApprover = "TG0502", "a gate has no approver";
    NoRollback = "TG0503", "a stage has no rollback rule";
    NoTrigger = "TG0504", "nobody may trigger the rollback";
    NoExecutor = "TG0505", "nobody executes the rollback";
    ApproverExecutes = "TG0506", "who approves also executes";
    StepsNotGrowing = "TG0507", "exposure does not grow from step to step";
    NotToTheEnd = "TG0508", "the last step is not 100 %";
    Cycle = "TG0509", "stages wait for each other";
    UnknownUnit = "TG0510", "a unit is not on the edge";
    NoEntryPoint = "TG0511", "a flow's route is not on the edge";
    NoCallback = "TG0512", "a payment flow has no callback";
    Decorative = "TG0513", "a gate is decorative";
    NoTraffic = "TG0514", "no traffic is declared";
    OtherUnit = "TG0515", "a criterion watches a flow of another unit";
    NoCommunication = "TG0516", "nobody is told of a rollback";
    SharedAddress = "TG0517", "two edges listen on one address";
    OtherEdge = "TG0518", "a criterion watches a flow of another edge";
    NoRoute = "TG0519", "a stage's unit has no route";
    SharedUnit = "TG0520", "two stages move one unit";
    ReadsNoData = "TG0521", "a gate reads no data";
    NothingRollsBack = "TG0522", "nothing takes a stage back by itself";
    OneApprover = "TG0523", "one person alone can approve";
    WindowTooShort = "TG0524", "the way back closes before harm shows";
    NoHumanTrigger = "TG0525", "nobody but the gate may roll back";
    MoreAtRisk = "TG0526", "a step can lose more than it says";
    EntryAsks = "TG0527", "an entry condition does not ask for one thing";
    EntryNotMeasured = "TG0528", "an entry waits for what nobody measures then";
    ClientStays = "TG0529", "a client that cannot move has no rule";
    EntryAlwaysHolds = "TG0530", "an entry waits for what always holds";
    EntryNeverOpens = "TG0531", "an entry waits for what can never be told";
    NobodyApproves = "TG0580", "nobody can approve";
    LateApproval = "TG0581", "an approval may come too late";
    NoForwardFix = "TG0582", "what a stage has written has no way on";
    UnknownSegment = "TG0601", "a segment is not declared";
    SegmentWithoutFlow = "TG0602", "a segment where no flow is watched";
    ManySegments = "TG0603", "there are too many segments or values";
    ShareSum = "TG0604", "shares of a segment are more than the whole";
    ThresholdOrder = "TG0605", "frozen thresholds are out of order";
    OneBound = "TG0606", "a level has no bound or two";
    NothingJudged = "TG0607", "counts that nothing judges";
    OldSide = "TG0608", "an old side and a comparison do not go together";
    NoBatches = "TG0609", "a source has no batches";
    ManyBatches = "TG0610", "a step has no time for its batches";
    StaleBeforeAsked = "TG0611", "an answer is too old before the next question";
    Timeout = "TG0612", "a timeout does not fit";
    NoSignalOwner = "TG0613", "a signal from outside has no owner";
    SegmentWithoutBody = "TG0614", "a segment is read from a body that is not there";
    CrawlsNothing = "TG0615", "a crawl has no addresses";
    LeadsOn = "TG0616", "a redirect map leads on";
    NoTimeToCrawl = "TG0617", "a crawl cannot end before the next begins";
    NoPlaceForLines = "TG0618", "a quote's request has no place for its lines";
    TwoWays = "TG0619", "a crawl goes two ways";
    PastGateway = "TG0620", "a crawl through the gateway meets no page of its unit";
    NoRecord = "TG0701", "no system is right about an entity";
    TwoRecords = "TG0702", "two systems are right about one field";
    NoResolver = "TG0703", "nobody resolves the differences of an entity";
    NoKey = "TG0704", "rows have no key";
    CriticalNotCompared = "TG0705", "a critical field is not compared";
    UnknownColumn = "TG0706", "a column is not compared";
    NoTimeToCompare = "TG0707", "a verdict is too old before the next one";
    ComparesItself = "TG0708", "a side is compared with itself";
    LedgerKey = "TG0709", "a key that another table does not have";
    NotCompared = "TG0710", "a criterion over an entity that is not compared";
    SplitCompared = "TG0711", "two sides are compared that each have a part";
    NoSettle = "TG0712", "rows on their way would take visitors back";
    NoRetries = "TG0801", "an integration has no retry policy";
    NoIdempotency = "TG0802", "an integration has no idempotency key";
    NoDeadLetters = "TG0803", "an integration has no dead letters";
    NoFailureOwner = "TG0804", "nobody handles the failures of an integration";
    TwoRunners = "TG0805", "a side effect is run twice";
    NoRunner = "TG0806", "nobody runs a side effect";
    OneSystem = "TG0807", "an integration leads to itself";
    OneTarget = "TG0901", "an objective does not promise one thing";
    WholeAsShare = "TG0902", "a promise of every case is written as a share";
    NotMeasured = "TG0903", "nothing measures an objective";
    PromisesNothing = "TG0904", "a domain promises nothing";
    AskedTooOften = "TG0905", "an invariant is asked about too often";
    PagesNobody = "TG0906", "a promise whose budget cannot burn fast";
    RateNotPaged = "TG0907", "a rate is shown and pages nobody";
    LongRange = "TG0908", "an objective asks about too long at once";
    UnknownGroup = "TG1001", "a group has no route there";
    GroupOfTwoUnits = "TG1002", "a group has routes of two units";
    FlipOutOfPlace = "TG1003", "a group flips at the wrong place";
    CrawlersSeeBoth = "TG1004", "crawlers would see both sides";
    RedirectedTwice = "TG1005", "a redirect leads to a redirect";
    RedirectAstray = "TG1006", "a redirect leads out of its group";
    GroupNeverFlips = "TG1007", "no step flips a group";
    CacheableSplit = "TG1008", "a split route may be cached";
    SegmentsOverlap = "TG1009", "a value of a segment is never met";
    FlipUnseen = "TG1010", "a gate does not see what flips";
    FilesStay = "TG1011", "files of flipped pages stay on the old side";
    OneUpstream = "TG1080", "both sides of a unit are one";
}

impl Code {
    /// Whether an estate cannot be assembled from text that shows it; other codes are rules, which newer releases add to.
    #[must_use]
    pub fn is_structural(self) -> bool {
        self.text() < Self::NoOwner.text()
    }

    /// Whether a file or a document that shows it may declare more than was read.
    pub(crate) fn hides_the_rest(self) -> bool {
        self == Self::Syntax || self == Self::NotRead || self == Self::Envelope
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
