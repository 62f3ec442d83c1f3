//! The closure or the async block that takes a body in, where something has to happen to
//! its value or at every poll.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote_spanned;

use crate::{
    item::{is_punct, is_word},
    returned::{inferred, Returned},
    site::{made, made_at, Library},
};

/// What a body is of, which decides how it can be taken in.
#[derive(Clone, Copy)]
pub(crate) enum Body {
    /// Of an `async fn`: its arguments move into the block with it.
    AsyncFunction,
    AsyncBlock {
        moves: bool,
    },
    Plain,
}

/// What is known of the function around a body.
pub(crate) struct Wrap<'a> {
    /// The written return type.
    pub(crate) returns: &'a [TokenTree],
    /// The statements that get the arguments in.
    pub(crate) begins: TokenStream,
    pub(crate) library: &'a Library,
}

impl Wrap<'_> {
    /// Whether the function is written not to return.
    pub(crate) fn never(&self) -> bool {
        matches!(Returned::read(self.returns), Returned::Never)
    }

    /// The body as a closure that is called once, in place. It owns what the function
    /// owned, so that arguments are dropped in the order in which they would be.
    pub(crate) fn closure(&self, braces: &Group, rest: TokenStream) -> TokenStream {
        if matches!(self.returns.first(), Some(first) if is_word(first, "impl")) {
            // Inferred from the body as a whole.
            let begins = &self.begins;
            let block = group_like(braces, quote_spanned!(made()=> #begins #rest));
            quote_spanned!(made()=> move || #block)
        } else {
            let written = inferred(self.returns);
            let block = self.returning(braces, rest, &TokenStream::new());
            quote_spanned!(made()=> move || -> #written #block)
        }
    }

    /// The body as an async block. In an `async fn` it owns what the function owned, because
    /// references to arguments would ask that these be `Sync`.
    pub(crate) fn async_block(&self, braces: &Group, rest: TokenStream, kind: Body) -> TokenStream {
        match kind {
            Body::AsyncFunction => {
                let block = self.returning(braces, rest, &self.hint());
                quote_spanned!(made()=> async move #block)
            }
            Body::AsyncBlock { moves: true } => {
                let block = group_like(braces, rest);
                quote_spanned!(made()=> async move #block)
            }
            Body::AsyncBlock { moves: false } | Body::Plain => {
                let block = group_like(braces, rest);
                quote_spanned!(made()=> async #block)
            }
        }
    }

    /// The author's block with the arguments in. A value that it ends with is returned by
    /// name: lints that know what a function returns do not know it of what is inside one,
    /// and would ask for types of numbers, or for an `.await` of a future. The branch that is
    /// never taken keeps the compiler from finding that `return` out of reach where the body
    /// does not end.
    fn returning(&self, braces: &Group, rest: TokenStream, hint: &TokenStream) -> Group {
        let begins = &self.begins;
        let last = rest.clone().into_iter().last();
        let has_value = last.is_some_and(|last| !is_punct(&last, ';'));
        if !has_value || self.returns.is_empty() || self.never() {
            return group_like(braces, quote_spanned!(made()=> #hint #begins #rest));
        }
        let private = &self.library.private;
        let body = group_like(braces, rest);
        group_like(
            braces,
            quote_spanned! {made()=>
                #hint #begins return if true #body else { #private::value() };
            },
        )
    }

    /// A statement that never runs its `return`, and by it tells the compiler what the
    /// async block around it evaluates to: else `?` and coercions in it would lack what
    /// the function's own return type told them.
    fn hint(&self) -> TokenStream {
        let written = match Returned::read(self.returns) {
            Returned::Never | Returned::Future | Returned::Opaque => return TokenStream::new(),
            _ if self.returns.is_empty() => quote_spanned!(made()=> ()),
            _ => inferred(self.returns),
        };
        // Notes say that the type was inferred here.
        let at = self
            .returns
            .first()
            .map_or_else(made, |first| made_at(first.span()));
        let private = self.library.private_at(at);
        let returned = quote_spanned!(at=> return #private::value::<#written>());
        quote_spanned!(made()=> if false { #returned; })
    }
}

/// Braces with the span, and so the edition, of the author's.
pub(crate) fn group_like(braces: &Group, tokens: TokenStream) -> Group {
    let mut group = Group::new(Delimiter::Brace, tokens);
    group.set_span(braces.span());
    group
}
