//! `accumulate!`: a section of an accumulator around a block or an expression, which
//! stays where it is, so that its value, `?`, `return`, `break`, `.await` and borrows
//! mean what they mean without the macro.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::quote_spanned;

use crate::{
    args::{self, Args, Macro, Name},
    error::{At, Errors},
    item::{braces, is_punct},
    site::{made, made_at, Key, Library, Site},
};

const EXAMPLE: &str = "accumulate!(\"my.operation\", { … })";

/// What time is added to.
enum Accumulator {
    Key(Name),
    /// An expression that gives an `Accumulator`.
    Value(Vec<TokenTree>),
}

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let tokens: Vec<TokenTree> = input.into_iter().collect();
    let (head, body) = split(&tokens);
    let (accumulator, args) = read_head(&head, &mut errors);
    if body.is_empty() && errors.is_empty() {
        errors.push(
            At::all(&tokens),
            format!("there is nothing to measure here: write {EXAMPLE}"),
        );
    }
    let body = as_tail(one_body(body, &mut errors));
    match accumulator {
        Some(accumulator) if errors.is_empty() => {
            let guard = guard(accumulator, &args);
            // Braces of this crate, which is of edition 2021: they keep no temporaries
            // back from the statement around them, so the author's own decide.
            quote_spanned!(made()=> { let _ = &#guard; #body })
        }
        _ => {
            let errors = errors.into_tokens();
            quote_spanned!(made()=> { #errors #body })
        }
    }
}

/// The first of two blocks, with an error at the second.
fn one_body<'a>(body: &'a [TokenTree], errors: &mut Errors) -> &'a [TokenTree] {
    match body {
        [first, comma, second @ ..] if braces(first).is_some() && is_punct(comma, ',') => {
            errors.push(
                At::all(second),
                "one block or expression is measured, and this is a second one: put both into \
                 one block",
            );
            &body[..1]
        }
        _ => body,
    }
}

fn guard(accumulator: Accumulator, args: &Args) -> TokenStream {
    match accumulator {
        Accumulator::Key(name) => {
            let site = Site::new(Macro::Accumulate, Key::new(name), args);
            site.call(if args.open.is_some() {
                "open"
            } else {
                "section"
            })
        }
        Accumulator::Value(tokens) => {
            let private = Library::new(args.library.as_deref()).private;
            let at = tokens
                .first()
                .map_or_else(made, |first| made_at(first.span()));
            let value = tokens.into_iter().collect::<TokenStream>();
            let reference = quote_spanned!(at=> &);
            quote_spanned!(made()=> #private::section_of(#reference #value))
        }
    }
}

/// The name and the options in front, cut at commas, and the rest: what is measured.
fn split(tokens: &[TokenTree]) -> (Vec<Vec<TokenTree>>, &[TokenTree]) {
    let mut head = Vec::new();
    let mut named = false;
    let mut rest = tokens;
    while !rest.is_empty() {
        let comma = rest.iter().position(|token| is_punct(token, ','));
        let piece = &rest[..comma.unwrap_or(rest.len())];
        let after = comma.map_or(&rest[..0], |comma| &rest[comma + 1..]);
        if !is_option(piece, after.is_empty()) {
            let lacks_name = after.is_empty() && matches!(piece, [only] if braces(only).is_some());
            if named || lacks_name {
                return (head, without_last_comma(rest));
            }
            named = true;
        }
        head.push(piece.to_vec());
        rest = after;
    }
    (head, rest)
}

fn without_last_comma(tokens: &[TokenTree]) -> &[TokenTree] {
    match tokens {
        [rest @ .., last] if is_punct(last, ',') => rest,
        _ => tokens,
    }
}

/// `word = …` or `open`. The last piece is one only if the word is known: else it is the
/// expression to measure, and assigns.
fn is_option(piece: &[TokenTree], last: bool) -> bool {
    match piece {
        [TokenTree::Ident(word)] => word == "open",
        [TokenTree::Ident(word), equals, rest @ ..] => {
            is_punct(equals, '=')
                && !rest.first().is_some_and(|token| is_punct(token, '='))
                && (!last || ["rate", "crate", "open"].iter().any(|known| word == known))
        }
        _ => false,
    }
}

fn read_head(head: &[Vec<TokenTree>], errors: &mut Errors) -> (Option<Accumulator>, Args) {
    let mut args = Args::default();
    let mut accumulator = None;
    let mut named = false;
    for piece in head {
        if is_option(piece, false) {
            args::parse_option(Macro::Accumulate, piece, &mut args, errors);
            continue;
        }
        named = true;
        accumulator = match &args::unwrapped(piece)[..] {
            [TokenTree::Literal(literal)] => {
                args::parse_name(Macro::Accumulate, literal, errors).map(Accumulator::Key)
            }
            value => Some(Accumulator::Value(value.to_vec())),
        };
    }
    if !named {
        errors.push(
            Span::call_site(),
            format!("the name of what is accumulated comes first: write {EXAMPLE}"),
        );
    }
    if matches!(accumulator, Some(Accumulator::Value(_))) {
        if let Some(open) = args.open {
            errors.push(
                open,
                "an `Accumulator` value is open as long as it lives: remove `open`, or write a \
                 name in the value's place",
            );
        }
        if let Some(args::Rate::Literal { span, .. }) = args.rate {
            errors.push(
                span,
                "the rate belongs to the `Accumulator` value itself: remove it here",
            );
        }
    }
    (accumulator, args)
}

/// The body as the last expression of a block. In parentheses, because an expression that
/// begins like a statement (`match … {}.len()`) would end where that statement ends, and
/// because a block alone in that place is what a lint calls needless.
fn as_tail(body: &[TokenTree]) -> TokenStream {
    let body = args::unwrapped(body);
    let is_block = |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    let begins_statement = match body.first() {
        Some(TokenTree::Ident(word)) => [
            "if", "match", "loop", "while", "for", "unsafe", "async", "const",
        ]
        .iter()
        .any(|keyword| word == keyword),
        Some(TokenTree::Punct(punct)) => punct.as_char() == '\'',
        Some(token) => is_block(token),
        None => false,
    };
    let tokens = body.into_iter().collect();
    if begins_statement {
        let mut group = Group::new(Delimiter::Parenthesis, tokens);
        group.set_span(made());
        TokenTree::from(group).into()
    } else {
        tokens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> String {
        expand(text.parse().unwrap()).to_string()
    }

    #[track_caller]
    fn assert_expands(text: &str, expected: &str) {
        let squeezed = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(squeezed(&expanded(text)), squeezed(expected));
    }

    #[test]
    fn the_block_stays_one_of_its_own() {
        assert_expands(
            "\"k\", { a; b }",
            "{ let _ = &{
                static __LOGD_SITE: ::logd::Timer = ::logd::__private_0_1_0::timer(\"k\", 1.0);
                ::logd::__private_0_1_0::section(&__LOGD_SITE)
            }; ({ a; b }) }",
        );
    }

    #[test]
    fn values_and_expressions_stand_in_either_place() {
        assert_expands(
            "self.db, a + b,",
            "{ let _ = &::logd::__private_0_1_0::section_of(&self.db); a + b }",
        );
        assert!(
            expanded("\"k\", open, rate = 0.5, crate = a::b, x = 1").contains(
                "a :: b :: __private_0_1_0 :: timer (\"k\" , 0.5) ; \
             a :: b :: __private_0_1_0 :: open (& __LOGD_SITE) } ; x = 1 }"
            )
        );
    }

    #[test]
    fn a_mistake_keeps_the_value() {
        for (text, said, body) in [
            ("{ 1 }", "comes first", "({ 1 })"),
            ("\"k\"", "nothing to measure", "}"),
            ("\"k\", rat = 1, { 1 }", "did you mean `rate`", "({ 1 })"),
            ("\"k\", { 1 }, { 2 }", "a second one", "({ 1 })"),
            ("\"a.{b}\", b", "the same each time", "b }"),
            ("value, open, { 1 }", "remove `open`", "({ 1 })"),
        ] {
            let expanded = expanded(text);
            assert!(expanded.contains("compile_error"), "{text}: {expanded}");
            assert!(expanded.contains(said), "{text}: {expanded}");
            assert!(expanded.contains(body), "{text}: {expanded}");
        }
    }
}
