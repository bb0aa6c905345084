//! A process that ends with this one.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Runs a program, and sends it the signals that it reads. At the end of its input, which comes at the latest when this process ends,
/// however it ends, it kills the program and removes the program's directory.
///
/// It ignores the signals of a terminal, or the program would outlive both. The program alone holds the error output, so that its end is
/// the end of the program.
const KEEPER: &str = r#"
trap '' INT TERM HUP
directory=$1
shift
"$@" </dev/null >&2 &
exec 2>/dev/null
echo $!
while read -r word; do
    case $word in
    leave) directory= ;;
    KILL) kill -KILL $!; wait $! ;;
    *) kill -"$word" $! ;;
    esac
    echo done
done
kill -KILL $!
wait $!
[ -z "$directory" ] || rm -rf "$directory"
"#;

/// When so much of what a program said is kept, it is forgotten.
const LOG_BYTES: usize = 64 << 10;

/// A running program, in the care of a shell. Killed when it is dropped.
#[derive(Debug)]
pub(super) struct Process {
    keeper: Child,
    words: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    pid: u32,
    log: Arc<Mutex<Log>>,
}

/// What a program said, and whether it has ended.
#[derive(Debug, Default)]
struct Log {
    text: String,
    ended: bool,
}

impl Process {
    /// Starts a program. `directory` is removed after its end.
    pub(super) fn start(program: &str, arguments: &[String], directory: &Path) -> io::Result<Self> {
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "sh"])
            .arg(directory)
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let words = keeper.stdin.take();
        let mut answers = BufReader::new(keeper.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?);
        let log = Arc::new(Mutex::new(Log::default()));
        if let Some(output) = keeper.stderr.take() {
            let log = Arc::clone(&log);
            thread::spawn(move || follow(output, &log));
        }
        let mut line = String::new();
        answers.read_line(&mut line)?;
        let pid = line.trim().parse().map_err(io::Error::other)?;
        Ok(Self {
            keeper,
            words,
            answers,
            pid,
            log,
        })
    }

    /// The number of the program's process.
    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether the program has ended.
    pub(super) fn has_ended(&self) -> bool {
        lock(&self.log).ended
    }

    /// What the program said so far.
    pub(super) fn log(&self) -> String {
        lock(&self.log).text.clone()
    }

    /// Sends a signal; the program has ended when this returns from `KILL`.
    pub(super) fn signal(&mut self, name: &str) {
        self.tell(name).expect("the shell that keeps a server runs");
    }

    /// Stops the program. The signal reaches each of its threads in its own time: all stand when this returns, where the system tells.
    pub(super) fn stop(&mut self) {
        self.signal("STOP");
        while runs(self.pid) {
            thread::yield_now();
        }
    }

    /// Ends the program, and leaves its directory.
    pub(super) fn leave(mut self) {
        self.signal("leave");
    }

    fn tell(&mut self, word: &str) -> io::Result<()> {
        let words = self.words.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        writeln!(words, "{word}")?;
        self.answers.read_line(&mut String::new())?;
        Ok(())
    }
}

/// Whether any thread of a process runs, or would when it is woken.
fn runs(pid: u32) -> bool {
    let threads = fs::read_dir(format!("/proc/{pid}/task"));
    threads.into_iter().flatten().flatten().any(|thread| {
        let stat = fs::read_to_string(thread.path().join("stat"));
        stat.is_ok_and(|stat| !has_stopped(&stat))
    })
}

/// The state comes after the name, which is in parentheses and may have some (proc_pid_stat(5)): stopped, or ended.
fn has_stopped(stat: &str) -> bool {
    let state = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    state.starts_with(['T', 'Z', 'X'])
}

impl Drop for Process {
    fn drop(&mut self) {
        self.words = None;
        let _ = self.keeper.wait();
    }
}

/// Keeps the last of what a program says, until it ends.
fn follow(mut output: impl Read, log: &Mutex<Log>) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = output.read(&mut buffer) {
        let mut log = lock(log);
        if log.text.len() > LOG_BYTES {
            log.text.clear();
        }
        log.text.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
    lock(log).ended = true;
}

fn lock(log: &Mutex<Log>) -> MutexGuard<'_, Log> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}
