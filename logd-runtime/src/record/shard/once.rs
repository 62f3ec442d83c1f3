//! Something that is put in its place once and shared: looking at it takes one load.
#![allow(
    unsafe_code,
    reason = "std's cell that is set once is asked first whether it was, with a second load"
)]

use std::fmt;
use std::marker::PhantomData;
use std::ptr;
use std::sync::Arc;

use crate::sync::atomic::{AtomicPtr, Ordering};

/// An `Arc` that is set once.
pub(crate) struct SetOnce<T> {
    /// From `Arc::into_raw`, a strong reference that this owns; null until it is set.
    value: AtomicPtr<T>,
    owned: PhantomData<Arc<T>>,
}

impl<T> SetOnce<T> {
    pub(crate) const fn new() -> Self {
        SetOnce {
            value: AtomicPtr::new(ptr::null_mut()),
            owned: PhantomData,
        }
    }

    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        // ORDERING: pairs with the release in `set`: the value is there.
        let value = self.value.load(Ordering::Acquire);
        // SAFETY: null, or the pointer of an `Arc` that this owns until it is dropped, which
        // no reference to it outlives. It is never exchanged for another.
        unsafe { value.as_ref() }
    }

    /// Another reference to the value.
    pub(crate) fn share(&self) -> Option<Arc<T>> {
        let value = ptr::from_ref(self.get()?);
        // SAFETY: it came from `Arc::into_raw`, and this owns a strong reference, so the count
        // is at least one and may be raised for the new `Arc`.
        unsafe {
            Arc::increment_strong_count(value);
            Some(Arc::from_raw(value))
        }
    }

    /// Sets the value, unless there is one.
    pub(crate) fn set(&self, value: Arc<T>) {
        let value = Arc::into_raw(value).cast_mut();
        // ORDERING: released, whoever sees the pointer sees what is behind it.
        let set = self.value.compare_exchange(
            ptr::null_mut(),
            value,
            Ordering::Release,
            Ordering::Relaxed,
        );
        if set.is_err() {
            // SAFETY: it came from `Arc::into_raw` just above and is nowhere else.
            drop(unsafe { Arc::from_raw(value) });
        }
    }
}

impl<T> Default for SetOnce<T> {
    fn default() -> Self {
        SetOnce::new()
    }
}

impl<T> Drop for SetOnce<T> {
    fn drop(&mut self) {
        let value = self.value.load(Ordering::Relaxed);
        if !value.is_null() {
            // SAFETY: the strong reference from `Arc::into_raw` that this owned; nobody else
            // can look at it any more.
            drop(unsafe { Arc::from_raw(value) });
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for SetOnce<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("SetOnce").field(&self.get()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_stays_and_goes_with_its_last_owner() {
        let cell = SetOnce::new();
        assert!(cell.get().is_none() && cell.share().is_none());
        let (first, second) = (Arc::new(1), Arc::new(2));
        cell.set(Arc::clone(&first));
        cell.set(Arc::clone(&second));
        assert_eq!((cell.get(), Arc::strong_count(&second)), (Some(&1), 1));
        let shared = cell.share().expect("it is set");
        assert_eq!(Arc::strong_count(&first), 3);
        drop(cell);
        assert_eq!((*shared, Arc::strong_count(&first)), (1, 2));
    }
}
