//! Lists in header values, RFC 9110 section 5.6: elements apart by commas, some of them empty.

/// The elements of a list that may be spread over several headers of one name.
pub(super) fn elements<'h>(values: impl Iterator<Item = &'h str>) -> impl Iterator<Item = &'h str> {
    values.flat_map(|value| split(value, ',')).filter(|element| !element.is_empty())
}

/// Whether a list has this element, in whatever case.
pub(super) fn contains<'h>(values: impl Iterator<Item = &'h str>, token: &str) -> bool {
    elements(values).any(|element| element.eq_ignore_ascii_case(token))
}

/// The parts between delimiters that are not in a quoted string, without the blanks around them.
pub(super) fn split(value: &str, delimiter: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let mut escaped = false;
    let is_delimiter = move |c: char| {
        let inside = quoted;
        if c == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = inside && c == '\\' && !escaped;
        c == delimiter && !inside
    };
    value.split(is_delimiter).map(|part| part.trim_matches([' ', '\t']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list<const N: usize>(values: [&'static str; N]) -> Vec<&'static str> {
        elements(values.into_iter()).collect()
    }

    #[test]
    fn a_list_needs_neither_blanks_nor_order() {
        assert_eq!(list(["a,b", "", " c ,\t, d,"]), ["a", "b", "c", "d"]);
        assert_eq!(list([]), [""; 0]);
    }

    #[test]
    fn quoted_strings_are_not_split() {
        assert_eq!(list([r#"a; b="1,2", c"#]), [r#"a; b="1,2""#, "c"]);
        assert_eq!(list([r#"a; b="\",", c"#]), [r#"a; b="\",""#, "c"]);
        assert_eq!(list([r#"a; b="\\", c"#]), [r#"a; b="\\""#, "c"]);
        assert_eq!(list([r#"a; b="1, c"#]), [r#"a; b="1, c"#]);
    }

    #[test]
    fn tokens_are_found_in_any_case() {
        assert!(contains(["keep-alive, Upgrade"].into_iter(), "upgrade"));
        assert!(!contains(["keep-alive, Upgraded"].into_iter(), "upgrade"));
    }
}
