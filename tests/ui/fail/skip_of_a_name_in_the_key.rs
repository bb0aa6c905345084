use memo::memoize;

#[memoize(key = "{id}:{lang}", skip(lang))]
fn load(id: u64, lang: &str) -> String {
    format!("{id}{lang}")
}

fn main() {}
