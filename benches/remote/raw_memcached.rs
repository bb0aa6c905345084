//! `mg` by hand, and postcard: the least that gets a value out of memcached.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::OwnedReadHalf;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use crate::record::{MOST, Record, Size};
use crate::{Outcome, awaiting, blocking};

/// A connection for each number, and so for each thread.
pub(crate) struct Blocking {
    connections: Vec<Mutex<BufReader<TcpStream>>>,
    requests: [String; MOST],
}

/// One connection for all: what is asked while something is being written is written at once, and answers come in the order of the questions.
#[derive(Clone)]
pub(crate) struct Awaiting {
    questions: UnboundedSender<(usize, oneshot::Sender<Vec<u8>>)>,
}

impl Blocking {
    pub(crate) fn connect(server: SocketAddr, size: Size) -> Outcome<Self> {
        let mut connections = Vec::new();
        for number in 0..MOST {
            let mut stream = TcpStream::connect(server)?;
            stream.set_nodelay(true)?;
            let bytes = postcard::to_allocvec(&Record::new(number, size))?;
            write!(stream, "ms raw:record:{number} {}\r\n", bytes.len())?;
            stream.write_all(&[&bytes[..], b"\r\n"].concat())?;
            let mut reader = BufReader::new(stream);
            let mut line = String::new();
            reader.read_line(&mut line)?;
            assert_eq!(line, "HD\r\n");
            connections.push(Mutex::new(reader));
        }
        let requests = requests();
        Ok(Self {
            connections,
            requests,
        })
    }

    fn fetch(&self, number: usize) -> io::Result<Vec<u8>> {
        let connection = self.connections[number].lock();
        let mut reader = connection.unwrap_or_else(PoisonError::into_inner);
        let request = self.requests[number].as_bytes();
        reader.get_mut().write_all(request)?;
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let mut value = vec![0; length(&line) + 2];
        reader.read_exact(&mut value)?;
        value.truncate(length(&line));
        Ok(value)
    }
}

impl blocking::Client for Blocking {
    fn get(&self, number: usize) -> Record {
        decoded(&self.fetch(number).expect("the server is there"))
    }
}

impl Awaiting {
    /// To values that [`Blocking`] has stored.
    pub(crate) async fn connect(server: SocketAddr) -> Outcome<Self> {
        let stream = tokio::net::TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        let (reader, mut writer) = stream.into_split();
        let (questions, mut asked) = unbounded_channel();
        let waiting = Arc::new(Mutex::new(VecDeque::new()));
        tokio::spawn(answer(
            tokio::io::BufReader::new(reader),
            Arc::clone(&waiting),
        ));
        let requests = requests();
        tokio::spawn(async move {
            while let Some(batch) = next_batch(&mut asked, &requests, &waiting).await {
                writer.write_all(&batch).await.expect("the server is there");
            }
        });
        Ok(Self { questions })
    }
}

type Waiting = Arc<Mutex<VecDeque<oneshot::Sender<Vec<u8>>>>>;

async fn next_batch(
    asked: &mut UnboundedReceiver<(usize, oneshot::Sender<Vec<u8>>)>,
    requests: &[String; MOST],
    waiting: &Waiting,
) -> Option<Vec<u8>> {
    let mut questions = Vec::new();
    if asked.recv_many(&mut questions, MOST).await == 0 {
        return None;
    }
    let mut batch = Vec::new();
    let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    for (number, answer) in questions {
        batch.extend_from_slice(requests[number].as_bytes());
        waiting.push_back(answer);
    }
    Some(batch)
}

async fn answer(mut reader: tokio::io::BufReader<OwnedReadHalf>, waiting: Waiting) {
    let mut line = String::new();
    loop {
        line.clear();
        if !matches!(reader.read_line(&mut line).await, Ok(1..)) {
            return;
        }
        let mut value = vec![0; length(&line) + 2];
        let read = reader.read_exact(&mut value).await;
        read.expect("the server is there");
        value.truncate(length(&line));
        let next = waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front();
        let next = next.expect("answers come to questions");
        // Whoever asked may have left.
        let _ = next.send(value);
    }
}

impl awaiting::Client for Awaiting {
    async fn get(&self, number: usize) -> Record {
        let (ours, answer) = oneshot::channel();
        self.questions
            .send((number, ours))
            .expect("the server is there");
        decoded(&answer.await.expect("the server is there"))
    }
}

fn requests() -> [String; MOST] {
    std::array::from_fn(|number| format!("mg raw:record:{number} v\r\n"))
}

/// Of `VA <length>`.
fn length(line: &str) -> usize {
    let length = line.strip_prefix("VA ").expect("the value is there");
    length.trim().parse().expect("a length")
}

fn decoded(bytes: &[u8]) -> Record {
    postcard::from_bytes(bytes).expect("it was encoded")
}
