//! Reads `--name value` and `--name`; an unknown flag, a missing value or a missing flag is an error.

use std::collections::BTreeMap;
use std::str::FromStr;

/// Why the arguments cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum FlagError {
    /// No such flag in this program.
    #[error("unknown argument `{found}`")]
    Unknown {
        /// The argument as given.
        found: String,
    },
    /// The flag stands at the end without its value.
    #[error("`--{name}` expects a value")]
    NoValue {
        /// The flag's name without dashes.
        name: String,
    },
    /// The flag must be given.
    #[error("`--{name}` is required")]
    Missing {
        /// The flag's name without dashes.
        name: &'static str,
    },
    /// The value has the wrong form.
    #[error("`--{name}` expects {expected}, found `{found}`")]
    Unreadable {
        /// The flag's name without dashes.
        name: &'static str,
        /// What the value should look like.
        expected: &'static str,
        /// The value as given.
        found: String,
    },
}

/// The flags of one program, read and known by name.
#[derive(Debug)]
pub(crate) struct Flags {
    given: BTreeMap<String, Vec<String>>,
}

impl Flags {
    /// Reads `args`, where `valued` names the flags with a value and `bare` those without.
    pub(crate) fn read(args: &[String], valued: &[&str], bare: &[&str]) -> Result<Self, FlagError> {
        let mut given: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut rest = args.iter();
        while let Some(arg) = rest.next() {
            let Some(text) = arg.strip_prefix("--") else {
                return Err(FlagError::Unknown { found: arg.clone() });
            };
            let (name, inline) = match text.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (text, None),
            };
            let value = if valued.contains(&name) {
                inline
                    .or_else(|| rest.next().cloned())
                    .ok_or_else(|| FlagError::NoValue { name: name.to_owned() })?
            } else if bare.contains(&name) && inline.is_none() {
                String::new()
            } else {
                return Err(FlagError::Unknown { found: arg.clone() });
            };
            given.entry(name.to_owned()).or_default().push(value);
        }
        Ok(Self { given })
    }

    /// The last value given for `name`.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.given
            .get(name)
            .and_then(|values| values.last())
            .map(String::as_str)
    }

    /// Every value given for `name`, in order.
    pub(crate) fn all(&self, name: &str) -> &[String] {
        self.given.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether the flag was given at all.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.given.contains_key(name)
    }

    /// The last value given for `name`, which must be there.
    pub(crate) fn required(&self, name: &'static str) -> Result<&str, FlagError> {
        self.text(name).ok_or(FlagError::Missing { name })
    }

    /// The value as a whole number, or `default` when the flag was not given.
    pub(crate) fn number<T: FromStr>(&self, name: &'static str, default: T) -> Result<T, FlagError> {
        let Some(text) = self.text(name) else {
            return Ok(default);
        };
        text.parse().map_err(|_| unreadable(name, "a whole number", text))
    }

    /// A share such as `1%`, in basis points (0 to 10,000).
    pub(crate) fn share_bp(&self, name: &'static str) -> Result<Option<u32>, FlagError> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        let share = text.strip_suffix('%').and_then(|digits| digits.parse::<f64>().ok());
        match share {
            Some(percent) if (0.0..=100.0).contains(&percent) => Ok(Some((percent * 100.0).round() as u32)),
            Some(_) | None => Err(unreadable(name, "a percentage such as `1%`", text)),
        }
    }

    /// A positive rate such as `100/s` or `100`, in events per second.
    pub(crate) fn rate_per_second(&self, name: &'static str, default: f64) -> Result<f64, FlagError> {
        let Some(text) = self.text(name) else {
            return Ok(default);
        };
        match text.strip_suffix("/s").unwrap_or(text).parse::<f64>() {
            Ok(rate) if rate > 0.0 && rate <= 10_000.0 => Ok(rate),
            Ok(_) | Err(_) => Err(unreadable(name, "a rate such as `100/s`, at most 10000/s", text)),
        }
    }

    /// A duration in whole seconds such as `30s` or `30`.
    pub(crate) fn seconds(&self, name: &'static str) -> Result<Option<std::time::Duration>, FlagError> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        match text.strip_suffix('s').unwrap_or(text).parse::<u64>() {
            Ok(seconds) => Ok(Some(std::time::Duration::from_secs(seconds))),
            Err(_) => Err(unreadable(name, "seconds such as `30s`", text)),
        }
    }
}

/// The error for a value of the wrong form.
pub(crate) fn unreadable(name: &'static str, expected: &'static str, found: &str) -> FlagError {
    FlagError::Unreadable {
        name,
        expected,
        found: found.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;

    fn read(line: &str) -> Result<Flags, FlagError> {
        let args: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Flags::read(&args, &["rate", "share", "person"], &["verbose"])
    }

    #[test]
    fn values_repeat_and_units_are_read() {
        let flags = read("--rate 100/s --share=1% --person a --person b=c --verbose").unwrap();
        assert_eq!(flags.rate_per_second("rate", 1.0), Ok(100.0));
        assert_eq!(flags.share_bp("share"), Ok(Some(100)));
        assert_eq!(flags.all("person"), ["a", "b=c"]);
        assert!(flags.has("verbose"));
    }

    #[test]
    fn unknown_and_unfinished_arguments_are_refused() {
        assert_eq!(
            read("--colour red").unwrap_err(),
            FlagError::Unknown {
                found: "--colour".to_owned()
            }
        );
        assert_eq!(
            read("--rate").unwrap_err(),
            FlagError::NoValue {
                name: "rate".to_owned()
            }
        );
        assert!(read("--share 101%").unwrap().share_bp("share").is_err());
        assert!(read("--rate fast").unwrap().rate_per_second("rate", 1.0).is_err());
        assert_eq!(
            read("").unwrap().required("rate"),
            Err(FlagError::Missing { name: "rate" })
        );
    }
}
