//! `cargo xtask check-invalidation`: the model of `tests/invalidation_model`, for longer than the gate has time for.

use crate::Outcome;
use crate::cargo::{cargo, finish};

/// What the model is run with.
struct Settings {
    seconds: u64,
    /// Made up where there is none, and printed.
    seed: Option<u64>,
}

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let settings = Settings::of(arguments)?;
    let mut command = cargo(&[
        "test",
        "--release",
        "--package",
        "memo",
        "--all-features",
        "--test",
        "invalidation_model",
        "--",
        "--nocapture",
        "--test-threads=1",
    ]);
    command.env("MEMO_MODEL_SECONDS", settings.seconds.to_string());
    if let Some(seed) = settings.seed {
        command.env("MEMO_MODEL_SEED", seed.to_string());
    }
    finish(&mut command)
}

impl Settings {
    fn of(arguments: &[String]) -> Result<Self, String> {
        let mut settings = Self {
            seconds: 60,
            seed: None,
        };
        for pair in arguments.chunks(2) {
            let [option, value] = pair else {
                return Err(format!("`{}` needs a number", pair[0]));
            };
            let number = value.parse();
            let number = number.map_err(|_| format!("`{value}` is not a number"))?;
            match option.as_str() {
                "--seconds" => settings.seconds = number,
                "--seed" => settings.seed = Some(number),
                other => return Err(format!("there is no option `{other}`")),
            }
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arguments: &[&str]) -> Result<(u64, Option<u64>), String> {
        let arguments = arguments.iter().map(|&argument| argument.to_owned());
        let settings = Settings::of(&arguments.collect::<Vec<_>>())?;
        Ok((settings.seconds, settings.seed))
    }

    #[test]
    fn a_minute_and_any_seed_are_the_default() {
        assert_eq!(of(&[]), Ok((60, None)));
        assert_eq!(of(&["--seed", "7"]), Ok((60, Some(7))));
        assert_eq!(of(&["--seed", "7", "--seconds", "5"]), Ok((5, Some(7))));
    }

    #[test]
    fn what_is_no_setting_is_refused() {
        assert!(of(&["--seconds"]).is_err());
        assert!(of(&["--seconds", "long"]).is_err());
        assert!(of(&["--minutes", "1"]).is_err());
    }
}
