//! What a function gives back, going by how its return type is written: a future, a boxed
//! one, nothing ever, or a value. Types cannot be known here, so an alias counts as a value.

use proc_macro2::{TokenStream, TokenTree};

use crate::item::{is_punct, is_word, mentions};

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
