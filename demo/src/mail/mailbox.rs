//! The messages in memory, newest last; at the limit the oldest goes.

use std::collections::VecDeque;

use serde::Serialize;

use super::message::Content;
use crate::clock::now_ms;

/// Messages that are kept.
const MESSAGES_MAX: usize = 10_000;

/// One received message.
#[derive(Debug, Serialize)]
pub(super) struct Message {
    /// Number from 1 in order of arrival.
    number: u64,
    received_at_ms: i64,
    /// Sender of the envelope.
    from: String,
    /// Recipients of the envelope.
    to: Vec<String>,
    subject: String,
    message_id: Option<String>,
    date: Option<String>,
    /// Name and value, unfolded, in the message's order.
    headers: Vec<(String, String)>,
    /// The decoded plain text.
    body: String,
}

/// All messages that are still kept.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    received: u64,
    kept: VecDeque<Message>,
}

impl Mailbox {
    /// Takes a message and returns its number.
    pub(super) fn take(&mut self, from: String, to: Vec<String>, content: Content) -> u64 {
        self.received += 1;
        self.kept.push_back(Message {
            number: self.received,
            received_at_ms: now_ms(),
            from,
            to,
            subject: content.header("subject").unwrap_or_default().to_owned(),
            message_id: content.header("message-id").map(str::to_owned),
            date: content.header("date").map(str::to_owned),
            headers: content.headers,
            body: content.text,
        });
        if self.kept.len() > MESSAGES_MAX {
            self.kept.pop_front();
        }
        self.received
    }

    /// Messages to `to` (any when absent) with a number above `after`.
    pub(super) fn list<'a>(&'a self, to: Option<&'a str>, after: u64) -> impl Iterator<Item = &'a Message> {
        self.kept.iter().filter(move |one| {
            one.number > after && to.is_none_or(|to| one.to.iter().any(|found| found.eq_ignore_ascii_case(to)))
        })
    }

    pub(super) fn get(&self, number: u64) -> Option<&Message> {
        self.kept.iter().find(|one| one.number == number)
    }

    /// Messages ever received.
    pub(super) fn received(&self) -> u64 {
        self.received
    }
}
