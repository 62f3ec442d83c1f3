//! What is emitted for a function, and why in this form. The rule behind all of it: the
//! author's tokens stay as they are, in their own braces, so that types, borrows, lints,
//! drop order and error messages are those of the function as written.
//!
//! The plain forms add one statement in front of the body. Three options cannot do with
//! that, because something has to happen to the value or at every poll: there the body
//! moves into a closure or an async block inside the function.

use proc_macro2::{Delimiter, Group, Ident, Literal, TokenStream, TokenTree};
use quote::{format_ident, quote_spanned};

use crate::{
    args::Macro,
    error::{At, Errors},
    item::{after_definitions, braces, is_punct, is_unfinished, mentions, Function},
    parameters,
    returned::Returned,
    site::{made, made_at, Key, Site},
    tail::AsyncTail,
};

/// A function to be measured: its tokens and where its parts are.
pub(crate) struct Target<'a> {
    pub(crate) tokens: &'a [TokenTree],
    pub(crate) attributes: &'a [TokenTree],
    pub(crate) function: &'a Function,
}

/// What a body evaluates to, which decides how it can be wrapped.
#[derive(Clone, Copy)]
enum Body {
    /// Of an `async fn`: its arguments move into the block with it.
    AsyncFunction,
    AsyncBlock {
        moves: bool,
    },
    Plain,
}

impl Target<'_> {
    /// What makes measuring impossible, at the token that does.
    pub(crate) fn refusal(&self, of: Macro) -> Option<(At, String)> {
        if let Some(constant) = self.function.constant {
            return Some((
                constant.into(),
                format!(
                    "a `const fn` may run inside the compiler, where nothing can be recorded: \
                     remove `const`, or put {of} on the function that calls this one"
                ),
            ));
        }
        if self.function.body.is_none() {
            return Some((
                self.function.name.span().into(),
                format!(
                    "this function has no body to measure: put {of} on its implementation in \
                     `impl … for …`, or for an `extern` declaration on a function that calls it"
                ),
            ));
        }
        let naked = self.attributes.iter().find(|token| match token {
            TokenTree::Group(group) => mentions(group.stream(), "naked"),
            _ => false,
        });
        naked.map(|attribute| {
            (
                attribute.span().into(),
                format!(
                    "a naked function is assembly alone, with no place for a measurement: \
                     put {of} on the function that calls this one"
                ),
            )
        })
    }

    /// Whether `outcome` on the block around this function is meant for it too: going by
    /// its return type, a `Result` or `Option`, or an async block's of one.
    pub(crate) fn has_outcome(&self) -> bool {
        let returns = self.returns();
        let is_outcome = |token: &TokenTree| match token {
            TokenTree::Ident(name) => {
                let name = name.to_string();
                name.ends_with("Result") || name.ends_with("Option")
            }
            _ => false,
        };
        match Returned::read(returns) {
            Returned::Never | Returned::Opaque => false,
            Returned::Future | Returned::Boxed { .. } => {
                returns.iter().any(is_outcome) && self.async_tail().is_some()
            }
            Returned::Other => {
                let path = returns.iter().take_while(|token| !is_punct(token, '<'));
                path.last().is_some_and(is_outcome)
                    && (self.function.asynchronous || self.track_caller().is_none())
            }
        }
    }

    fn async_tail(&self) -> Option<AsyncTail> {
        let braces = braces(&self.tokens[self.function.body?])?;
        AsyncTail::find(&braces.stream().into_iter().collect::<Vec<_>>())
    }

    fn track_caller(&self) -> Option<&TokenTree> {
        self.attributes.iter().find(|token| match token {
            TokenTree::Group(group) => mentions(group.stream(), "track_caller"),
            _ => false,
        })
    }

    /// The function with `site` measured in it; without it if an option does not fit.
    pub(crate) fn expand(
        &self,
        site: &Site,
        options: Options,
        errors: &mut Errors,
    ) -> Option<TokenStream> {
        let position = self.function.body?;
        let braces = braces(&self.tokens[position])?;
        let body: Vec<TokenTree> = braces.stream().into_iter().collect();
        let tail = if self.function.asynchronous || self.function.returns.is_empty() {
            None
        } else {
            AsyncTail::find(&body)
        };
        if !self.accepts(site, options, tail.is_some(), errors) {
            return None;
        }
        // Of a body that stops in the middle the compiler has said so, and would once more of
        // braces of ours. An empty one has no section, and no outcome but an error.
        let wraps = site.outcome || site.of == Macro::Accumulated;
        if is_unfinished(&body) || wraps && body.is_empty() {
            return Some(self.tokens.iter().cloned().collect());
        }

        let expanded = if self.function.asynchronous {
            self.measured(site, &braces, &body, Body::AsyncFunction)
        } else if let Some(tail) = tail.filter(|_| !options.wraps_returned(&body)) {
            group_like(&braces, self.measured_tail(site, &tail, &body))
        } else if options.future.is_some() {
            self.returned_future(site, &braces, &body)
        } else {
            self.measured(site, &braces, &body, Body::Plain)
        };

        let mut tokens = self.tokens.to_vec();
        tokens[position] = in_place_of(&tokens[position], expanded);
        Some(tokens.into_iter().collect())
    }

    fn arguments(&self) -> Vec<Ident> {
        match &self.tokens[self.function.parameters] {
            TokenTree::Group(group) => parameters::bindings(group),
            _ => Vec::new(),
        }
    }

    fn returns(&self) -> &[TokenTree] {
        &self.tokens[self.function.returns.clone()]
    }

    /// Checks the options against this function.
    fn accepts(
        &self,
        site: &Site,
        options: Options,
        async_tail: bool,
        errors: &mut Errors,
    ) -> bool {
        let before = errors.count();
        if let Key::Template {
            arguments: named,
            literal,
        } = &site.key
        {
            let arguments = self.arguments();
            for name in named {
                if !arguments.iter().any(|known| parameters::is(known, name)) {
                    errors.push(literal.span(), parameters::missing(name, &arguments));
                }
            }
        }
        if let Some(outcome) = options.outcome {
            let returned = Returned::read(self.returns());
            if self.function.returns.is_empty() {
                errors.push(
                    outcome,
                    "`outcome` reads ok or err from what is returned, and this function returns \
                     nothing: remove `outcome`, or return a `Result`",
                );
            } else if matches!(returned, Returned::Never) {
                errors.push(
                    outcome,
                    "`outcome` reads ok or err from what is returned, and this function never \
                     returns: remove `outcome`",
                );
            } else if let Some(track_caller) = self
                .track_caller()
                .filter(|_| !self.function.asynchronous && !async_tail)
            {
                errors.push(
                    track_caller.span(),
                    "with `outcome` the body runs in a closure, in which `#[track_caller]` has \
                     no effect: remove one of the two",
                );
            } else if matches!(returned, Returned::Future | Returned::Boxed { .. })
                && !self.function.asynchronous
                && !async_tail
                && options.future.is_none()
            {
                errors.push(
                    outcome,
                    "this function returns a future, whose outcome is known when it completes: \
                     write `outcome, future`",
                );
            }
        }
        if let Some(future) = options.future {
            if self.function.asynchronous {
                errors.push(
                    future,
                    "an `async fn` is measured until it completes as it is: remove `future`",
                );
            } else if self.function.returns.is_empty() {
                errors.push(
                    future,
                    "`future` measures the future that a function returns, and this one returns \
                     nothing: remove `future`",
                );
            } else if let Key::Template { literal, .. } = &site.key {
                errors.push(
                    literal.span(),
                    "with `future` the name is needed after the arguments are gone: write a \
                     name without `{…}`, or end the function with an async block and leave \
                     `future` out",
                );
            }
        }
        errors.count() == before
    }

    /// The block with the measurement in it, in the author's own braces: their span
    /// carries the author's edition, which decides when temporaries are dropped.
    fn measured(&self, site: &Site, braces: &Group, body: &[TokenTree], kind: Body) -> Group {
        let private = &site.library.private;
        let (first, rest) = match after_definitions(body) {
            // Most bodies: taken over whole, which is cheaper than token by token.
            0 => (TokenStream::new(), braces.stream()),
            definitions => {
                let (first, rest) = body.split_at(definitions);
                (
                    first.iter().cloned().collect(),
                    rest.iter().cloned().collect(),
                )
            }
        };
        let is_async = !matches!(kind, Body::Plain);

        let measured = if site.outcome {
            let (enter, finish) = match site.of {
                Macro::Counted => ("count_outcome", "finish_counted"),
                _ => ("enter_outcome", "finish"),
            };
            let enter = site.call(enter);
            let finish = format_ident!("{finish}", span = made());
            let value = if is_async {
                let block = self.async_block(braces, rest, kind);
                quote_spanned!(made()=> #block.await)
            } else {
                let closure = self.closure(braces, rest);
                // A type that has no outcome is reported at this call.
                let at = self
                    .returns()
                    .first()
                    .map_or_else(made, |first| made_at(first.span()));
                let private = site.library.private_at(at);
                quote_spanned!(at=> #private::call(#closure))
            };
            quote_spanned! {made()=>
                let __logd_outcome = #enter;
                return #private::#finish(__logd_outcome, #value)
            }
        } else {
            match (site.of, is_async) {
                (Macro::Counted, _) => {
                    let count = site.call("count");
                    quote_spanned!(made()=> let () = #count; #rest)
                }
                (Macro::Accumulated, true) => {
                    let site = site.reference();
                    let block = self.async_block(braces, rest, kind);
                    let value = quote_spanned!(made()=> #private::accumulated(#site, #block).await);
                    match Returned::read(self.returns()) {
                        // `return` of what never comes would be code that is never reached.
                        Returned::Never => value,
                        _ => quote_spanned!(made()=> return #value),
                    }
                }
                (Macro::Accumulated, false) => {
                    let open = site.call("open");
                    quote_spanned!(made()=> let __logd_open = #open; #rest)
                }
                (Macro::Timed | Macro::Accumulate, _) => {
                    let enter = site.call("enter");
                    quote_spanned!(made()=> let __logd_timed = #enter; #rest)
                }
            }
        };
        group_like(braces, quote_spanned!(made()=> #first #measured))
    }

    /// The body with the measurement in the async block that it ends with. Where a wrapper
    /// is needed, it takes the block's place: a second block around it would hold what the
    /// first one captured twice.
    fn measured_tail(&self, site: &Site, tail: &AsyncTail, body: &[TokenTree]) -> TokenStream {
        let wraps = match site.of {
            Macro::Accumulated => true,
            // The name is made in the block, from the arguments that it captured.
            _ => site.outcome && !matches!(site.key, Key::Template { .. }),
        };
        if wraps {
            return tail.with_expression(body, |block| site.wrapped(&block, made()));
        }
        let inside: Vec<TokenTree> = tail.block.stream().into_iter().collect();
        let kind = Body::AsyncBlock { moves: tail.moves };
        tail.with_block(body, self.measured(site, &tail.block, &inside, kind))
    }

    /// The body as an async block inside the async function. It owns what the function
    /// owned, because references to arguments would ask that these be `Sync`.
    fn async_block(&self, braces: &Group, rest: TokenStream, kind: Body) -> TokenStream {
        match kind {
            Body::AsyncFunction => {
                let captured = self.captured(&rest);
                let hint = self.expected_type();
                let block = group_like(braces, quote_spanned!(made()=> #hint #captured #rest));
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

    /// A statement that never runs its `return`, and by it tells the compiler what the
    /// async block around it evaluates to: else `?` and coercions in it would lack what
    /// the function's own return type told them.
    fn expected_type(&self) -> TokenStream {
        let returns = self.returns();
        let written: TokenStream = returns.iter().cloned().collect();
        let written = match Returned::read(returns) {
            Returned::Never => return TokenStream::new(),
            _ if mentions(written.clone(), "impl") => return TokenStream::new(),
            _ if returns.is_empty() => quote_spanned!(made()=> ()),
            _ => written,
        };
        quote_spanned! {made()=>
            if let ::core::option::Option::Some(__logd_value) =
                ::core::option::Option::None::<#written>
            {
                return __logd_value;
            }
        }
    }

    /// A statement that mentions the arguments which the body uses, last to first: captured
    /// values are dropped in the order of their first mention, and before those that are not
    /// captured; arguments are dropped from the last to the first. So one that is unused on
    /// purpose and stands behind a used one is mentioned too; another that nothing uses is
    /// not, so that the compiler still says so.
    fn captured(&self, body: &TokenStream) -> TokenStream {
        let mut used = self.arguments();
        let mut any = false;
        used.retain(|argument| {
            let is_used = parameters::used(argument, body.clone());
            any |= is_used;
            is_used || any && argument.to_string().starts_with('_')
        });
        used.reverse();
        if used.is_empty() {
            TokenStream::new()
        } else if used
            .iter()
            .any(|argument| argument.to_string().starts_with('_'))
        {
            // On the left of an assignment, where a lint that looks for uses of `_name`
            // does not see one.
            let last = Literal::usize_unsuffixed(used.len());
            quote_spanned!(made()=> [()][(#(&#used,)* 0).#last] = ();)
        } else {
            quote_spanned!(made()=> let _ = (#(&#used,)*);)
        }
    }

    /// The body as a closure that is called once, in place. It owns what the function
    /// owned, so that arguments are dropped in the order in which they would be.
    fn closure(&self, braces: &Group, rest: TokenStream) -> TokenStream {
        let captured = self.captured(&rest);
        let block = group_like(braces, quote_spanned!(made()=> #captured #rest));
        let written: TokenStream = self.returns().iter().cloned().collect();
        if mentions(written.clone(), "impl") {
            // Not allowed as the type of a closure: inferred from the body instead.
            quote_spanned!(made()=> move || #block)
        } else {
            quote_spanned!(made()=> move || -> #written #block)
        }
    }

    /// The body's value, a future, inside one that measures it.
    fn returned_future(&self, site: &Site, braces: &Group, body: &[TokenTree]) -> Group {
        let (first, rest) = body.split_at(after_definitions(body));
        let first = first.iter().cloned().collect::<TokenStream>();
        let closure = self.closure(braces, rest.iter().cloned().collect());
        // What is returned and is no future is reported where its type is written.
        let at = self
            .returns()
            .first()
            .map_or_else(made, |first| made_at(first.span()));
        let private = site.library.private_at(at);
        let wrapped = site.wrapped(&quote_spanned!(at=> #private::call(#closure)), at);
        let value = match Returned::read(self.returns()) {
            Returned::Boxed { pinned: false } => {
                quote_spanned!(at=> #private::Box::new(#wrapped))
            }
            // An alias is taken for that of a pinned box, as `BoxFuture` is.
            Returned::Boxed { pinned: true } | Returned::Other => {
                quote_spanned!(at=> #private::Box::pin(#wrapped))
            }
            _ => wrapped,
        };
        group_like(braces, quote_spanned!(made()=> #first #value))
    }
}

/// The options that fit some functions only, each at its token.
#[derive(Clone, Copy)]
pub(crate) struct Options {
    pub(crate) outcome: Option<proc_macro2::Span>,
    pub(crate) future: Option<proc_macro2::Span>,
}

impl Options {
    /// Whether the returned future is wrapped even though the body ends with an async
    /// block: if asked to, and another future may be returned before that one.
    fn wraps_returned(self, body: &[TokenTree]) -> bool {
        self.future.is_some() && mentions(body.iter().cloned().collect(), "return")
    }
}

/// A body in the invisible delimiters that the author's came in, if a `macro_rules!` fragment
/// put it there: by them lints know that what they look at was made by a macro.
fn in_place_of(token: &TokenTree, body: Group) -> TokenTree {
    match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            let inside = group.stream().into_iter().next();
            let body = inside.map_or_else(
                || body.clone().into(),
                |only| in_place_of(&only, body.clone()),
            );
            let mut around = Group::new(Delimiter::None, body.into());
            around.set_span(group.span());
            around.into()
        }
        _ => body.into(),
    }
}

/// Braces with the span, and so the edition, of the author's.
fn group_like(braces: &Group, tokens: TokenStream) -> Group {
    let mut group = Group::new(Delimiter::Brace, tokens);
    group.set_span(braces.span());
    group
}
