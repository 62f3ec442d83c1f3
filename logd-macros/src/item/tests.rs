//! What the head of an item is read as.

use super::*;

fn tokens(text: &str) -> Vec<TokenTree> {
    text.parse::<TokenStream>().unwrap().into_iter().collect()
}

fn text(tokens: &[TokenTree]) -> String {
    tokens.iter().cloned().collect::<TokenStream>().to_string()
}

#[test]
fn functions_are_found_in_every_dress() {
    for (source, returns) in [
        ("fn f() { }", ""),
        (
            "/// doc\n#[a(b)] pub(in x) async unsafe fn f<'a, F: Fn(u8) -> u8>(f: F) { }",
            "",
        ),
        (
            "pub const unsafe extern \"C\" fn f(a: A<{ 1 }>, ...) -> [u8; { 2 }] { }",
            "[u8 ; { 2 }]",
        ),
        (
            "default fn f<const N: usize = { 3 }>() -> A<{ N }> where [(); { N }]: B { }",
            "A < { N } >",
        ),
        (
            "extern fn f() -> Box<dyn Fn(&u8) -> Vec<Vec<u8>>> where F: X { }",
            "Box < dyn Fn (& u8) -> Vec < Vec < u8 >>>",
        ),
        ("fn f() -> ! { }", "!"),
        ("fn f() -> bits!{ 8 } { }", "bits ! { 8 }"),
    ] {
        let tokens = tokens(source);
        let item = item_at(&tokens, 0).expect(source);
        assert_eq!(item.end, tokens.len(), "{source}");
        let Kind::Function(function) = item.kind else {
            panic!("{source}");
        };
        assert_eq!(function.name, "f", "{source}");
        assert_eq!(text(&tokens[function.returns]), returns, "{source}");
        assert_eq!(function.body, Some(tokens.len() - 1), "{source}");
    }
}

#[test]
fn blocks_know_their_type() {
    for (source, name) in [
        ("impl Pool { }", "Pool"),
        ("unsafe impl<'a, T: A<B>> a::B<T> for &'a mut c::Pool<T, 'a> where T: for<'b> X<'b> { }", "Pool"),
        ("impl !Send for r#type { }", "type"),
        ("impl A for dyn Shape + Send { }", "Shape"),
        ("impl A for (B, [C; 2]) { }", "B_C"),
        ("pub unsafe trait Shape<T>: A<T> where T: B { }", "Shape"),
        ("impl<const N: usize> A<{ N }> { }", "A"),
    ] {
        let tokens = tokens(source);
        let Some(Item { kind: Kind::Container(container), .. }) = item_at(&tokens, 0) else {
            panic!("{source}");
        };
        assert_eq!(container.type_name.as_deref(), Some(name), "{source}");
        assert_eq!(container.body, tokens.len() - 1, "{source}");
    }
}

#[test]
fn what_is_not_understood_is_left_alone() {
    for source in [
        "",
        "fn",
        "fn f",
        "fn f(",
        "fn f<T(a: u8) { }",
        "pub",
        "#[a]",
        "f() { }",
        "impl",
        "mod",
        "a + b",
        "unsafe { }",
        "async move { }",
        "let",
        "x!",
        "static || 1;",
    ] {
        let tokens: Vec<TokenTree> = source
            .parse::<TokenStream>()
            .map_or_else(|_| Vec::new(), |t| t.into_iter().collect());
        assert!(item_at(&tokens, 0).is_none(), "{source}");
    }
}

#[test]
fn bodies_may_end_in_the_middle() {
    for body in ["a.", "let b = a.", "a::", "let a =", "a +", "&", "f(a, b)."] {
        assert!(is_unfinished(&tokens(body)), "{body}");
    }
    for body in [
        "", "a", "a;", "a?", "a..", "..", "a::<B>", "{ }", "a[1]", "f()", "1.",
    ] {
        assert!(!is_unfinished(&tokens(body)), "{body}");
    }
}

#[test]
fn definitions_stay_in_front() {
    for (body, first) in [
        ("let a = 1;", 0),
        ("#![allow(x)] a()", 3),
        (
            "use a::{b, c}; const A: B<{ 1 }> = C { d: 1 }; fn f() { } struct S; a",
            24,
        ),
        ("macro_rules! m { () => { } } m!(); const A: u8 = 1;", 4),
        ("const { 1 }; static A: u8 = 1;", 0),
        ("unsafe { } use a;", 0),
        ("async { }.await", 0),
        ("#[allow(x)] let a = 1;", 0),
        ("extern \"C\" { } impl A { } a", 6),
        ("union.field", 0),
    ] {
        assert_eq!(after_definitions(&tokens(body)), first, "{body}");
    }
}
