//! The estates of the bench: its own with one unit for rollbacks, and the demo's edge and flows at one half.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context;
use tidegate_plan::{Bundle, SourceFile};

/// A file's name and its text.
type File = (&'static str, &'static str);

/// An estate as it is started.
pub(crate) struct Setup {
    files: &'static [File],
    /// Each stage and the person who approves it.
    pub(crate) stages: &'static [(&'static str, &'static str)],
    /// Where its edge listens.
    pub(crate) gateway: SocketAddr,
    /// What its criteria ask beside the gateway, and the setting that has its address.
    pub(crate) sources: &'static [(&'static str, &'static str)],
    /// Values for `${NAME}` in the files.
    pub(crate) settings: BTreeMap<String, String>,
}

/// One unit, one stage, pages and carts.
const ONE_UNIT: &[File] = &[
    ("tidegate.yaml", include_str!("../estate/tidegate.yaml")),
    ("estate.yaml", include_str!("../estate/estate.yaml")),
];

/// What the demo ships, but for its plan: here every stage goes to one half at once and stays there.
const DEMO: &[File] = &[
    ("tidegate.yaml", include_str!("../../examples/demo-shop/tidegate.yaml")),
    (
        "organisation.yaml",
        include_str!("../../examples/demo-shop/organisation.yaml"),
    ),
    ("domains.yaml", include_str!("../../examples/demo-shop/domains.yaml")),
    ("edge.yaml", include_str!("../../examples/demo-shop/edge.yaml")),
    ("plan.yaml", include_str!("../estate/demo-plan.yaml")),
];

/// The bench's own estate between two upstreams.
pub(crate) fn one_unit(gateway: SocketAddr, old: SocketAddr, new: SocketAddr) -> Setup {
    Setup {
        files: ONE_UNIT,
        stages: &[("shop", "ana")],
        gateway,
        sources: &[],
        settings: settings(gateway, [("OLD", old), ("NEW", new)]),
    }
}

/// The demo's estate between two upstreams.
pub(crate) fn demo(gateway: SocketAddr, old: SocketAddr, new: SocketAddr) -> Setup {
    Setup {
        files: DEMO,
        stages: &[
            ("catalogue", "carl"),
            ("pricing", "petra"),
            ("checkout", "ana"),
            ("integrations", "ines"),
            ("seo-routing", "sofia"),
        ],
        gateway,
        sources: &[("new-shop", "NEW_SHOP")],
        settings: settings(gateway, [("OLD_SHOP", old), ("NEW_SHOP", new)]),
    }
}

impl Setup {
    /// The files as they are compiled.
    pub(crate) fn bundle(&self) -> Bundle {
        let file = |(path, text): &File| SourceFile {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        };
        Bundle {
            files: self.files.iter().map(file).collect(),
            ..Bundle::default()
        }
    }

    /// Writes the files into a folder.
    pub(crate) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        std::fs::create_dir_all(folder).context("cannot make the estate's folder")?;
        for (name, text) in self.files {
            std::fs::write(folder.join(name), text).with_context(|| format!("cannot write {name}"))?;
        }
        Ok(())
    }
}

fn settings(gateway: SocketAddr, upstreams: [(&str, SocketAddr); 2]) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::from([("GATEWAY".to_owned(), gateway.to_string())]);
    for (name, address) in upstreams {
        settings.insert(name.to_owned(), format!("http://{address}"));
    }
    settings
}

#[cfg(test)]
mod tests {
    use tidegate_model::Estate;
    use tidegate_model::plan::Measure;
    use tidegate_plan::{Mode, compile};

    use super::*;

    const SHIPPED: &[File] = &[
        DEMO[0],
        DEMO[1],
        DEMO[2],
        DEMO[3],
        ("plan.yaml", include_str!("../../examples/demo-shop/plan.yaml")),
    ];

    fn compiled(setup: &Setup) -> Estate {
        let compiled = compile(&setup.bundle(), &setup.settings, Mode::Author);
        compiled.estate.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics))
    }

    fn criteria(estate: &Estate) -> Vec<String> {
        let mut said = Vec::new();
        for (_, stage) in estate.stages() {
            for criterion in &stage.gate.criteria {
                // None of these asks anything of a gateway.
                let is_beside = matches!(
                    criterion.measure,
                    Measure::SqlEqual { .. }
                        | Measure::Reconcile { .. }
                        | Measure::Survey { .. }
                        | Measure::Level { .. }
                        | Measure::Manual { .. }
                );
                let measure = if is_beside {
                    "beside the gateway".to_owned()
                } else {
                    format!("{:?}", criterion.measure)
                };
                said.push(format!("{} {} {} {measure}", stage.id, stage.unit, criterion.id));
            }
        }
        said
    }

    /// What a gateway counts follows from edge, flows and criteria; when the demo's change, this plan changes with them.
    #[test]
    fn the_demo_is_measured_with_what_it_ships() {
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
        let setup = demo(nowhere, nowhere, nowhere);
        let shipped = Setup {
            files: SHIPPED,
            ..demo(nowhere, nowhere, nowhere)
        };
        let ours = compiled(&setup);
        assert_eq!(criteria(&ours).len(), 14);
        assert_eq!(criteria(&ours), criteria(&compiled(&shipped)));
        let stages: Vec<String> = ours.stages().map(|(_, stage)| stage.id.to_string()).collect();
        let approved: Vec<&str> = setup.stages.iter().map(|(stage, _)| *stage).collect();
        assert_eq!(stages, approved);
    }
}
