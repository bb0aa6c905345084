use memo::memoize;

#[memoize(key = "user:{org}:{lnag.code}", skip(lang))]
fn load(org: &str, lang: Lang) -> String {
    format!("{org}{}", lang.code)
}

struct Lang {
    code: u8,
}

fn main() {}
