//! Pages of the codes with which a controller turns something away; those of diagnostics belong to the compiler.

/// Every code that an answer or a refusal may show, with its page in Markdown.
const PAGES: &[(&str, &str)] = &[
    ("TG8001", include_str!("../../../../docs/codes/TG8001.md")),
    ("TG8002", include_str!("../../../../docs/codes/TG8002.md")),
    ("TG8003", include_str!("../../../../docs/codes/TG8003.md")),
    ("TG8004", include_str!("../../../../docs/codes/TG8004.md")),
    ("TG8005", include_str!("../../../../docs/codes/TG8005.md")),
    ("TG8006", include_str!("../../../../docs/codes/TG8006.md")),
    ("TG8101", include_str!("../../../../docs/codes/TG8101.md")),
    ("TG8102", include_str!("../../../../docs/codes/TG8102.md")),
    ("TG8103", include_str!("../../../../docs/codes/TG8103.md")),
    ("TG8104", include_str!("../../../../docs/codes/TG8104.md")),
    ("TG8105", include_str!("../../../../docs/codes/TG8105.md")),
    ("TG8106", include_str!("../../../../docs/codes/TG8106.md")),
    ("TG8107", include_str!("../../../../docs/codes/TG8107.md")),
    ("TG8108", include_str!("../../../../docs/codes/TG8108.md")),
    ("TG8109", include_str!("../../../../docs/codes/TG8109.md")),
    ("TG8110", include_str!("../../../../docs/codes/TG8110.md")),
    ("TG8111", include_str!("../../../../docs/codes/TG8111.md")),
    ("TG8112", include_str!("../../../../docs/codes/TG8112.md")),
    ("TG8113", include_str!("../../../../docs/codes/TG8113.md")),
    ("TG8114", include_str!("../../../../docs/codes/TG8114.md")),
    ("TG8115", include_str!("../../../../docs/codes/TG8115.md")),
    ("TG8116", include_str!("../../../../docs/codes/TG8116.md")),
    ("TG8117", include_str!("../../../../docs/codes/TG8117.md")),
    ("TG8118", include_str!("../../../../docs/codes/TG8118.md")),
    ("TG8119", include_str!("../../../../docs/codes/TG8119.md")),
    ("TG8120", include_str!("../../../../docs/codes/TG8120.md")),
    ("TG8121", include_str!("../../../../docs/codes/TG8121.md")),
    ("TG8122", include_str!("../../../../docs/codes/TG8122.md")),
    ("TG8123", include_str!("../../../../docs/codes/TG8123.md")),
    ("TG9001", include_str!("../../../../docs/codes/TG9001.md")),
    ("TG9002", include_str!("../../../../docs/codes/TG9002.md")),
    ("TG9003", include_str!("../../../../docs/codes/TG9003.md")),
    ("TG9004", include_str!("../../../../docs/codes/TG9004.md")),
    ("TG9005", include_str!("../../../../docs/codes/TG9005.md")),
    ("TG9006", include_str!("../../../../docs/codes/TG9006.md")),
    ("TG9007", include_str!("../../../../docs/codes/TG9007.md")),
    ("TG9008", include_str!("../../../../docs/codes/TG9008.md")),
    ("TG9009", include_str!("../../../../docs/codes/TG9009.md")),
    ("TG9010", include_str!("../../../../docs/codes/TG9010.md")),
    ("TG9011", include_str!("../../../../docs/codes/TG9011.md")),
    ("TG9012", include_str!("../../../../docs/codes/TG9012.md")),
    ("TG9013", include_str!("../../../../docs/codes/TG9013.md")),
    ("TG9014", include_str!("../../../../docs/codes/TG9014.md")),
    ("TG9015", include_str!("../../../../docs/codes/TG9015.md")),
    ("TG9016", include_str!("../../../../docs/codes/TG9016.md")),
    ("TG9017", include_str!("../../../../docs/codes/TG9017.md")),
];

/// The page of a code, in any case of letters. `None` when no answer shows such a code.
pub(crate) fn page(code: &str) -> Option<&'static str> {
    PAGES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(code))
        .map(|(_, page)| *page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_is_under_its_own_code() {
        for (code, text) in PAGES {
            assert!(text.starts_with(&format!("# {code}: ")), "{code}");
            assert_eq!(page(&code.to_lowercase()), Some(*text));
        }
        assert_eq!(page("TG9999"), None);
    }
}
