use memo::memoize;

fn configured() -> u64 {
    5
}

#[memoize(lock = 0)]
fn no_time(id: u64) -> u64 {
    id
}

#[memoize(lock = "never")]
fn no_end(id: u64) -> u64 {
    id
}

#[memoize(near)]
fn not_said(id: u64) -> u64 {
    id
}

#[memoize(near = configured())]
fn not_written_out(id: u64) -> u64 {
    id
}

fn main() {}
