//! The static that an expansion makes: what its name and rate are, which type it has and
//! which constructor checks it. A static, because a key is registered once and then found
//! without a lookup, and because its initializer is evaluated by the compiler, so that a
//! bad constant is a compile error too.

use proc_macro2::{Delimiter, Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{format_ident, quote_spanned};

use crate::{
    args::{Args, Macro, Name, Rate},
    item::{is_group, mentions},
};

/// Everything an expansion makes has this span: its locals are invisible to the author's
/// code, and lints that look at what people write pass it by.
pub(crate) fn made() -> Span {
    Span::mixed_site()
}

/// As `made`, for what an error is to point at in the author's text.
pub(crate) fn made_at(place: Span) -> Span {
    made().located_at(place)
}

/// The library as seen from the author's crate.
#[derive(Clone)]
pub(crate) struct Library {
    /// `::logd`, or what `crate = …` says.
    pub(crate) root: TokenStream,
    /// The module for expansions alone, named after the exact version, so that two
    /// versions in one program cannot be mixed up.
    pub(crate) private: TokenStream,
    /// Where the author wrote its path, if anywhere.
    at: Span,
}

impl Library {
    pub(crate) fn new(path: Option<&[TokenTree]>) -> Self {
        let (root, at) = match path {
            Some(path) => (
                path.iter().cloned().collect(),
                path.last().map_or_else(made, |name| made_at(name.span())),
            ),
            None => (quote_spanned!(made()=> ::logd), made()),
        };
        let version = env!("CARGO_PKG_VERSION").replace(['.', '-', '+'], "_");
        let module = format_ident!("__private_{version}", span = at);
        let private = quote_spanned!(made()=> #root::#module);
        Library { root, private, at }
    }

    /// The path of the module, in a place of the author's that errors are to point at.
    pub(crate) fn private_at(&self, span: Span) -> TokenStream {
        let respanned = |mut token: TokenTree| {
            token.set_span(span);
            token
        };
        self.private.clone().into_iter().map(respanned).collect()
    }
}

/// The name of a statistic, complete.
pub(crate) enum Key {
    Literal {
        value: String,
        span: Span,
    },
    /// Made from the module path and this: `name` or `Type::name`.
    Derived(String),
    Constant(Vec<TokenTree>),
    Template {
        arguments: Vec<String>,
        literal: Literal,
    },
}

impl Key {
    pub(crate) fn new(name: Name) -> Self {
        match name {
            Name::Literal { value, span } => Key::Literal { value, span },
            Name::Constant(tokens) => Key::Constant(tokens),
            Name::Template { arguments, literal } => Key::Template { arguments, literal },
        }
    }
}

/// A statistic as an attribute asks for it.
pub(crate) struct Site {
    pub(crate) of: Macro,
    pub(crate) key: Key,
    pub(crate) rate: Option<Rate>,
    adaptive: bool,
    pub(crate) outcome: bool,
    pub(crate) library: Library,
    /// The static's, which the author's own words for name and rate can see.
    name: Ident,
}

impl Site {
    pub(crate) fn new(of: Macro, key: Key, args: &Args) -> Self {
        Site {
            of,
            name: static_name(&key, args.rate.as_ref()),
            key,
            rate: args.rate.clone(),
            adaptive: args.adaptive.is_some(),
            outcome: args.outcome.is_some(),
            library: Library::new(args.library.as_deref()),
        }
    }

    /// `static …: … = …;` followed by `use_of`, in braces that keep the static's name in.
    pub(crate) fn with(&self, use_of: &TokenStream) -> TokenStream {
        let (static_type, initializer) = self.definition();
        let name = &self.name;
        quote_spanned! {made()=>
            { static #name: #static_type = #initializer; #use_of }
        }
    }

    /// The function that begins a timed call: where not all are clocked, one that knows of
    /// those which are not.
    pub(crate) fn enter(&self) -> &'static str {
        match (&self.rate, &self.key) {
            _ if self.adaptive => "enter_adaptive",
            (None, _) | (_, Key::Template { .. }) => "enter",
            (Some(_), _) => "enter_sampled",
        }
    }

    /// A reference to the static, for calls that take it along.
    pub(crate) fn reference(&self) -> TokenStream {
        let name = &self.name;
        self.with(&quote_spanned!(made()=> &#name))
    }

    /// `…::function(&SITE)`, with the name made from the arguments if it is a template.
    pub(crate) fn call(&self, function: &str) -> TokenStream {
        let private = &self.library.private;
        let name = &self.name;
        match &self.key {
            Key::Template { literal, .. } => {
                let function = format_ident!("{function}_named", span = made());
                let call = quote_spanned! {made()=>
                    #private::#function(&#name, ::core::format_args!(#literal))
                };
                if !self.outcome {
                    return self.with(&call);
                }
                // Where the call is a part of a larger expression, the references to arguments
                // go at the end of a statement of their own.
                let block = self.with(&quote_spanned!(made()=> break 'logd #call;));
                quote_spanned!(made()=> 'logd: #block)
            }
            _ => {
                let function = format_ident!("{function}", span = made());
                self.with(&quote_spanned!(made()=> #private::#function(&#name)))
            }
        }
    }

    /// A future inside the one that measures it. The compiler reports at `at` what is none.
    pub(crate) fn wrapped(&self, future: &TokenStream, at: Span) -> TokenStream {
        let private = self.library.private_at(at);
        let site = self.reference();
        match (self.of, self.outcome) {
            (Macro::Accumulated, _) => {
                quote_spanned!(at=> #private::accumulated(#site, #future))
            }
            (_, true) => quote_spanned!(at=> #private::outcome_future(#site, #future)),
            (_, false) => quote_spanned!(at=> #private::timed_future(#site, #future)),
        }
    }

    fn definition(&self) -> (TokenStream, TokenStream) {
        let Library { root, private, at } = &self.library;
        let metric = match self.of {
            Macro::Counted => "Counter",
            _ => "Timer",
        };
        let mut noun = metric.to_lowercase();
        if self.outcome {
            noun.push_str("_outcomes");
        }
        let (rate, rate_at) = self.rate_argument();
        let (name, constructor, name_at) = match &self.key {
            Key::Literal { value, span } => {
                let mut literal = Literal::string(value);
                literal.set_span(made_at(*span));
                let name = quote_spanned!(made()=> #literal,);
                (name, noun, None)
            }
            Key::Derived(path) => {
                let path = Literal::string(path);
                let name = quote_spanned! {made()=>
                    ::core::concat!(::core::module_path!(), "::", #path),
                };
                (name, format!("derived_{noun}"), None)
            }
            Key::Constant(tokens) => {
                let name = constant(tokens);
                let at = tokens.first().map(TokenTree::span);
                let name = quote_spanned!(made()=> #name,);
                (name, noun, at)
            }
            Key::Template { .. } => (TokenStream::new(), format!("{noun}_template"), None),
        };
        let initializer = match name_at.or(rate_at) {
            None => {
                let constructor = format_ident!("{constructor}", span = made());
                quote_spanned!(made()=> #private::#constructor(#name #rate))
            }
            // The compiler reports a constant that the constructor refuses at the call:
            // the call stands where the author wrote the constant.
            Some(constant) => {
                let at = made_at(constant);
                let private = self.library.private_at(at);
                let constructor = format_ident!("{constructor}", span = at);
                quote_spanned!(at=> #private::#constructor(#name #rate))
            }
        };
        let initializer = if self.adaptive {
            quote_spanned!(made()=> #root::Timer::adaptive(#initializer))
        } else {
            initializer
        };
        let metric = format_ident!("{metric}", span = *at);
        let metric = if self.outcome {
            quote_spanned!(made()=> #private::Outcomes<#root::#metric>)
        } else {
            quote_spanned!(made()=> #root::#metric)
        };
        let static_type = match &self.key {
            Key::Template { .. } => quote_spanned!(made()=> #private::Template<#metric>),
            _ => metric,
        };
        (static_type, initializer)
    }

    fn rate_argument(&self) -> (TokenStream, Option<Span>) {
        match &self.rate {
            None => (quote_spanned!(made()=> 1.0), None),
            Some(Rate::Literal { value, span }) => {
                let mut literal = Literal::f64_unsuffixed(*value);
                literal.set_span(made_at(*span));
                (TokenTree::from(literal).into(), None)
            }
            Some(Rate::Constant(tokens)) => (constant(tokens), tokens.first().map(TokenTree::span)),
        }
    }
}

/// `__LOGD_SITE`, or longer where the author means a constant or an argument of that name.
fn static_name(key: &Key, rate: Option<&Rate>) -> Ident {
    let mut name = "__LOGD_SITE".to_owned();
    let is_meant = |name: &str| {
        let in_key = match key {
            Key::Constant(tokens) => mentions(tokens.iter().cloned().collect(), name),
            Key::Template { arguments, .. } => arguments.iter().any(|argument| argument == name),
            Key::Literal { .. } | Key::Derived(_) => false,
        };
        let in_rate = match rate {
            Some(Rate::Constant(tokens)) => mentions(tokens.iter().cloned().collect(), name),
            _ => false,
        };
        in_key || in_rate
    };
    while is_meant(&name) {
        name.push('_');
    }
    Ident::new(&name, made())
}

/// The author's expression. One in braces is put into parentheses, into which the lint
/// for needless braces does not look.
fn constant(tokens: &[TokenTree]) -> TokenStream {
    let in_braces = tokens
        .first()
        .is_some_and(|first| is_group(first, Delimiter::Brace));
    let tokens = tokens.iter().cloned().collect();
    if !in_braces {
        return tokens;
    }
    let mut group = Group::new(Delimiter::Parenthesis, tokens);
    group.set_span(made());
    TokenTree::from(group).into()
}
