use memo::memoize_iter;

#[memoize_iter]
fn rows(text: String) -> Result<impl Iterator<Item = u64>, std::num::ParseIntError> {
    Ok(0..text.parse()?)
}

fn main() {}
