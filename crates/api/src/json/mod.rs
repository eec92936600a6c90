//! The JSON API under `/api/v1`: the engine's views as they stand, and one path per request.

pub(crate) mod adopt;
pub(crate) mod ask;
pub(crate) mod conditions;
pub(crate) mod name;
pub(crate) mod query;
pub(crate) mod read;
pub(crate) mod stream;
pub(crate) mod tell;
mod unrolled;
