//! The pages for people: rendered here, live by replaced fragments, readable without a script.

pub(crate) mod answer;
pub(crate) mod asset;
pub(crate) mod chart;
pub(crate) mod comparisons;
pub(crate) mod exploration;
pub(crate) mod form;
pub(crate) mod fragments;
pub(crate) mod frame;
pub(crate) mod gate;
pub(crate) mod incident;
pub(crate) mod incidents;
pub(crate) mod journal;
pub(crate) mod ladder;
pub(crate) mod lesson;
pub(crate) mod link;
pub(crate) mod live;
pub(crate) mod login;
pub(crate) mod looked;
pub(crate) mod objectives;
pub(crate) mod ownership;
pub(crate) mod pages;
pub(crate) mod plan;
pub(crate) mod press;
mod promises;
pub(crate) mod risks;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod side;
pub(crate) mod strip;
#[cfg(test)]
mod tests;
pub(crate) mod time;
pub(crate) mod view;
pub(crate) mod why;
