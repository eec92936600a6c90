//! Probes: one request, judged as a customer's would be. Redirects are judged and never followed.
//!
//! As a level it is the time until the whole answer had come; an answer that is not a good one is then no number. As a
//! count it is one attempt. Where no connection comes about nothing was attempted, and that is silence: it may as well be
//! our own network. Once there is one, an answer that breaks off is a hit; one that does not come in time is a hit when
//! the question says how long a good one takes, and silence when it does not.

mod good;

use std::time::Duration;

use tidegate_model::Millis;
use tidegate_model::ask::{Cadence, Decimal};
use tidegate_model::flow::SuccessPredicate;
use tidegate_model::seam::ArmCounts;

use crate::asker::Level;
use crate::miss::{Finding, Miss};
use crate::web::{ExchangeFault, Question, WebAddress, exchange};
use good::flaw;

/// The longest answer that is read, in bytes.
const BODY_BYTES_MAX: usize = 1 << 20;

/// Milliseconds until the whole answer had come.
pub(crate) async fn level(
    address: &WebAddress,
    path: &str,
    success: &SuccessPredicate,
    cadence: Cadence,
) -> Finding<Level> {
    let answer = exchange(address, question(&address.below(path), cadence))
        .await
        .map_err(|fault| Miss::Silent(fault.to_string()))?;
    if let Some(flaw) = flaw(success, &answer) {
        return Err(match answer.status.as_u16() {
            400.. => Miss::Silent(flaw),
            _ => Miss::shape(flaw),
        });
    }
    let micros = i64::try_from(answer.took.as_micros()).unwrap_or(i64::MAX / 1_000);
    Ok(Level {
        value: Decimal(micros.saturating_mul(1_000)),
        at: None,
    })
}

/// One attempt, and whether it is a hit.
pub(crate) async fn attempt(
    address: &WebAddress,
    (path, success, within): (&str, &SuccessPredicate, Option<Millis>),
    cadence: Cadence,
) -> Finding<ArmCounts> {
    let within = within.map(|within| Duration::from_millis(within.0));
    let is_hit = match exchange(address, question(&address.below(path), cadence)).await {
        Ok(answer) => flaw(success, &answer).is_some() || within.is_some_and(|within| answer.took > within),
        Err(ExchangeFault::Torn(_)) => true,
        Err(ExchangeFault::TimeOut(limit)) if within.is_some_and(|within| limit >= within) => true,
        Err(
            fault @ (ExchangeFault::TimeOut(_)
            | ExchangeFault::Unreachable(_)
            | ExchangeFault::Path
            | ExchangeFault::TooLong(_)),
        ) => return Err(Miss::Silent(fault.to_string())),
    };
    Ok(ArmCounts {
        n: 1,
        hits: u64::from(is_hit),
    })
}

fn question(path: &str, cadence: Cadence) -> Question<'_> {
    Question {
        path,
        post: None,
        known_as: None,
        pass: None,
        body_bytes_max: BODY_BYTES_MAX,
        within: Duration::from_millis(cadence.timeout.0),
    }
}
