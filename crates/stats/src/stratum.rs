//! Integer counts of one stratum: the units of the two sides that started in the same short span of time.

use core::ops::Add;

/// Whether a hit is what one hopes for or what one fears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hits {
    /// A hit is a success, as a completed checkout.
    Good,
    /// A hit is a bad event, as an error or a slow request.
    Bad,
}

/// Counts of one side in one stratum; sound when `hits <= n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ArmCounts {
    /// Units of this side.
    pub n: u64,
    /// Units among them with the outcome that is counted.
    pub hits: u64,
}

impl ArmCounts {
    /// Counts of one side.
    #[must_use]
    pub const fn new(n: u64, hits: u64) -> Self {
        Self { n, hits }
    }

    /// True when no more hits than units were counted.
    #[must_use]
    pub const fn is_sound(self) -> bool {
        self.hits <= self.n
    }

    /// Units as a float; exact up to 2^53.
    pub(crate) fn units(self) -> f64 {
        self.n as f64
    }

    /// Hits as a float; exact up to 2^53.
    pub(crate) fn hits_f(self) -> f64 {
        self.hits as f64
    }

    /// Share of hits; meaningless (NaN) without units.
    pub(crate) fn share(self) -> f64 {
        self.hits_f() / self.units()
    }
}

impl Add for ArmCounts {
    type Output = Self;

    /// Merges two shards of the same side and stratum; counts stop at the largest integer.
    fn add(self, other: Self) -> Self {
        Self {
            n: self.n.saturating_add(other.n),
            hits: self.hits.saturating_add(other.hits),
        }
    }
}

/// Counts of both sides in one stratum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PairedStratum {
    /// The side that is left.
    pub old: ArmCounts,
    /// The side that is moved to.
    pub new: ArmCounts,
}

impl PairedStratum {
    /// Counts of both sides.
    #[must_use]
    pub const fn new(old: ArmCounts, new: ArmCounts) -> Self {
        Self { old, new }
    }

    /// True when both sides are sound.
    #[must_use]
    pub const fn is_sound(self) -> bool {
        self.old.is_sound() && self.new.is_sound()
    }

    /// True when both sides have units, so that they can be compared.
    #[must_use]
    pub const fn is_comparable(self) -> bool {
        self.old.n > 0 && self.new.n > 0
    }

    /// Mantel-Haenszel weight `n m / (n + m)`; zero when one side is empty.
    pub(crate) fn weight(self) -> f64 {
        if self.is_comparable() {
            self.new.units() * self.old.units() / (self.new.units() + self.old.units())
        } else {
            0.0
        }
    }
}

impl Add for PairedStratum {
    type Output = Self;

    /// Merges two shards of the same stratum, side by side.
    fn add(self, other: Self) -> Self {
        Self {
            old: self.old + other.old,
            new: self.new + other.new,
        }
    }
}
