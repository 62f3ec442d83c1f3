//! What a `tracing` span keeps for us while it lives: its fields, for the events in it, and
//! when it began.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use tracing_core::Metadata;
use tracing_core::callsite::Identifier;
use tracing_core::span::{Attributes, Record};
use tracing_subscriber::registry::ExtensionsMut;

use super::values::Values;
use crate::bridge::line::fields::{Content, Fields};
use crate::clock;
use crate::fork::PerProcess;
use crate::key;
use crate::record::Reading;

/// The fields of a span, with their last values.
#[derive(Debug, Default)]
pub(crate) struct SpanFields(Vec<(&'static str, Content)>);

impl SpanFields {
    pub(crate) fn of(attributes: &Attributes<'_>) -> SpanFields {
        let mut fields = SpanFields::default();
        attributes.record(&mut Values::new(|name, content, _| {
            fields.set(name, content);
        }));
        fields
    }

    pub(crate) fn of_record(values: &Record<'_>) -> SpanFields {
        let mut fields = SpanFields::default();
        values.record(&mut Values::new(|name, content, _| {
            fields.set(name, content);
        }));
        fields
    }

    pub(crate) fn update(&mut self, changed: SpanFields) {
        for (name, content) in changed.0 {
            self.set(name, content);
        }
    }

    fn set(&mut self, name: &'static str, content: Content) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = content,
            None => self.0.push((name, content)),
        }
    }

    /// Adds them to those of an event; where a name is taken, with the span's before it.
    pub(crate) fn add_to(&self, fields: &mut Fields, span: &str) {
        for (name, content) in &self.0 {
            if fields.has(name) {
                fields.add(&format!("{span}_{name}"), content.clone());
            } else {
                fields.add(name, content.clone());
            }
        }
    }
}

/// Which spans are timed, and under which keys.
pub(crate) struct Timings {
    filter: Box<dyn Fn(&Metadata<'_>) -> bool + Send + Sync>,
    keys: PerProcess<RwLock<HashMap<Identifier, Option<Arc<str>>>>>,
    /// Tells this layer's timings from those of another one on the same registry.
    layer: Arc<()>,
}

/// The timings of a span, one for each layer that wants it.
#[derive(Default)]
struct Running(Vec<Timing>);

/// A timing under way.
pub(crate) struct Timing {
    layer: Arc<()>,
    key: Arc<str>,
    started: u64,
}

impl Timings {
    pub(crate) fn new(filter: impl Fn(&Metadata<'_>) -> bool + Send + Sync + 'static) -> Self {
        Timings {
            filter: Box::new(filter),
            keys: PerProcess::new(),
            layer: Arc::default(),
        }
    }

    pub(crate) fn start(&self, metadata: &'static Metadata<'static>) -> Option<Timing> {
        Some(Timing {
            layer: Arc::clone(&self.layer),
            key: self.key(metadata)?,
            started: clock::now(),
        })
    }

    /// The key and the duration of a span that this layer timed.
    pub(crate) fn end(&self, extensions: &mut ExtensionsMut<'_>) -> Option<(Arc<str>, Reading)> {
        let running = &mut extensions.get_mut::<Running>()?.0;
        let own = running
            .iter()
            .position(|timing| Arc::ptr_eq(&timing.layer, &self.layer))?;
        let timing = running.swap_remove(own);
        let ticks = clock::now().saturating_sub(timing.started);
        Some((timing.key, Reading::ticks(ticks)))
    }

    /// The key of the spans of one place in the source; `None` when they are not timed.
    fn key(&self, metadata: &'static Metadata<'static>) -> Option<Arc<str>> {
        let place = metadata.callsite();
        let all = self.keys.get_or_init(|_| RwLock::default());
        let keys = all.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = keys.get(&place) {
            return key.clone();
        }
        drop(keys);
        // The filter is the program's own code: no lock is held meanwhile.
        let key = (self.filter)(metadata).then(|| key_of(metadata)).flatten();
        let mut keys = all.write().unwrap_or_else(PoisonError::into_inner);
        keys.entry(place).or_insert(key).clone()
    }
}

impl fmt::Debug for Timings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timings").finish_non_exhaustive()
    }
}

impl Timing {
    pub(crate) fn keep_in(self, extensions: &mut ExtensionsMut<'_>) {
        match extensions.get_mut::<Running>() {
            Some(running) => running.0.push(self),
            None => extensions.insert(Running(vec![self])),
        }
    }
}

fn key_of(metadata: &Metadata<'_>) -> Option<Arc<str>> {
    let path = key::derive(&format!("{}::{}", metadata.target(), metadata.name()));
    key::clean(&path).map(Arc::from)
}
