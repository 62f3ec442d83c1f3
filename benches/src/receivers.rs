//! Where datagrams go: a process that reads them, one that does so slowly or now and then, a
//! port where nobody listens, or a socket that is never read.

use std::io::Read;
use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How the other end behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    Healthy,
    Dead,
    Blocked,
    /// Reads a datagram a millisecond.
    Slow,
    /// Dies and comes back, some twenty times a second.
    Restarting,
}

impl Behaviour {
    /// Those that logd is compared with its peers at.
    pub const COMPARED: [Behaviour; 3] = [Behaviour::Healthy, Behaviour::Dead, Behaviour::Blocked];

    pub fn name(self) -> &'static str {
        match self {
            Behaviour::Healthy => "healthy",
            Behaviour::Dead => "dead",
            Behaviour::Blocked => "blocked",
            Behaviour::Slow => "slow",
            Behaviour::Restarting => "restarting",
        }
    }
}

/// The other end, as long as this lives.
pub struct Receiver {
    pub port: u16,
    reader: Option<Child>,
    _unread: Option<UdpSocket>,
}

impl Receiver {
    pub fn new(behaviour: Behaviour) -> Receiver {
        match behaviour {
            Behaviour::Healthy | Behaviour::Slow | Behaviour::Restarting => {
                Receiver::reading(behaviour)
            }
            Behaviour::Dead | Behaviour::Blocked => {
                let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
                Receiver {
                    port: socket.local_addr().expect("its address").port(),
                    reader: None,
                    _unread: (behaviour == Behaviour::Blocked).then_some(socket),
                }
            }
        }
    }

    /// In a process of its own, so that its work does not count as the sender's.
    fn reading(behaviour: Behaviour) -> Receiver {
        let mut reader = Command::new(std::env::current_exe().expect("this program"))
            .args(["read", behaviour.name()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let mut port = [0; 2];
        reader
            .stdout
            .as_mut()
            .expect("its output")
            .read_exact(&mut port)
            .expect("its port");
        Receiver {
            port: u16::from_le_bytes(port),
            reader: Some(reader),
            _unread: None,
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        if let Some(reader) = &mut self.reader {
            let _ = reader.kill();
            let _ = reader.wait();
        }
    }
}

/// The reading process: says its port and reads until its input ends.
pub fn read(behaviour: &str) {
    use std::io::Write;
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let address = socket.local_addr().expect("its address");
    let mut output = std::io::stdout();
    output
        .write_all(&address.port().to_le_bytes())
        .expect("a reader");
    output.flush().expect("a reader");
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    if behaviour == Behaviour::Restarting.name() {
        return read_now_and_then(socket);
    }
    let mut datagram = [0; 2048];
    loop {
        let _ = socket.recv(&mut datagram);
        if behaviour == Behaviour::Slow.name() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn read_now_and_then(socket: UdpSocket) {
    const TURN: Duration = Duration::from_millis(25);
    let address = socket.local_addr().expect("its address");
    let mut socket = Some(socket);
    loop {
        if let Some(socket) = socket.take().or_else(|| UdpSocket::bind(address).ok()) {
            socket.set_read_timeout(Some(TURN)).expect("a limit");
            let start = Instant::now();
            while start.elapsed() < TURN {
                let _ = socket.recv(&mut [0; 2048]);
            }
        }
        std::thread::sleep(TURN);
    }
}
