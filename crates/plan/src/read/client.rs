//! Clients of a unit that are no browsers: apps and programs, and when each meets the new side.

use tidegate_model::ClientId;
use tidegate_model::edge::{Client, ClientKind, Moves};

use super::Reading;
use super::fields::{Fields, items, name, value};
use super::time::{DATE, date};
use crate::code::Code;
use crate::form::{Form, Of, may, need};
use crate::sink::Finding;
use crate::syntax::Node;

/// The fields of a client.
pub(crate) static CLIENT: Form = Form::new(
    "a program that calls a unit and is no browser",
    &[
        need("name", Of::Name),
        need("kind", Of::Words(&["mobile", "api"])),
        may("moves", Of::Words(&["with-visitors", "when-final"])),
        may("not-before", Of::Text),
    ],
);

/// Reads the clients of a unit.
pub(crate) fn all(node: Option<&Node>, unit: &str, reading: &mut Reading) -> Vec<Client> {
    let mut clients: Vec<Client> = Vec::new();
    let Some(node) = node else { return clients };
    reading.mark(unit, "clients", node.place);
    for node in items(node) {
        let Some(client) = read(node, unit, reading) else {
            continue;
        };
        if clients.iter().any(|earlier| earlier.id == client.id) {
            reading.sink.add(
                Finding::error(
                    Code::DeclaredTwice,
                    node.place,
                    format!("client `{}` of {unit} is declared twice", client.id),
                )
                .expected("one client of this name", format!("a second `{}`", client.id))
                .help("give the second another name"),
            );
            continue;
        }
        clients.push(client);
    }
    clients
}

fn read(node: &Node, unit: &str, reading: &mut Reading) -> Option<Client> {
    let mut fields = Fields::open(node, format!("a client of {unit}"), &CLIENT, reading)?;
    let id = fields
        .need("name", reading)
        .and_then(|node| name(node, "the client's name", ClientId::parse, reading));
    let kind = fields
        .need("kind", reading)
        .and_then(|node| value(node, "`kind`", KIND, kind, reading));
    let moves = match (fields.get("moves"), fields.get("not-before")) {
        (Some(node), None) => value(node, "`moves`", MOVES, moves, reading),
        (None, Some(node)) => value(node, "`not-before`", DATE, date, reading).map(Moves::NotBefore),
        (written, _) => {
            let found = match written {
                Some(_) => "both".to_owned(),
                None => fields.instead_of("moves"),
            };
            let who = id.as_ref().map_or("a client", ClientId::as_str);
            reading.sink.add(
                Finding::error(
                    Code::ClientStays,
                    fields.head(),
                    format!("nothing says when client `{who}` of {unit} meets the new side"),
                )
                .expected("one of `moves` and `not-before`", found)
                .help("write `moves: with-visitors` when it keeps the visitor's cookie, `moves: when-final` when it may change all at once at the end, `not-before: 2027-03-01` when it knows the old side only until that day"),
            );
            None
        }
    };
    fields.close(reading);
    Some(Client {
        id: id?,
        kind: kind?,
        moves: moves?,
    })
}

const KIND: &str = "`mobile` or `api`";

fn kind(text: &str) -> Option<ClientKind> {
    match text {
        "mobile" => Some(ClientKind::Mobile),
        "api" => Some(ClientKind::Api),
        _ => None,
    }
}

const MOVES: &str = "`with-visitors` or `when-final`";

fn moves(text: &str) -> Option<Moves> {
    match text {
        "with-visitors" => Some(Moves::WithVisitors),
        "when-final" => Some(Moves::WhenFinal),
        _ => None,
    }
}
