use memo::memoize;

#[memoize]
fn load(id: u64, log: &mut Vec<u64>) -> u64 {
    log.push(id);
    id
}

fn main() {}
