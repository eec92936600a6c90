//! The demo's estate: plan files like any user's, embedded in the program.

use tidegate_plan::{Bundle, SourceFile};

/// The files.
pub(crate) fn bundle() -> Bundle {
    let file = |path: &str, text: &str| SourceFile {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    Bundle {
        files: vec![
            file(
                "tidegate.yaml",
                include_str!("../../../../examples/demo-shop/tidegate.yaml"),
            ),
            file(
                "organisation.yaml",
                include_str!("../../../../examples/demo-shop/organisation.yaml"),
            ),
            file(
                "domains.yaml",
                include_str!("../../../../examples/demo-shop/domains.yaml"),
            ),
            file("edge.yaml", include_str!("../../../../examples/demo-shop/edge.yaml")),
            file("plan.yaml", include_str!("../../../../examples/demo-shop/plan.yaml")),
        ],
        ..Bundle::default()
    }
}
