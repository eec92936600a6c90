//! The rules, one file per family. Each sees everything that was read and adds what it finds.

mod address;
mod authority;
mod entity;
mod escalation;
mod hazard;
mod ownership;
mod plan;
mod reference;
mod route;
mod segment;
mod traffic;

use crate::read::Reading;

/// Runs every rule.
pub(crate) fn all(reading: &mut Reading) {
    reference::check(reading);
    ownership::check(reading);
    escalation::check(reading);
    authority::check(reading);
    entity::check(reading);
    hazard::check(reading);
    route::check(reading);
    plan::check(reading);
    segment::check(reading);
    traffic::check(reading);
}
