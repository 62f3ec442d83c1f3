//! The macros that record by name: a static handle and one call, whose key is
//! checked when the program is compiled.

/// Counts an event, or changes a counter by any number.
///
/// The key is a literal or a constant; it is checked when the program is compiled.
///
/// ```
/// use logd::count;
///
/// count!("orders.placed");
/// count!("orders.open", by = -3);
/// count!("cache.hits", rate = 0.05);
/// count!("bytes.sent", by = 1500_u32, rate = 0.05);
/// ```
///
/// ```compile_fail
/// logd::count!("orders placed"); // a key has no white space
/// ```
// The static's name is in sight of the author's key and rate, so it is an unlikely one; a value
// stands outside of it.
#[macro_export]
macro_rules! count {
    ($key:expr $(,)?) => {
        $crate::count!($key, rate = 1.0)
    };
    ($key:expr, rate = $rate:expr $(,)?) => {{
        if $crate::__private_0_1_0::ON {
            $crate::Counter::increment({
                static __LOGD_SITE: $crate::Counter = $crate::__private_0_1_0::counter($key, $rate);
                &__LOGD_SITE
            });
        }
    }};
    ($key:expr, by = $by:expr $(,)?) => {
        $crate::count!($key, by = $by, rate = 1.0)
    };
    ($key:expr, by = $by:expr, rate = $rate:expr $(,)?) => {{
        if $crate::__private_0_1_0::ON {
            $crate::Counter::add(
                {
                    static __LOGD_SITE: $crate::Counter =
                        $crate::__private_0_1_0::counter($key, $rate);
                    &__LOGD_SITE
                },
                $by,
            );
        }
    }};
    ($key:expr, rate = $rate:expr, by = $by:expr $(,)?) => {
        $crate::count!($key, by = $by, rate = $rate)
    };
}

/// Takes a reading of a meter: any integer or floating-point value.
///
/// ```
/// use logd::meter;
///
/// let queue = ["a", "b"];
/// meter!("queue.depth", queue.len());
/// meter!("load", 0.75, rate = 0.25);
/// ```
#[macro_export]
macro_rules! meter {
    ($key:expr, $value:expr $(,)?) => {
        $crate::meter!($key, $value, rate = 1.0)
    };
    ($key:expr, $value:expr, rate = $rate:expr $(,)?) => {{
        if $crate::__private_0_1_0::ON {
            $crate::Meter::set(
                {
                    static __LOGD_SITE: $crate::Meter = $crate::__private_0_1_0::meter($key, $rate);
                    &__LOGD_SITE
                },
                $value,
            );
        }
    }};
}

/// Records a duration that was measured already.
///
/// ```
/// use std::time::Instant;
/// use logd::time;
///
/// let start = Instant::now();
/// time!("import", start.elapsed());
/// time!("import", start.elapsed(), rate = 0.5);
/// ```
#[macro_export]
macro_rules! time {
    ($key:expr, $duration:expr $(,)?) => {
        $crate::time!($key, $duration, rate = 1.0)
    };
    ($key:expr, $duration:expr, rate = $rate:expr $(,)?) => {{
        if $crate::__private_0_1_0::ON {
            $crate::Timer::record(
                {
                    static __LOGD_SITE: $crate::Timer = $crate::__private_0_1_0::timer($key, $rate);
                    &__LOGD_SITE
                },
                $duration,
            );
        }
    }};
}
