//! The compile errors of one item, gathered so that they are reported together.
//! Each points at the tokens that are wrong, and the item is emitted beside them as
//! it was written, so that no error of ours brings others in its wake.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

/// Where an error points: a token, or everything from a first to a last one.
#[derive(Clone, Copy)]
pub(crate) struct At {
    first: Span,
    last: Span,
}

impl From<Span> for At {
    fn from(span: Span) -> Self {
        At {
            first: span,
            last: span,
        }
    }
}

impl At {
    /// All of `tokens`, or the place of the attribute itself if there are none.
    pub(crate) fn all(tokens: &[TokenTree]) -> Self {
        match tokens {
            [] => Span::call_site().into(),
            [first, .., last] => At {
                first: first.span(),
                last: last.span(),
            },
            [only] => only.span().into(),
        }
    }
}

#[derive(Default)]
pub(crate) struct Errors {
    found: Vec<(At, String)>,
}

impl Errors {
    pub(crate) fn push(&mut self, at: impl Into<At>, message: impl Into<String>) {
        self.found.push((at.into(), message.into()));
    }

    pub(crate) fn count(&self) -> usize {
        self.found.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// One `compile_error!` per error, valid where an item, a method or a statement is.
    pub(crate) fn into_tokens(self) -> TokenStream {
        let mut tokens = TokenStream::new();
        for (at, message) in self.found {
            tokens.extend(compile_error(at, &message));
        }
        tokens
    }

    #[cfg(test)]
    pub(crate) fn messages(&self) -> Vec<&str> {
        self.found.iter().map(|(_, message)| &**message).collect()
    }
}

/// `::core::compile_error! { "…" }`: the compiler underlines from the span of the first
/// token to that of the last.
fn compile_error(at: At, message: &str) -> [TokenTree; 8] {
    let punct = |character, spacing| {
        let mut punct = Punct::new(character, spacing);
        punct.set_span(at.first);
        TokenTree::from(punct)
    };
    let mut text = Literal::string(message);
    text.set_span(at.last);
    let mut group = Group::new(Delimiter::Brace, TokenTree::from(text).into());
    group.set_span(at.last);
    [
        punct(':', Spacing::Joint),
        punct(':', Spacing::Alone),
        Ident::new("core", at.first).into(),
        punct(':', Spacing::Joint),
        punct(':', Spacing::Alone),
        Ident::new("compile_error", at.first).into(),
        punct('!', Spacing::Alone),
        group.into(),
    ]
}
