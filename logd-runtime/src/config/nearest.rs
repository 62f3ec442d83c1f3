//! What was probably meant by a name that does not exist.

use super::Setting;

/// What other programs call a setting of ours, and no slip of the keyboard.
const ELSEWHERE: [(&str, &str); 5] = [
    ("address", "host"),
    ("addr", "host"),
    ("ip", "host"),
    ("server", "host"),
    ("interval", "flush_interval"),
];

/// What to say about a name in a file that no setting has.
pub(super) fn unknown(name: &str) -> String {
    let mut known = Setting::names();
    let word = name.to_ascii_lowercase();
    // The names of the environment's variables are not those of a file.
    let word = word.strip_prefix("logd_").unwrap_or(&word);
    known.push("logfile");
    let elsewhere = ELSEWHERE.iter().find(|(name, _)| *name == word);
    let near = match elsewhere {
        Some((_, ours)) => Some(*ours),
        None => nearest(word, &known).map(|(_, name)| name),
    };
    match near {
        Some(near) => format!("there is no setting `{name}`: did you mean `{near}`?"),
        None => {
            let mut message = format!("there is no setting `{name}`: write one of ");
            for (number, setting) in Setting::ALL.iter().enumerate() {
                let end = if number == 0 { "" } else { ", " };
                message += end;
                message += setting.name();
            }
            message
        }
    }
}

/// The name that `word` is a slip of, with the distance, or one that begins alike. Capitals
/// and hyphens are no distance.
pub(crate) fn nearest<'a>(word: &str, names: &[&'a str]) -> Option<(usize, &'a str)> {
    let word = word.to_ascii_lowercase().replace('-', "_");
    let near = names.iter().map(|name| (edits(&word, name), *name)).min();
    let (distance, name) = near?;
    if distance <= (name.len() / 3).max(1) {
        return Some((distance, name));
    }
    let alike = |name: &&&str| {
        word.starts_with(**name) || word.len() >= 4 && name.starts_with(word.as_str())
    };
    let name = names.iter().find(alike)?;
    Some((edits(&word, name), name))
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
