//! The rules, one file per family. Each sees everything that was read and adds what it finds.

mod address;
mod agreement;
mod area;
mod authority;
mod catalogue;
mod client;
mod code;
mod contact;
mod crawl;
mod entity;
mod entry;
mod escalation;
mod flip;
mod gate;
mod group;
mod hazard;
mod integration;
mod loss;
mod objective;
mod ownership;
mod plan;
mod promise;
mod reconcile;
mod redirect;
mod reference;
mod route;
mod rung;
mod segment;
mod traffic;
mod way_back;

use crate::read::{Kind, Reading};

/// A family of rules, and the kinds of documents that it looks across.
type Rule = (fn(&mut Reading), &'static [Kind]);

const PEOPLE: &[Kind] = &[Kind::Team, Kind::Person, Kind::Roster, Kind::Ladder, Kind::Domain];
const CUTOVER: &[Kind] = &[Kind::Plan, Kind::Edge, Kind::Flow, Kind::Domain];

/// Every family, in the order in which they run.
const RULES: &[Rule] = &[
    (reference::check, &[]),
    (ownership::check, &[Kind::Team, Kind::Person, Kind::Domain]),
    (catalogue::check, &[Kind::Domain, Kind::CatalogueDomain, Kind::System]),
    (code::check, &[Kind::Domain, Kind::Team]),
    (
        objective::check,
        &[Kind::Domain, Kind::Flow, Kind::Edge, Kind::Invariant, Kind::Plan],
    ),
    (promise::check, &[Kind::Domain, Kind::Flow, Kind::Invariant]),
    (
        agreement::check,
        &[Kind::Domain, Kind::Team, Kind::Person, Kind::Transfer],
    ),
    (escalation::check, PEOPLE),
    (rung::check, PEOPLE),
    (contact::check, PEOPLE),
    (authority::check, &[Kind::Domain, Kind::Team, Kind::Person]),
    (entity::check, &[Kind::Entity]),
    (reconcile::check, &[Kind::Entity, Kind::Plan, Kind::Domain]),
    (integration::check, &[Kind::System]),
    (area::check, &[Kind::FailureMode, Kind::Plan, Kind::Domain, Kind::Edge]),
    (hazard::check, &[Kind::FailureMode, Kind::Plan]),
    (route::check, CUTOVER),
    (client::check, CUTOVER),
    (group::check, CUTOVER),
    (flip::check, CUTOVER),
    (crawl::check, CUTOVER),
    (redirect::check, CUTOVER),
    (plan::check, CUTOVER),
    (gate::check, &[Kind::Plan, Kind::Team, Kind::Person, Kind::Domain]),
    (entry::check, CUTOVER),
    (way_back::check, CUTOVER),
    (loss::check, CUTOVER),
    (segment::check, CUTOVER),
    (traffic::check, CUTOVER),
];

/// Runs every rule, but for those that would complain about what a file or document that was not read may say.
pub(crate) fn all(reading: &mut Reading) {
    for (check, kinds) in RULES {
        if kinds.is_empty() || !reading.lost.holds(kinds) {
            check(reading);
        }
    }
}
