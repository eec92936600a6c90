//! Which side takes a request: one pure function with one total order of rules, the same on every edge.
//!
//! The order is callback, break glass, kill, survey, open cart, group, cookieless, exposure. The breaker is not in it: a refused connection
//! is met later, and falls back only where that is harmless (see [`may_fall_back`]).

use tidegate_model::BasisPoints;
use tidegate_model::edge::{OnDecrease, RouteClass};

use crate::bucket::is_exposed;
use crate::side::Side;

/// Groups of routes that have flipped, by their places on the edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flipped(u64);

impl Flipped {
    /// No group.
    pub const NONE: Self = Self(0);

    /// These and one more. Places from [`crate::roads::GROUPS_MAX`] on are refused when an edge is compiled.
    #[must_use]
    pub fn with(self, group: usize) -> Self {
        Self(self.0 | 1 << group)
    }

    /// Whether a group is among them.
    #[must_use]
    pub fn has(self, group: usize) -> bool {
        self.0 & 1 << group != 0
    }
}

/// How a unit stands now, lease and break glass already applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Share of visitors on the new side.
    pub exposure: BasisPoints,
    /// Everybody goes to the old side.
    pub killed: bool,
    /// The kill file is there: everybody of every unit goes to the old side.
    pub glass_broken: bool,
    /// The safe side is the new one.
    pub finalised: bool,
    /// The unit's flows are counted for a stage.
    pub measured: bool,
    /// Groups that whoever has no visitor key meets on the new side.
    pub flipped: Flipped,
}

impl Standing {
    /// A unit that no snapshot names.
    pub const OLD: Self = Self {
        exposure: BasisPoints::ZERO,
        killed: false,
        glass_broken: false,
        finalised: false,
        measured: false,
        flipped: Flipped::NONE,
    };

    /// Where requests go that cannot be split.
    #[must_use]
    pub fn safe_side(self) -> Side {
        if self.killed || self.glass_broken || !self.finalised {
            Side::Old
        } else {
            Side::New
        }
    }
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    /// What kind of request it is.
    pub class: RouteClass,
    /// Where the order of a callback is; `None` when its reference is not known or it is no callback.
    pub holder: Option<Side>,
    /// How the unit stands.
    pub standing: Standing,
    /// What open carts of the unit do when exposure falls.
    pub on_decrease: OnDecrease,
    /// The side that one of our own surveys wants to see.
    pub surveyed: Option<Side>,
    /// The side of the visitor's open cart in this unit.
    pub open_cart: Option<Side>,
    /// The group of the route, by its place on the edge.
    pub group: Option<usize>,
    /// The bucket that decides; `None` when they came without an id.
    pub bucket: Option<u32>,
}

/// The rule that decided. In the order in which they are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A callback goes to the side that holds the order, whatever exposure or kill say.
    CallbackFollowsOrder,
    /// A callback whose reference is of neither side, or that nothing reads: the safe side.
    CallbackUnknown,
    /// The kill file is there.
    BreakGlass,
    /// The unit is killed.
    Kill,
    /// One of our own surveys: the side that it asks for, at any exposure. It is no visitor, and has no cart.
    Survey,
    /// An open cart stays on its side.
    OpenCart,
    /// An open cart goes back because exposure fell and the unit says `return`.
    CartReturns,
    /// Nobody to recognise, on a route of a group: the side of the group, the same for everybody.
    Group,
    /// Nobody to recognise: the safe side.
    Cookieless,
    /// The unit is final: the new side.
    Finalised,
    /// Bucket against exposure.
    Exposure,
}

impl Rule {
    /// Every rule, in the order in which they are asked.
    pub const ORDER: [Self; 11] = [
        Self::CallbackFollowsOrder,
        Self::CallbackUnknown,
        Self::BreakGlass,
        Self::Kill,
        Self::Survey,
        Self::OpenCart,
        Self::CartReturns,
        Self::Group,
        Self::Cookieless,
        Self::Finalised,
        Self::Exposure,
    ];

    /// The word in traces and debug headers.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::CallbackFollowsOrder => "callback-follows-order",
            Self::CallbackUnknown => "callback-unknown",
            Self::BreakGlass => "break-glass",
            Self::Kill => "kill",
            Self::Survey => "survey",
            Self::OpenCart => "open-cart",
            Self::CartReturns => "cart-returns",
            Self::Group => "group",
            Self::Cookieless => "cookieless",
            Self::Finalised => "finalised",
            Self::Exposure => "exposure",
        }
    }
}

/// A side and the rule that gave it.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Where it goes.
    pub side: Side,
    /// Why.
    pub rule: Rule,
}

impl Decision {
    /// The trace: every rule that was asked, the one that decided last.
    pub fn trace(self) -> impl Iterator<Item = Rule> {
        Rule::ORDER.into_iter().take_while(move |rule| *rule <= self.rule)
    }
}

/// Decides the side of a request.
pub fn decide(question: &Question) -> Decision {
    let standing = question.standing;
    let by = |side, rule| Decision { side, rule };
    if question.class == RouteClass::Callback {
        return match question.holder {
            Some(side) => by(side, Rule::CallbackFollowsOrder),
            None => by(standing.safe_side(), Rule::CallbackUnknown),
        };
    }
    if standing.glass_broken {
        return by(Side::Old, Rule::BreakGlass);
    }
    if standing.killed {
        return by(Side::Old, Rule::Kill);
    }
    if let Some(side) = question.surveyed {
        return by(side, Rule::Survey);
    }
    match question.open_cart {
        Some(Side::Old) => return by(Side::Old, Rule::OpenCart),
        Some(Side::New) => {
            let is_covered = standing.finalised || question.bucket.is_some_and(|b| is_exposed(b, standing.exposure));
            return match question.on_decrease {
                OnDecrease::Return if !is_covered => by(Side::Old, Rule::CartReturns),
                OnDecrease::Return | OnDecrease::Drain | OnDecrease::Hold => by(Side::New, Rule::OpenCart),
            };
        }
        None => {}
    }
    let Some(bucket) = question.bucket else {
        return match question.group {
            Some(group) if standing.finalised || standing.flipped.has(group) => by(Side::New, Rule::Group),
            Some(_) => by(Side::Old, Rule::Group),
            None => by(standing.safe_side(), Rule::Cookieless),
        };
    };
    if standing.finalised {
        return by(Side::New, Rule::Finalised);
    }
    if is_exposed(bucket, standing.exposure) {
        by(Side::New, Rule::Exposure)
    } else {
        by(Side::Old, Rule::Exposure)
    }
}

/// Whether a request that the new side refused may be served by the old one: it asks for no change, nobody's cart is open,
/// and it was exposure that sent it there.
#[must_use]
pub fn may_fall_back(decision: Decision, is_safe: bool, has_open_cart: bool, finalised: bool) -> bool {
    let by_exposure = match decision.rule {
        Rule::Exposure => true,
        Rule::CallbackFollowsOrder
        | Rule::CallbackUnknown
        | Rule::BreakGlass
        | Rule::Kill
        | Rule::Survey
        | Rule::OpenCart
        | Rule::CartReturns
        | Rule::Group
        | Rule::Cookieless
        | Rule::Finalised => false,
    };
    decision.side == Side::New && by_exposure && is_safe && !has_open_cart && !finalised
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn standing(text: &str) -> Standing {
        let mut standing = Standing::OLD;
        for word in text.split(' ') {
            match word {
                "killed" => standing.killed = true,
                "glass" => standing.glass_broken = true,
                "final" => {
                    standing.finalised = true;
                    standing.exposure = BasisPoints::FULL;
                }
                "flip1" => standing.flipped = standing.flipped.with(1),
                percent => standing.exposure = BasisPoints::new(percent.parse::<u16>().unwrap() * 100).unwrap(),
            }
        }
        standing
    }

    /// One line: class, unit, cart, bucket, holder and on-decrease on the left, side and rule on the right.
    fn check(line: &str) {
        let (left, right) = line.split_once("=>").unwrap();
        let mut question = Question {
            class: RouteClass::Page,
            holder: None,
            standing: Standing::OLD,
            on_decrease: OnDecrease::Drain,
            surveyed: None,
            open_cart: None,
            group: None,
            bucket: None,
        };
        let side = |word: &str| if word == "new" { Side::New } else { Side::Old };
        for part in left.split(',').map(str::trim) {
            let (name, value) = part.split_once(':').unwrap();
            match name {
                "unit" => question.standing = standing(value),
                "bucket" => question.bucket = Some(value.parse().unwrap()),
                "group" => question.group = Some(value.parse().unwrap()),
                "survey" => question.surveyed = Some(side(value)),
                "cart" => question.open_cart = Some(side(value)),
                "callback" => {
                    question.class = RouteClass::Callback;
                    question.holder = (value != "unknown").then(|| side(value));
                }
                "asset" => question.class = RouteClass::Asset,
                "decrease" => {
                    question.on_decrease = match value {
                        "return" => OnDecrease::Return,
                        "hold" => OnDecrease::Hold,
                        _ => OnDecrease::Drain,
                    }
                }
                other => panic!("{other}"),
            }
        }
        let found = decide(&question);
        assert_eq!(
            format!("{} {}", found.side.word(), found.rule.word()),
            right.trim(),
            "{line}"
        );
        assert_eq!(found.trace().last(), Some(found.rule), "{line}");
    }

    #[test]
    fn precedence_as_a_table() {
        check("unit:10, bucket:9999 => new exposure");
        check("unit:10, bucket:10000 => old exposure");
        check("unit:0, bucket:0 => old exposure");
        check("unit:100, bucket:99999 => new exposure");
        check("unit:50 => old cookieless");
        check("unit:100 => old cookieless");
        check("unit:final => new cookieless");
        check("unit:final, bucket:99999 => new finalised");
        check("unit:final killed => old kill");
        check("unit:50 flip1, group:1 => new group");
        check("unit:50 flip1, group:0 => old group");
        check("unit:50 flip1, group:63 => old group");
        check("unit:50 flip1 => old cookieless");
        check("unit:50 flip1, group:1, bucket:50000 => old exposure");
        check("unit:0 flip1, group:1, cart:old => old open-cart");
        check("unit:50 flip1 killed, group:1 => old kill");
        check("unit:50 flip1 glass, group:1 => old break-glass");
        check("unit:final, group:0 => new group");
        check("unit:final killed, group:0 => old kill");
        check("unit:10, bucket:50000, cart:new => new open-cart");
        check("unit:10, bucket:50000, cart:new, decrease:hold => new open-cart");
        check("unit:10, bucket:50000, cart:new, decrease:return => old cart-returns");
        check("unit:60, bucket:50000, cart:new, decrease:return => new open-cart");
        check("unit:100, bucket:0, cart:old => old open-cart");
        check("unit:final, bucket:0, cart:old => old open-cart");
        check("unit:100 killed, bucket:0, cart:new => old kill");
        check("unit:100 killed, bucket:0, cart:new, decrease:hold => old kill");
        check("unit:100 glass, bucket:0, cart:new => old break-glass");
        check("unit:final glass => old break-glass");
        check("unit:0 killed, callback:new => new callback-follows-order");
        check("unit:100 glass, callback:new => new callback-follows-order");
        check("unit:100, callback:old, cart:new, bucket:0 => old callback-follows-order");
        check("unit:100, callback:unknown, bucket:0 => old callback-unknown");
        check("unit:final, callback:unknown => new callback-unknown");
        check("unit:final, callback:old => old callback-follows-order");
        check("unit:final killed, callback:unknown => old callback-unknown");
        check("unit:final glass, callback:unknown => old callback-unknown");
        check("unit:100 killed, asset:any, bucket:0 => old kill");
        check("unit:100, asset:any, bucket:0 => new exposure");
        check("unit:0, survey:new => new survey");
        check("unit:final, survey:old => old survey");
        check("unit:50 flip1, group:1, survey:old => old survey");
        check("unit:100 killed, survey:new => old kill");
        check("unit:100 glass, survey:new => old break-glass");
        check("unit:100, survey:new, callback:unknown => old callback-unknown");
    }

    #[test]
    fn the_trace_names_the_rules_in_order() {
        let question = Question {
            class: RouteClass::Page,
            holder: None,
            standing: standing("100 killed"),
            on_decrease: OnDecrease::Drain,
            surveyed: None,
            open_cart: Some(Side::New),
            group: None,
            bucket: Some(0),
        };
        let words: Vec<&str> = decide(&question).trace().map(Rule::word).collect();
        assert_eq!(
            words,
            ["callback-follows-order", "callback-unknown", "break-glass", "kill"]
        );
        assert!(Rule::ORDER.is_sorted());
    }

    #[test]
    fn falling_back_needs_every_condition() {
        let exposed = Decision {
            side: Side::New,
            rule: Rule::Exposure,
        };
        assert!(may_fall_back(exposed, true, false, false));
        assert!(!may_fall_back(exposed, false, false, false));
        assert!(!may_fall_back(exposed, true, true, false));
        assert!(!may_fall_back(exposed, true, false, true));
        for rule in Rule::ORDER.into_iter().filter(|r| *r != Rule::Exposure) {
            let decision = Decision { side: Side::New, rule };
            assert!(!may_fall_back(decision, true, false, false), "{}", rule.word());
        }
    }

    fn any_question() -> impl Strategy<Value = Question> {
        let class = prop_oneof![
            Just(RouteClass::Page),
            Just(RouteClass::Api),
            Just(RouteClass::Asset),
            Just(RouteClass::Callback)
        ];
        let side = prop_oneof![Just(None), Just(Some(Side::Old)), Just(Some(Side::New))];
        let decrease = prop_oneof![
            Just(OnDecrease::Return),
            Just(OnDecrease::Drain),
            Just(OnDecrease::Hold)
        ];
        let flags = (any::<bool>(), any::<bool>(), any::<bool>());
        let bucket = proptest::option::of(0_u32..100_000);
        let group = (proptest::option::of(0_usize..64), any::<u64>());
        (
            class,
            side.clone(),
            side,
            decrease,
            flags,
            bucket,
            group,
            0_u16..=10_000,
        )
            .prop_map(
                |(
                    class,
                    holder,
                    open_cart,
                    on_decrease,
                    (killed, glass_broken, finalised),
                    bucket,
                    (group, flipped),
                    bp,
                )| Question {
                    class,
                    holder,
                    standing: Standing {
                        exposure: BasisPoints::new(bp).unwrap(),
                        killed,
                        glass_broken,
                        finalised,
                        measured: false,
                        flipped: Flipped(flipped),
                    },
                    on_decrease,
                    // Surveys are no visitors; what is promised to these is in the table above.
                    surveyed: None,
                    open_cart,
                    group,
                    bucket,
                },
            )
    }

    proptest! {
        #[test]
        fn kill_beats_everything_but_callbacks(mut question in any_question()) {
            question.standing.killed = true;
            let found = decide(&question);
            match question.class {
                RouteClass::Callback => prop_assert_eq!(found.side, question.holder.unwrap_or(Side::Old)),
                RouteClass::Page | RouteClass::Api | RouteClass::Asset => prop_assert_eq!(found.side, Side::Old),
            }
        }

        #[test]
        fn growth_moves_nobody_back(question in any_question(), more in 0_u16..=10_000) {
            let mut grown = question;
            grown.standing.exposure = BasisPoints::new(question.standing.exposure.get().max(more)).unwrap();
            if decide(&question).side == Side::New {
                prop_assert_eq!(decide(&grown).side, Side::New);
            }
        }

        #[test]
        fn a_group_is_one_side_for_whoever_has_no_key(mut question in any_question(), bp in 0_u16..=10_000, other in any_question()) {
            (question.class, question.open_cart, question.bucket) = (RouteClass::Page, None, None);
            question.group = question.group.or(Some(7));
            let mut another = question;
            another.standing.exposure = BasisPoints::new(bp).unwrap();
            another.on_decrease = other.on_decrease;
            prop_assert_eq!(decide(&question).side, decide(&another).side);
        }

        #[test]
        fn an_open_cart_stays_under_drain_and_hold(mut question in any_question(), cart in any::<bool>()) {
            question.standing.killed = false;
            question.standing.glass_broken = false;
            question.class = RouteClass::Page;
            let cart = if cart { Side::New } else { Side::Old };
            question.open_cart = Some(cart);
            if question.on_decrease != OnDecrease::Return {
                prop_assert_eq!(decide(&question).side, cart);
            }
        }
    }
}
