use memo::{memoize, memoize_iter};

use std::future::Future;

macro_rules! function {
    ($(#[$attr:meta])* $name:ident($n:ident: $t:ty) -> $r:ty, $body:expr) => {
        $(#[$attr])*
        fn $name($n: $t) -> $r {
            $body
        }
    };
}

function!(#[memoize] write(n: &mut u64) -> u64, *n);
function!(#[memoize] each(n: u64) -> impl Iterator<Item = u64>, 0..n);
function!(#[memoize] later(n: u64) -> impl Future<Output = u64>, async move { n });
function!(#[memoize] parity(n: u64) -> &'static str, if n % 2 == 0 { "even" } else { "odd" });
function!(#[memoize] never(n: u64) -> !, panic!("{n}"));
function!(#[memoize_iter] all(n: u64) -> Result<Vec<u64>, u64>, Ok(vec![n]));

fn main() {}
