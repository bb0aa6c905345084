use memo::memoize;

#[memoize(large_data, weigh = |page| page.len())]
fn page(id: u64) -> String {
    id.to_string()
}

#[memoize(encrypt, weigh = |name| name.len())]
fn name(id: u64) -> String {
    id.to_string()
}

fn main() {}
