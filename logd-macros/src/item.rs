//! Finds the parts of an item by its tokens alone: what it is, where its head ends and
//! where its body stands. Bodies are never looked into, and what is not understood (an
//! item half typed, syntax of a later compiler) is `None`, so that it passes untouched.

use std::ops::Range;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

/// An item inside a sequence of tokens; positions count from the start of the sequence.
pub(crate) struct Item {
    /// Its outer attributes, doc comments among them.
    pub(crate) attributes: Range<usize>,
    pub(crate) kind: Kind,
    /// The position after its last token.
    pub(crate) end: usize,
}

pub(crate) enum Kind {
    Function(Function),
    Container(Container),
    /// Anything else, by the words to name it with; `definition` unless it is a
    /// statement that runs (`let`, a macro call).
    Other {
        at: Span,
        what: &'static str,
        definition: bool,
    },
}

pub(crate) struct Function {
    pub(crate) name: Ident,
    pub(crate) constant: Option<Span>,
    pub(crate) asynchronous: bool,
    /// The parenthesized parameters.
    pub(crate) parameters: usize,
    /// The written return type, without its arrow; empty if there is none.
    pub(crate) returns: Range<usize>,
    /// The braces, unless a semicolon stands in their place.
    pub(crate) body: Option<usize>,
}

/// An impl block, a trait or an inline module: items between braces.
pub(crate) struct Container {
    /// What the names of its functions begin with: the type or trait, and for a module
    /// nothing, because the module path says it.
    pub(crate) type_name: Option<String>,
    /// A module's own name.
    pub(crate) module: Option<Ident>,
    pub(crate) body: usize,
}

/// The item that begins at `start`.
pub(crate) fn item_at(tokens: &[TokenTree], start: usize) -> Option<Item> {
    let attributes = start..after_attributes(tokens, start);
    let head = after_visibility(tokens, attributes.end);
    let (kind, end) = scan(tokens, head)?;
    Some(Item {
        attributes,
        kind,
        end,
    })
}

/// The position after the inner attributes and `//!` comments that a body begins with,
/// and after the definitions that lead it.
///
/// They stay in front of what is inserted: inner attributes have to, and definitions
/// that follow a statement are what a well-known lint complains about.
pub(crate) fn after_definitions(body: &[TokenTree]) -> usize {
    let mut position = after_inner_attributes(body);
    while let Some(item) = item_at(body, position) {
        let definition = match item.kind {
            Kind::Other { definition, .. } => definition,
            Kind::Function(_) | Kind::Container(_) => true,
        };
        if !definition {
            break;
        }
        position = item.end;
    }
    position
}

/// Whether a body stops in the middle of an expression, as in an editor after `value.`: no
/// expression ends with such a sign, but `a?`, `a..`, a path such as `a::<B>` and the type
/// `fn() -> !`.
pub(crate) fn is_unfinished(body: &[TokenTree]) -> bool {
    match body {
        [.., first, last] if is_punct(first, '.') && is_punct(last, '.') => false,
        [.., dash, arrow, TokenTree::Punct(last)]
            if is_arrow_start(dash) && is_punct(arrow, '>') =>
        {
            last.as_char() != '!'
        }
        [.., TokenTree::Punct(last)] => !matches!(last.as_char(), ';' | '?' | '>'),
        _ => false,
    }
}

/// The group itself, or the one that a `macro_rules!` fragment wrapped invisibly.
pub(crate) fn braces(token: &TokenTree) -> Option<Group> {
    match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group.clone()),
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            let mut inside = group.stream().into_iter();
            let only = inside.next()?;
            inside.next().is_none().then(|| braces(&only))?
        }
        _ => None,
    }
}

/// The tokens of an item, without the invisible delimiters of `$item:item`.
pub(crate) fn tokens_of(item: TokenStream) -> Vec<TokenTree> {
    crate::args::unwrapped(&item.into_iter().collect::<Vec<_>>())
}

/// The path and the arguments of the attribute whose brackets these are.
pub(crate) fn attribute_parts(brackets: &TokenTree) -> Option<(Vec<TokenTree>, TokenStream)> {
    let TokenTree::Group(group) = brackets else {
        return None;
    };
    let mut path = Vec::new();
    let mut rest = tokens_of(group.stream()).into_iter();
    for token in rest.by_ref() {
        match token {
            TokenTree::Group(arguments) if arguments.delimiter() == Delimiter::Parenthesis => {
                return rest.next().is_none().then(|| (path, arguments.stream()));
            }
            TokenTree::Group(_) => return None,
            token => path.push(token),
        }
    }
    Some((path, TokenStream::new()))
}

pub(crate) fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

pub(crate) fn is_group(token: &TokenTree, delimiter: Delimiter) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == delimiter)
}

pub(crate) fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

/// A literal, also as `$abi:literal`.
fn is_literal(token: &TokenTree) -> bool {
    matches!(
        &crate::args::unwrapped(std::slice::from_ref(token))[..],
        [TokenTree::Literal(_)]
    )
}

/// Whether `word` occurs anywhere in these tokens, also deep inside groups.
pub(crate) fn mentions(tokens: TokenStream, word: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == word,
        TokenTree::Group(group) => mentions(group.stream(), word),
        _ => false,
    })
}

/// The position after `#![…]` and `//!`.
pub(crate) fn after_inner_attributes(body: &[TokenTree]) -> usize {
    let mut position = 0;
    while let [hash, bang, attribute, ..] = &body[position..] {
        if !(is_punct(hash, '#') && is_punct(bang, '!') && is_group(attribute, Delimiter::Bracket))
        {
            break;
        }
        position += 3;
    }
    position
}

fn after_attributes(tokens: &[TokenTree], mut position: usize) -> usize {
    while let [hash, attribute, ..] = &tokens[position..] {
        if !(is_punct(hash, '#') && is_group(attribute, Delimiter::Bracket)) {
            break;
        }
        position += 2;
    }
    position
}

fn after_visibility(tokens: &[TokenTree], mut position: usize) -> usize {
    match tokens.get(position) {
        // `$vis:vis`, which may be empty.
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::None => {
            let inside: Vec<TokenTree> = group.stream().into_iter().collect();
            if after_visibility(&inside, 0) == inside.len() {
                position += 1;
            }
        }
        Some(word) if is_word(word, "pub") => {
            position += 1;
            if tokens
                .get(position)
                .is_some_and(|token| is_group(token, Delimiter::Parenthesis))
            {
                position += 1;
            }
        }
        _ => {}
    }
    position
}

fn word_at(tokens: &[TokenTree], position: usize) -> Option<&Ident> {
    match tokens.get(position)? {
        TokenTree::Ident(ident) => Some(ident),
        _ => None,
    }
}

/// Reads from the first token after attributes and visibility.
fn scan(tokens: &[TokenTree], head: usize) -> Option<(Kind, usize)> {
    let mut constant = None;
    let mut asynchronous = false;
    let mut position = head;
    loop {
        let word = word_at(tokens, position)?;
        let at = word.span();
        let next = tokens.get(position + 1)?;
        let other = |what, end: Option<usize>| {
            let kind = Kind::Other {
                at,
                what,
                definition: true,
            };
            Some((kind, end?))
        };
        let before_word = matches!(next, TokenTree::Ident(_));
        match &*word.to_string() {
            "fn" => return function(tokens, position + 1, constant, asynchronous),
            "const" if before_word && begins_function(tokens, position + 1) => {
                constant = Some(at);
            }
            "async" if before_word && begins_function(tokens, position + 1) => asynchronous = true,
            "unsafe" | "safe" | "default" | "gen" | "auto" if before_word => {}
            "extern" => match next {
                abi if is_literal(abi) => position += 1,
                TokenTree::Ident(crate_word) if crate_word == "crate" => {
                    return other("an `extern crate`", semicolon(tokens, position));
                }
                TokenTree::Ident(_) => {}
                _ => return other("an `extern` block", braces_or_semicolon(tokens, position)),
            },
            "impl" => return implementation(tokens, position),
            "trait" => {
                let name = word_at(tokens, position + 1)?.to_string();
                return container(tokens, position, Some(name), None);
            }
            "mod" => {
                let name = word_at(tokens, position + 1)?.clone();
                if is_punct(tokens.get(position + 2)?, ';') {
                    return other("a module in a file of its own", Some(position + 3));
                }
                return container(tokens, position, None, Some(name));
            }
            "struct" => return other("a struct", braces_or_semicolon(tokens, position)),
            "enum" => return other("an enum", braces_or_semicolon(tokens, position)),
            "union" if before_word => {
                return other("a union", braces_or_semicolon(tokens, position));
            }
            "type" => return other("a type alias", semicolon(tokens, position)),
            "use" => return other("a `use`", semicolon(tokens, position)),
            "const" if before_word => return other("a constant", semicolon(tokens, position)),
            "static" if before_word && !is_word(next, "move") => {
                return other("a static", semicolon(tokens, position));
            }
            "macro_rules" if is_punct(next, '!') => {
                return other("a macro", after_macro(tokens, position));
            }
            "let" => {
                let kind = Kind::Other {
                    at,
                    what: "a `let`",
                    definition: false,
                };
                return Some((kind, semicolon(tokens, position)?));
            }
            _ => {
                let kind = Kind::Other {
                    at,
                    what: "a macro call",
                    definition: false,
                };
                return Some((kind, after_macro(tokens, position)?));
            }
        }
        // An `extern "C" { … }` block, after its name of the ABI was skipped.
        if is_group(tokens.get(position + 1)?, Delimiter::Brace) {
            return other("an `extern` block", Some(position + 2));
        }
        position += 1;
    }
}

/// Whether only words that may stand before it separate this place from `fn`.
fn begins_function(tokens: &[TokenTree], mut position: usize) -> bool {
    while let Some(word) = word_at(tokens, position) {
        match &*word.to_string() {
            "fn" => return true,
            "async" | "unsafe" | "gen" | "const" => position += 1,
            "extern" => {
                position += 1;
                if tokens.get(position).is_some_and(is_literal) {
                    position += 1;
                }
            }
            _ => return false,
        }
    }
    false
}

fn function(
    tokens: &[TokenTree],
    name: usize,
    constant: Option<Span>,
    asynchronous: bool,
) -> Option<(Kind, usize)> {
    let ident = word_at(tokens, name)?.clone();
    let parameters = after_generics(tokens, name + 1)?;
    if !is_group(tokens.get(parameters)?, Delimiter::Parenthesis) {
        return None;
    }
    let end = braces_or_semicolon(tokens, parameters + 1)?;
    let body = (!is_punct(&tokens[end - 1], ';')).then_some(end - 1);

    let mut returns = parameters + 1..parameters + 1;
    if let [dash, arrow, ..] = &tokens[parameters + 1..end] {
        if is_punct(dash, '-') && is_punct(arrow, '>') {
            let first = parameters + 3;
            let last = (first..end - 1)
                .find(|&position| is_word(&tokens[position], "where"))
                .unwrap_or(end - 1);
            returns = first..last;
        }
    }
    let function = Function {
        name: ident,
        constant,
        asynchronous,
        parameters,
        returns,
        body,
    };
    Some((Kind::Function(function), end))
}

fn implementation(tokens: &[TokenTree], keyword: usize) -> Option<(Kind, usize)> {
    let first = after_generics(tokens, keyword + 1)?;
    let end = braces_or_semicolon(tokens, first)?;
    let mut subject = first..end - 1;
    let mut depth = Angles::default();
    for position in first..end - 1 {
        depth.pass(
            &tokens[position],
            position.checked_sub(1).map(|p| &tokens[p]),
        );
        // The `for` of `for<'a>` binds lifetimes.
        if depth.outermost()
            && is_word(&tokens[position], "for")
            && !is_punct(&tokens[position + 1], '<')
        {
            subject.start = position + 1;
        }
        if depth.outermost() && is_word(&tokens[position], "where") {
            subject.end = position;
            break;
        }
    }
    let type_name = type_name(&tokens[subject]);
    container(tokens, first, Some(type_name), None)
}

fn container(
    tokens: &[TokenTree],
    from: usize,
    type_name: Option<String>,
    module: Option<Ident>,
) -> Option<(Kind, usize)> {
    let end = braces_or_semicolon(tokens, from)?;
    braces(&tokens[end - 1])?;
    let container = Container {
        type_name,
        module,
        body: end - 1,
    };
    Some((Kind::Container(container), end))
}

/// `Pool` for `Pool<T>`, `&'a mut db::Pool` and `dyn Pool + Send`; for types without a
/// name of their own the names inside, `A_B` for `(A, B)`.
fn type_name(tokens: &[TokenTree]) -> String {
    let mut name: Option<String> = None;
    let mut depth = Angles::default();
    let mut previous = None;
    for token in tokens {
        depth.pass(token, previous);
        match token {
            TokenTree::Ident(_) if previous.is_some_and(|token| is_punct(token, '\'')) => {}
            TokenTree::Ident(word) if depth.outermost() => {
                let word = word.to_string();
                if !matches!(&*word, "mut" | "dyn" | "const" | "impl" | "crate") {
                    name = Some(word.trim_start_matches("r#").to_owned());
                }
            }
            TokenTree::Punct(punct) if punct.as_char() == '+' && depth.outermost() => break,
            TokenTree::Group(group) if depth.outermost() && name.is_none() => {
                let inside = group.stream().into_iter().collect::<Vec<_>>();
                let mut parts = String::new();
                for part in inside.split(|token| is_punct(token, ',') || is_punct(token, ';')) {
                    let part = type_name(part);
                    if !parts.is_empty() && !part.is_empty() {
                        parts.push('_');
                    }
                    parts += &part;
                }
                name = Some(parts);
            }
            _ => {}
        }
        previous = Some(token);
    }
    name.unwrap_or_default()
}

/// The position after `<…>`, or the same one if none begins here.
fn after_generics(tokens: &[TokenTree], start: usize) -> Option<usize> {
    if !is_punct(tokens.get(start)?, '<') {
        return Some(start);
    }
    let mut depth = Angles::default();
    for position in start..tokens.len() {
        depth.pass(
            &tokens[position],
            position.checked_sub(1).map(|p| &tokens[p]),
        );
        if depth.outermost() {
            return Some(position + 1);
        }
    }
    None
}

fn semicolon(tokens: &[TokenTree], start: usize) -> Option<usize> {
    (start..tokens.len())
        .find(|&position| is_punct(&tokens[position], ';'))
        .map(|position| position + 1)
}

/// The position after the first braces or semicolon that no angle brackets enclose.
fn braces_or_semicolon(tokens: &[TokenTree], start: usize) -> Option<usize> {
    let mut depth = Angles::default();
    for position in start..tokens.len() {
        let token = &tokens[position];
        depth.pass(token, position.checked_sub(1).map(|p| &tokens[p]));
        let ends = is_punct(token, ';')
            || braces(token).is_some() && !is_macro_call(&tokens[start..position]);
        if depth.outermost() && ends {
            return Some(position + 1);
        }
    }
    None
}

/// Whether these tokens end with `name!`, so that what follows are its arguments: a type
/// may be written so, even with braces. The `!` of `-> !` has no name before it.
fn is_macro_call(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [.., TokenTree::Ident(_), bang] if is_punct(bang, '!'))
}

/// The position after `path!(…);` or `path! name {…}`.
fn after_macro(tokens: &[TokenTree], start: usize) -> Option<usize> {
    let mut bang = start;
    while matches!(tokens.get(bang)?, TokenTree::Ident(_)) || is_punct(&tokens[bang], ':') {
        bang += 1;
    }
    if !is_punct(&tokens[bang], '!') {
        return None;
    }
    let group = bang + 1 + usize::from(word_at(tokens, bang + 1).is_some());
    match tokens.get(group)? {
        token if is_group(token, Delimiter::Brace) => Some(group + 1),
        TokenTree::Group(_) => {
            let semicolon = tokens.get(group + 1).is_some_and(|t| is_punct(t, ';'));
            semicolon.then_some(group + 2)
        }
        _ => None,
    }
}

/// How many `<` are open. An expression that compares can only stand between braces,
/// which are one token here.
#[derive(Default)]
pub(crate) struct Angles {
    open: usize,
}

impl Angles {
    pub(crate) fn pass(&mut self, token: &TokenTree, previous: Option<&TokenTree>) {
        if is_punct(token, '<') {
            self.open += 1;
        } else if is_punct(token, '>') && !previous.is_some_and(is_arrow_start) {
            self.open = self.open.saturating_sub(1);
        }
    }

    pub(crate) fn outermost(&self) -> bool {
        self.open == 0
    }
}

/// The `-` of `->`.
pub(crate) fn is_arrow_start(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct)
        if punct.as_char() == '-' && punct.spacing() == proc_macro2::Spacing::Joint)
}

#[cfg(test)]
mod tests;
