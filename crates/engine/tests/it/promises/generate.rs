//! Chance: weighted lists of actions, most of which lead somewhere.

use proptest::prelude::*;
use proptest::sample::select;
use tidegate_engine::Side;
use tidegate_model::Severity;

use super::action::{Action, Answer, Coming, Deed, Edit, How, Place, Post, Sight, Vow, Which, Who};
use crate::world::Health;

/// Everybody of the shop, and somebody who is not.
const PEOPLE: [&str; 12] = [
    "ana", "ben", "bea", "cleo", "pat", "olga", "gus", "gil", "hal", "max", "nil", "zoe",
];

/// A case: a list of this many actions, in a world that goes on well, so-so, or hardly.
pub(super) fn actions() -> impl Strategy<Value = Vec<Action>> {
    select(vec![36_u32, 16, 6]).prop_flat_map(|advances| prop::collection::vec(action(advances), 80..120))
}

fn action(advances: u32) -> impl Strategy<Value = Action> {
    prop_oneof![
        advances => place().prop_map(Action::Advance),
        2 => (place(), any::<bool>()).prop_map(|(place, wavers)| Action::Dare(place, wavers)),
        3 => (0..3_usize, select(vec!["wallet-off", "extras-off", "checkout-by-hand"])).prop_map(|(at, act)| Action::Mitigate(at, act)),
        1 => Just(Action::Waver),
        6 => span().prop_map(Action::Wait),
        1 => span().prop_map(Action::Sleep),
        1 => (1..30_u64).prop_map(Action::ClockBack),
        8 => (place(), health(), select(vec![1_u64, 8]), post()).prop_map(|(p, h, n, post)| Action::Count(p, h, n, post)),
        2 => stream(),
        2 => Just(Action::Deliver),
        9 => (which(), how()).prop_map(|(which, how)| Action::End(which, how)),
        3 => sight().prop_map(Action::Observe),
        8 => (select(vec!["load", "refusals", "pages", "rows"]), answer()).prop_map(|(of, answer)| Action::Tell(of, answer)),
        3 => (place(), 0..60_u64, 0..100_u64, 0..100_u64).prop_map(|(p, n, new, old)| Action::Look(p, n, new, old)),
        4 => (select(vec![0_u64, 1, 5, 30, 300]), select(vec![400_u64, 2_000]), prop::bool::weighted(0.1))
            .prop_map(|(bad, all, foreign)| Action::Promised(bad, all, foreign)),
        4 => (select(vec![Vow::PaidOnce, Vow::Answers, Vow::Shares]), answer()).prop_map(|(vow, answer)| Action::Vow(vow, answer)),
        2 => coming().prop_map(Action::Gateway),
        1 => Just(Action::Restart),
        4 => (adopter(), edit(), other()).prop_map(|(who, edit, other)| Action::Adopt(who, edit, other)),
        1 => place().prop_map(Action::Learn),
        22 => (who(), key(), deed()).prop_map(|(who, key, deed)| Action::Ask(who, key, deed)),
    ]
}

/// Some seconds of one health, or so many of two equal series that they cannot be two.
fn stream() -> impl Strategy<Value = Action> {
    prop_oneof![
        6 => (place(), health(), 2..6_u64).prop_map(|(p, h, n)| Action::Stream(p, h, n)),
        1 => place().prop_map(|place| Action::Stream(place, Health::Same, 31)),
    ]
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![
        40 => Just(Place::Catalogue),
        25 => Just(Place::Pricing),
        40 => Just(Place::Checkout),
        1 => Just(Place::Nowhere),
    ]
}

fn span() -> impl Strategy<Value = u64> {
    prop_oneof![
        10 => 1..12_u64,
        6 => select(vec![20_u64, 30, 60, 61, 90, 125]),
        4 => select(vec![240_u64, 300, 420, 600, 900]),
        1 => select(vec![3_600_u64, 7_200, 25_000, 90_000]),
    ]
}

fn health() -> impl Strategy<Value = Health> {
    prop_oneof![
        10 => Just(Health::Well),
        2 => Just(Health::Worse),
        2 => Just(Health::Unsure),
        1 => Just(Health::Failing),
        1 => Just(Health::Slow),
        1 => Just(Health::Missplit),
        1 => Just(Health::Same),
        1 => Just(Health::FallenBack),
        1 => Just(Health::Impossible),
        1 => Just(Health::Empty),
    ]
}

fn post() -> impl Strategy<Value = Post> {
    prop_oneof![
        10 => Just(Post::Prompt),
        1 => Just(Post::Half),
        1 => Just(Post::Disordered),
        1 => Just(Post::Twice),
        2 => Just(Post::Kept),
        1 => Just(Post::Outdated),
        1 => Just(Post::Premature),
        1 => Just(Post::Reborn),
        1 => Just(Post::Voided),
        1 => Just(Post::Skewed),
    ]
}

fn which() -> impl Strategy<Value = Which> {
    prop_oneof![
        4 => Just(Which::All),
        4 => Just(Which::Exposure),
        3 => Just(Which::Pages),
        1 => Just(Which::Unknown),
    ]
}

fn how() -> impl Strategy<Value = How> {
    prop_oneof![
        8 => Just(How::Well),
        2 => Just(How::Lapsed),
        3 => Just(How::Badly),
        1 => Just(How::Oddly),
    ]
}

fn sight() -> impl Strategy<Value = Sight> {
    prop_oneof![
        3 => Just(Sight::Clean),
        2 => Just(Sight::Differs),
        1 => Just(Sight::Few),
        2 => Just(Sight::Silent),
        1 => Just(Sight::Old),
    ]
}

fn answer() -> impl Strategy<Value = Answer> {
    select(vec![
        Answer::Within,
        Answer::Beyond,
        Answer::Beyond,
        Answer::Old,
        Answer::Sound,
        Answer::Faulty,
        Answer::Gappy,
        Answer::Begun,
        Answer::Scant,
        Answer::Early,
        Answer::Clean,
        Answer::Torn,
        Answer::Torn,
        Answer::Doubtful,
        Answer::Night,
        Answer::Equal,
        Answer::Refused,
        Answer::Refused,
        Answer::Nobody,
        Answer::Nobody,
        Answer::Nobody,
        Answer::Few,
        Answer::Absurd,
        Answer::Nothing,
        Answer::NotANumber,
        Answer::Silent,
    ])
}

fn coming() -> impl Strategy<Value = Coming> {
    prop_oneof![
        3 => Just(Coming::Lost),
        3 => Just(Coming::Back),
        2 => Just(Coming::Restarted),
        1 => Just(Coming::Ahead),
        1 => Just(Coming::Distrusted),
    ]
}

fn adopter() -> impl Strategy<Value = Who> {
    prop_oneof![4 => Just(Who::Right), 1 => who()]
}

fn edit() -> impl Strategy<Value = Edit> {
    select(vec![
        Edit::Nothing,
        Edit::Back,
        Edit::Owner,
        Edit::DomainGone,
        Edit::Approvers,
        Edit::Margin,
        Edit::StageGone,
        Edit::SwitchGone,
        Edit::PersonGone,
        Edit::Salt,
        Edit::Freeze,
        Edit::Freeze,
        Edit::Freeze,
        Edit::Hours,
        Edit::Steps,
        Edit::Handover,
        Edit::Added,
        Edit::Runbook,
        Edit::Address,
        Edit::Unit,
        Edit::StageOwner,
        Edit::Door,
        Edit::After,
        Edit::Hasty,
        Edit::OnHarm,
        Edit::Attempts,
        Edit::Ladder,
        Edit::Looser,
    ])
}

/// A second edit besides.
fn other() -> impl Strategy<Value = Option<Edit>> {
    prop_oneof![3 => Just(None), 1 => edit().prop_map(Some)]
}

fn key() -> impl Strategy<Value = Option<u8>> {
    prop_oneof![6 => Just(None), 1 => (0..6_u8).prop_map(Some)]
}

fn who() -> impl Strategy<Value = Who> {
    prop_oneof![
        12 => Just(Who::Right),
        8 => select(PEOPLE.to_vec()).prop_map(Who::Person),
        2 => select(PEOPLE.to_vec()).prop_map(Who::Linked),
        1 => select(vec!["change", "other"]).prop_map(Who::Service),
        1 => select(vec!["shop", "elsewhere"]).prop_map(Who::Gateway),
        1 => Just(Who::Controller),
    ]
}

fn deed() -> impl Strategy<Value = Deed> {
    let grant = || {
        select(vec![
            "wallet-off",
            "extras-off",
            "checkout-back",
            "checkout-by-hand",
            "unheard-of",
        ])
    };
    prop_oneof![
        6 => place().prop_map(Deed::Approve),
        4 => place().prop_map(Deed::AcceptRisk),
        3 => place().prop_map(Deed::Finalise),
        3 => place().prop_map(Deed::Hold),
        4 => place().prop_map(Deed::Resume),
        4 => place().prop_map(Deed::Rollback),
        4 => (place(), side()).prop_map(|(place, side)| Deed::Change(place, side)),
        2 => (any::<bool>(), prop::bool::weighted(0.8)).prop_map(|(holds, is_manual)| Deed::Attest { holds, is_manual }),
        3 => (place(), severity()).prop_map(|(place, severity)| Deed::Open(place, severity)),
        6 => (0..4_usize).prop_map(Deed::Acknowledge),
        6 => (0..4_usize, grant()).prop_map(|(place, action)| Deed::Act(place, action)),
        3 => grant().prop_map(Deed::Revert),
        3 => (0..4_usize, 0..4_u32).prop_map(|(place, step)| Deed::Finish(place, step)),
        5 => (0..4_usize, prop::bool::weighted(0.9)).prop_map(|(place, is_told)| Deed::Resolve(place, is_told)),
        2 => prop::bool::weighted(0.7).prop_map(Deed::Drill),
        2 => place().prop_map(Deed::Feedback),
        2 => place().prop_map(Deed::Answer),
        1 => place().prop_map(Deed::AnswerAdded),
        1 => place().prop_map(Deed::Shout),
        1 => select(vec![Deed::Start, Deed::Tick, Deed::LoseGateway]),
        1 => place().prop_map(Deed::Report),
        1 => place().prop_map(Deed::Observe),
    ]
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![3 => Just(Side::New), 1 => Just(Side::Old)]
}

fn severity() -> impl Strategy<Value = Severity> {
    select(vec![Severity::Sev1, Severity::Sev2, Severity::Sev3, Severity::Sev4])
}
