//! Finds the async block that a function which is not async itself ends with, so that
//! the future is measured and not the moment in which it is made. This is what
//! `async_trait` turns methods into, and what people write by hand.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::item::{is_group, is_punct, is_word};

/// Calls that only hand an async block on, so that looking inside them is safe.
const HANDED_ON_BY: [&str; 4] = ["boxed", "boxed_local", "instrument", "in_current_span"];

/// The `async { … }` that a body ends with, reached through at most one pair of
/// parentheses: `Box::pin(async { … })`.
pub(crate) struct AsyncTail {
    /// The position in the body of the parentheses around it, if there are any.
    parentheses: Option<usize>,
    /// Its first position, in the body or inside the parentheses.
    first: usize,
    /// The position of its braces, in the same place.
    last: usize,
    pub(crate) block: Group,
    pub(crate) moves: bool,
}

impl AsyncTail {
    pub(crate) fn find(body: &[TokenTree]) -> Option<Self> {
        let semicolon = is_punct(body.last()?, ';');
        let end = before_calls(&body[..body.len() - usize::from(semicolon)]);
        let last = end.checked_sub(1)?;
        let (start, tail) = match &body[last] {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
                let mut inside: Vec<TokenTree> = group.stream().into_iter().collect();
                if inside.last().is_some_and(|token| is_punct(token, ',')) {
                    inside.pop();
                }
                let mut tail = Self::ending(&inside[..before_calls(&inside)])?;
                tail.parentheses = Some(last);
                (tail.first == 0).then_some(())?;
                (before_boxing(&body[..last])?, tail)
            }
            _ => {
                let tail = Self::ending(&body[..end])?;
                (tail.first, tail)
            }
        };
        let before = start.checked_sub(1).map(|before| &body[before]);
        let returned = before.is_some_and(|token| is_word(token, "return"));
        let begins =
            before.is_none_or(|token| is_punct(token, ';') || is_group(token, Delimiter::Brace));
        // Followed by a semicolon it is the function's value only after `return`.
        (returned || begins && !semicolon).then_some(tail)
    }

    /// The `async { … }` or `async move { … }` that these tokens end with.
    fn ending(tokens: &[TokenTree]) -> Option<Self> {
        let (TokenTree::Group(block), before) = tokens.split_last()? else {
            return None;
        };
        if block.delimiter() != Delimiter::Brace {
            return None;
        }
        let moves = before.last().is_some_and(|token| is_word(token, "move"));
        let first = before.len().checked_sub(1 + usize::from(moves))?;
        is_word(&before[first], "async").then(|| AsyncTail {
            parentheses: None,
            first,
            last: before.len(),
            block: block.clone(),
            moves,
        })
    }

    /// The body with other braces in the place of the block's.
    pub(crate) fn with_block(&self, body: &[TokenTree], block: Group) -> TokenStream {
        self.replace(body, self.last, TokenTree::from(block).into())
    }

    /// The body with another expression in the place of `async { … }`, made from it.
    pub(crate) fn with_expression(
        &self,
        body: &[TokenTree],
        make: impl FnOnce(TokenStream) -> TokenStream,
    ) -> TokenStream {
        let written = match self.parentheses.map(|position| &body[position]) {
            Some(TokenTree::Group(group)) => group.stream().into_iter().collect::<Vec<_>>(),
            _ => body.to_vec(),
        };
        let written = written[self.first..=self.last].iter().cloned().collect();
        self.replace(body, self.first, make(written))
    }

    fn replace(&self, body: &[TokenTree], from: usize, by: TokenStream) -> TokenStream {
        let splice = |tokens: &[TokenTree]| -> TokenStream {
            let before = tokens[..from].iter().cloned();
            let after = tokens[self.last + 1..].iter().cloned();
            before.chain(by).chain(after).collect()
        };
        let Some(position) = self.parentheses else {
            return splice(body);
        };
        let TokenTree::Group(parentheses) = &body[position] else {
            return body.iter().cloned().collect();
        };
        let inside: Vec<TokenTree> = parentheses.stream().into_iter().collect();
        let mut group = Group::new(parentheses.delimiter(), splice(&inside));
        group.set_span(parentheses.span());
        let mut replaced = body.to_vec();
        replaced[position] = group.into();
        replaced.into_iter().collect()
    }
}

/// Where an expression ends if `.boxed()` and the like are cut off.
fn before_calls(tokens: &[TokenTree]) -> usize {
    let mut end = tokens.len();
    while let [.., dot, TokenTree::Ident(name), arguments] = &tokens[..end] {
        if !(is_punct(dot, '.')
            && is_group(arguments, Delimiter::Parenthesis)
            && HANDED_ON_BY.iter().any(|call| name == call))
        {
            break;
        }
        end -= 3;
    }
    end
}

/// Where the path `Box::pin` or `Box::new` begins that these tokens end with.
fn before_boxing(tokens: &[TokenTree]) -> Option<usize> {
    let [.., owner, first, second, call] = tokens else {
        return None;
    };
    if !(is_word(owner, "Box")
        && is_punct(first, ':')
        && is_punct(second, ':')
        && (is_word(call, "pin") || is_word(call, "new")))
    {
        return None;
    }
    let mut start = tokens.len() - 4;
    while let [.., first, second] = &tokens[..start] {
        if !(is_punct(first, ':') && is_punct(second, ':')) {
            break;
        }
        start -= 2;
        // `return ::std::boxed::Box::pin(…)` has a word there that is no part of the path.
        if matches!(tokens[..start].last(), Some(TokenTree::Ident(word)) if word != "return") {
            start -= 1;
        }
    }
    Some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_marked_block(body: &str) -> Option<String> {
        let body: Vec<TokenTree> = body.parse::<TokenStream>().unwrap().into_iter().collect();
        let tail = AsyncTail::find(&body)?;
        let marked = Group::new(Delimiter::Brace, "here".parse().unwrap());
        Some(tail.with_block(&body, marked).to_string())
    }

    #[test]
    fn the_block_that_is_the_value_is_found() {
        for (body, marked) in [
            ("async { a }", "async { here }"),
            ("async move { a }", "async move { here }"),
            ("a; async { b }", "a ; async { here }"),
            ("if a { } async { b }", "if a { } async { here }"),
            ("return async { a };", "return async { here } ;"),
            (
                "Box::pin(async move { a })",
                "Box :: pin (async move { here })",
            ),
            (
                "a; ::std::boxed::Box::pin(async { a },)",
                "a ; :: std :: boxed :: Box :: pin (async { here } ,)",
            ),
            (
                "return Box::pin(async { a });",
                "return Box :: pin (async { here }) ;",
            ),
            ("async { a }.boxed()", "async { here } . boxed ()"),
            (
                "Box::pin(async { a }.instrument(b))",
                "Box :: pin (async { here } . instrument (b))",
            ),
        ] {
            assert_eq!(with_marked_block(body).as_deref(), Some(marked), "{body}");
        }
    }

    #[test]
    fn other_blocks_are_not() {
        for body in [
            "",
            "a",
            "{ a }",
            "async { a };",
            "x = async { a }",
            "spawn(async { a })",
            "async { a }.await",
            "async { a }.map(f)",
            "Box::pin(a)",
            "Box::pin(async { a });",
            "let a = async { a };",
            "Box::pin(b, async { a })",
            "x.Box::pin(async { a })",
        ] {
            assert_eq!(with_marked_block(body), None, "{body}");
        }
    }
}
