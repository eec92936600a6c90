//! Units of measure: basis points, parts per million, milliseconds, instants, money. Integers only.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Exposure, 0 to 10,000 (100 %).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u16", into = "u16")]
#[schemars(extend("maximum" = 10_000))]
pub struct BasisPoints(u16);

/// A value outside its unit's range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found {found}")]
pub struct RangeError {
    /// The range in words.
    pub expected: &'static str,
    /// What was given.
    pub found: i64,
}

impl BasisPoints {
    /// Nobody.
    pub const ZERO: Self = Self(0);
    /// Everybody.
    pub const FULL: Self = Self(10_000);

    /// Checks the range.
    ///
    /// # Errors
    /// [`RangeError`] above 10,000.
    pub fn new(value: u16) -> Result<Self, RangeError> {
        if value <= 10_000 {
            Ok(Self(value))
        } else {
            Err(RangeError {
                expected: "0 to 10000 basis points",
                found: i64::from(value),
            })
        }
    }

    /// The number, 0 to 10,000.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0
    }

    /// The share, 0 to 1.
    #[must_use]
    pub fn share(self) -> f64 {
        f64::from(self.0) / 10_000.0
    }
}

impl TryFrom<u16> for BasisPoints {
    type Error = RangeError;
    fn try_from(value: u16) -> Result<Self, RangeError> {
        Self::new(value)
    }
}

impl From<BasisPoints> for u16 {
    fn from(value: BasisPoints) -> u16 {
        value.0
    }
}

impl std::fmt::Display for BasisPoints {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, rest) = (self.0 / 100, self.0 % 100);
        match (rest, rest % 10) {
            (0, _) => write!(f, "{whole} %"),
            (_, 0) => write!(f, "{whole}.{} %", rest / 10),
            _ => write!(f, "{whole}.{rest:02} %"),
        }
    }
}

/// A ratio in parts per million, 0 to 1,000,000: margins, objectives, error limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u32", into = "u32")]
#[schemars(extend("maximum" = 1_000_000))]
pub struct PartsPerMillion(u32);

impl PartsPerMillion {
    /// Checks the range.
    ///
    /// # Errors
    /// [`RangeError`] above 1,000,000.
    pub fn new(value: u32) -> Result<Self, RangeError> {
        if value <= 1_000_000 {
            Ok(Self(value))
        } else {
            Err(RangeError {
                expected: "0 to 1000000 parts per million",
                found: i64::from(value),
            })
        }
    }

    /// The number, 0 to 1,000,000.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }

    /// The ratio, 0 to 1.
    #[must_use]
    pub fn ratio(self) -> f64 {
        f64::from(self.0) / 1e6
    }
}

impl PartsPerMillion {
    /// As a difference of two shares, in percentage points: `2 pp`.
    #[must_use]
    pub fn points(self) -> String {
        self.to_string().replace('%', "pp")
    }
}

impl TryFrom<u32> for PartsPerMillion {
    type Error = RangeError;
    fn try_from(value: u32) -> Result<Self, RangeError> {
        Self::new(value)
    }
}

impl From<PartsPerMillion> for u32 {
    fn from(value: PartsPerMillion) -> u32 {
        value.0
    }
}

impl std::fmt::Display for PartsPerMillion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let percent = format!("{:.4}", f64::from(self.0) / 10_000.0);
        write!(f, "{} %", percent.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// A duration in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Millis(pub u64);

impl Millis {
    /// Whole seconds.
    #[must_use]
    pub const fn seconds(n: u64) -> Self {
        Self(n * 1_000)
    }

    /// Whole minutes.
    #[must_use]
    pub const fn minutes(n: u64) -> Self {
        Self(n * 60_000)
    }
}

impl std::fmt::Display for Millis {
    /// The way plan files write it: `250ms`, `4s`, `1m30s`, `2h`, `7d`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let mut rest = self.0;
        for (size, unit) in [
            (86_400_000, "d"),
            (3_600_000, "h"),
            (60_000, "m"),
            (1_000, "s"),
            (1, "ms"),
        ] {
            let n = rest / size;
            rest %= size;
            if n > 0 {
                write!(f, "{n}{unit}")?;
            }
        }
        Ok(())
    }
}

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This instant and then some; saturates at the end of time.
    #[must_use]
    pub fn after(self, wait: Millis) -> Self {
        Self(self.0.saturating_add(i64::try_from(wait.0).unwrap_or(i64::MAX)))
    }

    /// Time since `earlier`; zero when it lies ahead.
    #[must_use]
    pub fn since(self, earlier: Self) -> Millis {
        Millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl std::fmt::Display for Timestamp {
    /// RFC 3339 in UTC with milliseconds.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(at) => write!(f, "{at:.3}"),
            Err(_) => write!(f, "{} ms since 1970", self.0),
        }
    }
}

/// Money in integer minor units of a currency.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Money {
    /// Cents and the like.
    pub minor: i64,
    /// ISO 4217, three capital letters.
    pub currency: String,
}

impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.minor < 0 { "-" } else { "" };
        let minor = self.minor.unsigned_abs();
        write!(f, "{sign}{}.{:02} {}", minor / 100, minor % 100, self.currency)
    }
}
