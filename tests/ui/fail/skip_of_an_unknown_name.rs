use memo::memoize;

#[memoize(skip(lnag))]
fn load(id: u64, lang: &str) -> String {
    format!("{id}{lang}")
}

fn main() {}
