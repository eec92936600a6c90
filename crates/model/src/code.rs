//! Code ownership as a repository's CODEOWNERS file says it: which rule speaks for a path, and whom it names.

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRule {
    /// Its line, from 1.
    pub line: u32,
    /// Paths that it speaks for, as written.
    pub pattern: String,
    /// Whom it names, as written: `@org/team`, `@person` or an address. Empty makes its paths explicitly unowned.
    pub owners: Vec<String>,
    /// The section that it stands in, from 0; within one the last rule that fits speaks, and every section speaks.
    pub section: usize,
}

/// The rules of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CodeOwners {
    /// The file, relative to the estate's folder; empty when there is none.
    pub file: String,
    /// In the order of the file.
    pub rules: Vec<CodeRule>,
}

impl CodeOwners {
    /// The rules that speak for a path, one a section at most; empty when none does, which is not the same as a rule without
    /// owners.
    #[must_use]
    pub fn speaking_for(&self, path: &str) -> Vec<&CodeRule> {
        let mut speaking: Vec<&CodeRule> = Vec::new();
        for rule in self.rules.iter().filter(|rule| rule.fits(path)) {
            match speaking.iter_mut().find(|known| known.section == rule.section) {
                Some(known) => *known = rule,
                None => speaking.push(rule),
            }
        }
        speaking
    }
}

impl CodeRule {
    /// Whether it speaks for a path relative to the repository's root.
    ///
    /// # Source
    /// GitHub's description of CODEOWNERS: the rules of gitignore, without `!` and `[ ]`. A pattern with a `/` before its end
    /// begins at the root, any other begins anywhere; what names a folder speaks for all below it, but for a last `*`.
    #[must_use]
    pub fn fits(&self, path: &str) -> bool {
        let path = path.trim_start_matches('/');
        let written = self.pattern.as_str();
        let is_folder = written.ends_with('/');
        let inner = written.trim_matches('/');
        let is_anchored = written.starts_with('/') || inner.contains('/');
        let pattern: Vec<&str> = inner.split('/').collect();
        let segments: Vec<&str> = path.split('/').collect();
        let is_whole = pattern.last() == Some(&"*") && pattern.len() > 1;
        let begins = if is_anchored { 0..1 } else { 0..segments.len() };
        begins.into_iter().any(|begin| {
            let rest = &segments[begin..];
            let ends = if is_whole {
                rest.len()..=rest.len()
            } else {
                1..=rest.len()
            };
            // A folder is no file of that name.
            let ends = ends.filter(|end| !is_folder || *end < rest.len() || path.ends_with('/'));
            ends.into_iter().any(|end| segments_fit(&pattern, &rest[..end]))
        })
    }

    /// A path that it speaks for, unless a later rule does.
    #[must_use]
    pub fn example(&self) -> String {
        let inner = self
            .pattern
            .trim_matches('/')
            .replace("**", "any")
            .replace('*', "any")
            .replace('?', "a");
        match self.pattern.ends_with('/') {
            true => format!("{inner}/any"),
            false => inner,
        }
    }
}

fn segments_fit(pattern: &[&str], path: &[&str]) -> bool {
    match pattern.split_first() {
        None => path.is_empty(),
        Some((&"**", rest)) => (0..=path.len()).any(|skipped| segments_fit(rest, &path[skipped..])),
        Some((first, rest)) => path.split_first().is_some_and(|(segment, below)| {
            name_fits(first.as_bytes(), segment.as_bytes()) && segments_fit(rest, below)
        }),
    }
}

/// `*` takes any text of one segment, `?` one character.
fn name_fits(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while seen < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(one) if *one == b'?' || *one == name[seen] => {
                at += 1;
                seen += 1;
            }
            Some(_) | None => {
                let Some((star_at, taken)) = star else { return false };
                star = Some((star_at, taken + 1));
                at = star_at + 1;
                seen = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(line: u32, pattern: &str, owners: &[&str], section: usize) -> CodeRule {
        CodeRule {
            line,
            pattern: pattern.to_owned(),
            owners: owners.iter().map(ToString::to_string).collect(),
            section,
        }
    }

    #[test]
    fn patterns_fit_as_githubs_description_says() {
        for (pattern, path, expected) in [
            ("*", "a/b.rs", true),
            ("*.js", "deep/down/x.js", true),
            ("*.js", "deep/x.ts", false),
            ("/build/logs/", "build/logs/a/b", true),
            ("/build/logs/", "x/build/logs/a", false),
            ("docs/*", "docs/getting-started.md", true),
            ("docs/*", "docs/build-app/trouble.md", false),
            ("apps/", "x/apps/y", true),
            ("apps/", "x/apps", false),
            ("/docs/", "docs/a", true),
            ("/scripts", "scripts/a/b", true),
            ("**/logs", "build/logs/a", true),
            ("/apps/**/test", "apps/a/b/test/c", true),
            ("/apps/github", "apps/github/x", true),
            ("/apps/git?ub", "apps/github", true),
            ("/apps/git?ub", "apps/gitlab", false),
            ("README", "a/README", true),
            ("a/*/c", "a/b/c/d", true),
            ("a/*/c", "a/b/x/c", false),
        ] {
            assert_eq!(rule(1, pattern, &[], 0).fits(path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn the_last_rule_that_fits_speaks_in_each_section_and_an_unowned_one_too() {
        let owners = CodeOwners {
            file: "CODEOWNERS".into(),
            rules: vec![
                rule(1, "*", &["@o/all"], 0),
                rule(2, "/pay/", &["@o/pay"], 0),
                rule(3, "/pay/generated/", &[], 0),
                rule(5, "*.sql", &["@o/data"], 1),
            ],
        };
        let lines = |path: &str| -> Vec<u32> { owners.speaking_for(path).iter().map(|rule| rule.line).collect() };
        assert_eq!(lines("x.rs"), [1]);
        assert_eq!(lines("pay/x.rs"), [2]);
        assert_eq!(lines("pay/generated/x.rs"), [3]);
        assert_eq!(lines("pay/x.sql"), [2, 5]);
        assert_eq!(CodeOwners::default().speaking_for("x"), Vec::<&CodeRule>::new());
    }

    #[test]
    fn a_rule_fits_its_own_example() {
        for pattern in ["*", "*.js", "/build/logs/", "docs/*", "apps/", "/apps/**/test", "a?b"] {
            let rule = rule(1, pattern, &[], 0);
            assert!(rule.fits(&rule.example()), "{pattern} {}", rule.example());
        }
    }
}
