//! Always-valid statistics of the gates: plain integer counts in, a verdict out. It knows no clock, no chance, no
//! names, no storage; every transcendental function comes from `libm`, so equal counts give equal bits everywhere.
//!
//! Each test is an accumulator: `new(...)` refuses senseless settings with `None`, `push` takes one stratum and a verdict
//! is asked for, both in a time and a space that do not grow with history. Sums that no alpha is in are types of their own.

pub mod special;

pub mod boundary;

pub mod stratum;

pub mod verdict;

pub mod cmh;

pub mod rare;

pub mod rest;

pub mod blocks;

pub mod noninferior;

pub mod bernoulli;

pub mod joint;

pub mod sample_ratio;

pub mod spending;

pub mod batch;

pub mod quantile;

pub mod brake;

pub mod burn;

pub mod history;

pub mod alpha;

pub mod fixed;

pub mod power;

mod rare_power;

pub mod limit_power;

pub mod joint_power;

mod walk;

mod crossing;

pub use alpha::Ledger;
pub use bernoulli::ShareTest;
pub use brake::Brake;
pub use cmh::HarmAlarm;
pub use noninferior::{Margin, PassTest};
pub use rare::RareAlarm;
pub use rest::Rest;
pub use sample_ratio::SrmTest;
pub use stratum::{ArmCounts, Hits, PairedStratum};
pub use verdict::{Alarm, Difference, Interval, Passing};

/// Version of every formula in this crate; a journalled verdict carries it, and it rises when any verdict may change.
pub const STATS_VERSION: u32 = 2;
