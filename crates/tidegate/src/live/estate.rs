//! Which estate runs: the adopted one, always; the files on disk only at the very first start.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use tidegate_api::{Candidate, Candidates, Unfit};
use tidegate_engine::state::State;
use tidegate_journal::Journal;
use tidegate_model::Estate;
use tidegate_plan::{Bundle, Mode, SourceFile, compile, render_human};

use super::{SharedJournal, supervise};

/// The estate that runs.
pub(crate) struct Chosen {
    pub(crate) estate: Arc<Estate>,
    /// The digest of the files on disk, when they differ from what runs (or do not compile).
    pub(crate) differs: bool,
}

/// What is stored of an adopted estate: enough to compile it again.
#[derive(Serialize, Deserialize)]
struct Kept {
    bundle: Vec<u8>,
    settings: BTreeMap<String, String>,
}

/// Compiles a bundle that is to be run, or prints every diagnostic.
///
/// # Errors
/// When it has errors.
pub(crate) fn compile_candidate(
    bundle: &Bundle,
    settings: &BTreeMap<String, String>,
    mode: Mode,
) -> anyhow::Result<Arc<Estate>> {
    let compiled = compile(bundle, settings, mode);
    match compiled.estate {
        Some(estate) => Ok(Arc::new(estate)),
        None => {
            eprint!("{}", render_human(&compiled.diagnostics, bundle, false));
            bail!("the plan files have errors; nothing was started");
        }
    }
}

/// Keeps the sources of an estate under its digest, before the engine is asked to adopt it.
///
/// # Errors
/// When the store does not take them.
pub(crate) fn keep(
    journal: &mut Journal,
    estate: &Estate,
    bundle: &Bundle,
    settings: &BTreeMap<String, String>,
) -> anyhow::Result<()> {
    let kept = Kept {
        bundle: bundle.encode(),
        settings: settings.clone(),
    };
    let bytes = serde_json::to_vec(&kept).context("cannot write the sources of the estate")?;
    journal
        .put_bundle(estate.digest(), &bytes)
        .context("cannot keep the sources of the estate")
}

/// Makes candidates for adoption of plan files that somebody sends; their sources are kept in the journal's store when they
/// are to be adopted.
pub(crate) fn candidates(journal: &SharedJournal) -> Candidates {
    let journal = journal.clone();
    Arc::new(move |sources| {
        let files = sources.files.into_iter().map(|file| SourceFile {
            path: file.path,
            text: file.text,
        });
        let bundle = Bundle {
            files: files.collect(),
            ..Bundle::default()
        };
        let settings = sources.settings;
        let compiled = compile(&bundle, &settings, Mode::Author);
        let Some(estate) = compiled.estate.map(Arc::new) else {
            return Err(Unfit::Wrong(render_human(&compiled.diagnostics, &bundle, false)));
        };
        if let Some(reason) = supervise::cannot_run(&estate) {
            return Err(Unfit::Unroutable(reason));
        }
        let keep = {
            let (journal, estate) = (journal.clone(), estate.clone());
            move || {
                let mut journal = journal.lock().expect("no code panics while it holds the journal");
                keep(&mut journal, &estate, &bundle, &settings).map_err(|error| Unfit::NotKept(format!("{error:#}")))
            }
        };
        Ok(Candidate {
            estate,
            keep: Box::new(keep),
        })
    })
}

/// Reads back and compiles the sources of an adopted estate.
///
/// # Errors
/// When they are not in the store, or this version cannot compile them even with newer rules as warnings.
pub(crate) fn adopted(journal: &Journal, digest: &str) -> anyhow::Result<Arc<Estate>> {
    let bytes = journal
        .bundle(digest)
        .context("cannot read the sources of the adopted estate")?
        .with_context(|| format!("the sources of the adopted estate {digest:.12} are not in the store"))?;
    let kept: Kept = serde_json::from_slice(&bytes).context("the sources of the adopted estate are torn")?;
    let bundle = Bundle::decode(&kept.bundle).context("the sources of the adopted estate are torn")?;
    compile_candidate(&bundle, &kept.settings, Mode::Adopted)
}

/// Chooses what runs.
///
/// # Errors
/// Plan files with errors at the first start; an adopted estate that cannot be read back.
pub(crate) fn choose(
    mut journal: Journal,
    state: &State,
    bundle: &Bundle,
    settings: &BTreeMap<String, String>,
) -> anyhow::Result<(Chosen, Journal)> {
    let Some(digest) = state.estate_digest() else {
        let estate = compile_candidate(bundle, settings, Mode::Author)?;
        keep(&mut journal, &estate, bundle, settings)?;
        return Ok((Chosen { estate, differs: false }, journal));
    };
    let estate = adopted(&journal, digest)?;
    let on_disk = compile(bundle, settings, Mode::Author).estate;
    let differs = on_disk.is_none_or(|candidate| candidate.digest() != digest);
    Ok((Chosen { estate, differs }, journal))
}
