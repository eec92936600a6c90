//! `tidegate power`: what each criterion of a plan can see before it starts, and how often it may be wrong.

use anyhow::bail;
use clap::Args;
use tidegate_model::PlanId;
use tidegate_plan::power;

use super::folder::{Folder, Read};
use crate::say::say;
use crate::{exit, near};

/// Shows what each criterion of a plan can see at each step: the smallest harm that is found with 80 % chance, both error
/// rates, and the soak that its margin needs, on the declared traffic. Exit code 1 when a step is too short for one.
#[derive(Debug, Args)]
pub(crate) struct Power {
    /// The plan's name.
    plan: String,
    #[command(flatten)]
    folder: Folder,
    /// The try of each stage, from 1: later ones have less of the plan's alpha.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    attempt: u32,
    /// Prints JSON for programs instead of tables.
    #[arg(long)]
    json: bool,
}

impl Power {
    pub(crate) fn run(self) -> anyhow::Result<u8> {
        // A step that is too short is an error of `check`, and here it is what people want to see.
        let (estate, shares) = match self.folder.read()? {
            Read::Fine { estate, shares, .. } => (estate, shares),
            Read::Wrong(code) => return Ok(code),
        };
        let found = PlanId::parse(&self.plan)
            .ok()
            .and_then(|plan| power(&estate, &shares, &plan, self.attempt));
        let Some(found) = found else {
            let known: Vec<&str> = estate.plans().keys().map(PlanId::as_str).collect();
            bail!("there is no plan `{}`; {}", self.plan, near::said(&self.plan, &known))
        };
        if self.json {
            say!("{}", serde_json::to_string_pretty(&found)?);
        } else {
            say!("{}", found.to_string().trim_end());
        }
        Ok(if found.fits() { exit::FINE } else { exit::WRONG })
    }
}
