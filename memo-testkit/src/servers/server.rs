//! What the servers have in common: a place on this machine, and being started, killed, paused.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use super::ports;
use super::process::Process;

/// A server that says nothing for so long will not start.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often other ports are tried, if they were taken in the meantime.
const TRIES: u32 = 5;

/// A kind of server.
#[derive(Debug)]
pub(super) struct Kind {
    /// Its program, as Debian calls it; the package's name as well.
    pub(super) program: &'static str,
    /// The environment variable that may name another program.
    pub(super) variable: &'static str,
    /// A question; its answer has the number of the server's process,
    pub(super) question: &'static str,
    /// which comes after this,
    pub(super) pid: &'static str,
    /// unless strangers get this answer.
    pub(super) refusal: &'static str,
}

/// Where a server is.
#[derive(Debug)]
pub(super) struct Place {
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// A second port, for whoever needs one.
    pub(super) other_port: u16,
    /// A directory of its own.
    pub(super) directory: PathBuf,
    /// Whether it listens at [`socket`](Self::socket) alone.
    pub(super) on_socket: bool,
}

/// A server, running or not.
#[derive(Debug)]
pub(super) struct Server {
    kind: &'static Kind,
    place: Place,
    arguments: Vec<String>,
    process: Mutex<Option<Process>>,
}

/// Why a server did not start.
enum Failure {
    Ended(String),
    Silent(String),
}

impl Server {
    /// Starts a server with the arguments for the place that it gets.
    pub(super) fn start(kind: &'static Kind, arguments: impl Fn(&Place) -> Vec<String>) -> Self {
        Self::start_at(kind, Place::new, arguments)
    }

    /// Starts a server at such a place.
    pub(super) fn start_at(
        kind: &'static Kind,
        place: impl Fn() -> Place,
        arguments: impl Fn(&Place) -> Vec<String>,
    ) -> Self {
        let mut tries = 0;
        loop {
            let place = place();
            let arguments = arguments(&place);
            tries += 1;
            match kind.launch(&place, &arguments) {
                Ok(process) => {
                    return Self {
                        kind,
                        place,
                        arguments,
                        process: Mutex::new(Some(process)),
                    };
                }
                Err(Failure::Ended(_)) if tries < TRIES && kind.is_there() => {}
                Err(failure) => panic!("{}", kind.complaint(&failure)),
            }
        }
    }

    /// Where it is.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// Kills it.
    pub(super) fn kill(&self) {
        self.signal("KILL");
    }

    /// Has it hang.
    pub(super) fn pause(&self) {
        if let Some(process) = self.process().as_mut() {
            process.stop();
        }
    }

    /// Has it go on.
    pub(super) fn resume(&self) {
        self.signal("CONT");
    }

    /// Starts it again where it was.
    pub(super) fn restart(&self) {
        let mut process = self.process();
        if let Some(process) = process.take() {
            process.leave();
        }
        let begin = Instant::now();
        *process = loop {
            match self.kind.launch(&self.place, &self.arguments) {
                Ok(process) => break Some(process),
                // Whoever listens at its port will go away.
                Err(Failure::Ended(_)) if begin.elapsed() < PATIENCE => {}
                Err(failure) => panic!("{}", self.kind.complaint(&failure)),
            }
        }
    }

    fn signal(&self, name: &str) {
        if let Some(process) = self.process().as_mut() {
            process.signal(name);
        }
    }

    fn process(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kind {
    fn launch(&self, place: &Place, arguments: &[String]) -> Result<Process, Failure> {
        let process = fs::create_dir_all(&place.directory)
            .and_then(|()| Process::start(&self.name(), arguments, &place.directory))
            .map_err(|error| Failure::Ended(error.to_string()))?;
        let begin = Instant::now();
        while !self.answers(place, process.pid()).unwrap_or(false) {
            if process.has_ended() {
                return Err(Failure::Ended(process.log()));
            }
            if begin.elapsed() > PATIENCE {
                return Err(Failure::Silent(process.log()));
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(process)
    }

    /// Whether the server that answers is this process, and not another one that was faster to take the port.
    fn answers(&self, place: &Place, pid: u32) -> io::Result<bool> {
        let mut connection = place.connect()?;
        connection.write_all(self.question.as_bytes())?;
        let expected = format!("{}{pid}\r\n", self.pid);
        let (mut answer, mut buffer) = (String::new(), [0; 4096]);
        loop {
            let read = connection.read(&mut buffer)?;
            answer.push_str(&String::from_utf8_lossy(&buffer[..read]));
            if answer.contains(&expected) || answer.starts_with(self.refusal) {
                return Ok(true);
            }
            if read == 0 {
                return Ok(false);
            }
        }
    }

    fn name(&self) -> String {
        env::var(self.variable).unwrap_or_else(|_| self.program.to_owned())
    }

    fn is_there(&self) -> bool {
        Command::new(self.name())
            .arg("--version")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok()
    }

    fn complaint(&self, failure: &Failure) -> String {
        let name = self.name();
        if !self.is_there() {
            return format!(
                "`{name}` is missing; on Debian: apt-get install {}",
                self.program
            );
        }
        match failure {
            Failure::Ended(log) => format!("`{name}` does not start:\n{log}"),
            Failure::Silent(log) => format!("`{name}` does not answer:\n{log}"),
        }
    }
}

/// What is asked of a connection here.
trait Talk: Read + Write {}

impl<T: Read + Write> Talk for T {}

impl Place {
    /// Free ports, and a new directory.
    pub(super) fn new() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free())),
            other_port: ports::free(),
            directory: new_directory(),
            on_socket: false,
        }
    }

    /// A place without a port.
    pub(super) fn on_socket() -> Self {
        Self {
            on_socket: true,
            ..Self::new()
        }
    }

    /// The path of its Unix socket.
    pub(super) fn socket(&self) -> PathBuf {
        self.directory.join("socket")
    }

    fn connect(&self) -> io::Result<Box<dyn Talk>> {
        let patience = Some(Duration::from_secs(1));
        if self.on_socket {
            return connect_to(&self.socket(), patience);
        }
        let connection = TcpStream::connect(self.address)?;
        connection.set_read_timeout(patience)?;
        Ok(Box::new(connection))
    }
}

#[cfg(unix)]
fn connect_to(socket: &Path, patience: Option<Duration>) -> io::Result<Box<dyn Talk>> {
    let connection = std::os::unix::net::UnixStream::connect(socket)?;
    connection.set_read_timeout(patience)?;
    Ok(Box::new(connection))
}

#[cfg(not(unix))]
fn connect_to(_: &Path, _: Option<Duration>) -> io::Result<Box<dyn Talk>> {
    Err(io::ErrorKind::Unsupported.into())
}

fn new_directory() -> PathBuf {
    static MADE: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("memo-test-{}-{number}", std::process::id());
        let directory = env::temp_dir().join(name);
        match fs::create_dir(&directory) {
            // What a process of the same number left behind.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => {
                made.expect("temporary directories can be made");
                return directory;
            }
        }
    }
}
