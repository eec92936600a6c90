//! The estate that `tidegate init` writes: small, complete, and it checks clean.

use crate::bundle::{Bundle, SourceFile};

/// A new estate. Text that is no name becomes `estate`.
#[must_use]
pub fn scaffold(name: &str) -> Bundle {
    let name = match tidegate_model::check_name(name) {
        Ok(()) => name,
        Err(_) => "estate",
    };
    let files = [
        ("tidegate.yaml", include_str!("scaffold/tidegate.yaml")),
        ("people.yaml", include_str!("scaffold/people.yaml")),
        ("domains.yaml", include_str!("scaffold/domains.yaml")),
        ("edge.yaml", include_str!("scaffold/edge.yaml")),
        ("hazards.yaml", include_str!("scaffold/hazards.yaml")),
        ("plan.yaml", include_str!("scaffold/plan.yaml")),
    ];
    Bundle {
        files: files
            .into_iter()
            .map(|(path, text)| SourceFile {
                path: path.to_owned(),
                text: text.replace("ESTATE_NAME", name),
            })
            .collect(),
        ..Bundle::default()
    }
}
