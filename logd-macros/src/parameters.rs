//! The names that a function's parameters bind, read from their patterns by tokens. Used
//! where a name of a statistic refers to an argument, and where an async block has to
//! capture arguments in an order that keeps how they are dropped.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

use crate::item::{is_punct, mentions};

/// The bindings in the order in which they are written, `self` among them.
pub(crate) fn bindings(parameters: &Group) -> Vec<Ident> {
    let tokens: Vec<TokenTree> = parameters.stream().into_iter().collect();
    let mut found = Vec::new();
    for parameter in split(&tokens) {
        let start = parameter
            .chunks_exact(2)
            .take_while(|pair| is_punct(&pair[0], '#'))
            .count()
            * 2;
        let (attributes, parameter) = parameter.split_at(start);
        // It may not be there when the body is compiled.
        if attributes.iter().any(|token| match token {
            TokenTree::Group(group) => {
                mentions(group.stream(), "cfg") || mentions(group.stream(), "cfg_attr")
            }
            _ => false,
        }) {
            continue;
        }
        let colon = (0..parameter.len())
            .find(|&position| is_single_colon(parameter, position))
            .unwrap_or(parameter.len());
        in_pattern(&parameter[..colon], &mut found);
    }
    found
}

/// Whether the argument is the one that a name in braces means.
pub(crate) fn is(argument: &Ident, name: &str) -> bool {
    argument.to_string().trim_start_matches("r#") == name
}

/// Whether a body uses the argument, also inside a format string.
pub(crate) fn used(argument: &Ident, body: TokenStream) -> bool {
    let in_text = format!("{{{}", argument.to_string().trim_start_matches("r#"));
    used_in(&argument.to_string(), &in_text, body)
}

pub(crate) fn missing(name: &str, arguments: &[Ident]) -> String {
    let known: Vec<String> = arguments
        .iter()
        .map(|argument| format!("`{{{}}}`", argument.to_string().trim_start_matches("r#")))
        .collect();
    if known.is_empty() {
        format!("`{{{name}}}` has to name an argument of this function, which has none")
    } else {
        format!(
            "`{{{name}}}` has to name an argument of this function: {}",
            known.join(", ")
        )
    }
}

fn used_in(argument: &str, in_text: &str, body: TokenStream) -> bool {
    body.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == argument,
        TokenTree::Group(group) => used_in(argument, in_text, group.stream()),
        TokenTree::Literal(literal) => literal.to_string().contains(in_text),
        TokenTree::Punct(_) => false,
    })
}

/// Cuts at the commas that no angle brackets enclose.
fn split(tokens: &[TokenTree]) -> Vec<&[TokenTree]> {
    let mut parts = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    for (position, token) in tokens.iter().enumerate() {
        let TokenTree::Punct(punct) = token else {
            continue;
        };
        match punct.as_char() {
            '<' => depth += 1,
            '>' if position == 0 || !is_punct(&tokens[position - 1], '-') => {
                depth = depth.saturating_sub(1);
            }
            ',' if depth == 0 => {
                parts.push(&tokens[start..position]);
                start = position + 1;
            }
            _ => {}
        }
    }
    parts.push(&tokens[start..]);
    parts
}

fn is_single_colon(tokens: &[TokenTree], position: usize) -> bool {
    let colon = |position: usize| {
        tokens
            .get(position)
            .is_some_and(|token| is_punct(token, ':'))
    };
    colon(position) && !colon(position + 1) && (position == 0 || !colon(position - 1))
}

/// Adds the names that a pattern binds. A word is taken for one unless what stands beside
/// it says that it is a path, a type, a field or a keyword.
fn in_pattern(tokens: &[TokenTree], found: &mut Vec<Ident>) {
    for (position, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                let inside: Vec<TokenTree> = group.stream().into_iter().collect();
                in_pattern(&inside, found);
            }
            TokenTree::Ident(word) => {
                let text = word.to_string();
                let keyword = matches!(&*text, "mut" | "ref" | "_" | "box" | "true" | "false");
                let lower = text
                    .trim_start_matches("r#")
                    .chars()
                    .all(|c| !c.is_uppercase());
                let before = position.checked_sub(1).map(|before| &tokens[before]);
                let named_before = before.is_some_and(|token| is_punct(token, ':'))
                    && !is_single_colon(tokens, position - 1)
                    || before.is_some_and(|token| is_punct(token, '\''));
                let named_after = match tokens.get(position + 1) {
                    Some(TokenTree::Punct(punct)) => matches!(punct.as_char(), ':' | '!'),
                    Some(TokenTree::Group(group)) => group.delimiter() != Delimiter::None,
                    _ => false,
                };
                if lower && !keyword && !named_before && !named_after {
                    found.push(word.clone());
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bindings_are_told_from_paths_types_and_fields() {
        let cases = [
            ("()", ""),
            ("(&'a mut self, a: u8, mut b: HashMap<K, V>)", "self a b"),
            (
                "(self: Pin<&mut Self>, f: impl Fn(u8, u8) -> T, c: C)",
                "self f c",
            ),
            (
                "((a, [b, ..]): (A, B), Point { x, y: ref z, .. }: Point)",
                "a b x z",
            ),
            (
                "(_: A, _b: B, Wrap(c): m::Wrap<D>, & d: &D, m::S { e }: E)",
                "_b c d e",
            ),
            (
                "(#[allow(unused)] a: A, #[cfg(x)] b: B, r#type: T)",
                "a r#type",
            ),
        ];
        for (text, expected) in cases {
            let tokens: TokenStream = text.parse().unwrap();
            let Some(TokenTree::Group(group)) = tokens.into_iter().next() else {
                panic!("{text}");
            };
            let found: Vec<String> = bindings(&group).iter().map(Ident::to_string).collect();
            assert_eq!(found.join(" "), expected, "{text}");
        }
    }
}
