//! The world that Tidegate does not own: two shops, a payment provider, an ERP and the feed to it, shoppers, a mail sink and
//! people on call, each a program of its own that speaks HTTP, SMTP and files only. Nothing here depends on a crate of Tidegate.

mod program;

mod erp;
mod feed;
mod mail;
mod oncall;
mod pay;
mod shop;
mod shoppers;

mod clock;
mod fault;
mod flags;
mod jar;
mod lifetime;
mod tables;
mod webhook;

pub use program::run;
