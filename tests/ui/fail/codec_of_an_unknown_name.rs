use memo::memoize;

#[memoize(codec = "msgpak")]
fn load(id: u64) -> u64 {
    id
}

#[memoize(codec = "json")]
fn find(id: u64) -> u64 {
    id
}

fn main() {}
