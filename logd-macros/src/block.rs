//! An attribute on an impl block, a trait or an inline module: its options go to every
//! function inside, each of which may have an attribute of its own that says more, or
//! `skip`. Functions that cannot be measured are left as they are.

use proc_macro2::{Group, Span, TokenStream, TokenTree};

use crate::{
    apply::plain_name,
    args::{self, Args, Macro, Name},
    error::Errors,
    expand::{Options, Target},
    item::{self, Container, Function, Kind},
    key,
    site::{Key, Site},
};

/// An impl block, trait or module with the attribute on it.
pub(crate) fn block(
    of: Macro,
    args: &Args,
    container: &Container,
    tokens: &[TokenTree],
    errors: &mut Errors,
) -> Option<TokenStream> {
    if of == Macro::Accumulated {
        let at = tokens.first().map_or_else(Span::call_site, TokenTree::span);
        errors.push(
            at,
            "`#[accumulated]` opens one accumulator for the calls of one function: put it on a \
             function",
        );
        return None;
    }
    let prefix = match &args.name {
        Some(Name::Literal { value, .. }) => Some(value.clone()),
        Some(name @ Name::Template { .. }) => {
            errors.push(
                name.at(),
                "a name on a block begins the names of all its functions, and their arguments \
                 differ: put the name with `{…}` on the function that has the argument",
            );
            None
        }
        Some(name @ Name::Constant(_)) => {
            errors.push(
                name.at(),
                "a name on a block is joined with those of its functions before constants have \
                 a value: write it as a literal",
            );
            None
        }
        None => None,
    };
    if let Some(future) = args.future {
        errors.push(
            future,
            "`future` depends on what a function returns: put it on the functions it is for, \
             as in `#[timed(future)]`",
        );
    }
    let block = Block {
        of,
        args,
        prefix,
        type_name: container.type_name.clone(),
    };
    Some(block.replace_body(tokens, container, errors))
}

/// The block without what its functions' own attributes ask for: they were read here, and
/// would be out of place without the block's.
pub(crate) fn as_written(
    of: Macro,
    args: &Args,
    container: &Container,
    tokens: &[TokenTree],
) -> TokenStream {
    let mut tokens = tokens.to_vec();
    if let Some(group) = item::braces(&tokens[container.body]) {
        let body = group.stream().into_iter().collect::<Vec<_>>();
        tokens[container.body] = regroup(&group, stripped(of, args, &body)).into();
    }
    tokens.into_iter().collect()
}

fn stripped(of: Macro, args: &Args, tokens: &[TokenTree]) -> Vec<TokenTree> {
    let mut out = Vec::new();
    let mut position = after_inner_attributes(tokens, &mut out);
    while let Some(found) = item::item_at(tokens, position) {
        let start = out.len();
        match own_attribute(of, args, &tokens[found.attributes.clone()]) {
            Some(own) => {
                out.extend_from_slice(&tokens[position..found.attributes.start + own.position]);
                let after = found.attributes.start + own.position + 2;
                out.extend_from_slice(&tokens[after..found.end]);
            }
            None => out.extend_from_slice(&tokens[position..found.end]),
        }
        if let Kind::Container(container) = &found.kind {
            let removed = found.end - position - (out.len() - start);
            let body = start + container.body - position - removed;
            if let Some(group) = item::braces(&out[body]) {
                let inside = group.stream().into_iter().collect::<Vec<_>>();
                out[body] = regroup(&group, stripped(of, args, &inside)).into();
            }
        }
        position = found.end;
    }
    out.extend_from_slice(&tokens[position..]);
    out
}

/// A block whose functions are measured.
struct Block<'a> {
    of: Macro,
    args: &'a Args,
    /// What the keys begin with, if it was written; else they are derived.
    prefix: Option<String>,
    type_name: Option<String>,
}

impl Block<'_> {
    fn replace_body(
        &self,
        tokens: &[TokenTree],
        container: &Container,
        errors: &mut Errors,
    ) -> TokenStream {
        let mut tokens = tokens.to_vec();
        if let Some(group) = item::braces(&tokens[container.body]) {
            let body = group.stream().into_iter().collect::<Vec<_>>();
            tokens[container.body] = regroup(&group, self.walk(&body, errors)).into();
        }
        tokens.into_iter().collect()
    }

    fn walk(&self, tokens: &[TokenTree], errors: &mut Errors) -> Vec<TokenTree> {
        let mut out = Vec::new();
        let mut position = after_inner_attributes(tokens, &mut out);
        while let Some(found) = item::item_at(tokens, position) {
            let own = own_attribute(self.of, self.args, &tokens[found.attributes.clone()]);
            // The item without its own attribute, which is read here.
            let mut item = tokens[position..found.end].to_vec();
            if let Some(own) = &own {
                item.drain(own.position..own.position + 2);
            }
            position = found.end;
            // The positions found count from the start of the sequence.
            let Some(found) = item::item_at(&item, 0) else {
                out.extend(item);
                continue;
            };
            let own = own.map(|own| args::parse(self.of, own.arguments, errors));
            if own.as_ref().is_some_and(|own| own.skip.is_some()) {
                out.extend(item);
                continue;
            }
            match &found.kind {
                Kind::Function(function) => {
                    let target = Target {
                        tokens: &item,
                        attributes: &item[found.attributes.clone()],
                        function,
                    };
                    match self.member(&target, own, errors) {
                        Some(expanded) => out.extend(expanded),
                        None => out.extend(item),
                    }
                }
                Kind::Container(container) => {
                    out.extend(self.nested(&item, container, own, errors));
                }
                Kind::Other { .. } => out.extend(item),
            }
        }
        out.extend_from_slice(&tokens[position..]);
        out
    }

    fn member(
        &self,
        target: &Target<'_>,
        own: Option<Args>,
        errors: &mut Errors,
    ) -> Option<TokenStream> {
        if let Some((at, message)) = target.refusal(self.of) {
            // The block is asked to measure what can be; only a wish of its own is refused.
            if own.is_some() {
                errors.push(at, message);
            }
            return None;
        }
        let own = own.unwrap_or_default();
        let options = Options {
            outcome: own.outcome,
            future: own.future,
        };
        let key = match own.name.clone() {
            Some(name) => Key::new(name),
            None => self.key(target.function, errors)?,
        };
        let outcome = self.args.outcome.filter(|_| target.has_outcome());
        let merged = own.within(Args {
            outcome,
            ..self.args.clone()
        });
        target.expand(&Site::new(self.of, key, &merged), options, errors)
    }

    fn key(&self, function: &Function, errors: &mut Errors) -> Option<Key> {
        let name = plain_name(function);
        let span = function.name.span();
        let Some(prefix) = &self.prefix else {
            return Some(Key::Derived(match self.type_name.as_deref() {
                None | Some("") => name,
                Some(type_name) => format!("{type_name}::{name}"),
            }));
        };
        let value = format!("{prefix}.{name}");
        if let Err(message) = key::check(&value) {
            errors.push(span, message);
            return None;
        }
        Some(Key::Literal { value, span })
    }

    /// A block in an annotated module.
    fn nested(
        &self,
        tokens: &[TokenTree],
        container: &Container,
        own: Option<Args>,
        errors: &mut Errors,
    ) -> TokenStream {
        let own = own.unwrap_or_default();
        let merged = own.within(self.args.clone());
        let inherited = self.prefix.as_ref().map(|prefix| {
            let module = container.module.as_ref().map(ToString::to_string);
            match module.or_else(|| container.type_name.clone()).as_deref() {
                None | Some("") => prefix.clone(),
                Some(name) => format!("{prefix}.{}", name.trim_start_matches("r#")),
            }
        });
        if merged.name.is_some() || merged.future.is_some() {
            let expanded = block(self.of, &merged, container, tokens, errors);
            return expanded.unwrap_or_default();
        }
        let nested = Block {
            of: self.of,
            args: &merged,
            prefix: inherited,
            type_name: container.type_name.clone(),
        };
        nested.replace_body(tokens, container, errors)
    }
}

/// An attribute of the same macro on a function inside an annotated block.
struct Own {
    /// Among the function's attributes.
    position: usize,
    arguments: TokenStream,
}

fn own_attribute(of: Macro, args: &Args, attributes: &[TokenTree]) -> Option<Own> {
    attributes
        .chunks_exact(2)
        .enumerate()
        .find_map(|(index, pair)| {
            let (path, arguments) = item::attribute_parts(&pair[1])?;
            is_path_of(of, args, &path).then_some(Own {
                position: index * 2,
                arguments,
            })
        })
}

/// `timed`, `logd::timed`, `::logd::timed`, or the macro at the path of `crate = …`.
fn is_path_of(of: Macro, args: &Args, path: &[TokenTree]) -> bool {
    let Some((name, module)) = path.split_last() else {
        return false;
    };
    if !item::is_word(name, of.name()) {
        return false;
    }
    let text = |tokens: &[TokenTree]| tokens.iter().map(ToString::to_string).collect::<String>();
    let module = text(module);
    matches!(&*module, "" | "logd::" | "::logd::")
        || args
            .library
            .as_deref()
            .is_some_and(|library| module == text(library) + "::")
}

fn after_inner_attributes(tokens: &[TokenTree], out: &mut Vec<TokenTree>) -> usize {
    let after = item::after_inner_attributes(tokens);
    out.extend_from_slice(&tokens[..after]);
    after
}

fn regroup(like: &Group, tokens: Vec<TokenTree>) -> Group {
    let mut group = Group::new(like.delimiter(), tokens.into_iter().collect());
    group.set_span(like.span());
    group
}
