//! Many addresses of a side, several at a time and no faster than its pace.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::task::JoinSet;

use super::page::Page;
use super::side::Side;

/// Every address with its answer, or with the words for its absence.
pub(super) type Pages = BTreeMap<String, Result<Page, String>>;

/// Asks for all of them. What still waits ends when this is dropped.
pub(super) async fn ask(side: &Arc<Side>, paths: BTreeSet<String>, crawler: &str) -> Pages {
    let mut asking = JoinSet::new();
    for path in paths {
        let (side, crawler) = (side.clone(), crawler.to_owned());
        asking.spawn(async move {
            let page = Page::of(&side, &path, &crawler).await;
            (path, page)
        });
    }
    let mut pages = Pages::new();
    while let Some(asked) = asking.join_next().await {
        match asked {
            Ok((path, page)) => drop(pages.insert(path, page)),
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => {}
        }
    }
    pages
}
