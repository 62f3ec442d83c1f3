//! The options between an attribute's parentheses. Each is checked at its own token and
//! every mistake is reported, so that an author mends them all in one go.

use std::fmt;

use proc_macro2::{Delimiter, Ident, Literal, Spacing, Span, TokenStream, TokenTree};
use syn::Lit;

use crate::{
    error::{At, Errors},
    key,
    suggest::{list, unknown},
};

/// Which of the macros is being expanded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Macro {
    Timed,
    Counted,
    Accumulated,
    Accumulate,
}

impl Macro {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Macro::Timed => "timed",
            Macro::Counted => "counted",
            Macro::Accumulated => "accumulated",
            Macro::Accumulate => "accumulate",
        }
    }

    /// The options it takes beside the name.
    pub(crate) fn options(self) -> &'static [&'static str] {
        match self {
            Macro::Timed => &["rate", "adaptive", "outcome", "future", "skip", "crate"],
            Macro::Counted => &["rate", "outcome", "skip", "crate"],
            Macro::Accumulated => &["rate", "future", "crate"],
            Macro::Accumulate => &["rate", "open", "crate"],
        }
    }
}

/// As an author writes it: `#[timed]`, `accumulate!`.
impl fmt::Display for Macro {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Macro::Accumulate => f.write_str("`accumulate!`"),
            attribute => write!(f, "`#[{}]`", attribute.name()),
        }
    }
}

/// What the options say, checked. An option with a mistake counts as absent.
#[derive(Clone, Default)]
pub(crate) struct Args {
    pub(crate) name: Option<Name>,
    pub(crate) rate: Option<Rate>,
    pub(crate) adaptive: Option<Span>,
    pub(crate) outcome: Option<Span>,
    pub(crate) future: Option<Span>,
    pub(crate) skip: Option<Span>,
    pub(crate) open: Option<Span>,
    /// Where the library is found, if not at `::logd`.
    pub(crate) library: Option<Vec<TokenTree>>,
}

impl Args {
    /// These options, and those of the block around that they leave room for. A name and
    /// `future` are each item's own.
    pub(crate) fn within(self, block: Args) -> Args {
        let free = self.adaptive.is_none();
        let is_template = matches!(self.name, Some(Name::Template { .. }));
        let settled = self.rate.is_some() || self.outcome.is_some() || is_template;
        Args {
            adaptive: self.adaptive.or(block.adaptive.filter(|_| !settled)),
            rate: self.rate.or(block.rate.filter(|_| free)),
            outcome: self.outcome.or(block.outcome.filter(|_| free)),
            library: self.library.or(block.library),
            name: self.name,
            future: self.future,
            skip: None,
            open: None,
        }
    }
}

#[derive(Clone)]
pub(crate) enum Name {
    /// A checked literal.
    Literal { value: String, span: Span },
    /// A literal with `{argument}` parts; the token keeps the author's span, by which
    /// the arguments are found.
    Template {
        arguments: Vec<String>,
        literal: Literal,
    },
    /// A constant, checked when it is evaluated.
    Constant(Vec<TokenTree>),
}

impl Name {
    pub(crate) fn at(&self) -> At {
        match self {
            Name::Literal { span, .. } => (*span).into(),
            Name::Template { literal, .. } => literal.span().into(),
            Name::Constant(tokens) => At::all(tokens),
        }
    }
}

#[derive(Clone)]
pub(crate) enum Rate {
    /// A checked literal.
    Literal { value: f64, span: Span },
    /// A constant expression, checked when it is evaluated.
    Constant(Vec<TokenTree>),
}

/// Reads the options of an attribute.
pub(crate) fn parse(of: Macro, tokens: TokenStream, errors: &mut Errors) -> Args {
    let mut args = Args::default();
    for option in pieces(tokens) {
        parse_option(of, &option, &mut args, errors);
    }
    check_adaptive(&mut args, errors);
    args
}

/// Refuses `adaptive` beside what has to do with every call.
pub(crate) fn check_adaptive(args: &mut Args, errors: &mut Errors) {
    let Some(adaptive) = args.adaptive else {
        return;
    };
    let message = if args.rate.is_some() {
        "`adaptive` and `rate` both say which calls are clocked: remove one of them"
    } else if args.outcome.is_some() {
        "`outcome` is known when a call ends, and `adaptive` counts most calls where they begin: \
         remove one of them"
    } else if matches!(args.name, Some(Name::Template { .. })) {
        "a name made from arguments takes longer than reading the clock: remove `adaptive`, or \
         write a name without `{…}`"
    } else {
        return;
    };
    errors.push(adaptive, message);
    args.adaptive = None;
}

/// Cuts at the commas of the outermost level; a trailing one adds nothing.
pub(crate) fn pieces(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut pieces = vec![Vec::new()];
    for token in tokens {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => pieces.push(Vec::new()),
            _ => pieces.last_mut().expect("one at least").push(token),
        }
    }
    if pieces.last().is_some_and(Vec::is_empty) {
        pieces.pop();
    }
    pieces
}

/// What a `macro_rules!` fragment wraps in invisible delimiters, without them.
pub(crate) fn unwrapped(tokens: &[TokenTree]) -> Vec<TokenTree> {
    match tokens {
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::None => {
            unwrapped(&group.stream().into_iter().collect::<Vec<_>>())
        }
        _ => tokens.to_vec(),
    }
}

pub(crate) fn parse_option(of: Macro, option: &[TokenTree], args: &mut Args, errors: &mut Errors) {
    let option = unwrapped(option);
    match &option[..] {
        [] => errors.push(
            Span::call_site(),
            "there is nothing before this comma: remove it",
        ),
        [TokenTree::Literal(literal)] => {
            set_name(of, parse_name(of, literal, errors), args, errors);
        }
        [TokenTree::Ident(word)] => parse_word(of, word, args, errors),
        [TokenTree::Ident(word), TokenTree::Punct(equals), value @ ..]
            if equals.as_char() == '=' =>
        {
            parse_assignment(of, word, value, args, errors);
        }
        [TokenTree::Ident(word), TokenTree::Group(group)]
            if of.options().iter().any(|option| word == option) =>
        {
            let how = match &*word.to_string() {
                "rate" => format!("`rate = {}`", group_text(&group.stream())),
                "crate" => "`crate = path::to::logd`".to_owned(),
                flag => format!("`{flag}` alone"),
            };
            errors.push(
                At::all(&option),
                format!("this option is written without parentheses: {how}"),
            );
        }
        [TokenTree::Literal(_), TokenTree::Punct(sign), ..] if sign.as_char() == ';' => {
            errors.push(
                sign.span(),
                "options are separated by commas: write `,` in place of this",
            );
        }
        [TokenTree::Literal(literal), next, ..] => errors.push(
            next.span(),
            format!("options are separated by commas: write `{literal},` before this"),
        ),
        [TokenTree::Ident(word), TokenTree::Punct(colon), value, ..]
            if colon.as_char() == ':' && colon.spacing() == Spacing::Alone =>
        {
            errors.push(
                colon.span(),
                format!("a value follows `=`: write `{word} = {value}`"),
            );
        }
        [TokenTree::Ident(word), TokenTree::Punct(bang), TokenTree::Group(_)]
            if word == "format" && bang.as_char() == '!' =>
        {
            errors.push(
                At::all(&option),
                "a name is made from arguments without `format!`: write the text alone, as in \
                 \"db.{table}.load\"",
            );
        }
        _ if is_constant(&option) => {
            if matches!(&option[0], TokenTree::Ident(first) if first == "Self") {
                errors.push(
                    option[0].span(),
                    "the name is kept in a static, which cannot see `Self`: \
                     write the type's own name in its place",
                );
            } else {
                set_name(of, Some(Name::Constant(option)), args, errors);
            }
        }
        _ => errors.push(
            At::all(&option),
            format!(
                "{of} takes a name (\"my.operation\" or a constant) and these options: {}",
                list(of)
            ),
        ),
    }
}

fn is_minus(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == '-')
}

fn group_text(tokens: &TokenStream) -> String {
    let text = tokens.to_string();
    if text.is_empty() {
        "0.1".to_owned()
    } else {
        text
    }
}

fn set_name(of: Macro, name: Option<Name>, args: &mut Args, errors: &mut Errors) {
    let Some(name) = name else { return };
    if args.name.is_some() {
        errors.push(
            name.at(),
            format!("{of} takes one name, and this is a second one: remove one of them"),
        );
    } else {
        args.name = Some(name);
    }
}

pub(crate) fn parse_name(of: Macro, literal: &Literal, errors: &mut Errors) -> Option<Name> {
    let span = literal.span();
    let Lit::Str(text) = Lit::new(literal.clone()) else {
        errors.push(
            span,
            "a name is a string in double quotes, as in \"my.operation\"",
        );
        return None;
    };
    if !text.suffix().is_empty() {
        errors.push(
            span,
            format!(
                "a name has no suffix: remove `{}` after the quotes",
                text.suffix()
            ),
        );
        return None;
    }
    let value = text.value();
    match key::template(&value) {
        Err(message) => errors.push(span, message),
        Ok(Some(_)) if matches!(of, Macro::Accumulated | Macro::Accumulate) => errors.push(
            span,
            "an accumulator is found again by its name, which has to be the same each time: \
             write one without `{…}`, or use an `Accumulator` value",
        ),
        Ok(Some(template)) => {
            return Some(Name::Template {
                arguments: template.arguments,
                literal: literal.clone(),
            })
        }
        Ok(None) => match key::check(&value) {
            Err(message) => errors.push(span, message),
            Ok(()) => return Some(Name::Literal { value, span }),
        },
    }
    None
}

/// A word alone: a flag, a constant's name, or a mistake.
fn parse_word(of: Macro, word: &Ident, args: &mut Args, errors: &mut Errors) {
    let text = word.to_string();
    if of.options().contains(&&*text) {
        let flag = match &*text {
            "adaptive" => &mut args.adaptive,
            "outcome" => &mut args.outcome,
            "future" => &mut args.future,
            "skip" => &mut args.skip,
            "open" => &mut args.open,
            "rate" => {
                errors.push(
                    word.span(),
                    "`rate` needs a value: write `rate = 0.1` to keep one call in ten",
                );
                return;
            }
            _ => {
                errors.push(
                    word.span(),
                    "`crate` needs a path: write `crate = path::to::logd`",
                );
                return;
            }
        };
        if flag.replace(word.span()).is_some() {
            errors.push(word.span(), format!("`{text}` is given twice: remove one"));
        }
    } else if text.chars().any(char::is_lowercase) {
        // Constants are upper case; a lower-case word is more likely a mistyped option.
        unknown(of, word, errors);
    } else {
        let name = Name::Constant(vec![word.clone().into()]);
        set_name(of, Some(name), args, errors);
    }
}

fn parse_assignment(
    of: Macro,
    word: &Ident,
    value: &[TokenTree],
    args: &mut Args,
    errors: &mut Errors,
) {
    let text = word.to_string();
    if !of.options().contains(&&*text) {
        unknown(of, word, errors);
        return;
    }
    match &*text {
        "rate" => {
            let rate = parse_rate(word, value, errors);
            if args.rate.is_some() {
                errors.push(word.span(), "`rate` is given twice: remove one");
            } else {
                args.rate = rate;
            }
        }
        "crate" => {
            if args.library.is_some() {
                errors.push(word.span(), "`crate` is given twice: remove one");
            } else if is_path(&unwrapped(value)) {
                args.library = Some(unwrapped(value));
            } else {
                errors.push(
                    if value.is_empty() {
                        word.span().into()
                    } else {
                        At::all(value)
                    },
                    "`crate` takes the path at which this crate finds logd: \
                     write `crate = path::to::logd`",
                );
            }
        }
        flag => errors.push(
            At::all(value),
            format!("`{flag}` takes no value: write `{flag}` alone"),
        ),
    }
}

fn parse_rate(word: &Ident, value: &[TokenTree], errors: &mut Errors) -> Option<Rate> {
    let value = unwrapped(value);
    let (sign, number) = match &value[..] {
        [] => {
            errors.push(
                word.span(),
                "`rate` needs a value: write `rate = 0.1` to keep one call in ten",
            );
            return None;
        }
        [_, TokenTree::Punct(percent)] if percent.as_char() == '%' => {
            errors.push(
                At::all(&value),
                "a rate is a part of 1 and no percentage: write `rate = 0.1` for 10 %",
            );
            return None;
        }
        [minus, TokenTree::Literal(number)] if is_minus(minus) => (-1.0, number),
        [TokenTree::Literal(number)] => (1.0, number),
        expression => return Some(Rate::Constant(expression.to_vec())),
    };
    let parsed = match Lit::new(number.clone()) {
        Lit::Float(float) if matches!(float.suffix(), "" | "f64") => float.base10_parse::<f64>(),
        // Exact for every integer that can be right.
        Lit::Int(int) if matches!(int.suffix(), "" | "f64") => int.base10_parse::<f64>(),
        Lit::Float(float) => {
            errors.push(
                number.span(),
                format!("a rate is an `f64`: remove `{}`", float.suffix()),
            );
            return None;
        }
        Lit::Str(text) if text.value().parse::<f64>().is_ok() => {
            errors.push(
                number.span(),
                format!("a rate is a number: write `rate = {}`", text.value()),
            );
            return None;
        }
        _ => {
            errors.push(
                At::all(&value),
                "a rate is a number above 0 and at most 1: write `rate = 0.1` to keep one call in ten",
            );
            return None;
        }
    };
    match parsed {
        Ok(parsed) if parsed * sign > 0.0 && parsed * sign <= 1.0 => Some(Rate::Literal {
            value: parsed,
            span: number.span(),
        }),
        _ => {
            errors.push(
                At::all(&value),
                "a rate has to be above 0 and at most 1: write `rate = 0.1` to keep one call in \
                 ten, or leave it out to keep all",
            );
            None
        }
    }
}

/// A path, a macro call such as `concat!(…)`, or a block: what can name a constant.
fn is_constant(tokens: &[TokenTree]) -> bool {
    match tokens {
        [TokenTree::Group(block)] => block.delimiter() == Delimiter::Brace,
        [path @ .., TokenTree::Punct(bang), TokenTree::Group(_)] if bang.as_char() == '!' => {
            is_path(path)
        }
        path => is_path(path),
    }
}

/// Words with `::` between them, with or without one in front.
pub(crate) fn is_path(tokens: &[TokenTree]) -> bool {
    let is_colon = |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == ':');
    let mut rest = tokens;
    if let [first, second, tail @ ..] = rest {
        if is_colon(first) && is_colon(second) {
            rest = tail;
        }
    }
    loop {
        match rest {
            [TokenTree::Ident(_)] => return true,
            [TokenTree::Ident(_), first, second, tail @ ..]
                if is_colon(first) && is_colon(second) =>
            {
                rest = tail;
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests;
