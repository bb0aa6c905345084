//! Durations as people write them: `"90s"`, `"1h30m"`, `"30d"`.

use crate::suggest;

/// Units from the largest to the smallest, in milliseconds.
const UNITS: [(&str, u64); 6] = [
    ("w", 7 * 24 * 60 * 60 * 1000),
    ("d", 24 * 60 * 60 * 1000),
    ("h", 60 * 60 * 1000),
    ("m", 60 * 1000),
    ("s", 1000),
    ("ms", 1),
];

/// Units that people write out, and the ones that are meant.
const SPELLED_OUT: [(&str, &str); 20] = [
    ("week", "w"),
    ("weeks", "w"),
    ("day", "d"),
    ("days", "d"),
    ("hour", "h"),
    ("hours", "h"),
    ("hr", "h"),
    ("hrs", "h"),
    ("min", "m"),
    ("mins", "m"),
    ("minute", "m"),
    ("minutes", "m"),
    ("sec", "s"),
    ("secs", "s"),
    ("second", "s"),
    ("seconds", "s"),
    ("msec", "ms"),
    ("millis", "ms"),
    ("millisecond", "ms"),
    ("milliseconds", "ms"),
];

/// The milliseconds in `text`: whole numbers with a unit, largest unit first, as in `"1h30m"`.
///
/// # Errors
///
/// What is wrong with `text` and what to write instead.
pub(crate) fn millis(text: &str) -> Result<u64, String> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err("an empty duration; write for example \"90s\", \"15m\" or \"30d\"".to_owned());
    }
    let (mut total, mut smallest) = (0_u64, u64::MAX);
    while !rest.is_empty() {
        let (number, unit, tail) = first_term(rest)?;
        if unit >= smallest {
            return Err(format!(
                "write each unit once, the largest first, as in \"1h30m\", not \"{text}\""
            ));
        }
        total = number
            .checked_mul(unit)
            .and_then(|term| total.checked_add(term))
            .ok_or_else(|| format!("\"{text}\" is too long to count; write \"never\""))?;
        (smallest, rest) = (unit, tail.trim_start());
    }
    Ok(total)
}

/// Splits `1h30m` into `1`, the milliseconds of `h`, and `30m`.
fn first_term(text: &str) -> Result<(u64, u64, &str), String> {
    let (digits, after) = split_where(text, |c| !c.is_ascii_digit());
    let (word, tail) = split_where(after.trim_start(), |c| !c.is_alphabetic());
    if digits.is_empty() || word.is_empty() && tail.starts_with('.') {
        return Err(format!(
            "`{text}` is not a whole number with a unit; \
             write for example \"90s\", \"1h30m\" or \"never\""
        ));
    }
    let number = digits
        .parse()
        .map_err(|_| format!("`{digits}` is too large; write \"never\""))?;
    Ok((number, unit(digits, word)?, tail))
}

/// The milliseconds of a unit.
fn unit(digits: &str, word: &str) -> Result<u64, String> {
    if word.is_empty() {
        return Err(format!(
            "`{digits}` has no unit; write \"{digits}s\" for seconds"
        ));
    }
    if let Some((_, millis)) = UNITS.iter().find(|(name, _)| *name == word) {
        return Ok(*millis);
    }
    let lower = word.to_lowercase();
    let meant = SPELLED_OUT
        .iter()
        .find(|(spelled, _)| *spelled == lower)
        .map(|(_, short)| *short);
    let meant = meant.or_else(|| suggest::nearest(&lower, UNITS.map(|(name, _)| name)));
    let hint = meant.map_or_else(String::new, |short| {
        format!("; did you mean \"{digits}{short}\"?")
    });
    Err(format!(
        "unknown unit `{word}`{hint} (units: w, d, h, m, s, ms)"
    ))
}

fn split_where(text: &str, stop: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(stop).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_known() {
        assert_eq!(millis("500ms"), Ok(500));
        assert_eq!(millis("90s"), Ok(90_000));
        assert_eq!(millis("15m"), Ok(900_000));
        assert_eq!(millis("12h"), Ok(43_200_000));
        assert_eq!(millis("30d"), Ok(2_592_000_000));
        assert_eq!(millis("2w"), Ok(1_209_600_000));
        assert_eq!(millis("0s"), Ok(0));
    }

    #[test]
    fn terms_add_up_from_the_largest() {
        assert_eq!(millis("1h30m"), Ok(5_400_000));
        assert_eq!(millis(" 1m 2s 3ms "), Ok(62_003));
        for disordered in ["30m1h", "1h1h"] {
            let error = millis(disordered).expect_err(disordered);
            assert!(error.contains("largest first"), "{error}");
        }
    }

    #[test]
    fn a_wrong_unit_is_named_with_the_right_one() {
        for (wrong, right) in [
            ("5min", "5m"),
            ("2hours", "2h"),
            ("7Days", "7d"),
            ("10S", "10s"),
            ("1secs", "1s"),
        ] {
            let error = millis(wrong).expect_err(wrong);
            assert!(
                error.contains(&format!("did you mean \"{right}\"")),
                "{error}"
            );
        }
        assert!(millis("300").expect_err("no unit").contains("\"300s\""));
        assert!(
            millis("3 fortnights")
                .expect_err("unknown")
                .contains("units: w, d, h, m, s, ms")
        );
    }

    #[test]
    fn hostile_text_is_an_error_and_never_a_panic() {
        let hostile = [
            "",
            " ",
            "s",
            "-1s",
            "1.5h",
            "99999999999999999999s",
            "18446744073709551615w",
            "1\u{661}s",
            "١s",
            "1s!",
            "1🦀",
            "\0",
            "1h\u{301}",
            "1µs",
            "0x10s",
            "1_000s",
            "１s",
            "1s1",
            "\u{202e}1s",
        ];
        for text in hostile {
            assert!(millis(text).is_err(), "{text:?}");
        }
    }
}
