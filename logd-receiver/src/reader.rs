//! The receiver's one thread: reads the socket until it is empty, then waits for a datagram, a
//! command or the interval's end. Nothing it does waits for anybody else.

use std::io::Read;
use std::net::IpAddr;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{self, SyncSender, TryRecvError, TrySendError};
use std::time::{Duration, Instant, SystemTime};

use logd_runtime::wire::{MAX_DATAGRAM, Message, decode};

use crate::aggregate::{Aggregate, Refusal};
use crate::graphite::Shipper;
use crate::health::Health;
use crate::interval::Interval;
use crate::logfile::LogDir;
use crate::logline::LogLine;
use crate::receiver::{Command, Event};
use crate::socket::Socket;
use crate::time;

/// Datagrams read before commands and the clock are looked at.
const BATCH: usize = 256;

/// A flush goes on until nothing has come for this long: what another thread has just sent may
/// still be on its way through the loopback device.
const QUIET: Duration = Duration::from_millis(2);

/// Files are written out at least this often, also while the socket never rests.
const FILES: Duration = Duration::from_secs(1);

/// Memory for the log lines that one interval keeps.
const MAX_LOG_BYTES: usize = 64 * 1024 * 1024;

/// What the thread needs to know of the builder.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) interval: Option<Duration>,
    pub(crate) nominal_interval: Option<Duration>,
    pub(crate) threshold: f64,
    pub(crate) max_keys: usize,
    pub(crate) max_samples: usize,
    pub(crate) max_log_lines: usize,
}

#[derive(Debug)]
pub(crate) struct Reader {
    socket: Socket,
    woken: UnixStream,
    commands: mpsc::Receiver<Command>,
    settings: Settings,
    shipper: Option<Shipper>,
    log_dir: Option<LogDir>,
    events: Option<SyncSender<Event>>,
    aggregate: Aggregate,
    health: Health,
    logs: Vec<LogLine>,
    log_bytes: usize,
    deleted: Vec<String>,
    began: Instant,
    /// When the interval ends by the clock.
    due: Option<Instant>,
    files_due: Instant,
}

impl Reader {
    pub(crate) fn new(
        socket: Socket,
        woken: UnixStream,
        commands: mpsc::Receiver<Command>,
        settings: Settings,
        shipper: Option<Shipper>,
        log_dir: Option<LogDir>,
        events: Option<SyncSender<Event>>,
    ) -> Reader {
        let began = Instant::now();
        Reader {
            aggregate: Aggregate::new(settings.max_keys, settings.max_samples),
            due: settings.interval.map(|interval| began + interval),
            socket,
            woken,
            commands,
            settings,
            shipper,
            log_dir,
            events,
            health: Health::default(),
            logs: Vec::new(),
            log_bytes: 0,
            deleted: Vec::new(),
            began,
            files_due: began + FILES,
        }
    }

    pub(crate) fn run(mut self) {
        let mut buffer = vec![0; MAX_DATAGRAM + 1];
        loop {
            let read = self.read(&mut buffer, BATCH);
            match self.commands.try_recv() {
                Ok(Command::Snapshot(reply)) => {
                    self.drain(&mut buffer);
                    let _ = reply.send(self.summary());
                    continue;
                }
                Ok(Command::Flush(reply)) => {
                    self.drain(&mut buffer);
                    let interval = self.end_interval();
                    let _ = reply.send(interval);
                    continue;
                }
                Ok(Command::Stop(reply)) => {
                    self.socket.close();
                    self.drain(&mut buffer);
                    let _ = reply.send(self.end());
                    return;
                }
                Err(TryRecvError::Disconnected) => return,
                Err(TryRecvError::Empty) => {}
            }
            let now = Instant::now();
            if self.due.is_some_and(|due| now >= due) {
                let interval = self.end_interval();
                self.announce(interval);
                self.schedule(now);
            }
            let idle = read < BATCH;
            if idle || now >= self.files_due {
                self.write_files_out();
                self.files_due = now + FILES;
            }
            if idle {
                self.wait(self.due);
            }
        }
    }

    /// Reads up to `most` datagrams that are waiting; returns how many there were.
    fn read(&mut self, buffer: &mut [u8], most: usize) -> usize {
        for read in 0..most {
            let Some((len, from)) = self.socket.receive(buffer) else {
                return read;
            };
            self.take(&buffer[..len], from);
        }
        most
    }

    /// Reads what was in the queue when it was called. A queue that never empties is read as
    /// often as it can hold: what was in it is then read, because it is first in, first out.
    fn drain(&mut self, buffer: &mut [u8]) {
        let mut most = self.socket.capacity();
        loop {
            most -= self.read(buffer, most);
            if most == 0 || self.socket.is_closed() {
                return;
            }
            let began = Instant::now();
            self.wait(Some(began + QUIET));
            match self.read(buffer, most) {
                0 if began.elapsed() >= QUIET => return,
                read => most -= read,
            }
            if most == 0 {
                return;
            }
        }
    }

    fn wait(&mut self, until: Option<Instant>) {
        let timeout = until.map(|until| until.saturating_duration_since(Instant::now()));
        if crate::sys::wait(&self.socket, &self.woken, timeout).is_err() {
            // Out of kernel memory, most likely: not a reason to burn a processor as well.
            std::thread::sleep(QUIET);
        }
        while matches!(self.woken.read(&mut [0; 64]), Ok(read) if read > 0) {}
    }

    fn take(&mut self, datagram: &[u8], from: IpAddr) {
        self.health.datagrams += 1;
        let taken = match decode(datagram) {
            Ok(Message::Counter { key, value, rate }) => self.aggregate.counter(key, value, rate),
            Ok(Message::Meter { key, value }) => self.aggregate.meter(key, value),
            Ok(Message::Timer { key, value, rate }) => self.aggregate.timer(key, value, rate),
            Ok(Message::Log { path, fields }) => {
                let line = LogLine::new(path, fields, from);
                self.take_line(line);
                Ok(())
            }
            Ok(Message::Delete { path }) => {
                self.delete(path.into_owned());
                Ok(())
            }
            Ok(_) => {
                self.health.ignored += 1;
                Ok(())
            }
            Err(fault) => {
                self.health.bad.count(fault);
                Ok(())
            }
        };
        match taken {
            Ok(()) => {}
            Err(Refusal::BadKey) => self.health.bad.key += 1,
            Err(Refusal::TooManyKeys) => self.health.keys_refused += 1,
            Err(Refusal::TooManySamples) => self.health.samples_refused += 1,
        }
    }

    fn take_line(&mut self, line: LogLine) {
        if let Some(log_dir) = &mut self.log_dir
            && log_dir.write(&line.path, &line.to_json()).is_err()
        {
            self.health.log_files_failed += 1;
        }
        if let Some(events) = &self.events {
            if events.try_send(Event::Log(line)).is_err() {
                self.health.logs_dropped += 1;
            }
            return;
        }
        let bytes = line.size();
        if self.logs.len() < self.settings.max_log_lines && self.log_bytes + bytes <= MAX_LOG_BYTES
        {
            self.log_bytes += bytes;
            self.logs.push(line);
        } else {
            self.health.logs_dropped += 1;
        }
    }

    fn delete(&mut self, path: String) {
        if let Some(log_dir) = &mut self.log_dir
            && log_dir.delete(&path).is_err()
        {
            self.health.log_files_failed += 1;
        }
        if self.deleted.len() < self.settings.max_log_lines
            && self.log_bytes + path.len() <= MAX_LOG_BYTES
        {
            self.log_bytes += path.len();
            self.deleted.push(path);
        }
    }

    /// The running interval as it stands, without its logs.
    fn summary(&mut self) -> Interval {
        if let Some(lost) = self.socket.take_lost() {
            *self.health.lost.get_or_insert(0) += lost;
        }
        if let Some(shipper) = &self.shipper {
            shipper.report(&mut self.health);
        }
        let length = (self.settings.nominal_interval)
            .or(self.settings.interval)
            .unwrap_or_else(|| self.began.elapsed().max(Duration::from_millis(1)));
        Interval {
            ended: SystemTime::now(),
            length,
            threshold: self.settings.threshold,
            counters: self.aggregate.counters(length),
            meters: self.aggregate.meters(),
            timers: self.aggregate.timers(self.settings.threshold),
            logs: Vec::new(),
            deleted: Vec::new(),
            health: self.health.clone(),
        }
    }

    fn end_interval(&mut self) -> Interval {
        self.write_files_out();
        let mut interval = self.summary();
        interval.logs = std::mem::take(&mut self.logs);
        interval.deleted = std::mem::take(&mut self.deleted);
        self.log_bytes = 0;
        self.health = Health::default();
        self.aggregate.reset();
        self.began = Instant::now();
        if let Some(shipper) = &self.shipper {
            let timestamp = time::unix_seconds(interval.ended).round() as u64;
            shipper.send(interval.graphite_lines(timestamp));
        }
        interval
    }

    fn announce(&mut self, interval: Interval) {
        if let Some(events) = &self.events {
            match events.try_send(Event::Interval(Box::new(interval))) {
                Ok(()) => {}
                Err(TrySendError::Full(_)) => self.health.intervals_dropped += 1,
                Err(TrySendError::Disconnected(_)) => self.events = None,
            }
        }
    }

    /// The next end is a whole interval after the last one was due, so that no drift adds up;
    /// ends that were missed altogether are not made up for.
    fn schedule(&mut self, now: Instant) {
        if let (Some(due), Some(interval)) = (self.due, self.settings.interval) {
            let next = due + interval;
            self.due = Some(if next > now { next } else { now + interval });
        }
    }

    fn write_files_out(&mut self) {
        if let Some(log_dir) = &mut self.log_dir {
            self.health.log_files_failed += log_dir.flush();
        }
    }

    fn end(&mut self) -> Interval {
        let mut last = self.end_interval();
        if let Some(shipper) = &mut self.shipper {
            shipper.stop();
            shipper.report(&mut last.health);
        }
        last
    }
}
