//! Items of the author whose names are those that expansions use, or nearly: what expansions
//! bind is no pattern that could mean one of them.
#![allow(non_upper_case_globals, non_camel_case_types, dead_code)]
use support::*;

pub mod constants {
    pub const __logd_timed: u8 = 1;
    pub const __logd_outcome: u8 = 2;
    pub const __logd_open: u8 = 3;
    pub const __logd_section: u8 = 4;
    pub const __logd_value: u8 = 5;
    pub const __LOGD_SITE: u8 = 6;
    pub const guard: u8 = 7;
    pub const value: u8 = 8;
    pub const SITE: &str = "own.site";
}
pub mod statics {
    pub static __logd_timed: u8 = 1;
    pub static __logd_outcome: u8 = 2;
    pub static __logd_open: u8 = 3;
    pub static __logd_section: u8 = 4;
    pub static __logd_value: u8 = 5;
    pub static __LOGD_SITE: u8 = 6;
    pub static guard: u8 = 7;
}
pub mod units {
    pub struct __logd_timed;
    pub struct __logd_outcome;
    pub struct __logd_open;
    pub struct __logd_section;
    pub struct __logd_value;
    pub struct __LOGD_SITE;
    pub struct guard;
}
pub mod tuples {
    pub struct __logd_timed(pub u8);
    pub struct __logd_outcome(pub u8);
    pub struct __logd_open(pub u8);
    pub struct __logd_section(pub u8);
    pub struct __logd_value(pub u8);
    pub struct __LOGD_SITE(pub u8);
}
pub mod variants {
    pub enum Own {
        __logd_timed,
        __logd_outcome,
        __logd_open,
        __logd_section,
        __logd_value,
        __LOGD_SITE,
        Some,
        None,
    }
    pub use self::Own::*;
}
pub mod functions {
    pub fn __logd_timed() {}
    pub fn __logd_outcome() {}
    pub fn __logd_open() {}
    pub fn __logd_section() {}
    pub fn __logd_value() {}
    pub fn __LOGD_SITE() {}
    pub fn enter() {}
    pub fn mention() {}
    pub fn value() {}
    pub fn call() {}
}

macro_rules! with_names {
    ($($name:ident: $items:ident;)*) => { $(
        pub mod $name {
            use support::pause;
            use super::$items::*;
            #[logd::timed("t")] pub fn timed(a: u8) -> u8 { a }
            #[logd::timed("t.{a}")] pub fn template(a: u8) -> u8 { a }
            #[logd::counted("c")] pub fn counted(a: u8) -> u8 { a }
            #[logd::accumulated("s")] pub fn accumulated(a: u8) -> u8 { logd::accumulate!("s", { a }) }
            #[logd::timed("o", outcome)] pub fn outcome(a: u8, (b, _): (u8, u8)) -> ::std::option::Option<u8> { a.checked_sub(b) }
            #[logd::timed("o.{a}", outcome)] pub fn outcome_template(a: u8) -> ::std::option::Option<u8> { a.checked_sub(1) }
            #[logd::timed("at")] pub async fn async_timed(a: u8) -> u8 { pause().await; a }
            #[logd::counted("ao", outcome)] pub async fn async_outcome(a: u8, _: u8) -> ::std::option::Option<u8> { pause().await; a.checked_sub(1) }
            #[logd::accumulated("as")] pub async fn async_accumulated(a: u8, _: u8) -> u8 { logd::accumulate!("as", { pause().await; a }) }
            #[logd::timed("f", future)] pub fn future(a: u8) -> impl ::std::future::Future<Output = u8> { ::std::future::ready(a) }
            #[logd::timed("b")] pub fn block(a: u8) -> impl ::std::future::Future<Output = u8> { async move { pause().await; a } }
            #[logd::timed("bo", outcome)] pub fn block_outcome(a: u8) -> impl ::std::future::Future<Output = ::std::option::Option<u8>> { async move { pause().await; a.checked_sub(1) } }
            pub fn macros(a: u8) -> u8 { logd::count!("m.c", by = a); logd::meter!("m.m", a); logd::accumulate!("m.a", { a }) }
        }
    )* };
}
with_names! { by_constants: constants; by_statics: statics; by_units: units; by_tuples: tuples; by_variants: variants; by_functions: functions; }

macro_rules! all_of {
    ($($name:ident)*) => { $({
        use self::$name as n;
        let (values, events) = recorded(|| (
            (n::timed(1), n::template(2), n::counted(3), n::accumulated(4), n::outcome(5, (1, 1)), n::outcome_template(6)),
            block_on(async { (n::async_timed(1).await, n::async_outcome(0, 1).await, n::async_accumulated(3, 1).await, n::future(4).await, n::block(5).await, n::block_outcome(6).await) }),
            n::macros(7),
        ));
        assert_eq!(values, ((1, 2, 3, 4, Some(4), Some(5)), (1, None, 3, 4, 5, Some(5)), 7));
        assert_eq!(events, ["counted ao.err", "counted c", "counted m.c", "timed as", "timed at", "timed b", "timed bo.ok", "timed f", "timed m.a", "timed o.6.ok", "timed o.ok", "timed s", "timed t", "timed t.2"]);
    })* };
}

#[test]
fn items_of_these_names_are_not_meant() {
    all_of!(by_constants by_statics by_units by_tuples by_variants by_functions);
}

mod as_keys {
    pub const __LOGD_SITE: &str = "own.key";
    pub const SITE: &str = "own.site";
    pub const RATE: f64 = 1.0;
    pub mod rates {
        pub const __LOGD_SITE: f64 = 1.0;
    }
    #[logd::timed(__LOGD_SITE)]
    pub fn timed() -> u8 {
        1
    }
    #[logd::timed(concat!("own", ".", "joined"), rate = self::rates::__LOGD_SITE)]
    pub fn rated() -> u8 {
        2
    }
    #[logd::timed(SITE, outcome)]
    pub fn outcome() -> Option<u8> {
        Some(3)
    }
    #[logd::timed("own.{__LOGD_SITE_ARGUMENT}")]
    pub fn template(__LOGD_SITE_ARGUMENT: u8) -> u8 {
        4
    }
    pub mod arguments {
        #[logd::counted("own.{__LOGD_SITE}")]
        pub fn template(__LOGD_SITE: u8) -> u8 {
            __LOGD_SITE
        }
    }
    pub fn macros() {
        const VALUE: u8 = 3;
        const SITE: &str = "own.macro";
        const RATE: f64 = 1.0;
        logd::count!(SITE);
        logd::count!(SITE, by = VALUE, rate = RATE);
        let SITE_VALUE = 2;
        logd::meter!("own.meter", SITE_VALUE);
        {
            const SITE: u8 = 9;
            logd::meter!("own.meter", SITE);
            logd::count!("own.by", by = SITE);
        }
        {
            const SITE: std::time::Duration = std::time::Duration::ZERO;
            logd::time!("own.time", SITE);
        }
        logd::accumulate!("own.sum", { SITE.len() });
    }
}

#[test]
fn constants_of_these_names_can_be_keys() {
    let (values, events) = recorded(|| {
        (
            as_keys::timed(),
            as_keys::rated(),
            as_keys::outcome(),
            as_keys::template(5),
            as_keys::arguments::template(6),
            as_keys::macros(),
        )
    });
    assert_eq!(values, (1, 2, Some(3), 4, 6, ()));
    assert_eq!(
        events,
        [
            "counted own.6",
            "counted own.by",
            "counted own.macro",
            "counted own.macro",
            "timed own.5",
            "timed own.joined",
            "timed own.key",
            "timed own.site.ok",
            "timed own.sum",
            "timed own.time"
        ]
    );
}
