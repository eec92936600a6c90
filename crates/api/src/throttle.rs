//! Slows down who tries tokens: failed attempts per client address, in a table of fixed size.
//! A valid credential is never slowed down: whoever may stop a cutover can, whatever else comes from their address.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Mutex;

use tidegate_model::{Millis, Timestamp};

/// Failed attempts of one address that are answered within [`WINDOW`].
pub(crate) const FAILURES_MAX: u32 = 10;
/// Length of the window.
const WINDOW: Millis = Millis::minutes(1);
/// Addresses that are remembered; at the limit the ones whose window began first are forgotten.
const ADDRESSES_MAX: usize = 4_096;

/// Failed attempts by address.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    failures: Mutex<BTreeMap<IpAddr, (Timestamp, u32)>>,
}

impl Throttle {
    /// How long an address must wait before another attempt is looked at; `None` when it need not.
    pub(crate) fn wait(&self, address: IpAddr, now: Timestamp) -> Option<Millis> {
        let failures = self.failures.lock().expect("no code panics while it holds the table");
        let (began, count) = failures.get(&of(address))?;
        let over = began.after(WINDOW);
        (*count >= FAILURES_MAX && now < over).then(|| over.since(now))
    }

    /// Counts a failed attempt.
    pub(crate) fn failed(&self, address: IpAddr, now: Timestamp) {
        let mut failures = self.failures.lock().expect("no code panics while it holds the table");
        let address = of(address);
        if failures.len() >= ADDRESSES_MAX && !failures.contains_key(&address) {
            let oldest = failures
                .iter()
                .min_by_key(|(_, (began, _))| *began)
                .map(|(address, _)| *address);
            if let Some(oldest) = oldest {
                failures.remove(&oldest);
            }
        }
        let entry = failures.entry(address).or_insert((now, 0));
        if entry.0.after(WINDOW) <= now {
            *entry = (now, 0);
        }
        entry.1 = entry.1.saturating_add(1);
    }
}

/// Whose address it is: of IPv6 the network of 64 bits that a customer gets, as whoever has one address there has all of them.
fn of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_waits_after_its_failures_and_others_do_not() {
        let throttle = Throttle::default();
        let (one, two) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        for _ in 0..FAILURES_MAX {
            assert_eq!(throttle.wait(one, Timestamp(5)), None);
            throttle.failed(one, Timestamp(5));
        }
        assert_eq!(throttle.wait(one, Timestamp(5)), Some(WINDOW));
        assert_eq!(throttle.wait(two, Timestamp(5)), None);
        assert_eq!(throttle.wait(one, Timestamp(5).after(WINDOW)), None);
    }

    #[test]
    fn a_customer_of_ipv6_is_one_and_an_address_of_ipv4_in_its_clothes_is_the_same() {
        let throttle = Throttle::default();
        let address = |text: &str| -> IpAddr { text.parse().expect("an address") };
        for n in 0..FAILURES_MAX {
            throttle.failed(address(&format!("2001:db8:1:2::{n:x}")), Timestamp(5));
            throttle.failed(address("::ffff:10.0.0.9"), Timestamp(5));
        }
        for slowed in ["2001:db8:1:2:ffff::1", "10.0.0.9"] {
            assert_eq!(throttle.wait(address(slowed), Timestamp(5)), Some(WINDOW), "{slowed}");
        }
        assert_eq!(throttle.wait(address("2001:db8:1:3::1"), Timestamp(5)), None);
    }

    #[test]
    fn the_table_stays_bounded() {
        let throttle = Throttle::default();
        for n in 0..=ADDRESSES_MAX {
            let [_, _, c, d] = (n as u32).to_be_bytes();
            throttle.failed(IpAddr::from([10, 0, c, d]), Timestamp(n as i64));
        }
        assert_eq!(throttle.failures.lock().expect("not poisoned").len(), ADDRESSES_MAX);
    }
}
