//! What a function gives back, going by how its return type is written: a future, a boxed
//! one, nothing ever, or a value. Types cannot be known here, so an alias counts as a value.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote_spanned;

use crate::{
    item::{is_arrow_start, is_punct, is_word, mentions, Angles},
    site::made_at,
};

/// What the written return type says.
pub(crate) enum Returned {
    /// `impl … Future …`
    Future,
    /// `Pin<Box<…>>` and its aliases, or `Box<dyn Future>`.
    Boxed {
        pinned: bool,
    },
    Never,
    /// `impl` something else.
    Opaque,
    Other,
}

impl Returned {
    pub(crate) fn read(tokens: &[TokenTree]) -> Self {
        let [first, rest @ ..] = tokens else {
            return Returned::Other;
        };
        if matches!(first, TokenTree::Punct(punct) if punct.as_char() == '!') && rest.is_empty() {
            return Returned::Never;
        }
        let all: TokenStream = tokens.iter().cloned().collect();
        let future = mentions(all, "Future");
        if is_word(first, "impl") {
            return if future {
                Returned::Future
            } else {
                Returned::Opaque
            };
        }
        let path = tokens
            .iter()
            .take_while(|token| !is_punct(token, '<'))
            .last();
        match path {
            Some(TokenTree::Ident(name)) if name == "BoxFuture" || name == "LocalBoxFuture" => {
                Returned::Boxed { pinned: true }
            }
            Some(TokenTree::Ident(name)) if name == "Pin" && future => {
                Returned::Boxed { pinned: true }
            }
            Some(TokenTree::Ident(name)) if name == "Box" && future => {
                Returned::Boxed { pinned: false }
            }
            _ => Returned::Other,
        }
    }
}

/// The type with `_` in the place of each `impl …`, which may not be written where a closure
/// or an expression has a type. What stands around it still tells the body what to become.
pub(crate) fn inferred(tokens: &[TokenTree]) -> TokenStream {
    let mut written = TokenStream::new();
    let mut position = 0;
    while let Some(token) = tokens.get(position) {
        if is_word(token, "impl") {
            written.extend(quote_spanned!(made_at(token.span())=> _));
            position = after_bounds(tokens, position + 1);
            continue;
        }
        match token {
            TokenTree::Group(group) => written.extend([inferred_group(group)]),
            token => written.extend([token.clone()]),
        }
        position += 1;
    }
    written
}

fn inferred_group(group: &Group) -> TokenTree {
    let inside: Vec<TokenTree> = group.stream().into_iter().collect();
    let is_opaque = inside.first().is_some_and(|first| is_word(first, "impl"))
        && after_bounds(&inside, 1) == inside.len();
    let delimiter = match group.delimiter() {
        // Around `impl A + B` they are needed, around `_` there is a lint about them.
        Delimiter::Parenthesis if is_opaque => Delimiter::None,
        delimiter => delimiter,
    };
    let mut written = Group::new(delimiter, inferred(&inside));
    written.set_span(group.span());
    written.into()
}

/// The position after the bounds of an `impl` that begin at `start`.
fn after_bounds(tokens: &[TokenTree], start: usize) -> usize {
    let mut depth = Angles::default();
    for position in start..tokens.len() {
        let token = &tokens[position];
        let closes = is_punct(token, '>') && !is_arrow_start(&tokens[position - 1]);
        let ends = is_punct(token, ',') || is_punct(token, ';') || closes;
        if depth.outermost() && ends {
            return position;
        }
        depth.pass(token, Some(&tokens[position - 1]));
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opaque_type_is_left_to_inference() {
        for (written, expected) in [
            ("Result<u8, Box<dyn E + 'a>>", "Result<u8, Box<dyn E + 'a>>"),
            ("impl Iterator<Item = A> + use<'a, T>", "_"),
            (
                "Result<impl Fn(u8) -> Option<u8>, Box<dyn E>>",
                "Result<_, Box<dyn E>>",
            ),
            (
                "Option<(impl A<B>, [impl C; 3], &'a (impl D + 'a))>",
                "Option<(_, [_; 3], &'a _)>",
            ),
            ("Pair<impl A<impl B>, impl for<'a> C<'a>>", "Pair<_, _>"),
        ] {
            let tokens: Vec<TokenTree> = written
                .parse::<TokenStream>()
                .unwrap()
                .into_iter()
                .collect();
            let squeezed = |text: &str| text.split_whitespace().collect::<String>();
            assert_eq!(
                squeezed(&inferred(&tokens).to_string()),
                squeezed(expected),
                "{written}"
            );
        }
    }
}
