//! "Did you mean": the known name nearest to an unknown one.

/// The name in `known` that `wrong` was probably meant to be.
///
/// Up to a third of the letters may be wrong (a swap of neighbors counts as one), so `skp` finds
/// `skip` and `ttl` finds nothing.
pub(crate) fn nearest<'a>(
    wrong: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let allowed = (wrong.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| (distance(wrong, name), name))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// `; did you mean …?` ready to be appended to a message, or nothing.
pub(crate) fn hint(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

/// Edits that turn `a` into `b`: insert, delete, replace, or swap two neighbors.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (Vec::from_iter(a.chars()), Vec::from_iter(b.chars()));
    let mut two_up = Vec::new();
    let mut up = Vec::from_iter(0..=b.len());
    for i in 0..a.len() {
        let mut row = vec![i + 1];
        for j in 0..b.len() {
            let replaced = up[j] + usize::from(a[i] != b[j]);
            let mut least = replaced.min(up[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                least = least.min(two_up[j - 1] + 1);
            }
            row.push(least);
        }
        two_up = std::mem::replace(&mut up, row);
    }
    up[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 4] = ["key", "skip", "expiration", "force_overwrite"];

    #[test]
    fn a_typo_finds_its_word() {
        assert_eq!(nearest("skp", KNOWN), Some("skip"));
        assert_eq!(nearest("sikp", KNOWN), Some("skip"));
        assert_eq!(nearest("expires_in", KNOWN), None);
        assert_eq!(nearest("expiraton", KNOWN), Some("expiration"));
        assert_eq!(nearest("force_overwite", KNOWN), Some("force_overwrite"));
    }

    #[test]
    fn a_different_word_finds_nothing() {
        assert_eq!(nearest("ttl", KNOWN), None);
        assert_eq!(nearest("", KNOWN), None);
        assert_eq!(nearest("🦀🦀🦀🦀", KNOWN), None);
    }

    #[test]
    fn a_swap_of_neighbours_is_one_edit() {
        assert_eq!(distance("ab", "ba"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
    }
}
