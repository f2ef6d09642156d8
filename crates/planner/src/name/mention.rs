//! Whether a text names a thing. Must not know what the text or the thing is.

use super::QName;

/// Whether a text names a thing: by its bare name, or with its own schema before it.
pub(crate) fn names(text: &str, name: &QName) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let lower = text.to_lowercase();
    let bare = name.name.to_lowercase();
    if bare.is_empty() {
        return false;
    }
    lower.match_indices(&bare).any(|(at, _)| {
        let before = lower.get(..at).unwrap_or_default();
        let after = lower.get(at + bare.len()..).unwrap_or_default();
        if before.ends_with(is_word) || after.starts_with(is_word) {
            return false;
        }
        let before = before.trim_end_matches('"').trim_end();
        let Some(qualifier) = before.strip_suffix('.') else { return true };
        let qualifier = qualifier.trim_end_matches('"');
        let start = qualifier.rfind(|c| !is_word(c)).map_or(0, |at| at + 1);
        qualifier.get(start..) == Some(name.schema.to_lowercase().as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::names;
    use crate::name::QName;

    #[test]
    fn a_name_is_a_word_of_its_own_schema() {
        let name = QName::new("app", "f");
        for text in ["f(1)", "app.f(1)", "SELECT \"app\".\"f\" (2)", "coalesce(F(a), 1)"] {
            assert!(names(text, &name), "{text}");
        }
        for text in ["other.f(1)", "ff(1)", "f_(1)", "\"other\".\"f\"(1)", ""] {
            assert!(!names(text, &name), "{text}");
        }
    }
}
