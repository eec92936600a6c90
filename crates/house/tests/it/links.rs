//! Every relative link of a Markdown page leads to a file or folder of the project, and to a heading that is there.

use std::collections::BTreeSet;

use crate::breach::{Breach, none};
use crate::tree::{File, root, tree};

#[test]
fn every_relative_link_leads_somewhere() {
    none(
        "relative links lead somewhere",
        tree().ending(".md").flat_map(dead).collect(),
    );
}

#[test]
fn every_path_in_prose_is_there() {
    none(
        "paths in backticks are there",
        tree().ending(".md").flat_map(gone).collect(),
    );
}

/// Paths in backticks, from the root: what begins with one of the project's own folders and names one place only.
fn gone(page: &File) -> Vec<Breach> {
    let tops: BTreeSet<&str> = tree()
        .files
        .iter()
        .filter_map(|file| Some(file.path.split_once('/')?.0))
        .collect();
    let code =
        prose(&page.text).flat_map(|(line, text)| text.split('`').skip(1).step_by(2).map(move |code| (line, code)));
    code.map(|(line, code)| (line, code.trim_start_matches("./").trim_end_matches('/')))
        .filter(|(_, code)| code.split_once('/').is_some_and(|(top, _)| tops.contains(top)))
        .filter(|(_, code)| !code.contains([' ', '*', '{', '<']) && !is_there(code))
        .map(|(line, code)| Breach::new(&page.path, line, format!("`{code}` is not there")))
        .collect()
}

fn is_there(path: &str) -> bool {
    let folder = format!("{path}/");
    tree()
        .files
        .iter()
        .any(|file| file.path == path || file.path.starts_with(&folder))
        || root().join(path).is_file()
}

fn dead(page: &File) -> Vec<Breach> {
    links(&page.text)
        .into_iter()
        .filter(|(_, target)| !target.contains("://") && !target.starts_with("mailto:"))
        .filter_map(|(line, target)| {
            let what = objection(&page.path, target)?;
            Some(Breach::new(&page.path, line, format!("`{target}` {what}")))
        })
        .collect()
}

fn objection(from: &str, target: &str) -> Option<&'static str> {
    let (path, anchor) = target
        .split_once('#')
        .map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    if path.starts_with('/') {
        return Some("is not relative");
    }
    let resolved = if path.is_empty() {
        Some(from.to_owned())
    } else {
        resolve(from, path)
    };
    let Some(path) = resolved else {
        return Some("leaves the project");
    };
    if let Some(page) = tree().file(&path) {
        let is_there = anchor.is_none_or(|anchor| anchors(&page.text).contains(anchor));
        return (!is_there).then_some("has no such heading");
    }
    // Pictures are no text, so the tree does not hold them; a folder counts when it holds a file.
    (!is_there(&path)).then_some("leads nowhere")
}

/// The path from the root of what `link` names on the page `from`; `None` when it leaves the project.
fn resolve(from: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Lines and targets of `[words](target)`, `![words](target)` and `[name]: target` outside of code.
fn links(markdown: &str) -> Vec<(usize, &str)> {
    let mut links = Vec::new();
    for (at, line) in prose(markdown) {
        if let Some((_, target)) = line.strip_prefix('[').and_then(|rest| rest.split_once("]: ")) {
            links.push((at, target.trim()));
        }
        for (open, mark) in line.match_indices("](") {
            let is_code = line[..open].matches('`').count() % 2 == 1;
            if !is_code {
                let rest = &line[open + mark.len()..];
                let target = rest.split([')', ' ']).next().unwrap_or(rest);
                links.push((at, target.trim_matches(['<', '>'])));
            }
        }
    }
    links
}

/// Names that a link may have behind `#`: the headings as code hosts turn them into names, repeats numbered.
fn anchors(markdown: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for (_, line) in prose(markdown) {
        for (at, mark) in line.match_indices("id=\"") {
            anchors.extend(line[at + mark.len()..].split('"').next().map(str::to_owned));
        }
        let heading = line.trim_start_matches('#');
        if heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let name: String = heading
            .trim()
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect();
        let again = (1..).map(|n| format!("{name}-{n}"));
        let free = std::iter::once(name.clone())
            .chain(again)
            .find(|name| !anchors.contains(name));
        anchors.extend(free);
    }
    anchors
}

/// Numbered lines outside of fenced code.
fn prose(markdown: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut is_fenced = false;
    markdown.lines().enumerate().filter_map(move |(at, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_fenced ^= is_fence;
        (!is_fenced && !is_fence).then_some((at + 1, line))
    })
}

#[test]
fn links_and_headings_are_read_as_code_hosts_do() {
    let page =
        "# One `a` & two\n[x](y.md#z) `[not](this)` ![p](q.png)\n```\n[nor](that)\n```\n[k]: w.md\n# One a & two\n";
    assert_eq!(links(page), [(2, "y.md#z"), (2, "q.png"), (6, "w.md")]);
    assert!(anchors(page).contains("one-a--two") && anchors(page).contains("one-a--two-1"));
    assert_eq!(
        resolve("docs/codes/README.md", "../../crates/x.md").as_deref(),
        Some("crates/x.md")
    );
    assert_eq!(resolve("README.md", "../x"), None);
    assert!(objection("README.md", "../x").is_some() && objection("README.md", "/ci/test").is_some());
    assert!(objection("README.md", "ci/test").is_none() && objection("README.md", "ci/nothing").is_some());
}
