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
mod reconcile;
mod redirect;
mod reference;
mod route;
mod rung;
mod segment;
mod traffic;
mod way_back;

use crate::read::Reading;

/// Runs every rule.
pub(crate) fn all(reading: &mut Reading) {
    reference::check(reading);
    ownership::check(reading);
    catalogue::check(reading);
    code::check(reading);
    objective::check(reading);
    agreement::check(reading);
    escalation::check(reading);
    rung::check(reading);
    contact::check(reading);
    authority::check(reading);
    entity::check(reading);
    reconcile::check(reading);
    integration::check(reading);
    area::check(reading);
    hazard::check(reading);
    route::check(reading);
    client::check(reading);
    group::check(reading);
    flip::check(reading);
    crawl::check(reading);
    redirect::check(reading);
    plan::check(reading);
    gate::check(reading);
    entry::check(reading);
    way_back::check(reading);
    loss::check(reading);
    segment::check(reading);
    traffic::check(reading);
}
