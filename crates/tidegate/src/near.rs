//! The nearest of some names to a mistyped one, for messages.

/// A longer list of names helps nobody.
const NAMES_MAX: usize = 8;

/// What else could have been meant: `did you mean ...?`, else the names there are.
pub(crate) fn said(asked: &str, known: &[&str]) -> String {
    let bound = (asked.chars().count() / 3).max(1);
    let near = known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(asked, name), name))
        .filter(|(distance, _)| *distance <= bound)
        .min();
    match near {
        Some((_, name)) => format!("did you mean `{name}`?"),
        None if known.is_empty() => "there is none".to_owned(),
        None => {
            let first: Vec<String> = known.iter().take(NAMES_MAX).map(|name| format!("`{name}`")).collect();
            let beyond = known.len().saturating_sub(NAMES_MAX);
            let more = if beyond > 0 {
                format!(" and {beyond} more")
            } else {
                String::new()
            };
            format!("there are {}{more}", first.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::said;

    #[test]
    fn the_nearest_name_is_offered_and_else_all_of_them() {
        assert_eq!(said("mvoe", &["move", "shop"]), "did you mean `move`?");
        assert_eq!(said("catalogue", &["move", "shop"]), "there are `move`, `shop`");
        assert_eq!(said("catalogue", &[]), "there is none");
    }
}
