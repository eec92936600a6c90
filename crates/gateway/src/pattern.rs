//! Path patterns: literal segments, `{name}` for one segment, `{*rest}` for what is left; and writing them on the other side.

/// One segment of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    One(String),
    Rest(String),
}

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<Segment>);

/// What a pattern took from a path, in the order of its names; still percent-encoded, as it came.
pub type Captures<'p> = Vec<(String, &'p str)>;

/// Why a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It does not begin with `/`.
    #[error("an absolute path was expected, found `{0}`")]
    Relative(String),
    /// `{*rest}` is not the last segment.
    #[error("`{{*name}}` was expected at the end only, found `{0}`")]
    RestInside(String),
    /// A segment with a brace that is neither `{name}` nor `{*name}`.
    #[error("a literal, `{{name}}` or `{{*name}}` was expected, found `{0}`")]
    Braces(String),
    /// The target uses a name that the public pattern does not have.
    #[error("a name of the public pattern was expected, found `{0}`")]
    UnknownName(String),
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// [`PatternError`] with the offending text.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let path = text
            .strip_prefix('/')
            .ok_or_else(|| PatternError::Relative(text.to_owned()))?;
        let segments: Vec<Segment> = path.split('/').map(segment).collect::<Result<_, _>>()?;
        let inside = segments.len().saturating_sub(1);
        if segments[..inside].iter().any(|s| matches!(s, Segment::Rest(_))) {
            return Err(PatternError::RestInside(text.to_owned()));
        }
        Ok(Self(segments))
    }

    /// Checks that every name of this target is bound by the public pattern.
    ///
    /// # Errors
    /// [`PatternError::UnknownName`].
    pub fn check_target_of(&self, public: &Self) -> Result<(), PatternError> {
        let bound: Vec<&str> = public.names().collect();
        match self.names().find(|n| !bound.contains(n)) {
            Some(name) => Err(PatternError::UnknownName(name.to_owned())),
            None => Ok(()),
        }
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|s| match s {
            Segment::Literal(_) => None,
            Segment::One(name) | Segment::Rest(name) => Some(name.as_str()),
        })
    }

    /// Matches a path without its query. `{name}` takes one segment of at least one character, `{*rest}` may take nothing.
    #[must_use]
    pub fn captures<'p>(&self, path: &'p str) -> Option<Captures<'p>> {
        let mut left = Some(path.strip_prefix('/')?);
        let mut taken = Vec::new();
        for segment in &self.0 {
            if let Segment::Rest(name) = segment {
                taken.push((name.clone(), left.take().unwrap_or("")));
                return Some(taken);
            }
            let (head, tail) = match left?.split_once('/') {
                Some((head, tail)) => (head, Some(tail)),
                None => (left?, None),
            };
            match segment {
                Segment::Literal(text) if text == head => {}
                Segment::One(name) if !head.is_empty() => taken.push((name.clone(), head)),
                Segment::Literal(_) | Segment::One(_) | Segment::Rest(_) => return None,
            }
            left = tail;
        }
        left.is_none().then_some(taken)
    }

    /// Writes the path with the captured values.
    #[must_use]
    pub fn fill(&self, captures: &Captures<'_>) -> String {
        let mut path = String::new();
        for segment in &self.0 {
            path.push('/');
            match segment {
                Segment::Literal(text) => path.push_str(text),
                Segment::One(name) | Segment::Rest(name) => {
                    let value = captures.iter().find(|(n, _)| n == name);
                    path.push_str(value.expect("checked against the public pattern").1);
                }
            }
        }
        path
    }
}

fn segment(text: &str) -> Result<Segment, PatternError> {
    let is_name = |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !text.contains(['{', '}']) {
        return Ok(Segment::Literal(text.to_owned()));
    }
    let inner = text.strip_prefix('{').and_then(|t| t.strip_suffix('}'));
    match inner {
        Some(name) if is_name(name) => Ok(Segment::One(name.to_owned())),
        Some(rest) => match rest.strip_prefix('*') {
            Some(name) if is_name(name) => Ok(Segment::Rest(name.to_owned())),
            Some(_) | None => Err(PatternError::Braces(text.to_owned())),
        },
        None => Err(PatternError::Braces(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, path: &str, expected: Option<&[(&str, &str)]>) {
        let pattern = Pattern::parse(pattern).unwrap();
        let found = pattern.captures(path);
        let expected = expected.map(|pairs| pairs.iter().map(|(n, v)| ((*n).to_owned(), *v)).collect::<Vec<_>>());
        assert_eq!(found, expected, "{path}");
    }

    #[test]
    fn segments_are_literal_one_or_the_rest() {
        check("/", "/", Some(&[]));
        check("/cart", "/cart", Some(&[]));
        check("/cart", "/cart/", None);
        check("/cart", "/carts", None);
        check("/p/{sku}", "/p/a-1", Some(&[("sku", "a-1")]));
        check("/p/{sku}", "/p/", None);
        check("/p/{sku}", "/p/a/b", None);
        check("/p/{sku}/edit", "/p/a/edit", Some(&[("sku", "a")]));
        check("/static/{*rest}", "/static/js/a.js", Some(&[("rest", "js/a.js")]));
        check("/static/{*rest}", "/static/", Some(&[("rest", "")]));
        check("/static/{*rest}", "/static", Some(&[("rest", "")]));
        check("/{*rest}", "/", Some(&[("rest", "")]));
        check("/a/{x}/b/{*rest}", "/a/1/b/2/3", Some(&[("x", "1"), ("rest", "2/3")]));
        check("/a", "*", None);
    }

    #[test]
    fn the_other_side_has_its_own_shape() {
        let public = Pattern::parse("/shop/{sku}/{*rest}").unwrap();
        let target = Pattern::parse("/v2/{*rest}").unwrap();
        target.check_target_of(&public).unwrap();
        assert_eq!(target.fill(&public.captures("/shop/x%2Fy/a/b").unwrap()), "/v2/a/b");
        let stranger = Pattern::parse("/v2/{id}").unwrap();
        assert_eq!(
            stranger.check_target_of(&public),
            Err(PatternError::UnknownName("id".to_owned()))
        );
    }

    #[test]
    fn wrong_patterns_are_named() {
        assert_eq!(Pattern::parse("cart"), Err(PatternError::Relative("cart".to_owned())));
        assert_eq!(
            Pattern::parse("/{*a}/b"),
            Err(PatternError::RestInside("/{*a}/b".to_owned()))
        );
        for text in ["/{a", "/a}", "/{}", "/{*}", "/x{a}", "/{a b}"] {
            assert!(matches!(Pattern::parse(text), Err(PatternError::Braces(_))), "{text}");
        }
    }
}
