//! The servers and the proxy do what tests rely on.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use memo_testkit::servers::{
    Break, MemcachedServer, Proxy, RedisCluster, RedisSentinel, RedisServer,
};

const PING: &[u8] = b"PING\r\n";
const PONG: &[u8] = b"+PONG\r\n";

#[test]
fn a_redis_server_answers_and_its_restart_is_empty() {
    let server = RedisServer::start();
    assert_eq!(server.ask(&["SET", "name", "value"]), "OK");
    assert_eq!(server.ask(&["GET", "name"]), "value");
    server.restart();
    assert_eq!(server.ask(&["GET", "name"]), "nil");
}

#[test]
fn a_killed_server_refuses_connections_and_cuts_those_it_had() {
    for (address, kill, restart) in both() {
        let mut connection = connect(address);
        kill();
        assert!(matches!(connection.read(&mut [0]), Ok(0) | Err(_)));
        let refused = TcpStream::connect(address).expect_err("nobody listens");
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        restart();
        connect(address);
    }
}

#[test]
fn a_paused_server_is_silent_until_it_goes_on_and_can_be_killed() {
    let server = RedisServer::start();
    let mut connection = connect(server.address());
    server.pause();
    connection.write_all(PING).expect("the connection stands");
    assert!(is_silent(&connection));
    server.resume();
    assert_eq!(read(&mut connection, PONG.len()), PONG);
    server.pause();
    server.kill();
    server.restart();
    assert_eq!(server.ask(&["PING"]), "PONG");
}

#[test]
fn memcached_answers_at_its_port_and_at_its_socket() {
    let server = MemcachedServer::with(&["-I", "2m"]);
    let mut connection = connect(server.address());
    connection.write_all(b"mn\r\n").expect("it listens");
    assert_eq!(read(&mut connection, 4), b"MN\r\n");
    #[cfg(unix)]
    {
        let server = MemcachedServer::on_socket();
        let mut connection =
            std::os::unix::net::UnixStream::connect(server.socket_path()).expect("it listens");
        connection.write_all(b"mn\r\n").expect("it listens");
        let mut answer = [0; 4];
        connection.read_exact(&mut answer).expect("it answers");
        assert_eq!(&answer, b"MN\r\n");
    }
}

#[test]
fn a_server_with_a_password_starts() {
    let server = RedisServer::with(&["--requirepass", "secret"]);
    assert!(server.ask(&["GET", "name"]).starts_with("-NOAUTH"));
}

#[test]
fn what_a_server_says_against_its_arguments_is_shown() {
    let start = || RedisServer::with(&["--no-such-option", "1"]);
    let panic = std::panic::catch_unwind(start).expect_err("there is no such option");
    let message = panic.downcast_ref::<String>().expect("it says something");
    assert!(message.contains("no-such-option"), "{message}");
}

#[test]
fn a_cluster_is_ready_when_it_has_started() {
    let cluster = RedisCluster::start();
    let answers: Vec<String> = cluster
        .nodes()
        .iter()
        .map(|node| node.ask(&["SET", "name", "value"]))
        .collect();
    let moved = |answer: &&String| answer.starts_with("-MOVED");
    assert_eq!(answers.iter().filter(moved).count(), 2, "{answers:?}");
    cluster.nodes()[0].restart();
    cluster.wait_until_ready();
}

#[test]
fn a_replica_takes_over_when_the_master_is_gone() {
    let servers = RedisSentinel::start();
    let (master, replica) = (servers.master().address(), servers.replica().address());
    assert_ne!(master, replica);
    servers.fail_over();
    assert_eq!(servers.master().address(), replica);
    assert_eq!(servers.master().ask(&["SET", "name", "value"]), "OK");
}

/// Run by the test below, as a process that is killed.
#[test]
#[ignore = "waits to be killed"]
#[expect(clippy::print_stdout, reason = "whoever kills it reads where they are")]
fn starts_two_servers_and_waits() {
    let (redis, memcached) = (RedisServer::shared(), MemcachedServer::shared());
    redis.pause();
    println!("\nat {} and {}", redis.address(), memcached.address());
    thread::sleep(Duration::from_secs(60));
}

#[test]
fn servers_are_gone_when_their_process_is_killed() {
    let program = std::env::current_exe().expect("a test has a program");
    let mut process = Command::new(program)
        .args([
            "--ignored",
            "--nocapture",
            "--exact",
            "starts_two_servers_and_waits",
        ])
        .stdout(Stdio::piped())
        .stdin(Stdio::null())
        .spawn()
        .expect("this program can be started");
    let mut output = process.stdout.take().expect("it is piped");
    let mut said = String::new();
    let line = loop {
        let mut byte = [0];
        output.read_exact(&mut byte).expect("it says where");
        said.push(char::from(byte[0]));
        if let Some((_, line)) = said.split_once("at ")
            && let Some(line) = line.strip_suffix('\n')
        {
            break line.to_owned();
        }
    };
    process.kill().expect("it runs");
    process.wait().expect("it was started here");
    for address in line.split(" and ") {
        let address: SocketAddr = address.parse().expect("an address");
        let begin = Instant::now();
        while TcpStream::connect(address).is_ok() {
            assert!(begin.elapsed() < Duration::from_secs(10), "{address} lives");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

#[test]
fn all_passes_a_proxy_at_first() {
    let (_server, proxy, mut connection) = proxied();
    assert_eq!(ping(&mut connection), PONG);
    assert_eq!(proxy.connections(), 1);
    drop(connect(proxy.address()));
    assert_eq!(ping(&mut connect(proxy.address())), PONG);
    assert_eq!(proxy.connections(), 3);
}

#[test]
fn a_delayed_answer_comes_later() {
    let (_server, proxy, mut connection) = proxied();
    let delay = Duration::from_millis(200);
    proxy.set(Break::Delay(delay));
    let begin = Instant::now();
    assert_eq!(ping(&mut connection), PONG);
    assert!(begin.elapsed() >= delay);
    proxy.set(Break::Nothing);
    let is_quick = || {
        let begin = Instant::now();
        assert_eq!(ping(&mut connection), PONG);
        begin.elapsed() < delay
    };
    // A busy machine may be late as well, but not every time.
    assert!(
        std::iter::repeat_with(is_quick)
            .take(100)
            .any(|is_quick| is_quick)
    );
}

#[test]
fn a_reset_meets_open_and_new_connections() {
    let (_server, proxy, mut connection) = proxied();
    proxy.set(Break::Reset);
    for connection in [&mut connection, &mut connect(proxy.address())] {
        connection.write_all(PING).expect("the first word is taken");
        let reset = connection.read(&mut [0]).expect_err("it was reset");
        assert_eq!(reset.kind(), ErrorKind::ConnectionReset);
    }
    proxy.set(Break::Nothing);
    assert_eq!(ping(&mut connect(proxy.address())), PONG);
}

#[test]
fn a_client_that_waits_does_not_wait_for_ever_for_a_reset() {
    let (server, proxy, mut connection) = proxied();
    server.pause();
    connection.write_all(PING).expect("the connection stands");
    assert!(is_silent(&connection));
    proxy.set(Break::Reset);
    assert!(matches!(connection.read(&mut [0]), Ok(0) | Err(_)));
}

#[test]
fn a_half_closed_connection_takes_words_and_gives_none() {
    let (_server, proxy, mut connection) = proxied();
    proxy.set(Break::HalfClose);
    for connection in [&mut connection, &mut connect(proxy.address())] {
        assert_eq!(connection.read(&mut [0]).expect("it is closed"), 0);
        for _ in 0..3 {
            connection.write_all(PING).expect("this side is open");
            thread::sleep(Duration::from_millis(10));
        }
    }
    proxy.set(Break::Nothing);
    assert_eq!(ping(&mut connect(proxy.address())), PONG);
}

#[test]
fn a_black_hole_is_silent_and_ends_no_connection() {
    let (server, proxy, mut open) = proxied();
    proxy.set(Break::BlackHole);
    let mut new = connect(proxy.address());
    for connection in [&mut open, &mut new] {
        connection.write_all(PING).expect("the connection stands");
        assert!(is_silent(connection));
    }
    server.restart();
    assert!(is_silent(&new));
    proxy.set(Break::Nothing);
    assert_eq!(ping(&mut connect(proxy.address())), PONG);
}

#[test]
fn what_is_said_into_a_black_hole_passes_when_it_closes() {
    let (_server, proxy, mut connection) = proxied();
    proxy.set(Break::BlackHole);
    connection.write_all(PING).expect("the connection stands");
    assert!(is_silent(&connection));
    proxy.set(Break::Nothing);
    assert_eq!(read(&mut connection, PONG.len()), PONG);
}

#[test]
fn each_connection_is_cut_after_as_many_bytes() {
    let (_server, proxy, mut connection) = proxied();
    proxy.set(Break::CutAfter(10));
    for connection in [&mut connection, &mut connect(proxy.address())] {
        assert_eq!(ping(connection), PONG);
        connection.write_all(PING).expect("it is not cut yet");
        let mut rest = Vec::new();
        let _ = connection.read_to_end(&mut rest);
        assert_eq!(rest, b"+PO");
    }
}

#[test]
fn garbage_takes_the_place_of_what_the_server_says() {
    let (_server, proxy, mut connection) = proxied();
    proxy.set(Break::Garbage(b"?!\0".to_vec()));
    connection.write_all(PING).expect("the connection stands");
    assert_eq!(read(&mut connection, 3), b"?!\0");
}

#[test]
fn a_proxy_without_a_server_shows_clients_out() {
    let (server, proxy, mut connection) = proxied();
    server.kill();
    assert!(matches!(connection.read(&mut [0]), Ok(0) | Err(_)));
    let mut connection = connect(proxy.address());
    assert!(matches!(connection.read(&mut [0]), Ok(0) | Err(_)));
}

fn proxied() -> (RedisServer, Proxy, TcpStream) {
    let server = RedisServer::start();
    let proxy = Proxy::before(server.address());
    let mut connection = connect(proxy.address());
    assert_eq!(ping(&mut connection), PONG);
    (server, proxy, connection)
}

fn connect(address: SocketAddr) -> TcpStream {
    let connection = TcpStream::connect(address).expect("it listens");
    let patience = Some(Duration::from_secs(10));
    connection.set_read_timeout(patience).expect("not zero");
    connection
}

fn ping(connection: &mut TcpStream) -> Vec<u8> {
    connection.write_all(PING).expect("the connection stands");
    read(connection, PONG.len())
}

fn read(connection: &mut TcpStream, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    connection.read_exact(&mut bytes).expect("it answers");
    bytes
}

/// Whether nothing comes, and no end, for a moment.
fn is_silent(connection: &TcpStream) -> bool {
    let moment = Some(Duration::from_millis(100));
    connection.set_read_timeout(moment).expect("not zero");
    let peeked = connection.peek(&mut [0]);
    let patience = Some(Duration::from_secs(10));
    connection.set_read_timeout(patience).expect("not zero");
    peeked.is_err_and(|error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
}

type Do = Box<dyn Fn()>;

/// The address of a server of each kind, and how to kill and restart it.
fn both() -> [(SocketAddr, Do, Do); 2] {
    use std::rc::Rc;
    let redis = Rc::new(RedisServer::start());
    let memcached = Rc::new(MemcachedServer::start());
    let (redis_too, memcached_too) = (Rc::clone(&redis), Rc::clone(&memcached));
    [
        (
            redis.address(),
            Box::new(move || redis.kill()),
            Box::new(move || redis_too.restart()),
        ),
        (
            memcached.address(),
            Box::new(move || memcached.kill()),
            Box::new(move || memcached_too.restart()),
        ),
    ]
}
