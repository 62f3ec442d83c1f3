//! From an attribute to what it stands on: a function, or a block of them. Whatever is
//! wrong is reported together, beside the item as it was written.

use proc_macro2::TokenStream;

use crate::{
    args::{self, Args, Macro},
    block::{as_written, block},
    error::Errors,
    expand::{Options, Target},
    item::{self, Function, Kind},
    site::{Key, Site},
};

/// The expansion of `#[timed]`, `#[counted]` or `#[accumulated]`.
pub(crate) fn apply(of: Macro, arguments: TokenStream, input: TokenStream) -> TokenStream {
    let tokens = item::tokens_of(input);
    let mut errors = Errors::default();
    let args = args::parse(of, arguments, &mut errors);
    let expanded = match item::item_at(&tokens, 0) {
        Some(found) => {
            if let Some(skip) = args.skip {
                errors.push(
                    skip,
                    format!(
                        "`skip` leaves a function out of {of} on the block around it, and there \
                         is none here: remove this attribute"
                    ),
                );
            }
            match &found.kind {
                Kind::Function(function) => {
                    let target = Target {
                        tokens: &tokens,
                        attributes: &tokens[found.attributes.clone()],
                        function,
                    };
                    alone(of, &args, &target, &mut errors)
                }
                Kind::Container(container) => {
                    let expanded = block(of, &args, container, &tokens, &mut errors);
                    if !errors.is_empty() {
                        let written = as_written(of, &args, container, &tokens);
                        return [errors.into_tokens(), written].into_iter().collect();
                    }
                    expanded
                }
                Kind::Other { at, what, .. } => {
                    errors.push(*at, format!("{of} goes on {}; this is {what}", places(of)));
                    None
                }
            }
        }
        // Half typed, or newer than this scanner: the compiler says what it is.
        None => None,
    };
    match expanded {
        Some(expanded) if errors.is_empty() => expanded,
        _ => errors.into_tokens().into_iter().chain(tokens).collect(),
    }
}

fn places(of: Macro) -> &'static str {
    match of {
        Macro::Timed | Macro::Counted => {
            "a function, an `impl` block, a trait or a `mod { … }` with its content"
        }
        Macro::Accumulated | Macro::Accumulate => "a function",
    }
}

/// A function with its own attribute and none on a block around it.
fn alone(of: Macro, args: &Args, target: &Target<'_>, errors: &mut Errors) -> Option<TokenStream> {
    if let Some((at, message)) = target.refusal(of) {
        errors.push(at, message);
        return None;
    }
    let key = match args.name.clone() {
        Some(name) => Key::new(name),
        None => Key::Derived(plain_name(target.function)),
    };
    let site = Site::new(of, key, args);
    let options = Options {
        outcome: args.outcome,
        future: args.future,
    };
    target.expand(&site, options, errors)
}

/// The function's name as a part of a key.
pub(crate) fn plain_name(function: &Function) -> String {
    function
        .name
        .to_string()
        .trim_start_matches("r#")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(of: Macro, arguments: &str, item: &str) -> String {
        apply(of, arguments.parse().unwrap(), item.parse().unwrap()).to_string()
    }

    #[track_caller]
    fn assert_expands(of: Macro, arguments: &str, item: &str, expected: &str) {
        let squeezed = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(squeezed(&expanded(of, arguments, item)), squeezed(expected));
    }

    #[test]
    fn a_timed_function_is_one_static_one_call_and_the_body() {
        assert_expands(
            Macro::Timed,
            "\"my.op\", rate = 0.1",
            "pub fn f(a: u8) -> u8 { a + 1 }",
            "pub fn f(a: u8) -> u8 {
                let _ = &{
                    static __LOGD_SITE: ::logd::Timer = ::logd::__private_0_1_0::timer(\"my.op\", 0.1);
                    ::logd::__private_0_1_0::enter_sampled(&__LOGD_SITE)
                };
                a + 1
            }",
        );
    }

    #[test]
    fn without_a_name_it_is_made_from_the_place() {
        assert_expands(
            Macro::Timed,
            "",
            "async fn r#move(&self) -> u8 { self.step().await }",
            "async fn r#move(&self) -> u8 {
                let _ = &{
                    static __LOGD_SITE: ::logd::Timer = ::logd::__private_0_1_0::derived_timer(
                        ::core::concat!(::core::module_path!(), \"::\", \"move\"), 1.0);
                    ::logd::__private_0_1_0::enter(&__LOGD_SITE)
                };
                self.step().await
            }",
        );
    }

    #[test]
    fn an_outcome_takes_the_body_into_a_closure_or_a_block() {
        assert_expands(
            Macro::Timed,
            "\"k\", outcome",
            "fn f(a: A, b: B) -> Result<C, D> { b.x(a) }",
            "fn f(a: A, b: B) -> Result<C, D> {
                return ::logd::__private_0_1_0::finish({
                    static __LOGD_SITE: ::logd::__private_0_1_0::Outcomes< ::logd::Timer> =
                        ::logd::__private_0_1_0::timer_outcomes(\"k\", 1.0);
                    ::logd::__private_0_1_0::enter_outcome(&__LOGD_SITE)
                }, ::logd::__private_0_1_0::call(move || -> Result<C, D> {
                    let a = a;
                    let b = b;
                    return if true { b.x(a) } else { ::logd::__private_0_1_0::value() };
                }));
            }",
        );
        assert_expands(
            Macro::Counted,
            "\"k\", outcome",
            "async fn f() -> Option<A> { return x().await; }",
            "async fn f() -> Option<A> {
                return ::logd::__private_0_1_0::finished({
                    static __LOGD_SITE: ::logd::__private_0_1_0::Outcomes< ::logd::Counter> =
                        ::logd::__private_0_1_0::counter_outcomes(\"k\", 1.0);
                    ::logd::__private_0_1_0::count_outcome(&__LOGD_SITE)
                }, async move {
                    if false { return ::logd::__private_0_1_0::value::<Option<A> >(); }
                    return x().await;
                }).await;
            }",
        );
    }

    #[test]
    fn a_template_is_filled_in_from_the_arguments() {
        assert_expands(
            Macro::Timed,
            "\"db.{table}\"",
            "fn f(table: &str) { x() }",
            "fn f(table: &str) {
                let _ = &{
                    static __LOGD_SITE: ::logd::__private_0_1_0::Template< ::logd::Timer> =
                        ::logd::__private_0_1_0::timer_template(1.0);
                    ::logd::__private_0_1_0::enter_named(
                        &__LOGD_SITE, ::core::format_args!(\"db.{table}\"))
                };
                x()
            }",
        );
    }

    #[test]
    fn a_counted_function_keeps_nothing() {
        assert_expands(
            Macro::Counted,
            "",
            "async fn f() { use a::b; b().await }",
            "async fn f() {
                use a::b;
                let () = {
                    static __LOGD_SITE: ::logd::Counter = ::logd::__private_0_1_0::derived_counter(
                        ::core::concat!(::core::module_path!(), \"::\", \"f\"), 1.0);
                    ::logd::__private_0_1_0::count(&__LOGD_SITE)
                };
                b().await
            }",
        );
    }

    #[test]
    fn an_async_block_takes_the_arguments_last_to_first() {
        assert_expands(
            Macro::Accumulated,
            "\"k\", crate = lib",
            "async fn f(a: A, (b, c): B, _: C, d: &D, _e: E) { x(a, b, d).await }",
            "async fn f(a: A, (b, c): B, __logd_argument_2: C, d: &D, _e: E) {
                return lib::__private_0_1_0::accumulated({
                    static __LOGD_SITE: lib::Timer = lib::__private_0_1_0::timer(\"k\", 1.0);
                    &__LOGD_SITE
                }, async move {
                    if false { return lib::__private_0_1_0::value::<()>(); }
                    *lib::__private_0_1_0::mention((&_e, &__logd_argument_2, &b, &a,)) = [];
                    x(a, b, d).await
                }).await;
            }",
        );
    }

    #[test]
    fn arguments_that_a_pattern_leaves_some_of_are_bound_inside() {
        assert_expands(
            Macro::Timed,
            "\"k\", outcome",
            "fn f(self, #[allow(x)] (a, _): A, unused: B, #[cfg(y)] _: C, mut d: D) -> E { self.x(a, d); }",
            "fn f(self, __logd_argument_1: A, unused: B, #[cfg(y)] __logd_argument_3: C,
                d: D) -> E {
                return ::logd::__private_0_1_0::finish({
                    static __LOGD_SITE: ::logd::__private_0_1_0::Outcomes< ::logd::Timer> =
                        ::logd::__private_0_1_0::timer_outcomes(\"k\", 1.0);
                    ::logd::__private_0_1_0::enter_outcome(&__LOGD_SITE)
                }, ::logd::__private_0_1_0::call(move || -> E {
                    let _ = (&self,);
                    let __logd_argument_1 = __logd_argument_1;
                    #[allow(x)] let (a, _) = __logd_argument_1;
                    let unused = unused;
                    #[cfg(y)] let __logd_argument_3 = __logd_argument_3;
                    let mut d = d;
                    self.x(a, d);
                }));
            }",
        );
    }

    #[test]
    fn on_a_block_functions_have_the_type_in_their_name_and_their_own_attribute_first() {
        let expanded = expanded(
            Macro::Timed,
            "rate = 0.5",
            "impl<T> Pool<T> {
                const A: u8 = 1;
                fn a(&self) { }
                #[timed(\"own\", rate = 1)] fn b(&self) { }
                #[inline] #[logd::timed(skip)] fn c(&self) { }
                const fn d(&self) { }
            }",
        );
        assert!(expanded.contains("\"Pool::a\") , 0.5)"), "{expanded}");
        assert!(expanded.contains("(\"own\" , 1.0)"), "{expanded}");
        assert!(
            expanded.contains("# [inline] fn c (& self) { }"),
            "{expanded}"
        );
        assert!(expanded.contains("const fn d (& self) { }"), "{expanded}");
        assert!(!expanded.contains("timed ("), "{expanded}");
    }

    #[test]
    fn an_adaptive_block_leaves_what_a_function_says_itself() {
        let expanded = expanded(
            Macro::Timed,
            "adaptive",
            "impl Pool {
                fn a(&self) { }
                #[timed(rate = 0.5)] fn b(&self) { }
                #[timed(outcome)] fn c(&self) -> Option<u8> { Some(1) }
                #[timed(\"{x}\")] fn d(&self, x: u8) { }
            }",
        );
        let adaptive =
            "= :: logd :: Timer :: adaptive (:: logd :: __private_0_1_0 :: derived_timer";
        assert_eq!(expanded.matches("adaptive (").count(), 2, "{expanded}");
        assert!(expanded.contains(adaptive), "{expanded}");
        assert!(
            expanded.contains("enter_adaptive (& __LOGD_SITE)"),
            "{expanded}"
        );
        assert!(expanded.contains("\"Pool::b\") , 0.5)"), "{expanded}");
    }

    #[test]
    fn a_refused_item_is_emitted_as_written_beside_all_errors() {
        for (arguments, item, errors) in [
            ("", "const fn f () { }", 1),
            ("\"\" , rate = 0", "const fn f () { }", 3),
            ("", "fn f () ;", 1),
            ("", "struct S { a : u8 }", 1),
            ("outcome", "fn f () { }", 1),
            ("future", "async fn f () { }", 1),
            ("skip", "fn f () { }", 1),
            ("\"{a}{b}\"", "fn f (c : u8) { }", 2),
            ("NAME , future", "impl A { fn a () { } }", 2),
        ] {
            let expanded = expanded(Macro::Timed, arguments, item);
            assert_eq!(
                expanded.matches("compile_error").count(),
                errors,
                "{expanded}"
            );
            assert!(expanded.ends_with(item), "{expanded}");
        }
    }

    #[test]
    fn a_refused_block_keeps_no_attribute_that_was_for_it() {
        let expanded = expanded(
            Macro::Timed,
            "rate = 2",
            "mod m { #[timed(skip)] fn a () { } impl A { # [x] # [timed (skip)] fn b () { } } }",
        );
        assert_eq!(expanded.matches("compile_error").count(), 1, "{expanded}");
        assert!(
            expanded.ends_with("mod m { fn a () { } impl A { # [x] fn b () { } } }"),
            "{expanded}"
        );
    }

    #[test]
    fn what_is_half_typed_passes_untouched() {
        for item in [
            "fn f",
            "fn f (a : u8 ,) -> { a . }",
            "impl",
            "fn f < (a) { }",
        ] {
            assert!(
                expanded(Macro::Timed, "", item).ends_with(&item[item.len() - 2..]),
                "{item}"
            );
        }
        assert_eq!(
            expanded(Macro::Timed, "", "fn f <T (a) { }"),
            "fn f < T (a) { }"
        );
    }
}
