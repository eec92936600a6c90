//! Surveys: pages and baskets of a side, looked at one by one, politely and within a time.
//!
//! What is asked for and does not come is a gap, never a fault and never silence alone about one page: a survey with a gap passes
//! nothing. Where nothing at all answers there is silence.

mod catalogue;
mod crawl;
mod entrance;
mod faults;
mod head;
mod offer;
mod page;
mod pages;
mod price;
mod quote;
mod redirects;
mod robots;
mod rules;
mod same;
mod side;
mod sitemap;

pub use entrance::{Entrance, Pass};

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tidegate_model::ask::Cadence;
use tidegate_model::seam::Surveyed;
use tidegate_model::survey::{SurveyAsk, time_of};
use tidegate_model::{Millis, SourceId};

use crate::miss::{Finding, Miss};
use crate::source::Source;
use crate::web::WebAddress;

/// Looks at everything once. It takes no longer than the interval between two surveys.
///
/// # Errors
/// A source has no address or is of another kind, a side answers nothing, or the time is over.
pub(crate) async fn look(
    ask: &SurveyAsk,
    sources: &BTreeMap<SourceId, Source>,
    entrance: Option<&Entrance>,
    cadence: Cadence,
) -> Finding<Surveyed> {
    let began = Instant::now();
    let limit = Duration::from_millis(time_of(cadence.every).0);
    let looking = async {
        match ask {
            SurveyAsk::Crawl(ask) => crawl::look(ask, sources, entrance, cadence).await,
            SurveyAsk::Quote(ask) => quote::look(ask, sources, cadence).await,
        }
    };
    let found = tokio::time::timeout(limit, looking)
        .await
        .map_err(|_| Miss::late(limit))??;
    let took = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Surveyed {
        took: Millis(took),
        ..found
    })
}

/// A source of this name that is one of the web.
fn web<'a>(sources: &'a BTreeMap<SourceId, Source>, on: &SourceId) -> Finding<&'a WebAddress> {
    match source(sources, on)? {
        Source::Http(address) => Ok(address),
        Source::Prometheus(_) | Source::Database(_) | Source::Log(_) | Source::Csv(_) => {
            Err(Miss::Silent(format!("the address of `{on}` is not one of the web")))
        }
    }
}

fn source<'a>(sources: &'a BTreeMap<SourceId, Source>, on: &SourceId) -> Finding<&'a Source> {
    sources
        .get(on)
        .ok_or_else(|| Miss::Silent(format!("`{on}` has no address")))
}
