//! What was probably meant by an option that does not exist.

use proc_macro2::Ident;

use crate::{args::Macro, error::Errors};

/// An option that does not exist (here), with what was probably meant.
pub(crate) fn unknown(of: Macro, word: &Ident, errors: &mut Errors) {
    let text = word.to_string();
    let message = if matches!(&*text, "name" | "key" | "stat" | "metric") {
        format!("the name is written alone, without `{text} =`, as in \"my.operation\"")
    } else if let Some(meant) = meant(&text).filter(|meant| of.options().contains(meant)) {
        format!("there is no option `{text}`: write {}", written(meant))
    } else if text == "async" {
        "there is no option `async`: an `async fn` is measured until it completes as it is, and a \
         function that returns a future with `future`"
            .to_owned()
    } else if let Some(other) = [Macro::Timed, Macro::Accumulate]
        .into_iter()
        .find(|other| other.options().contains(&&*text))
    {
        format!(
            "`{text}` is an option of {other}; {of} has these: {}",
            list(of)
        )
    } else if let Some(near) = nearest(&text, of.options()) {
        format!("there is no option `{text}`: did you mean `{near}`?")
    } else {
        format!(
            "there is no option `{text}`: {of} takes a name (\"my.operation\", or a constant in \
             upper case or by its path) and {}",
            list(of)
        )
    };
    errors.push(word.span(), message);
}

/// The options of a macro, as they are written.
pub(crate) fn list(of: Macro) -> String {
    let shown: Vec<&str> = of.options().iter().map(|option| written(option)).collect();
    shown.join(", ")
}

fn written(option: &str) -> &'static str {
    match option {
        "rate" => "`rate = 0.1`",
        "crate" => "`crate = path`",
        "adaptive" => "`adaptive`",
        "outcome" => "`outcome`",
        "future" => "`future`",
        "open" => "`open`",
        _ => "`skip`",
    }
}

/// The option that is called so elsewhere.
fn meant(word: &str) -> Option<&'static str> {
    match word {
        "err" | "error" | "ok" | "ok_if" | "result" | "ret" => Some("outcome"),
        "sample" | "sample_rate" | "sampling" | "probability" => Some("rate"),
        "ignore" | "exclude" => Some("skip"),
        _ => None,
    }
}

fn nearest<'a>(word: &str, options: &[&'a str]) -> Option<&'a str> {
    let (distance, option) = options
        .iter()
        .map(|option| (edits(word, option), *option))
        .min()?;
    (distance <= 1 + option.len() / 3).then_some(option)
}

/// The number of letters to insert, remove or replace to come from one word to the other.
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}
