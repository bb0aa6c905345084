use memo::memoize_iter;

#[memoize_iter]
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ')
}

#[memoize_iter]
fn list(text: &str) -> Vec<&str> {
    text.split(' ').collect()
}

fn main() {}
