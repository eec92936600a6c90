//! Listening addresses: each edge is a gateway of its own and needs one that no other edge takes.

use tidegate_model::edge::Edge;

use crate::code::Code;
use crate::read::Reading;
use crate::sink::Finding;

/// Checks every two edges.
pub(crate) fn check(edges: &[Edge], reading: &mut Reading) {
    for (at, later) in edges.iter().enumerate() {
        let Some(earlier) = edges
            .iter()
            .take(at)
            .find(|earlier| collide(&earlier.listen, &later.listen))
        else {
            continue;
        };
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

/// Whether two sockets cannot listen on these at once. Port 0 is whichever is free.
fn collide(one: &str, other: &str) -> bool {
    let (Some((one_host, one_port)), Some((other_host, other_port))) = (one.rsplit_once(':'), other.rsplit_once(':'))
    else {
        return false;
    };
    let port = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0);
    let (one_host, other_host) = (host(one_host), host(other_host));
    let is_any = |host: &str| matches!(host, "0.0.0.0" | "[::]" | "::");
    port(one_port).is_some()
        && port(one_port) == port(other_port)
        && (one_host == other_host || is_any(&one_host) || is_any(&other_host))
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
    fn an_address_is_taken_by_its_port_on_the_same_or_on_every_host() {
        for (one, other, expected) in [
            ("127.0.0.1:80", "127.0.0.1:80", true),
            ("127.0.0.1:80", "127.0.0.1:080", true),
            ("localhost:80", "127.0.0.1:80", true),
            ("Shop:80", "shop:80", true),
            ("0.0.0.0:80", "10.0.0.1:80", true),
            ("10.0.0.1:80", "[::]:80", true),
            ("127.0.0.1:80", "127.0.0.1:81", false),
            ("10.0.0.1:80", "10.0.0.2:80", false),
            ("127.0.0.1:0", "127.0.0.1:0", false),
        ] {
            assert_eq!(collide(one, other), expected, "{one} and {other}");
        }
    }
}
