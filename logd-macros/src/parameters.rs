//! The parameters of a function, read from their tokens: which names they bind, and how
//! much of an argument a pattern takes. Used where a name of a statistic refers to an
//! argument, and where arguments move into a closure or an async block.

use proc_macro2::{Delimiter, Group, Ident, Spacing, TokenStream, TokenTree};

use crate::{
    args::unwrapped,
    item::{is_punct, is_word, mentions},
};

/// One parameter as it is written.
pub(crate) struct Parameter {
    /// Each a `#` and its brackets.
    pub(crate) attributes: Vec<TokenTree>,
    /// What stands before the colon; all there is of `self`, `&self` and `...`.
    pub(crate) pattern: Vec<TokenTree>,
    /// With the colon; empty for `self` and its like.
    pub(crate) of_type: Vec<TokenTree>,
}

/// What a pattern makes of an argument.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Takes {
    /// `a`, `mut a` and `self`.
    Whole,
    /// Patterns whose bindings are all there is of it: `(a, b)`, `Wrap(a)`.
    Parts,
    /// Patterns that leave some of it where it is: `(a, _)`, `Point { x, .. }`, `ref a`.
    Some,
    /// `_`
    Nothing,
}

impl Parameter {
    pub(crate) fn takes(&self) -> Takes {
        let pattern = unwrapped(&self.pattern);
        match &pattern[..] {
            [only] if is_word(only, "_") => Takes::Nothing,
            // A unit struct or a constant, which leaves the argument where it is.
            [TokenTree::Ident(name)] if may_be_constant(name) => Takes::Some,
            [TokenTree::Ident(_)] => Takes::Whole,
            [first, TokenTree::Ident(_)] if is_word(first, "mut") => Takes::Whole,
            _ if self.of_type.is_empty() => Takes::Whole,
            pattern => {
                let all: TokenStream = pattern.iter().cloned().collect();
                if leaves_some(all) {
                    Takes::Some
                } else {
                    Takes::Parts
                }
            }
        }
    }

    pub(crate) fn bindings(&self) -> Vec<Ident> {
        let mut found = Vec::new();
        match (&unwrapped(&self.pattern)[..], self.takes()) {
            // By its place alone, however it is written.
            ([TokenTree::Ident(name)], Takes::Some)
            | ([.., TokenTree::Ident(name)], Takes::Whole) => found.push(name.clone()),
            (pattern, _) => in_pattern(pattern, &mut found),
        }
        found
    }

    /// Whether it is written as a reference or a pointer, which nothing happens to in the end.
    pub(crate) fn is_reference(&self) -> bool {
        let written = match &self.of_type[..] {
            [_colon, of_type @ ..] => unwrapped(of_type),
            [] => unwrapped(&self.pattern),
        };
        written
            .first()
            .is_some_and(|first| is_punct(first, '&') || is_punct(first, '*'))
    }

    /// Whether it may not be there when the body is compiled.
    pub(crate) fn is_conditional(&self) -> bool {
        self.attributes.iter().any(|token| match token {
            TokenTree::Group(group) => {
                mentions(group.stream(), "cfg") || mentions(group.stream(), "cfg_attr")
            }
            _ => false,
        })
    }
}

/// The parameters in the order in which they are written, `self` among them.
pub(crate) fn parameters(parameters: &Group) -> Vec<Parameter> {
    let tokens: Vec<TokenTree> = parameters.stream().into_iter().collect();
    let mut found = Vec::new();
    for parameter in split(&tokens) {
        let start = parameter
            .chunks_exact(2)
            .take_while(|pair| is_punct(&pair[0], '#'))
            .count()
            * 2;
        let (attributes, parameter) = parameter.split_at(start);
        let colon = (0..parameter.len())
            .find(|&position| is_single_colon(parameter, position))
            .unwrap_or(parameter.len());
        let (pattern, of_type) = parameter.split_at(colon);
        if !pattern.is_empty() {
            found.push(Parameter {
                attributes: attributes.to_vec(),
                pattern: pattern.to_vec(),
                of_type: of_type.to_vec(),
            });
        }
    }
    found
}

/// The names that can be used in the body, whatever is configured.
pub(crate) fn bindings(group: &Group) -> Vec<Ident> {
    let mut names = Vec::new();
    for parameter in parameters(group) {
        if !parameter.is_conditional() {
            names.extend(parameter.bindings());
        }
    }
    names
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
    let mut message = format!("`{{{name}}}` has to name an argument of this function");
    let mut before = ": ";
    for argument in arguments {
        let argument = argument.to_string();
        message += &format!("{before}`{{{}}}`", argument.trim_start_matches("r#"));
        before = ", ";
    }
    if arguments.is_empty() {
        message += ", which has none";
    }
    message
}

fn used_in(argument: &str, in_text: &str, body: TokenStream) -> bool {
    body.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == argument,
        TokenTree::Group(group) => used_in(argument, in_text, group.stream()),
        TokenTree::Literal(literal) => literal.to_string().contains(in_text),
        TokenTree::Punct(_) => false,
    })
}

/// Whether a pattern of this one word may be something that has a name already.
fn may_be_constant(name: &Ident) -> bool {
    let name = name.to_string();
    name.trim_start_matches("r#")
        .starts_with(char::is_uppercase)
}

/// Whether a pattern has `_`, `..`, `ref` or a macro call in it.
fn leaves_some(pattern: TokenStream) -> bool {
    let tokens: Vec<TokenTree> = pattern.into_iter().collect();
    tokens
        .windows(2)
        .any(|pair| is_punct(&pair[0], '.') && is_punct(&pair[1], '.'))
        || tokens.iter().any(|token| match token {
            TokenTree::Ident(word) => word == "_" || word == "ref",
            TokenTree::Group(group) => leaves_some(group.stream()),
            TokenTree::Punct(punct) => punct.as_char() == '!',
            TokenTree::Literal(_) => false,
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

/// A colon that is no half of `::`, with which a type may begin: `a: ::b::C`.
fn is_single_colon(tokens: &[TokenTree], position: usize) -> bool {
    // One is joint to whatever sign comes next, as in `a:&b`.
    let is_first_half = |position: usize| {
        matches!(&tokens[position..], [TokenTree::Punct(first), second, ..]
            if first.as_char() == ':' && first.spacing() == Spacing::Joint && is_punct(second, ':'))
    };
    is_punct(&tokens[position], ':')
        && !is_first_half(position)
        && !position.checked_sub(1).is_some_and(is_first_half)
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

    fn group(text: &str) -> Group {
        let tokens: TokenStream = text.parse().unwrap();
        let Some(TokenTree::Group(group)) = tokens.into_iter().next() else {
            panic!("{text}");
        };
        group
    }

    #[test]
    fn bindings_are_told_from_paths_types_and_fields() {
        let cases = [
            ("()", ""),
            ("(N: usize, mut Odd: u8, ...)", "N Odd"),
            ("(a: ::b::C, m::S { d, .. }: ::e::F)", "a d"),
            (
                "(a:&A,mut b:*const B,&c:&'a C,S{d,e:&f}:S,g:fn(&G)->G,_:&(),[h,..]:[H;2])",
                "a b c d f g h",
            ),
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
            let found: Vec<String> = bindings(&group(text))
                .iter()
                .map(Ident::to_string)
                .collect();
            assert_eq!(found.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn how_much_a_pattern_takes_is_seen() {
        for (text, takes, is_reference) in [
            ("(a: A)", Takes::Whole, false),
            ("(mut a: &A)", Takes::Whole, true),
            ("(Unit: Unit)", Takes::Some, false),
            ("(self)", Takes::Whole, false),
            ("(&'a mut self)", Takes::Whole, true),
            ("(self: Box<Self>)", Takes::Whole, false),
            ("(_: *const A)", Takes::Nothing, true),
            ("((a, m::B { c, d: e }): A)", Takes::Parts, false),
            ("(&a: &A)", Takes::Parts, true),
            ("((a, (_, b)): A)", Takes::Some, false),
            ("([a, ..]: A)", Takes::Some, false),
            ("(B { c, .. }: A)", Takes::Some, false),
            ("(ref a: A)", Takes::Some, false),
            ("(pattern!(a): A)", Takes::Some, false),
        ] {
            let read = parameters(&group(text));
            assert_eq!(read.len(), 1, "{text}");
            assert_eq!(read[0].takes(), takes, "{text}");
            assert_eq!(read[0].is_reference(), is_reference, "{text}");
        }
    }
}
