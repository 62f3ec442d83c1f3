//! The `tracing` facade: a layer whose events become log lines at the receiver, and, where it
//! is asked for, whose spans become timers.

mod spans;
mod values;

use std::time::Duration;

use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Event, Level, LevelFilter, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use self::spans::{SpanFields, Timings};
use super::line::draft::Draft;
use super::line::sink::{Settings, Sink};
use super::line::site::Site;
use super::line::traceback;
use crate::client::Client;
use crate::client::core::Change;
use crate::error::Error;
use crate::manual;
use crate::record::registry::Kind;

/// Sends the events of the [`tracing`](https://docs.rs/tracing) crate to logd, with the fields
/// of the spans that they are in; and the spans' durations, where it is asked to.
///
/// It is a layer like any other: put it beside one that prints, and give it a filter of its own
/// where [`level`](TracingLayerBuilder::level) is not enough. Events go into the client's bounded
/// queue ([`Builder::log_queue`](crate::Builder::log_queue)), and what finds no room is
/// counted in [`Stats`](crate::Stats). Flush at the end of the program, or keep the guard of
/// [`init`](crate::init), which does.
///
/// ```
/// use logd_runtime::TracingLayer;
/// use tracing_subscriber::prelude::*;
///
/// # fn main() -> Result<(), logd_runtime::Error> {
/// let _logd = logd_runtime::builder().host("127.0.0.1").port(8126).init()?;
/// let layer = TracingLayer::builder().path("shop.log").build()?;
/// tracing_subscriber::registry().with(layer).init();
/// # Ok(())
/// # }
/// ```
///
/// # What is sent
///
/// The fields are those of [`Logger`](https://docs.rs/logd-client/latest/logd/struct.Logger.html):
/// `path`, `name` (the event's target), `level` (`ERROR`, `WARNING`, `INFO`, `DEBUG` or
/// `TRACE`), `msg`, `time`, `pid`, `loc` (file, module and line) and, with an error among the
/// fields (`error = &e as &dyn Error`), `tb`: every error, followed by what caused it. And:
///
/// | field | what it is |
/// |---|---|
/// | `span` | the names of the spans that the event is in, from the outermost: `request:load` |
/// | the event's fields | each in a field of its own |
/// | the spans' fields | each in a field of its own, from the innermost span; where the name is taken, by the message itself too, with the span's name before it: `request_id` |
///
/// Numbers and truth values are sent as such, integers beyond 2^53 as text so that no digit is
/// lost, everything else as the text that it shows. A receiver cannot keep every name: dots become
/// `_`, and so does a `$` in front; a name that the message itself has gets `_` behind it. A field
/// of a span that is recorded again has its last value.
///
/// A record that is too long for a datagram is cut: the longest texts first, between two
/// characters, with a mark that says how much is missing (`… [34493 bytes cut]`); it counts in
/// [`Stats::cut`](crate::Stats::cut). Fields that then still find no room are left out from the
/// last one, and `fields_cut` says how many.
///
/// Events that come up while another one is made, by what it shows, or inside of a client are not
/// sent, so that nothing ever feeds itself: they count as [`Nested`](crate::DropReason::Nested).
/// What came through `tracing-log` has the target and the place of the `log` record.
#[derive(Debug)]
pub struct TracingLayer {
    sink: Sink,
    level: LevelFilter,
    backtrace: LevelFilter,
    timings: Option<Timings>,
}

impl TracingLayer {
    /// Starts the configuration of a layer.
    pub fn builder() -> TracingLayerBuilder {
        TracingLayerBuilder {
            settings: Settings::default(),
            level: LevelFilter::INFO,
            backtrace: LevelFilter::OFF,
            timings: None,
        }
    }

    fn describe<S>(&self, event: &Event<'_>, context: &Context<'_, S>, draft: &mut Draft)
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let level = *event.metadata().level();
        draft.level = name_of(level);
        // From the innermost.
        let spans: Vec<SpanRef<'_, S>> = context
            .event_scope(event)
            .map(Iterator::collect)
            .unwrap_or_default();
        draft.add_spans(spans.iter().rev().map(SpanRef::name));
        values::take_event(event, draft);
        for span in &spans {
            if let Some(fields) = span.extensions().get::<SpanFields>() {
                fields.add_to(&mut draft.fields, span.name());
            }
        }
        if level <= self.backtrace {
            traceback::add_backtrace(&mut draft.tb);
        }
    }
}

impl<S> Layer<S> for TracingLayer
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        // Not in `enabled`, which would speak for all layers.
        if *metadata.level() > self.level {
            return;
        }
        let level = metadata.level().as_str();
        let site = Site::new(metadata.file(), metadata.line(), level, metadata.target());
        self.sink
            .send(site, |draft| self.describe(event, &context, draft));
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        // What shows itself here is a program's own code: no lock is held meanwhile.
        let fields = SpanFields::of(attributes);
        let timings = self.timings.as_ref();
        let timing = timings.and_then(|timings| timings.start(attributes.metadata()));
        let mut extensions = span.extensions_mut();
        // Another layer of ours may have been here.
        if extensions.get_mut::<SpanFields>().is_none() {
            extensions.insert(fields);
        }
        if let Some(timing) = timing {
            timing.keep_in(&mut extensions);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let changed = SpanFields::of_record(values);
        if let Some(fields) = span.extensions_mut().get_mut::<SpanFields>() {
            fields.update(changed);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(timings) = &self.timings else { return };
        let Some(span) = context.span(&id) else {
            return;
        };
        let ended = timings.end(&mut span.extensions_mut());
        if let Some((key, reading)) = ended
            && let Some(core) = self.sink.reachable_core()
        {
            manual::record_by_name(&core, Kind::Timer, &key, Change::Time(reading));
        }
    }
}

/// Configures a [`TracingLayer`].
///
/// ```
/// use logd_runtime::{Client, TracingLayer};
/// use tracing_subscriber::filter::LevelFilter;
///
/// let client = Client::builder().host("127.0.0.1").port(8126).build()?;
/// let layer = TracingLayer::builder()
///     .path("shop.log")
///     .level(LevelFilter::DEBUG)
///     .timings(|span| span.target().starts_with("shop"))
///     .client(client)
///     .build()?;
/// # Ok::<(), logd_runtime::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing until `build()`"]
pub struct TracingLayerBuilder {
    settings: Settings,
    level: LevelFilter,
    backtrace: LevelFilter,
    timings: Option<Timings>,
}

impl TracingLayerBuilder {
    /// The log's name at the receiver, which keeps the lines of each path together. Without it
    /// that is what [`Config::discover`](crate::Config::discover) finds: `LOGD_PATH`, or the
    /// `path` of pylogd's files.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.settings.path = Some(path.into());
        self
    }

    /// The most verbose level of events that is sent, `INFO` by default. Other layers are not
    /// concerned, and neither are the spans.
    pub fn level(mut self, level: LevelFilter) -> Self {
        self.level = level;
        self
    }

    /// The client that sends the records and timings. Without it that is the current one: the
    /// global client, or the one whose [`Scope`](crate::Scope) an event is made in.
    ///
    /// The layer is then a handle of the client, and an installed one is never dropped: flush or
    /// shut down at the end of the program.
    pub fn client(mut self, client: Client) -> Self {
        self.settings.client = Some(client);
        self
    }

    /// Events up to this level carry the stack of their caller in `tb`: `ERROR` for errors
    /// only. `OFF` by default, since walking a stack takes far longer than all the rest.
    pub fn backtrace(mut self, level: LevelFilter) -> Self {
        self.backtrace = level;
        self
    }

    /// The most bytes of a record's datagram: what is longer is cut. By default the most that UDP
    /// carries, 65,507, which is sent in pieces where a network does not carry it whole, and lost
    /// with any of them. 1,432 get through unbroken everywhere.
    pub fn max_datagram(mut self, bytes: usize) -> Self {
        self.settings.max_datagram = Some(bytes);
        self
    }

    /// The most records that each place in the source may send in a time. There is no limit by
    /// default.
    ///
    /// Those beyond it count as [`RateLimited`](crate::DropReason::RateLimited), and the next
    /// record that is sent from there says in the field `suppressed` how many they were.
    pub fn rate_limit(mut self, records: u32, per: Duration) -> Self {
        self.settings.limit = Some((records, per));
        self
    }

    /// Times the spans that `filter` picks, none by default: from the span's creation until
    /// it is closed, that is until its last handle is gone, whether it is entered meanwhile or not.
    ///
    /// The timer's key is the span's target and name with dots, `shop.orders.checkout` for the span
    /// `checkout` in the module `shop::orders`; what no key can have becomes `_`. So there
    /// are as many keys as the source has spans. `filter` is asked once for each of them. Calls are
    /// added up as those of any other timer.
    pub fn timings(
        mut self,
        filter: impl Fn(&Metadata<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.timings = Some(Timings::new(filter));
        self
    }

    /// The layer, to be put on a registry.
    ///
    /// # Errors
    ///
    /// When there is no path, or one that would harm the receiver or fill half of a datagram; when
    /// the rate limit is 0, `max_datagram` is out of range, or the client's
    /// [`Format`](crate::Format) has no logs.
    pub fn build(self) -> Result<TracingLayer, Error> {
        Ok(TracingLayer {
            sink: self.settings.build()?,
            level: self.level,
            backtrace: self.backtrace,
            timings: self.timings,
        })
    }
}

/// The level as Python names it, which is how logd's users know it.
fn name_of(level: Level) -> &'static str {
    match level {
        Level::ERROR => "ERROR",
        Level::WARN => "WARNING",
        Level::INFO => "INFO",
        Level::DEBUG => "DEBUG",
        Level::TRACE => "TRACE",
    }
}
