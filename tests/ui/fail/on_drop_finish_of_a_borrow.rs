use memo::memoize_iter;

#[memoize_iter(on_drop = "finish")]
fn bytes(text: &str) -> impl Iterator<Item = u8> {
    text.bytes()
}

fn main() {}
