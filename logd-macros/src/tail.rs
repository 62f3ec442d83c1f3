//! Finds the async block that a function which is not async itself ends with, so that
//! the future is measured and not the moment in which it is made. This is what
//! `async_trait` turns methods into, and what people write by hand.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::item::{is_group, is_punct, is_word};

/// Calls that only hand an async block on, so that looking inside them is safe.
const HANDED_ON_BY: [&str; 4] = ["boxed", "boxed_local", "instrument", "in_current_span"];

/// The functions of ours that take a block in, where another of our attributes came first.
const WRAPPED_BY: [&str; 3] = ["accumulated", "outcome_future", "timed_future"];

/// The `async { … }` that a body ends with, reached through `Box::pin(async { … })` and
/// through what another of our attributes has put around it.
pub(crate) struct AsyncTail {
    /// The positions of the parentheses around it, the outermost first.
    parentheses: Vec<usize>,
    /// Its first position inside the innermost.
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
        let (start, tail) = Self::at_end(&body[..end])?;
        let before = start.checked_sub(1).map(|before| &body[before]);
        let returned = before.is_some_and(|token| is_word(token, "return"));
        let begins =
            before.is_none_or(|token| is_punct(token, ';') || is_group(token, Delimiter::Brace));
        // Followed by a semicolon it is the function's value only after `return`.
        (returned || begins && !semicolon).then_some(tail)
    }

    /// What these tokens end with, and where it begins.
    fn at_end(tokens: &[TokenTree]) -> Option<(usize, Self)> {
        let last = tokens.len().checked_sub(1)?;
        let TokenTree::Group(group) = &tokens[last] else {
            return None;
        };
        if group.delimiter() != Delimiter::Parenthesis {
            let tail = Self::ending(tokens)?;
            return Some((tail.first, tail));
        }
        let mut inside: Vec<TokenTree> = group.stream().into_iter().collect();
        if inside.last().is_some_and(|token| is_punct(token, ',')) {
            inside.pop();
        }
        let (start, begins) = match before_boxing(&tokens[..last]) {
            Some(start) => (start, 0),
            None => {
                // After the site and its comma.
                let comma = inside.iter().position(|token| is_punct(token, ','))?;
                (before_wrapping(&tokens[..last])?, comma + 1)
            }
        };
        let (first, mut tail) = Self::at_end(&inside[..before_calls(&inside)])?;
        tail.parentheses.insert(0, last);
        (first == begins).then_some((start, tail))
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
            parentheses: Vec::new(),
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
        let written = self.block_tokens(body, 0);
        self.replace(body, self.first, make(written))
    }

    /// The block's tokens, found inside the parentheses of this depth and deeper.
    fn block_tokens(&self, tokens: &[TokenTree], depth: usize) -> TokenStream {
        match self
            .parentheses
            .get(depth)
            .map(|position| &tokens[*position])
        {
            Some(TokenTree::Group(group)) => {
                let inside: Vec<TokenTree> = group.stream().into_iter().collect();
                self.block_tokens(&inside, depth + 1)
            }
            _ => tokens[self.first..=self.last].iter().cloned().collect(),
        }
    }

    fn replace(&self, body: &[TokenTree], from: usize, by: TokenStream) -> TokenStream {
        self.replace_inside(body, 0, from, by)
    }

    fn replace_inside(
        &self,
        tokens: &[TokenTree],
        depth: usize,
        from: usize,
        by: TokenStream,
    ) -> TokenStream {
        let Some(position) = self.parentheses.get(depth) else {
            let before = tokens[..from].iter().cloned();
            let after = tokens[self.last + 1..].iter().cloned();
            return before.chain(by).chain(after).collect();
        };
        let mut replaced = tokens.to_vec();
        if let TokenTree::Group(parentheses) = &tokens[*position] {
            let inside: Vec<TokenTree> = parentheses.stream().into_iter().collect();
            let inside = self.replace_inside(&inside, depth + 1, from, by);
            let mut group = Group::new(parentheses.delimiter(), inside);
            group.set_span(parentheses.span());
            replaced[*position] = group.into();
        }
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
    Some(before_path(tokens, tokens.len() - 4))
}

/// Where the path to one of our functions begins that these tokens end with.
fn before_wrapping(tokens: &[TokenTree]) -> Option<usize> {
    let [.., TokenTree::Ident(module), first, second, call] = tokens else {
        return None;
    };
    (module.to_string().starts_with("__private_")
        && is_punct(first, ':')
        && is_punct(second, ':')
        && WRAPPED_BY.iter().any(|name| is_word(call, name)))
    .then(|| before_path(tokens, tokens.len() - 4))
}

/// Where a path begins of which this is a part.
fn before_path(tokens: &[TokenTree], mut start: usize) -> usize {
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
    start
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
            (
                "Box::pin(::logd::__private_1::accumulated({ s }, l::__private_1::timed_future(s, async { a })).boxed())",
                "Box :: pin (:: logd :: __private_1 :: accumulated ({ s } , l :: __private_1 :: timed_future (s , async { here })) . boxed ())",
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
            "a::accumulated(s, async { a })",
            "::logd::__private_1::accumulated(async { a })",
        ] {
            assert_eq!(with_marked_block(body), None, "{body}");
        }
    }
}
