//! What was probably meant by a name that does not exist.

/// The name that `word` is a slip of, if it is near one. Capitals and hyphens are no distance.
pub(super) fn nearest<'a>(
    word: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<(usize, &'a str)> {
    let word = word.to_ascii_lowercase().replace('-', "_");
    let (distance, name) = names
        .into_iter()
        .map(|name| (edits(&word, name), name))
        .min()?;
    (distance <= 1 + name.len() / 3).then_some((distance, name))
}

/// The number of letters to insert, remove, replace or swap with their neighbour to come
/// from one word to the other.
fn edits(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.chars().collect();
    let to: Vec<char> = to.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, letter) in from.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, other) in to.iter().enumerate() {
            let replaced = row[j] + usize::from(letter != other);
            let mut least = replaced.min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && *letter == to[j - 1] && from[i - 1] == *other {
                least = least.min(before[j - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[to.len()]
}
