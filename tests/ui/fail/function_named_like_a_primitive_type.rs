use memo::memoize;

#[memoize]
fn str(id: u64) -> String {
    id.to_string()
}

fn main() {
    str(1);
}
