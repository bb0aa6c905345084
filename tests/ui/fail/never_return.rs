use memo::memoize;

#[memoize]
fn serve(port: u16) -> ! {
    panic!("{port}")
}

fn main() {}
