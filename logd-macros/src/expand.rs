//! What is emitted for a function, and why in this form. The rule behind all of it: the
//! author's tokens stay as they are, in their own braces, so that types, borrows, lints,
//! drop order and error messages are those of the function as written.
//!
//! The plain forms add one statement in front of the body. Three options cannot do with
//! that, because something has to happen to the value or at every poll: there the body
//! moves into a closure or an async block inside the function.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{format_ident, quote_spanned};

use crate::{
    args::Macro,
    arguments::Carried,
    error::{At, Errors},
    item::{
        after_definitions, attribute_parts, braces, is_punct, is_unfinished, mentions, Function,
    },
    parameters,
    returned::Returned,
    site::{made, made_at, Key, Site},
    tail::AsyncTail,
    wrap::{group_like, Body, Wrap},
};

/// A function to be measured: its tokens and where its parts are.
pub(crate) struct Target<'a> {
    pub(crate) tokens: &'a [TokenTree],
    pub(crate) attributes: &'a [TokenTree],
    pub(crate) function: &'a Function,
}

/// Attributes that no macro stands behind, or one that does not look at parameters: what else
/// there is may, and would find names that the author did not write.
const PLAIN_ATTRIBUTES: [&str; 24] = [
    "allow",
    "cfg",
    "cfg_attr",
    "cold",
    "deny",
    "deprecated",
    "doc",
    "expect",
    "export_name",
    "forbid",
    "inline",
    "link_section",
    "must_use",
    "no_mangle",
    "track_caller",
    "test",
    "should_panic",
    "ignore",
    "target_feature",
    "unsafe",
    "warn",
    "no_sanitize",
    "optimize",
    "automatically_derived",
];

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

        let tail = tail.filter(|_| !options.wraps_returned(&body));
        let moves = tail.is_none()
            && (site.outcome
                || options.future.is_some()
                || site.of == Macro::Accumulated && self.function.asynchronous);
        let carried = if moves {
            self.carried(site, &braces)
        } else {
            Carried::default()
        };
        let wrap = Wrap {
            returns: self.returns(),
            begins: carried.statements,
            library: &site.library,
        };

        let expanded = if self.function.asynchronous {
            self.measured(site, &braces, &body, Body::AsyncFunction, &wrap)
        } else if let Some(tail) = tail {
            group_like(&braces, self.measured_tail(site, &tail, &body, &wrap))
        } else if options.future.is_some() {
            self.returned_future(site, &braces, &body, &wrap)
        } else {
            self.measured(site, &braces, &body, Body::Plain, &wrap)
        };

        let mut tokens = self.tokens.to_vec();
        tokens[position] = in_place_of(&tokens[position], expanded);
        if let Some(parameters) = carried.parameters {
            tokens[self.function.parameters] = parameters.into();
        }
        let visibility = self.attributes.len();
        if let Some(written) = where_it_was_put(&tokens[visibility]) {
            tokens.splice(visibility..=visibility, written);
        }
        Some(tokens.into_iter().collect())
    }

    /// How the arguments get into the closure or block that takes the body in.
    fn carried(&self, site: &Site, braces: &Group) -> Carried {
        let named: &[String] = match &site.key {
            Key::Template { arguments, .. } => arguments,
            _ => &[],
        };
        match &self.tokens[self.function.parameters] {
            TokenTree::Group(parameters) => Carried::new(
                parameters,
                &braces.stream(),
                named,
                !self.has_other_macros(),
                !self.function.asynchronous,
                &site.library,
            ),
            _ => Carried::default(),
        }
    }

    /// Whether attributes are left that may look at the names of parameters: those of others,
    /// and ours with such a name in braces.
    fn has_other_macros(&self) -> bool {
        self.attributes.chunks_exact(2).any(|attribute| {
            let Some((path, arguments)) = attribute_parts(&attribute[1]) else {
                return true;
            };
            let [module @ .., TokenTree::Ident(name)] = &path[..] else {
                return true;
            };
            let name = name.to_string();
            let ours = [Macro::Timed, Macro::Counted, Macro::Accumulated];
            if ours.iter().any(|of| of.name() == name) {
                return names_arguments(arguments);
            }
            !(module.is_empty() && PLAIN_ATTRIBUTES.contains(&&*name))
        })
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
    fn measured(
        &self,
        site: &Site,
        braces: &Group,
        body: &[TokenTree],
        kind: Body,
        wrap: &Wrap<'_>,
    ) -> Group {
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
            // A type that has no outcome is reported at this call.
            let at = self
                .returns()
                .first()
                .map_or_else(made, |first| made_at(first.span()));
            let private_at = site.library.private_at(at);
            let value = if is_async {
                let block = wrap.async_block(braces, rest, kind);
                quote_spanned!(at=> #private_at::finished(#enter, #block).await)
            } else {
                let finish = format_ident!("{finish}", span = made());
                let closure = wrap.closure(braces, rest);
                let value = quote_spanned!(at=> #private_at::call(#closure));
                quote_spanned!(made()=> #private::#finish(#enter, #value))
            };
            // With the semicolon it is more than the one expression around whose braces there is
            // a lint. Lints of statements look into it, though: not at the `break` of a template.
            let end =
                (!matches!(site.key, Key::Template { .. })).then(|| quote_spanned!(made()=> ;));
            quote_spanned!(made()=> return #value #end)
        } else {
            match (site.of, is_async) {
                (Macro::Counted, _) => {
                    let count = site.call("count");
                    quote_spanned!(made()=> let () = #count; #rest)
                }
                (Macro::Accumulated, true) => {
                    let site = site.reference();
                    let block = wrap.async_block(braces, rest, kind);
                    let value = quote_spanned!(made()=> #private::accumulated(#site, #block).await);
                    if wrap.never() {
                        // `return` of what never comes would be code that is never reached.
                        quote_spanned!(made()=> #private::never(#value))
                    } else {
                        quote_spanned!(made()=> return #value;)
                    }
                }
                (Macro::Accumulated, false) => {
                    let open = site.call("open");
                    quote_spanned!(made()=> let _ = &#open; #rest)
                }
                (Macro::Timed | Macro::Accumulate, _) => {
                    let enter = site.call(site.enter());
                    quote_spanned!(made()=> let _ = &#enter; #rest)
                }
            }
        };
        group_like(braces, quote_spanned!(made()=> #first #measured))
    }

    /// The body with the measurement in the async block that it ends with. Where a wrapper
    /// is needed, it takes the block's place: a second block around it would hold what the
    /// first one captured twice.
    fn measured_tail(
        &self,
        site: &Site,
        tail: &AsyncTail,
        body: &[TokenTree],
        wrap: &Wrap<'_>,
    ) -> TokenStream {
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
        tail.with_block(body, self.measured(site, &tail.block, &inside, kind, wrap))
    }

    /// The body's value, a future, inside one that measures it.
    fn returned_future(
        &self,
        site: &Site,
        braces: &Group,
        body: &[TokenTree],
        wrap: &Wrap<'_>,
    ) -> Group {
        let (first, rest) = body.split_at(after_definitions(body));
        let first = first.iter().cloned().collect::<TokenStream>();
        let closure = wrap.closure(braces, rest.iter().cloned().collect());
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

/// Whether one of these literals may be a name with `{argument}` in it.
fn names_arguments(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Literal(literal) => literal.to_string().contains('{'),
        TokenTree::Group(group) => names_arguments(group.stream()),
        _ => false,
    })
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

/// A visibility that a `macro_rules!` fragment put there, with the place of the fragment. An
/// item begins where its first token stands, and the compiler looks through the invisible
/// delimiters of what an attribute gives back: so it would seem to begin, as it ends, where
/// the macro is called, and lints would take it for written there.
fn where_it_was_put(token: &TokenTree) -> Option<Vec<TokenTree>> {
    let TokenTree::Group(group) = token else {
        return None;
    };
    if group.delimiter() != Delimiter::None {
        return None;
    }
    let mut tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    tokens.first_mut()?.set_span(group.span());
    Some(tokens)
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
