//! How arguments get into a closure or an async block that takes the body in, so that they
//! are dropped in the order in which they would be: from the last to the first, each after
//! what its pattern took out of it.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{format_ident, quote_spanned};

use crate::{
    item::mentions,
    parameters::{self, parameters, Parameter, Takes},
    site::{made, made_at, Library},
};

/// What is written for the arguments.
#[derive(Default)]
pub(crate) struct Carried {
    /// The parameters, if some need a name to be carried by.
    pub(crate) parameters: Option<Group>,
    /// The statements that the closure or block begins with.
    pub(crate) statements: TokenStream,
}

/// How one argument gets in.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// It stays outside, or gets in by itself: nothing is dropped, or as late as it should.
    None,
    /// By being mentioned.
    Mention,
    /// By a name of ours, and from there as the author's pattern says.
    Bind,
}

impl Carried {
    /// For a body that uses some of the arguments. Without `renames` the parameters stay as
    /// they are, at the price of the order where a pattern leaves some of an argument. In a
    /// `closure` they are bound, so that the compiler speaks of them by name; in a block of an
    /// `async fn` that would keep each of them twice.
    pub(crate) fn new(
        group: &Group,
        body: &TokenStream,
        named: &[String],
        renames: bool,
        closure: bool,
        library: &Library,
    ) -> Self {
        let all = parameters(group);
        let in_parts =
            |parameter: &Parameter| parameter.takes() == Takes::Parts && !parameter.is_reference();
        let binds_all = closure && renames && named.is_empty() && !all.iter().any(in_parts);
        let ways = ways(&all, body, named, renames, binds_all);
        let mut mentioned = Vec::new();
        let mut bound = TokenStream::new();
        let mut written = Vec::new();
        let mut renamed = false;
        for (index, (parameter, way)) in all.iter().zip(&ways).enumerate() {
            let takes = parameter.takes();
            // Not an unused one's own name, about which the compiler then warns in the body.
            let carrier = (*way == Way::Bind || *way == Way::Mention && takes == Takes::Nothing)
                .then(|| carrier(index, parameter));
            written.push(match &carrier {
                Some(carrier) => renamed_parameter(parameter, carrier),
                None => {
                    let Parameter {
                        attributes,
                        pattern,
                        of_type,
                    } = parameter;
                    quote_spanned!(made()=> #(#attributes)* #(#pattern)* #(#of_type)*)
                }
            });
            renamed |= carrier.is_some();
            match (way, carrier) {
                (Way::None, _) => {}
                (Way::Mention, Some(carrier)) => mentioned.push((parameter, vec![carrier])),
                (Way::Mention, None) => mentioned.push((parameter, used(parameter, body))),
                (Way::Bind, carrier) => bound.extend(bind(parameter, carrier)),
            }
        }
        let mut statements = mention(&mentioned, library);
        statements.extend(bound);
        let parameters = renamed.then(|| {
            let tokens = quote_spanned!(made()=> #(#written),*);
            let mut parameters = Group::new(group.delimiter(), tokens);
            parameters.set_span(group.span());
            parameters
        });
        Carried {
            parameters,
            statements,
        }
    }
}

fn ways(
    all: &[Parameter],
    body: &TokenStream,
    named: &[String],
    renames: bool,
    binds_all: bool,
) -> Vec<Way> {
    // Once one is inside, those behind it have to be too: they go first.
    let mut inside = false;
    let mut binds = false;
    all.iter()
        .map(|parameter| {
            let takes = parameter.takes();
            let bindings = parameter.bindings();
            let is_used = bindings
                .iter()
                .any(|name| parameters::used(name, body.clone()));
            let on_purpose = is_on_purpose(&bindings);
            // A name of a statistic is made from the author's own names, outside.
            let has_name = bindings
                .iter()
                .any(|binding| named.iter().any(|name| parameters::is(binding, name)));
            let has_no_type = parameter.of_type.is_empty();
            let is_reference = parameter.is_reference();
            // It can not be bound, and nothing stands before it.
            let is_receiver = bindings.iter().any(|name| name == "self");
            // A lint for names of one letter passes those of a trait's parameters by, such as
            // `f: &mut Formatter`, and would find one of ours.
            let is_letter = bindings.iter().any(|name| name.to_string().len() == 1);
            let binds_this = binds_all && is_used && !(is_receiver || is_reference && is_letter);
            let way = if binds_this && takes == Takes::Whole {
                Way::Bind
            } else if is_reference || has_no_type && !is_used {
                Way::None
            } else if binds && !has_name {
                Way::Bind
            } else if inside && renames && !has_name {
                match takes {
                    Takes::Nothing => Way::Mention,
                    Takes::Some => Way::Bind,
                    Takes::Whole | Takes::Parts if is_used || on_purpose => Way::Mention,
                    Takes::Whole | Takes::Parts => Way::Bind,
                }
            } else if is_used || inside && on_purpose {
                Way::Mention
            } else {
                Way::None
            };
            if !is_reference {
                inside |= way != Way::None;
                binds |= way == Way::Bind;
            }
            way
        })
        .collect()
}

/// The names of a pattern that are to be mentioned: those that are used, and those that are
/// unused on purpose.
fn used(parameter: &Parameter, body: &TokenStream) -> Vec<Ident> {
    let mut names = parameter.bindings();
    names.retain(|name| name.to_string().starts_with('_') || parameters::used(name, body.clone()));
    names
}

/// Whether a name says that it may be unused.
fn is_on_purpose(names: &[Ident]) -> bool {
    names.iter().any(|name| name.to_string().starts_with('_'))
}

/// A name that the body cannot see: the author's own where there is one, which documentation
/// shows.
fn carrier(index: usize, parameter: &Parameter) -> Ident {
    if let ([name], Takes::Whole) = (&parameter.bindings()[..], parameter.takes()) {
        let mut name = name.clone();
        name.set_span(made_at(name.span()));
        return name;
    }
    let at = parameter.pattern.first().map_or_else(made, TokenTree::span);
    format_ident!("__logd_argument_{index}", span = made_at(at))
}

/// `carrier: Type`, with the attributes that say whether it is there. Those about lints are
/// for the author's names, which are in the body then.
fn renamed_parameter(parameter: &Parameter, carrier: &Ident) -> TokenStream {
    let attributes = attributes(parameter, |brackets| !is_about_lints(brackets));
    let of_type = &parameter.of_type;
    quote_spanned!(made()=> #(#attributes)* #carrier #(#of_type)*)
}

/// The attributes of a parameter that are to stay, each of which is `#` and brackets.
fn attributes(parameter: &Parameter, stays: fn(&TokenTree) -> bool) -> Vec<&TokenTree> {
    let mut staying = Vec::new();
    for attribute in parameter.attributes.chunks_exact(2) {
        if stays(&attribute[1]) {
            staying.extend(attribute);
        }
    }
    staying
}

fn is_about_lints(brackets: &TokenTree) -> bool {
    let TokenTree::Group(group) = brackets else {
        return false;
    };
    match group.stream().into_iter().next() {
        Some(TokenTree::Ident(word)) if word == "cfg_attr" => !is_condition(brackets),
        Some(TokenTree::Ident(word)) => {
            ["allow", "expect", "warn", "deny", "forbid"].contains(&&*word.to_string())
        }
        _ => false,
    }
}

fn is_condition(brackets: &TokenTree) -> bool {
    matches!(brackets, TokenTree::Group(group) if mentions(group.stream(), "cfg"))
}

/// `let pattern = carrier;`, as the compiler does for an `async fn`.
fn bind(parameter: &Parameter, carrier: Option<Ident>) -> TokenStream {
    let Some(carrier) = carrier else {
        return TokenStream::new();
    };
    let about = attributes(parameter, |brackets| {
        is_about_lints(brackets) || is_condition(brackets)
    });
    let conditions = attributes(parameter, is_condition);
    let pattern = &parameter.pattern;
    match parameter.takes() {
        Takes::Nothing => {
            quote_spanned!(made()=> #(#conditions)* let #carrier = #carrier;)
        }
        Takes::Some => quote_spanned! {made()=>
            #(#conditions)* let #carrier = #carrier;
            #(#about)* let #(#pattern)* = #carrier;
        },
        // Inside another pattern: alone, a lint finds that nothing is done with it.
        Takes::Whole if is_on_purpose(&parameter.bindings()) => {
            quote_spanned!(made()=> #(#about)* let (#(#pattern)*,) = (#carrier,);)
        }
        Takes::Whole | Takes::Parts => {
            quote_spanned!(made()=> #(#about)* let #(#pattern)* = #carrier;)
        }
    }
}

/// Statements that mention names, last to first: captured values are dropped in the order of
/// their first mention.
fn mention(parameters: &[(&Parameter, Vec<Ident>)], library: &Library) -> TokenStream {
    let mut statements = TokenStream::new();
    let mut together = Vec::new();
    for (parameter, names) in parameters.iter().rev() {
        let names = names.iter().rev().cloned();
        if parameter.is_conditional() {
            statements.extend(mention_all(&together, library));
            together.clear();
            let conditions = attributes(parameter, is_condition);
            let mention = mention_all(&names.collect::<Vec<_>>(), library);
            statements.extend(quote_spanned!(made()=> #(#conditions)* { #mention }));
        } else {
            together.extend(names);
        }
    }
    statements.extend(mention_all(&together, library));
    statements
}

fn mention_all(names: &[Ident], library: &Library) -> TokenStream {
    if names.is_empty() {
        TokenStream::new()
    } else if is_on_purpose(names) {
        // On the left of an assignment, where a lint that looks for uses of `_name` does not
        // see one.
        let private = &library.private;
        quote_spanned!(made()=> *#private::mention((#(&#names,)*)) = [];)
    } else {
        quote_spanned!(made()=> let _ = (#(&#names,)*);)
    }
}
