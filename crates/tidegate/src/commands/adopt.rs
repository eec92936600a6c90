//! `tidegate adopt`: asks a running controller to run another version of the estate.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use tidegate_plan::Mode;

use super::check::Settings;
use crate::client::Server;
use crate::{exit, live};

/// Asks the controller to run this version of the estate. Refused when it would change an owner or touch a running stage.
#[derive(Debug, Args)]
pub(crate) struct Adopt {
    /// The estate's folder.
    folder: PathBuf,
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    server: Server,
}

impl Adopt {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        let bundle = live::bundle::read(&self.folder)?;
        let settings = self.settings.values()?;
        let compiled = tidegate_plan::compile(&bundle, &settings, Mode::Author);
        if compiled.estate.is_none() {
            let (diagnostics, bundle) = live::bundle::placed(&self.folder, &compiled.diagnostics, &bundle);
            eprint!("{}", tidegate_plan::render_human(&diagnostics, &bundle, false));
            return Ok(exit::WRONG);
        }
        let files: Vec<_> = bundle
            .files
            .iter()
            .map(|file| json!({ "path": file.path, "text": file.text }))
            .collect();
        self.server
            .post("/api/v1/adopt", &json!({ "files": files, "settings": settings }))
    }
}
