//! What a key may be: the same rules that the runtime checks, applied to literals while
//! they are compiled, so that a bad one is an error at its own text and never a
//! statistic that gets lost.

/// The longest part between two dots: it becomes a file name on the other end.
const MAX_SEGMENT: usize = 251;
/// The longest key: far below what makes a line too long on the other end.
const MAX_KEY: usize = 1024;

/// Says what is wrong with `key` and what to write, or nothing.
pub(crate) fn check(key: &str) -> Result<(), String> {
    if key.is_empty() {
        return Err(
            "the name is empty: write one such as \"my.operation\", or leave it out \
                    to have it made from the module and the function"
                .to_owned(),
        );
    }
    if let Some(found) = key
        .chars()
        .find(|c| c.is_whitespace() || c.is_control() || *c == ';')
    {
        let what = match found {
            ';' => "`;`".to_owned(),
            c if c.is_whitespace() => format!("white space ({c:?})"),
            c => format!("a control character ({c:?})"),
        };
        return Err(format!(
            "a name cannot hold {what}: use dots between its parts and `_` inside them, as in {:?}",
            suggestion(key)
        ));
    }
    if key.split('.').any(str::is_empty) {
        return Err(format!(
            "a name cannot have an empty part (a dot first, last, or next to another): write {:?}",
            suggestion(key)
        ));
    }
    if let Some(part) = key.split('.').find(|part| part.len() > MAX_SEGMENT) {
        return Err(format!(
            "this part of the name has {} bytes, {MAX_SEGMENT} is the most: it becomes a file name",
            part.len()
        ));
    }
    if key.len() > MAX_KEY {
        return Err(format!(
            "the name has {} bytes, {MAX_KEY} is the most",
            key.len()
        ));
    }
    Ok(())
}

/// The key that the author probably meant.
fn suggestion(key: &str) -> String {
    let cleaned: String = key
        .trim()
        .chars()
        .map(|c| match c {
            c if c.is_whitespace() || c.is_control() || c == ';' => '_',
            c => c,
        })
        .collect();
    let parts: Vec<&str> = cleaned.split('.').filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        "my.operation".to_owned()
    } else {
        parts.join(".")
    }
}

/// A name with parts to fill from arguments: `db.{table}.load`.
#[derive(Debug, PartialEq)]
pub(crate) struct Template {
    /// The arguments named, in the order of their first use.
    pub(crate) arguments: Vec<String>,
}

/// Reads the `{argument}` parts of a name; `None` if it has none.
pub(crate) fn template(name: &str) -> Result<Option<Template>, String> {
    if !name.contains(['{', '}']) {
        return Ok(None);
    }
    let mut arguments = Vec::new();
    let mut plain = String::new();
    let mut rest = name;
    while let Some(brace) = rest.find(['{', '}']) {
        plain.push_str(&rest[..brace]);
        let inside = &rest[brace + 1..];
        let end = inside.find(['{', '}']);
        let (argument, after) = match end {
            Some(end) if rest[brace..].starts_with('{') && inside[end..].starts_with('}') => {
                (&inside[..end], &inside[end + 1..])
            }
            _ => {
                return Err(
                    "`{` and `}` name an argument here, as in \"db.{table}.load\": \
                            this one has no partner"
                        .to_owned(),
                );
            }
        };
        if !is_identifier(argument) {
            return Err(format!(
                "`{{{argument}}}` has to be the plain name of one of the function's arguments, \
                 as in \"db.{{table}}.load\""
            ));
        }
        if !arguments.iter().any(|known| known == argument) {
            arguments.push(argument.to_owned());
        }
        // Stands for the text that the argument will give.
        plain.push('x');
        rest = after;
    }
    plain.push_str(rest);
    check(&plain)?;
    Ok(Some(Template { arguments }))
}

fn is_identifier(text: &str) -> bool {
    let mut characters = text.chars();
    characters
        .next()
        .is_some_and(|c| c == '_' || c.is_alphabetic())
        && characters.all(|c| c == '_' || c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_pass() {
        for key in ["a", "my.op", "db.load_2", "größe.ü", "a-b/c:d", "r#fn"] {
            assert_eq!(check(key), Ok(()), "{key}");
        }
        assert_eq!(check(&"a".repeat(251)), Ok(()));
        assert_eq!(check(&["abc"; 256].join(".")), Ok(()));
    }

    #[test]
    fn harmful_names_are_refused_with_a_word_on_what_to_write() {
        for (key, said) in [
            ("", "empty"),
            ("my op", "\"my_op\""),
            ("my.op\n", "\"my.op\""),
            ("a\0b", "control character"),
            ("a;b", "`;`"),
            (".a", "\"a\""),
            ("a.", "\"a\""),
            ("a..b", "\"a.b\""),
            ("...", "\"my.operation\""),
        ] {
            let error = check(key).unwrap_err();
            assert!(error.contains(said), "{key:?} gave {error}");
        }
        assert!(check(&"a".repeat(252)).unwrap_err().contains("252"));
        assert!(check(&["abcd"; 205].join(".")).is_ok());
        assert!(check(&["abcd"; 206].join("."))
            .unwrap_err()
            .contains("1024"));
    }

    #[test]
    fn templates_name_arguments() {
        assert_eq!(template("db.load"), Ok(None));
        assert_eq!(
            template("db.{table}.{shard}_{table}"),
            Ok(Some(Template {
                arguments: vec!["table".to_owned(), "shard".to_owned()]
            }))
        );
        for bad in [
            "db.{}", "db.{0}", "db.{a:?}", "db.{a.b}", "db.{a", "db.a}", "{{a}}", "db..{a}",
        ] {
            assert!(template(bad).is_err(), "{bad}");
        }
    }
}
