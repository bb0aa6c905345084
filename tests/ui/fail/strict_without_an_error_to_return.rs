use memo::memoize;

#[memoize(strict)]
fn load(id: u64) -> u64 {
    id
}

#[memoize(strict)]
fn load_or_say_why(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {}
