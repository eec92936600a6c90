//! Listening addresses: each edge is a gateway of its own and needs one that no other edge takes.

use std::collections::BTreeMap;

use tidegate_model::edge::Edge;

use crate::code::Code;
use crate::read::Reading;
use crate::sink::Finding;

/// Checks every two edges on one port.
pub(crate) fn check(edges: &[Edge], reading: &mut Reading) {
    let mut on_port: BTreeMap<u16, Vec<&Edge>> = BTreeMap::new();
    for later in edges {
        // Port 0 is whichever is free.
        let Some((host, port @ 1..)) = parts(&later.listen) else {
            continue;
        };
        let earlier_ones = on_port.entry(port).or_default();
        let taken = earlier_ones
            .iter()
            .copied()
            .find(|earlier| parts(&earlier.listen).is_some_and(|(other, _)| collide(&host, &other)));
        earlier_ones.push(later);
        let Some(earlier) = taken else { continue };
        let place = reading.place(&format!("edge `{}`", later.id), "listen");
        let first = reading.place(&format!("edge `{}`", earlier.id), "listen");
        reading.sink.add(
            Finding::error(
                Code::SharedAddress,
                place,
                format!("edges `{}` and `{}` listen on one address", earlier.id, later.id),
            )
            .expected(
                format!("an address beside `{}`", earlier.listen),
                format!("`{}`", later.listen),
            )
            .help("give one of them another port: each edge is a gateway of its own")
            .related(first, format!("edge `{}` listens here", earlier.id)),
        );
    }
}

/// Host and port of a listening address; the reader has checked its form.
fn parts(listen: &str) -> Option<(String, u16)> {
    let (host_text, port) = listen.rsplit_once(':')?;
    Some((host(host_text), port.parse().ok()?))
}

/// Whether two sockets cannot listen on these hosts at once on one port.
fn collide(one: &str, other: &str) -> bool {
    let is_any = |host: &str| matches!(host, "0.0.0.0" | "[::]" | "::");
    one == other || is_any(one) || is_any(other)
}

/// A host as it is compared: `localhost` is its usual address.
fn host(text: &str) -> String {
    match text.to_ascii_lowercase().as_str() {
        "localhost" => "127.0.0.1".to_owned(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_on_the_same_or_on_every_host() {
        for (one, other, expected) in [
            ("127.0.0.1:80", "127.0.0.1:080", true),
            ("localhost:80", "127.0.0.1:80", true),
            ("Shop:80", "shop:80", true),
            ("0.0.0.0:80", "10.0.0.1:80", true),
            ("10.0.0.1:80", "[::]:80", true),
            ("10.0.0.1:80", "10.0.0.2:80", false),
        ] {
            let (Some((one_host, one_port)), Some((other_host, other_port))) = (parts(one), parts(other)) else {
                panic!("{one} and {other}")
            };
            assert_eq!(one_port, other_port);
            assert_eq!(collide(&one_host, &other_host), expected, "{one} and {other}");
        }
    }
}
