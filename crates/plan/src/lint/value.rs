//! Values that a provider hands to a condition, as far as their type decides what the condition makes of them.

/// A value of the expression language.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// Nothing.
    Nil,
    /// A truth value.
    Truth(bool),
    /// A whole number.
    Whole(i64),
    /// A floating-point number.
    Float(f64),
    /// A text.
    Text(String),
    /// A list; `is_typed` when the language knows beforehand that it holds floating-point numbers.
    List {
        /// The elements.
        items: Vec<Value>,
        /// Whether every element is known to be a floating-point number.
        is_typed: bool,
    },
    /// A mapping whose fields are not known: wherever a condition goes in it, it finds the value inside.
    Object(Box<Value>),
    /// What a condition found inside an [`Value::Object`]; going further finds the same.
    Inside(Box<Value>),
}

impl Value {
    /// A list of floating-point numbers.
    pub(super) fn floats(items: &[f64]) -> Self {
        Self::List {
            items: items.iter().copied().map(Self::Float).collect(),
            is_typed: true,
        }
    }

    /// A list of anything.
    pub(super) fn list(items: Vec<Value>) -> Self {
        Self::List { items, is_typed: false }
    }

    /// A mapping that holds `inner` wherever it is looked into.
    pub(super) fn object(inner: Value) -> Self {
        Self::Object(Box::new(inner))
    }

    /// The value itself, once nothing more is looked up in it.
    pub(super) fn resolved(self) -> Self {
        match self {
            Self::Inside(inner) => *inner,
            Self::Nil
            | Self::Truth(_)
            | Self::Whole(_)
            | Self::Float(_)
            | Self::Text(_)
            | Self::List { .. }
            | Self::Object(_) => self,
        }
    }

    /// As a floating-point number, when it is a number.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Whole(whole) => Some(to_float(*whole)),
            Self::Float(float) => Some(*float),
            Self::Nil | Self::Truth(_) | Self::Text(_) | Self::List { .. } | Self::Object(_) | Self::Inside(_) => None,
        }
    }

    /// Its type, in the words of a message.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Nil => "nil",
            Self::Truth(_) => "a truth value",
            Self::Whole(_) | Self::Float(_) => "a number",
            Self::Text(_) => "a text",
            Self::List { .. } => "a list",
            Self::Object(_) => "a mapping",
            Self::Inside(inner) => inner.kind(),
        }
    }

    /// Whether the expression language knows the type before it runs.
    pub(super) fn is_typed(&self) -> bool {
        match self {
            Self::Truth(_) | Self::Whole(_) | Self::Float(_) | Self::Text(_) => true,
            Self::List { is_typed, .. } => *is_typed,
            Self::Nil | Self::Object(_) | Self::Inside(_) => false,
        }
    }
}

/// The nearest floating-point number.
#[expect(clippy::cast_precision_loss, reason = "the expression language rounds the same way")]
pub(super) fn to_float(whole: i64) -> f64 {
    whole as f64
}
