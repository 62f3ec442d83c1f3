//! Puts an attribute above every function with a body that is not `const`, in the files that
//! are named, and prints how many there were. Nothing else of a file changes, lines neither.
//!
//! `annotate timed|counted|accumulated|outcome file…`; `outcome` is for the functions that
//! return a `Result` or an `Option`, and the others get `#[timed]`.

use std::{env, fs, process::ExitCode};

use syn::{
    Attribute, Meta, ReturnType, Signature, Type, Visibility,
    spanned::Spanned,
    visit::{self, Visit},
};

struct Place {
    line: usize,
    column: usize,
    outcome: bool,
}

#[derive(Default)]
struct Functions {
    found: Vec<Place>,
}

impl Functions {
    fn add(&mut self, attributes: &[Attribute], visibility: Option<&Visibility>, head: &Signature) {
        if head.constness.is_some() || has(attributes, "naked") {
            return;
        }
        let start = match visibility {
            Some(visibility) if !matches!(visibility, Visibility::Inherited) => visibility.span(),
            _ => head.span(),
        }
        .start();
        self.found.push(Place {
            line: start.line,
            column: start.column,
            outcome: returns_outcome(head) && !has(attributes, "track_caller"),
        });
    }
}

/// Whether there is this attribute, or one that some configuration gives.
fn has(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| {
        let path = attribute.path();
        path.is_ident(name)
            || path.is_ident("cfg_attr")
                && matches!(&attribute.meta, Meta::List(list)
                    if list.tokens.clone().into_iter().any(|token| token.to_string() == name))
    })
}

fn returns_outcome(head: &Signature) -> bool {
    let ReturnType::Type(_, returned) = &head.output else {
        return false;
    };
    let Type::Path(path) = &**returned else {
        return false;
    };
    path.path
        .segments
        .last()
        .is_some_and(|last| last.ident == "Result" || last.ident == "Option")
}

impl<'a> Visit<'a> for Functions {
    fn visit_item_fn(&mut self, function: &'a syn::ItemFn) {
        self.add(&function.attrs, Some(&function.vis), &function.sig);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'a syn::ImplItemFn) {
        // `default` stands between the visibility and the rest; no stable compiler has it.
        if function.modifiers.defaultness.is_none() {
            self.add(&function.attrs, Some(&function.vis), &function.sig);
        }
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'a syn::TraitItemFn) {
        if function.default.is_some() {
            self.add(&function.attrs, None, &function.sig);
        }
        visit::visit_trait_item_fn(self, function);
    }
}

fn annotated(text: &str, attribute: &str) -> syn::Result<(String, usize)> {
    let mut functions = Functions::default();
    functions.visit_file(&syn::parse_file(text)?);
    let mut places = functions.found;
    places.sort_by_key(|place| (place.line, place.column));
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    for place in places.iter().rev() {
        let line = &mut lines[place.line - 1];
        let at = line
            .char_indices()
            .nth(place.column)
            .map_or(line.len(), |(at, _)| at);
        let path = match (attribute, place.outcome) {
            ("outcome", true) => "#[::logd::timed(outcome)] ".to_owned(),
            ("outcome", false) => "#[::logd::timed] ".to_owned(),
            (other, _) => format!("#[::logd::{other}] "),
        };
        line.insert_str(at, &path);
    }
    Ok((lines.join("\n"), places.len()))
}

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let Some(attribute) = arguments.next() else {
        eprintln!("annotate: name an attribute and files");
        return ExitCode::FAILURE;
    };
    let mut count = 0;
    for path in arguments {
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("annotate: {path}: {error}");
                return ExitCode::FAILURE;
            }
        };
        match annotated(&text, &attribute) {
            Ok((text, functions)) => {
                count += functions;
                if let Err(error) = fs::write(&path, text) {
                    eprintln!("annotate: {path}: {error}");
                    return ExitCode::FAILURE;
                }
            }
            // Templates that are included, and syntax of a nightly compiler: left as it is.
            Err(error) => eprintln!("annotate: {path} is left out: {error}"),
        }
    }
    println!("{count}");
    ExitCode::SUCCESS
}
