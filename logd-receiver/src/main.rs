//! The `logd` binary: a receiver for the terminal. It owns standard output and the signals;
//! everything else is the library's.

mod cli;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;

use logd_receiver::{Event, Interval, Receiver};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::cli::{Command, Listen, Options};

/// Lines and intervals that may wait for a slow terminal before they are dropped, and counted.
const EVENTS: usize = 10_000;

fn main() -> ExitCode {
    let options = match cli::parse(std::env::args_os()) {
        Ok(Command::Run(options)) => options,
        Ok(Command::Print(text)) => {
            // Nobody is left to be told that standard output is gone.
            let _ = writeln!(io::stdout(), "{text}");
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("logd: {message}\nTry `logd --help`.");
            return ExitCode::from(2);
        }
    };
    match run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprint!("logd: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprint!(": {error}");
                cause = error.source();
            }
            eprintln!();
            ExitCode::FAILURE
        }
    }
}

fn run(options: Options) -> Result<(), Box<dyn Error>> {
    // Before anything can be received: a signal from here on stops cleanly.
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let (events, coming) = mpsc::sync_channel(EVENTS);
    let mut builder = Receiver::builder()
        .interval(options.interval)
        .threshold(options.threshold)
        .events(events);
    if let Some(address) = &options.graphite {
        builder = builder.graphite(address);
    }
    if let Some(dir) = &options.log_dir {
        builder = builder.log_dir(dir);
    }
    let receiver = match options.listen {
        Listen::Udp(address) => builder.bind(address)?,
        Listen::Unix(path) => builder.bind_unix(path)?,
    };

    let printer = Printer { json: options.json };
    if printer.start(&receiver).is_err() {
        return Ok(());
    }
    let no_longer_printing = signals.handle();
    let printing = thread::Builder::new()
        .name("logd-print".into())
        .spawn(move || {
            for event in coming {
                if printer.event(&event).is_err() {
                    // Whoever read our output has gone. Ending the wait for signals ends us.
                    no_longer_printing.close();
                    return;
                }
            }
        })?;
    signals.forever().next();

    // Stopping closes the channel, so the thread prints what is still in it and ends.
    let last = receiver.stop();
    if printing.join().is_ok() {
        let _ = printer.interval(&last);
    }
    Ok(())
}

/// Writes to standard output, whole lines at a time.
#[derive(Clone, Copy)]
struct Printer {
    json: bool,
}

impl Printer {
    fn start(self, receiver: &Receiver) -> io::Result<()> {
        let address = receiver.address().to_string();
        print(&if self.json {
            // A path may have these; control characters the arguments do not let through.
            let address = address.replace('\\', "\\\\").replace('"', "\\\"");
            format!("{{\"type\":\"listening\",\"address\":\"{address}\"}}")
        } else {
            format!("logd listening on {address}")
        })
    }

    fn event(self, event: &Event) -> io::Result<()> {
        match event {
            Event::Log(line) if self.json => print(&line.to_event_json()),
            Event::Log(line) => print(&line.to_string()),
            Event::Interval(interval) => self.interval(interval),
            _ => Ok(()),
        }
    }

    fn interval(self, interval: &Interval) -> io::Result<()> {
        if self.json {
            print(&interval.to_json())
        } else {
            print(&format!("\n{interval}"))
        }
    }
}

fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}
