use memo::memoize;

#[memoize(key = "user:{id}")]
fn load(id: u64, lang: &str) -> String {
    format!("{id}{lang}")
}

#[memoize(key = [id])]
fn find(id: u64, lang: &str) -> String {
    format!("{id}{lang}")
}

fn main() {}
