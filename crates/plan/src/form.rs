//! Forms: which fields a mapping of the plan files has. The reader tells unknown fields by them, and the JSON Schema is
//! made of them, so that neither knows a field that the other does not. What a value means is the reader's.

/// The fields of one mapping.
#[derive(Debug)]
pub(crate) struct Form {
    /// What it is, in words: `a switch`.
    pub(crate) title: &'static str,
    /// Its fields, in the order in which people write them.
    pub(crate) fields: &'static [Field],
    /// Whether the format is somebody else's, so that a field that nobody reads here is a warning.
    pub(crate) is_foreign: bool,
}

/// One field.
#[derive(Debug)]
pub(crate) struct Field {
    /// Its key.
    pub(crate) name: &'static str,
    /// What it holds.
    pub(crate) of: Of,
    /// Whether the mapping cannot be read without it.
    pub(crate) is_needed: bool,
}

/// What a field holds, as far as a schema can say it.
#[derive(Debug)]
pub(crate) enum Of {
    /// A text that is not empty.
    Text,
    /// A name by the shared name rule.
    Name,
    /// A reference to a team or a person, `[kind:][namespace/]name`.
    EntityRef,
    /// A duration such as `4h`.
    Duration,
    /// A share such as `5%`.
    Percent,
    /// An amount such as `60 EUR`.
    Money,
    /// A rate such as `1900/h`.
    Rate,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// `true` or `false`.
    Truth,
    /// One of some words.
    Words(&'static [&'static str]),
    /// One such value, or a list of them.
    Listed(&'static Of),
    /// A mapping with the fields of a form.
    Form(&'static Form),
    /// A mapping of free names to such values.
    Named(&'static Of),
    /// Any of these.
    Either(&'static [Of]),
    /// A scalar of any type.
    Scalar,
    /// Whatever the other format says.
    Anything,
}

impl Form {
    /// A form of our own.
    pub(crate) const fn new(title: &'static str, fields: &'static [Field]) -> Self {
        Self {
            title,
            fields,
            is_foreign: false,
        }
    }

    /// A form of another project's format.
    pub(crate) const fn foreign(title: &'static str, fields: &'static [Field]) -> Self {
        Self {
            title,
            fields,
            is_foreign: true,
        }
    }

    /// The names of its fields.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().map(|field| field.name)
    }

    /// Whether it has a field of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names().any(|known| known == name)
    }
}

/// A field that must be there.
pub(crate) const fn need(name: &'static str, of: Of) -> Field {
    Field {
        name,
        of,
        is_needed: true,
    }
}

/// A field that may be left out.
pub(crate) const fn may(name: &'static str, of: Of) -> Field {
    Field {
        name,
        of,
        is_needed: false,
    }
}
