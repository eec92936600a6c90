//! The estate of the bench: one unit, one stage, pages and carts.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context;

/// The files, by their names.
pub(crate) const FILES: [(&str, &str); 2] = [
    ("tidegate.yaml", include_str!("../estate/tidegate.yaml")),
    ("estate.yaml", include_str!("../estate/estate.yaml")),
];

/// Writes the files into a folder.
pub(crate) fn write(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).context("cannot make the estate's folder")?;
    for (name, text) in FILES {
        std::fs::write(folder.join(name), text).with_context(|| format!("cannot write {name}"))?;
    }
    Ok(())
}

/// Values for `${NAME}` in the files.
pub(crate) fn settings(gateway: SocketAddr, old: SocketAddr, new: SocketAddr) -> BTreeMap<String, String> {
    [
        ("GATEWAY", gateway.to_string()),
        ("OLD", format!("http://{old}")),
        ("NEW", format!("http://{new}")),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
