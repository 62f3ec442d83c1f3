//! Names of the author that are also those of expansions, of the standard library, or of
//! this one.
use support::*;

mod shadowed {
    #![allow(non_camel_case_types, non_upper_case_globals, dead_code, unused)]
    mod core {}
    mod std {}
    mod logd {}
    mod alloc {}
    struct Option;
    struct Result;
    struct Timer;
    struct Counter;
    struct Box;
    struct Some;
    struct None;
    struct Ok;
    struct Err;
    struct String;
    trait Drop {}
    trait Future {}
    trait Outcome {}
    const SITE: u8 = 0;
    const __LOGD_SITE: u8 = 0;
    static GUARD: u8 = 0;
    fn drop() {}
    fn enter() {}
    fn timer() {}
    fn count() {}
    fn call() {}
    fn finish() {}
    macro_rules! concat {
        ($($t:tt)*) => {
            compile_error!("the author's own concat")
        };
    }
    macro_rules! module_path {
        ($($t:tt)*) => {
            compile_error!("the author's own module_path")
        };
    }
    macro_rules! format_args {
        ($($t:tt)*) => {
            compile_error!("the author's own format_args")
        };
    }
    trait Extension {
        fn finish(&self) -> u8 {
            9
        }
        fn await_(self) -> u8
        where
            Self: Sized,
        {
            9
        }
        fn into_future(self) -> u8
        where
            Self: Sized,
        {
            9
        }
    }
    impl<T> Extension for T {}
    #[::logd::timed]
    pub fn plain(site: u8) -> u8 {
        site
    }
    #[::logd::counted]
    pub fn counts(site: u8) -> u8 {
        site
    }
    #[::logd::timed]
    pub async fn asynchronous(site: u8) -> u8 {
        site
    }
    #[::logd::timed("db.{site}")]
    pub fn template(site: u8) -> u8 {
        site
    }
    #[::logd::timed(outcome)]
    pub fn outcome(site: u8) -> ::core::option::Option<u8> {
        site.checked_sub(1)
    }
    #[::logd::timed(outcome)]
    pub async fn async_outcome(site: u8) -> ::core::option::Option<u8> {
        site.checked_sub(1)
    }
    #[::logd::accumulated("h")]
    pub async fn accumulated(site: u8) -> u8 {
        ::logd::accumulate!("h", { site }) + ::logd::accumulate!("h", open, { 1 })
    }
    #[::logd::timed("f", future)]
    pub fn future(site: u8) -> impl ::core::future::Future<Output = u8> {
        ::core::future::ready(site)
    }
}

mod no_prelude {
    #![no_implicit_prelude]
    #[::logd::timed]
    pub fn plain(a: u8) -> u8 {
        a
    }
    #[::logd::counted]
    pub async fn counts(a: u8) -> u8 {
        a
    }
    #[::logd::timed("n.{a}", outcome)]
    pub async fn outcome(a: u8) -> ::core::option::Option<u8> {
        ::core::option::Option::Some(a)
    }
    #[::logd::accumulated]
    pub fn accumulated(a: u8) -> u8 {
        ::logd::accumulate!("n", a)
    }
}

mod elsewhere {
    pub mod inner {
        pub use logd as measuring;
    }
}
mod renamed {
    #[logd::timed("r.a", crate = crate::hygiene::elsewhere::inner::measuring)]
    pub fn a() -> u8 {
        1
    }
    #[logd::timed("r.b", crate = super::elsewhere::inner::measuring, outcome)]
    pub async fn b() -> Option<u8> {
        None
    }
    pub fn c() -> u8 {
        logd::accumulate!(
            "r.c",
            crate = crate::hygiene::elsewhere::inner::measuring,
            { 1 }
        )
    }
    macro_rules! own {
        ($n:ident) => {
            #[logd::timed("r.d", crate = $crate::hygiene::elsewhere::inner::measuring)]
            pub fn $n() -> u8 {
                1
            }
        };
    }
    own!(d);
}

#[test]
fn names_do_not_meet() {
    use shadowed as s;
    let (value, events) = recorded(|| {
        (
            s::plain(1),
            s::counts(2),
            block_on(s::asynchronous(3)),
            s::template(4),
            s::outcome(5),
            block_on(s::async_outcome(0)),
            block_on(s::accumulated(7)),
            block_on(s::future(8)),
        )
    });
    assert_eq!(value, (1, 2, 3, 4, Some(4), None, 8, 8));
    let at = "shapes.hygiene.shadowed";
    assert_eq!(
        events,
        [
            format!("counted {at}.counts"),
            "timed db.4".into(),
            "timed f".into(),
            "timed h".into(),
            format!("timed {at}.async_outcome.err"),
            format!("timed {at}.asynchronous"),
            format!("timed {at}.outcome.ok"),
            format!("timed {at}.plain")
        ]
    );
}

#[test]
fn nothing_is_taken_from_the_prelude() {
    use no_prelude as n;
    let (value, events) = recorded(|| {
        (
            n::plain(1),
            block_on(n::counts(2)),
            block_on(n::outcome(3)),
            n::accumulated(4),
        )
    });
    assert_eq!(value, (1, 2, Some(3), 4));
    assert_eq!(
        events,
        [
            "counted shapes.hygiene.no_prelude.counts",
            "timed n",
            "timed n.3.ok",
            "timed shapes.hygiene.no_prelude.plain"
        ]
    );
}

#[test]
fn the_library_may_be_elsewhere() {
    let (value, events) = recorded(|| {
        (
            renamed::a(),
            block_on(renamed::b()),
            renamed::c(),
            renamed::d(),
        )
    });
    assert_eq!(value, (1, None, 1, 1));
    assert_eq!(
        events,
        ["timed r.a", "timed r.b.err", "timed r.c", "timed r.d"]
    );
}
