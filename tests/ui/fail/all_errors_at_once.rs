use memo::memoize;

#[memoize(ttl = 60, key = "user:{di}", version = "2", local = true)]
fn load(id: u64) -> String {
    id.to_string()
}

/// The function is still there, so its callers add no errors.
fn caller() -> String {
    load(1)
}

fn main() {
    caller();
}
