//! Passes: what tells a gateway that a request is one of Tidegate's own surveys, of which unit, and which side it wants to see.
//!
//! A pass is for one gateway, one path, one side and one request, and is over after [`LASTS_MS`]. Its key is made anew by each
//! controller, lives in memory alone and comes with the lease, so that nobody else can write one. What is no pass changes nothing:
//! whoever brings it is a visitor like any other.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use tidegate_model::{GatewayId, Timestamp, UnitId};

use crate::side::Side;

/// How far from now the moment of a pass may be, in milliseconds. A survey that waits longer for its turn writes another.
const LASTS_MS: i64 = 30_000;
/// Passes that are remembered as used. With more within [`LASTS_MS`] the next one is not believed: at the fastest pace of a
/// survey, 200 a second, ten of them at once are remembered.
const USED_MAX: usize = 1 << 17;
/// What keys of this kind sign, and no other key does.
const PURPOSE: &str = "tidegate survey pass 1";

/// The key of all passes of one controller. It shows in no debugging output.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PassKey([u8; 32]);

impl std::fmt::Debug for PassKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PassKey")
    }
}

impl PassKey {
    /// A key from the system's randomness.
    ///
    /// # Errors
    /// [`getrandom::Error`] when the system has none.
    pub fn mint() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    fn sign(&self, gateway: &GatewayId, claim: &Claim<'_>, path: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        let (unit, side) = (claim.unit, claim.side.word());
        // None but the path may hold a line's end, and it comes last.
        mac.update(
            format!(
                "{PURPOSE}\n{gateway}\n{unit}\n{side}\n{}\n{:032x}\n{path}",
                claim.at_ms, claim.once
            )
            .as_bytes(),
        );
        mac
    }
}

/// What a pass says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Claim<'a> {
    unit: &'a str,
    side: Side,
    at_ms: i64,
    /// No two passes have the same.
    once: u128,
}

/// Writes passes.
#[derive(Debug, Clone)]
pub struct Passes {
    pub(crate) key: Arc<PassKey>,
}

impl Passes {
    /// A pass for one request through a gateway: this path with its query, of this unit, on this side.
    ///
    /// # Errors
    /// [`getrandom::Error`] when the system has no randomness.
    pub fn write(
        &self,
        gateway: &GatewayId,
        (unit, side): (&UnitId, Side),
        path: &str,
        now: Timestamp,
    ) -> Result<String, getrandom::Error> {
        let mut once = [0; 16];
        getrandom::fill(&mut once)?;
        let claim = Claim {
            unit: unit.as_str(),
            side,
            at_ms: now.0,
            once: u128::from_be_bytes(once),
        };
        let mac = self.key.sign(gateway, &claim, path).finalize().into_bytes();
        let mac: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(format!(
            "{unit};{};{};{:032x};{mac}",
            side.word(),
            claim.at_ms,
            claim.once
        ))
    }
}

/// Believes passes, each once.
#[derive(Debug, Default)]
pub struct Doorkeeper {
    key: Mutex<Option<PassKey>>,
    /// Moments of passes and what makes each the only one; those that are over are forgotten.
    used: Mutex<BTreeSet<(i64, u128)>>,
}

impl Doorkeeper {
    /// Believes passes of this key from now on, and of no other.
    pub fn trust(&self, key: PassKey) {
        *self.key.lock().expect("nobody panics with it") = Some(key);
    }

    /// Unit and side of a pass that is one, for this gateway and this path, now and for the first time.
    #[must_use]
    pub fn read(&self, gateway: &GatewayId, pass: &str, path: &str, now: Timestamp) -> Option<(UnitId, Side)> {
        let (claim, mac) = parse(pass)?;
        let key = self.key.lock().expect("nobody panics with it").clone()?;
        key.sign(gateway, &claim, path).verify_slice(&mac).ok()?;
        let oldest = now.0.saturating_sub(LASTS_MS);
        if claim.at_ms < oldest || claim.at_ms > now.0.saturating_add(LASTS_MS) {
            return None;
        }
        let mut used = self.used.lock().expect("nobody panics with it");
        if used.first().is_some_and(|(at, _)| *at < oldest) {
            *used = used.split_off(&(oldest, 0));
        }
        let is_first = used.len() < USED_MAX && used.insert((claim.at_ms, claim.once));
        is_first
            .then(|| UnitId::parse(claim.unit).ok())
            .flatten()
            .map(|unit| (unit, claim.side))
    }
}

fn parse(pass: &str) -> Option<(Claim<'_>, Vec<u8>)> {
    let mut fields = pass.split(';');
    let mut next = || fields.next();
    let (unit, side, at, once, mac) = (next()?, next()?, next()?, next()?, next()?);
    if fields.next().is_some() {
        return None;
    }
    let claim = Claim {
        unit,
        side: [Side::Old, Side::New].into_iter().find(|one| one.word() == side)?,
        at_ms: at.parse().ok()?,
        once: u128::from_str_radix(once, 16).ok()?,
    };
    let half = |at: usize| u8::from_str_radix(mac.get(at..at + 2)?, 16).ok();
    let mac: Option<Vec<u8>> = (0..mac.len()).step_by(2).map(half).collect();
    Some((claim, mac?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gateway(name: &str) -> GatewayId {
        GatewayId::parse(name).unwrap()
    }

    const NOW: Timestamp = Timestamp(1_000_000);

    fn written(key: &PassKey, side: Side) -> String {
        let passes = Passes {
            key: Arc::new(key.clone()),
        };
        let unit = UnitId::parse("shop").unwrap();
        passes.write(&gateway("front"), (&unit, side), "/mug?x=1", NOW).unwrap()
    }

    fn keeper(key: &PassKey) -> Doorkeeper {
        let keeper = Doorkeeper::default();
        keeper.trust(key.clone());
        keeper
    }

    #[test]
    fn a_pass_is_believed_once_by_its_gateway_for_its_path_and_its_time() {
        let key = PassKey::mint().unwrap();
        let shop = |side| Some((UnitId::parse("shop").unwrap(), side));
        let keeper = keeper(&key);
        for side in [Side::New, Side::Old] {
            let pass = written(&key, side);
            let read = |at: &str, path: &str, ms: i64| keeper.read(&gateway(at), &pass, path, Timestamp(NOW.0 + ms));
            assert_eq!(read("other", "/mug?x=1", 0), None, "another gateway's");
            assert_eq!(read("front", "/mug?x=2", 0), None, "another path's");
            assert_eq!(read("front", "/mug?x=1", LASTS_MS + 1), None, "over");
            assert_eq!(read("front", "/mug?x=1", -LASTS_MS - 1), None, "not yet");
            assert_eq!(read("front", "/mug?x=1", LASTS_MS), shop(side));
            assert_eq!(read("front", "/mug?x=1", LASTS_MS), None, "used");
        }
    }

    #[test]
    fn what_is_used_is_forgotten_only_when_it_is_over() {
        let key = PassKey::mint().unwrap();
        let keeper = keeper(&key);
        let pass = written(&key, Side::New);
        assert!(keeper.read(&gateway("front"), &pass, "/mug?x=1", NOW).is_some());
        let later = Timestamp(NOW.0 + LASTS_MS + 1);
        let passes = Passes { key: Arc::new(key) };
        let unit = UnitId::parse("shop").unwrap();
        let next = passes.write(&gateway("front"), (&unit, Side::New), "/", later).unwrap();
        assert!(keeper.read(&gateway("front"), &next, "/", later).is_some());
        assert_eq!(keeper.used.lock().unwrap().len(), 1, "the first one is forgotten");
        assert_eq!(
            keeper.read(&gateway("front"), &pass, "/mug?x=1", later),
            None,
            "and over"
        );
    }

    #[test]
    fn what_is_no_pass_of_this_key_is_nothing() {
        let key = PassKey::mint().unwrap();
        let keeper = keeper(&key);
        let sound = written(&key, Side::New);
        let other = written(&PassKey::mint().unwrap(), Side::New);
        let side = sound.replace(";new;", ";old;");
        let unit = sound.replace("shop;", "pay;");
        let short = sound[..sound.len() - 2].to_owned();
        let long = format!("{sound};");
        let wide = format!("{}é", &sound[..sound.len() - 2]);
        for pass in ["", "new", ";;;;", &other, &side, &unit, &short, &long, &wide] {
            assert_eq!(keeper.read(&gateway("front"), pass, "/mug?x=1", NOW), None, "{pass}");
        }
        assert_eq!(
            Doorkeeper::default().read(&gateway("front"), &sound, "/mug?x=1", NOW),
            None,
            "no key yet"
        );
        assert!(keeper.read(&gateway("front"), &sound, "/mug?x=1", NOW).is_some());
    }

    #[test]
    fn the_key_shows_nowhere() {
        let key = PassKey::mint().unwrap();
        assert_eq!(
            format!(
                "{key:?} {:?}",
                Passes {
                    key: Arc::new(key.clone())
                }
            ),
            "PassKey Passes { key: PassKey }"
        );
    }
}
