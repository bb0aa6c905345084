use memo::memoize;

#[memoize(expiraton = "15m")]
fn load(id: u64) -> u64 {
    id
}

#[memoize(ttl = 60)]
fn find(id: u64) -> u64 {
    id
}

fn main() {}
