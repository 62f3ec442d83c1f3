//! Finds the async block that a function which is not async itself ends with, so that
//! the future is measured and not the moment in which it is made. This is what
//! `async_trait` turns methods into, and what people write by hand.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::item::{is_group, is_punct, is_word};

/// Calls that only hand an async block on, so that looking inside them is safe.
const HANDED_ON_BY: [&str; 4] = ["boxed", "boxed_local", "instrument", "in_current_span"];

/// The block of an `async { … }` that a body ends with, reached through at most one
/// pair of parentheses: `Box::pin(async { … })`.
pub(crate) struct AsyncTail {
    /// The position in the body of the block or of the parentheses around it.
    outer: usize,
    /// The position inside those parentheses.
    inner: Option<usize>,
    pub(crate) block: Group,
    pub(crate) moves: bool,
}

impl AsyncTail {
    pub(crate) fn find(body: &[TokenTree]) -> Option<Self> {
        let mut end = body.len();
        if is_punct(body.last()?, ';') {
            // Only `return async {};` gives its value to the caller.
            end -= 1;
        }
        end = before_calls(&body[..end]);
        let outer = end.checked_sub(1)?;
        let start;
        let tail = if is_group(&body[outer], Delimiter::Parenthesis) {
            start = before_boxing(&body[..outer])?;
            let TokenTree::Group(parentheses) = &body[outer] else {
                return None;
            };
            let mut inside: Vec<TokenTree> = parentheses.stream().into_iter().collect();
            if inside.last().is_some_and(|token| is_punct(token, ',')) {
                inside.pop();
            }
            let inner = before_calls(&inside).checked_sub(1)?;
            let (first, block, moves) = async_block(&inside[..=inner])?;
            (first == 0).then_some(AsyncTail {
                outer,
                inner: Some(inner),
                block,
                moves,
            })?
        } else {
            let (first, block, moves) = async_block(&body[..=outer])?;
            start = first;
            AsyncTail {
                outer,
                inner: None,
                block,
                moves,
            }
        };
        let returned = start > 0 && is_word(&body[start - 1], "return");
        let begins = match start.checked_sub(1) {
            None => true,
            Some(before) => is_punct(&body[before], ';') || is_group(&body[before], Delimiter::Brace),
        };
        let ends = !is_punct(body.last()?, ';');
        if !(returned || begins && ends) {
            return None;
        }
        Some(tail)
    }

    /// The body with `block` in the place of the one that was found.
    pub(crate) fn replace(&self, body: &[TokenTree], block: Group) -> Vec<TokenTree> {
        let mut replaced = body.to_vec();
        replaced[self.outer] = match (self.inner, &body[self.outer]) {
            (Some(inner), TokenTree::Group(parentheses)) => {
                let mut inside: Vec<TokenTree> = parentheses.stream().into_iter().collect();
                inside[inner] = block.into();
                let mut group = Group::new(
                    parentheses.delimiter(),
                    inside.into_iter().collect::<TokenStream>(),
                );
                group.set_span(parentheses.span());
                group.into()
            }
            _ => block.into(),
        };
        replaced
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

/// The `async { … }` or `async move { … }` that these tokens end with, and where it begins.
fn async_block(tokens: &[TokenTree]) -> Option<(usize, Group, bool)> {
    let (TokenTree::Group(block), before) = tokens.split_last()? else {
        return None;
    };
    if block.delimiter() != Delimiter::Brace {
        return None;
    }
    let moves = before.last().is_some_and(|token| is_word(token, "move"));
    let start = before.len().checked_sub(1 + usize::from(moves))?;
    is_word(&before[start], "async").then(|| (start, block.clone(), moves))
}
