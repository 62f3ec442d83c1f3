//! Names and traits of the author that would catch what an expansion calls, if it called by name.
#![allow(dead_code, non_camel_case_types)]
use support::*;

/// The same functions in a module whose names are odd.
macro_rules! functions {
    () => {
        #[::logd::timed("t")]
        pub fn timed(a: ::core::primitive::u8) -> ::core::primitive::u8 {
            a
        }
        #[::logd::timed("t.{a}", rate = 1.0)]
        pub fn template(a: ::core::primitive::u8) -> ::core::primitive::u8 {
            a
        }
        #[::logd::timed("o", outcome)]
        pub fn outcome(
            a: ::core::option::Option<::core::primitive::u8>,
            _: ::core::primitive::u8,
        ) -> ::core::option::Option<::core::primitive::u8> {
            a
        }
        #[::logd::timed("ao", outcome)]
        pub async fn async_outcome(
            a: ::core::result::Result<::core::primitive::u8, ()>,
        ) -> ::core::result::Result<::core::primitive::u8, ()> {
            ::support::pause().await;
            a
        }
        #[::logd::counted("c", outcome)]
        pub fn counted(
            a: ::core::option::Option<::core::primitive::u8>,
        ) -> ::core::option::Option<::core::primitive::u8> {
            a
        }
        #[::logd::accumulated("s")]
        pub async fn accumulated(a: ::core::primitive::u8) -> ::core::primitive::u8 {
            ::logd::accumulate!("s", {
                ::support::pause().await;
                a
            })
        }
        #[::logd::accumulated("d")]
        pub fn opened(a: ::core::primitive::u8) -> ::core::primitive::u8 {
            ::logd::accumulate!("d", rate = 1, a)
        }
        #[::logd::timed("f", future)]
        pub fn future(
            a: ::core::primitive::u8,
        ) -> impl ::core::future::Future<Output = ::core::primitive::u8> {
            ::core::future::ready(a)
        }
        #[::logd::timed("b", future)]
        pub fn boxed(
            a: ::core::primitive::u8,
        ) -> ::core::pin::Pin<
            ::std::boxed::Box<dyn ::core::future::Future<Output = ::core::primitive::u8>>,
        > {
            ::std::boxed::Box::pin(::core::future::ready(a))
        }
        pub fn macros(a: ::core::primitive::u8) {
            ::logd::count!("k");
            ::logd::count!("k", by = a);
            ::logd::meter!("m", a);
            ::logd::time!("d", ::core::time::Duration::ZERO);
        }
    };
}
mod types {
    pub struct Option;
    pub struct Result;
    pub struct String;
    pub struct Box;
    pub struct Vec;
    pub struct u8;
    pub struct u64;
    pub struct f64;
    pub struct bool;
    pub struct str;
    pub struct usize;
    functions!();
}
mod values {
    pub struct Some;
    pub struct None;
    pub struct Ok;
    pub struct Err;
    pub fn drop() {}
    pub const rate: u8 = 1;
    functions!();
}
mod modules {
    pub mod core {
        pub mod option {}
    }
    pub mod std {}
    pub mod alloc {}
    pub mod logd {
        pub mod __private_0_1_0 {}
    }
    pub mod logd_runtime {}
    functions!();
}
mod traits {
    pub trait Option {}
    pub trait Future {}
    pub trait Fn {}
    pub trait FnOnce {}
    pub trait Drop {}
    pub trait Outcome {}
    pub trait IntoFuture {}
    pub trait Send {}
    pub trait Sized {}
    functions!();
}
mod macros {
    macro_rules! each { ($d:tt $($name:ident)*) => { $( #[allow(unused_macros)] macro_rules! $name { ($d($d t:tt)*) => { ::core::compile_error!("not this one") } } )* } }
    each! { $ concat module_path format_args panic unreachable vec format println matches stringify assert timed counted enter }
    functions!();
}
mod methods {
    pub trait Everything: Sized {
        fn enter(&self) -> u8 {
            panic!("enter")
        }
        fn start(&self) -> u8 {
            panic!("start")
        }
        fn stop(self) -> u8 {
            panic!("stop")
        }
        fn finish(self) -> u8 {
            panic!("finish")
        }
        fn poll(self) -> u8 {
            panic!("poll")
        }
        fn in_accumulator(self) -> u8 {
            panic!("in_accumulator")
        }
        fn into_future(self) -> u8 {
            panic!("into_future")
        }
        fn increment(&self) -> u8 {
            panic!("increment")
        }
        fn record(&self) -> u8 {
            panic!("record")
        }
        fn set(&self) -> u8 {
            panic!("set")
        }
        fn add(&self) -> u8 {
            panic!("add")
        }
        fn is_ok(&self) -> u8 {
            panic!("is_ok")
        }
        fn is_some(&self) -> u8 {
            panic!("is_some")
        }
        fn drop(&mut self) {}
        fn fmt(&self) {}
        fn to_string(&self) -> u8 {
            panic!("to_string")
        }
        fn as_ref(&self) -> u8 {
            panic!("as_ref")
        }
        fn borrow(&self) -> u8 {
            panic!("borrow")
        }
        fn deref(&self) -> u8 {
            panic!("deref")
        }
        fn section(&self) {}
        fn open(&self) {}
        fn call(self) {}
        fn call_once(self) {}
        fn index(self) {}
        fn metric(&self) {}
    }
    impl<T> Everything for T {}
    functions!();
}
#[deny(warnings)]
mod generics {
    pub struct Own<Option, Some>(pub Option, pub Some);
    impl<Option: Copy, Some> Own<Option, Some> {
        #[logd::timed("g", outcome)]
        pub fn get<None, Ok>(&self, _n: None, _k: Ok) -> core::option::Option<Option> {
            core::option::Option::Some(self.0)
        }
        #[logd::accumulated("g")]
        pub async fn wait<u8>(&self, n: u8) -> (Option, u8) {
            support::pause().await;
            (self.0, n)
        }
    }
}
#[no_implicit_prelude]
mod bare {
    functions!();
}
mod reexported {
    pub mod deep {
        pub use ::logd as measured;
    }
    #[logd::timed("r", outcome, crate = self::deep::measured)]
    pub fn a() -> Option<u8> {
        None
    }
    #[::logd::accumulated("r", crate = crate::hostile_names::reexported::deep::measured)]
    pub async fn b(_: u8, (c, _): (u8, u8)) -> u8 {
        c
    }
}
mod raw {
    #[logd::timed("r.{type}.{r}")]
    pub fn r#fn(r#type: u8, r: u8) -> u8 {
        r#type + r
    }
    #[logd::counted("r.{match}", outcome)]
    pub async fn r#async(r#match: u8, r#move: String) -> Option<u8> {
        support::pause().await;
        let _ = r#move;
        Some(r#match)
    }
    pub struct r#struct;
    #[logd::timed]
    impl r#struct {
        pub fn r#self_(&self) -> u8 {
            1
        }
        pub fn r#loop(&self) -> u8 {
            2
        }
    }
    #[logd::timed("raw")]
    pub mod r#mod {
        pub fn r#use() -> u8 {
            3
        }
    }
}

macro_rules! all_of { ($($name:ident)*) => { $({
    use self::$name as n;
    let (values, events) = recorded(|| (n::timed(1), n::template(2), n::outcome(Some(3), 0), block_on(n::async_outcome(Err(()))), n::counted(None), block_on(n::accumulated(6)), n::opened(7), block_on(n::future(8)), block_on(n::boxed(9)), n::macros(2)));
    assert_eq!(values, (1, 2, Some(3), Err(()), None, 6, 7, 8, 9, ()), stringify!($name));
    assert_eq!(events, ["counted c.err", "counted k", "counted k", "timed ao.err", "timed b", "timed d", "timed d", "timed f", "timed o.ok", "timed s", "timed t", "timed t.2"], stringify!($name));
})* } }

#[test]
fn nothing_is_called_by_name() {
    all_of!(types values modules traits macros methods bare);
}

#[test]
fn generic_parameters() {
    let own = generics::Own(1u8, 2u8);
    let (values, events) = recorded(|| (own.get(1, 2), block_on(own.wait(3))));
    assert_eq!(
        (values, events),
        ((Some(1), (1, 3)), vec!["timed g.ok".to_owned()])
    );
}

#[test]
fn paths_to_the_library() {
    let (values, events) = recorded(|| (reexported::a(), block_on(reexported::b(1, (2, 3)))));
    assert_eq!(
        (values, events),
        ((None, 2), vec!["timed r.err".to_owned()])
    );
}

#[test]
fn raw_identifiers() {
    let (values, events) = recorded(|| {
        (
            raw::r#fn(1, 2),
            block_on(raw::r#async(3, String::new())),
            raw::r#struct.r#self_(),
            raw::r#struct.r#loop(),
            raw::r#mod::r#use(),
        )
    });
    assert_eq!(values, (3, Some(3), 1, 2, 3));
    assert_eq!(
        events,
        [
            "counted r.3.ok",
            "timed r.1.2",
            "timed raw.use",
            "timed shapes.hostile_names.raw.struct.loop",
            "timed shapes.hostile_names.raw.struct.self_"
        ]
    );
}
