//! The rules, one file per family. Each sees everything that was read and adds what it finds.

mod address;
mod agreement;
mod authority;
mod catalogue;
mod entity;
mod escalation;
mod hazard;
mod integration;
mod objective;
mod ownership;
mod plan;
mod reconcile;
mod reference;
mod route;
mod segment;
mod traffic;

use crate::read::Reading;

/// Runs every rule.
pub(crate) fn all(reading: &mut Reading) {
    reference::check(reading);
    ownership::check(reading);
    catalogue::check(reading);
    objective::check(reading);
    agreement::check(reading);
    escalation::check(reading);
    authority::check(reading);
    entity::check(reading);
    reconcile::check(reading);
    integration::check(reading);
    hazard::check(reading);
    route::check(reading);
    plan::check(reading);
    segment::check(reading);
    traffic::check(reading);
}
