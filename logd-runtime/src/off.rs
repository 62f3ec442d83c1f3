//! Whether calls are compiled away: by the feature `off`, or by `--cfg logd_off` for a final
//! binary alone, since a feature that one crate asks for is there for all. Every way in asks
//! the constant, so that what lies behind it is checked by the compiler and then left out.

use std::fmt;
use std::marker::PhantomData;

/// Whether nothing is recorded, and nothing of it is left in the program.
pub(crate) const OFF: bool = cfg!(any(feature = "off", logd_off));

/// What a measurement under way keeps until it ends; nothing where calls are compiled away.
pub(crate) struct Kept<T> {
    #[cfg(not(any(feature = "off", logd_off)))]
    value: T,
    of: PhantomData<T>,
}

#[cfg(not(any(feature = "off", logd_off)))]
impl<T> Kept<T> {
    #[inline(always)]
    pub(crate) fn new(make: impl FnOnce() -> T) -> Self {
        Kept {
            value: make(),
            of: PhantomData,
        }
    }

    /// The value, unless nothing is kept.
    #[inline(always)]
    #[allow(
        clippy::unnecessary_wraps,
        reason = "there is none where calls are compiled away"
    )]
    pub(crate) fn get(&self) -> Option<&T> {
        Some(&self.value)
    }

    #[inline(always)]
    #[allow(
        clippy::unnecessary_wraps,
        reason = "there is none where calls are compiled away"
    )]
    pub(crate) fn get_mut(&mut self) -> Option<&mut T> {
        Some(&mut self.value)
    }
}

#[cfg(any(feature = "off", logd_off))]
impl<T> Kept<T> {
    #[inline(always)]
    pub(crate) fn new(_: impl FnOnce() -> T) -> Self {
        Kept { of: PhantomData }
    }

    #[inline(always)]
    pub(crate) fn get(&self) -> Option<&T> {
        None
    }

    #[inline(always)]
    pub(crate) fn get_mut(&mut self) -> Option<&mut T> {
        None
    }
}

impl<T: fmt::Debug> fmt::Debug for Kept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.get() {
            Some(value) => value.fmt(f),
            None => f.write_str("off"),
        }
    }
}
