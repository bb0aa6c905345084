//! As much of Redis' protocol as it takes to ask a server of a test (redis.io, "Redis serialization protocol specification", RESP2).

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// What the server answers to a command: the parts of the answer, one a line. An error begins with `-`.
pub(super) fn ask(server: SocketAddr, command: &[&str]) -> io::Result<String> {
    let mut connection = TcpStream::connect(server)?;
    connection.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut question = format!("*{}\r\n", command.len());
    for word in command {
        question.push_str(&format!("${}\r\n{word}\r\n", word.len()));
    }
    connection.write_all(question.as_bytes())?;
    let mut parts = Vec::new();
    read_parts(&mut BufReader::new(connection), &mut parts)?;
    Ok(parts.join("\n"))
}

fn read_parts(answer: &mut impl BufRead, parts: &mut Vec<String>) -> io::Result<()> {
    let mut line = String::new();
    answer.read_line(&mut line)?;
    let line = line.trim_end();
    let count = line.get(1..).and_then(|count| count.parse::<usize>().ok());
    match (line.as_bytes().first(), count) {
        (Some(b'*'), count) => {
            for _ in 0..count.unwrap_or(0) {
                read_parts(answer, parts)?;
            }
        }
        (Some(b'$'), Some(length)) => parts.push(read_bulk(answer, length)?),
        (Some(b'$'), None) => parts.push("nil".to_owned()),
        (Some(b'+' | b':'), _) => parts.push(line[1..].to_owned()),
        (Some(_), _) => parts.push(line.to_owned()),
        (None, _) => return Err(io::ErrorKind::UnexpectedEof.into()),
    }
    Ok(())
}

fn read_bulk(answer: &mut impl Read, length: usize) -> io::Result<String> {
    let mut bytes = Vec::new();
    answer.take(length as u64 + 2).read_to_end(&mut bytes)?;
    bytes.truncate(length);
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
