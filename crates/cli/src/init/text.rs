//! The economy file that answers come to, with the reason for each value.

use std::fmt::Write as _;

use homeostat_client::Pubkey;

use super::answers::{Answers, QUESTIONS};

/// Columns of a comment.
const WIDTH: usize = 96;

/// What a file without a council ends with.
const NO_COUNCIL: &str = "\n\
# Who decides. Without it the economy is a Draft that cannot go live: take the marks away, write\n\
# the addresses, and run `homeostat create-economy` again.\n\
# [council]\n\
# members = [\"<address>\", \"<address>\", \"<address>\"]\n\
# threshold = 2\n\
# guardian = \"<address>\"      # pauses and vetoes; no member\n";

/// The file.
pub(super) fn economy(answers: &Answers, mint: Option<&Pubkey>) -> String {
    let mut text = String::from("# An economy, written by `homeostat init`.\n#\n");
    let with = mint.map_or_else(|| "ADDRESS".to_owned(), Pubkey::to_string);
    comment(
        &mut text,
        &format!(
            "What it would do: `homeostat simulate --economy FILE`. On chain: `homeostat \
             create-economy FILE --mint {with}`, which makes a Draft that can be changed until it \
             goes live. examples/economy.toml has every key there is."
        ),
    );
    let mut table = "";
    for question in QUESTIONS {
        let value = answers.get(question.key);
        if value.is_empty() {
            continue;
        }
        if question.table != table {
            table = question.table;
            // Writing to a String cannot fail.
            let _ = writeln!(text, "\n[{table}]");
            if table == "forecast" {
                comment(
                    &mut text,
                    "What you expect. Limits, biases and gains that the file leaves open follow from \
                     it. Shares and rates are fractions, rates are a year's.",
                );
                text.push_str("#\n");
            }
        }
        comment(&mut text, question.why);
        let _ = writeln!(text, "{} = {value}", question.key);
    }
    if answers.get("members").is_empty() {
        text.push_str(NO_COUNCIL);
    }
    text
}

/// A comment, broken into lines.
fn comment(text: &mut String, sentence: &str) {
    let mut line = String::from("#");
    for word in sentence.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.push_str(&line);
            text.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    text.push_str(&line);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use homeostat_settings::economy_file::read_economy;

    use super::super::answers::{collect, Given};
    use super::super::ask::Asking;
    use super::*;

    fn written(given: &Given) -> String {
        economy(&collect(given, &mut Asking::usual()).unwrap(), None)
    }

    #[test]
    fn what_is_usual_is_an_economy_whose_targets_can_be_reached() {
        let text = written(&Given::new());
        let spec = read_economy(text.as_bytes(), "economy.toml").unwrap();
        assert_eq!(spec.findings, []);
        assert_eq!((spec.period, spec.council), (604_800, None));
        assert_eq!(spec.limits.hard_cap, 2 * spec.supply);
        // Every value has its reason above it, and no line is too long for a terminal.
        for (above, line) in text.lines().zip(text.lines().skip(1)) {
            if line.contains(" = ") && !line.starts_with('#') {
                assert!(above.starts_with("# "), "{line}");
            }
            assert!(line.chars().count() <= 120, "{line}");
        }
    }

    #[test]
    fn a_council_with_its_delays_is_read_as_it_was_answered() {
        let key = || Pubkey::new_unique().to_string();
        let members = [key(), key(), key()].join(",");
        let given = Given::from([
            ("members", members),
            ("guardian", key()),
            ("routine", "12h".to_owned()),
            ("hard_cap", "3,000,000,000".to_owned()),
        ]);
        let spec = read_economy(written(&given).as_bytes(), "economy.toml").unwrap();
        let council = spec.council.unwrap();
        assert_eq!((council.members.len(), council.threshold), (3, 2));
        assert_eq!(council.delays.unwrap().routine, 43_200);
        assert_eq!(spec.limits.hard_cap, 3_000_000_000_000_000);
    }

    #[test]
    fn targets_that_contradict_each_other_have_figures() {
        let given = Given::from([
            ("staked_share", "80 %".to_owned()),
            ("most_emission", "5 %".to_owned()),
        ]);
        let spec = read_economy(written(&given).as_bytes(), "economy.toml").unwrap();
        let failure = spec.require_reachable("answer otherwise").unwrap_err();
        assert_eq!(failure.code, "unreachable_target");
        assert!(failure.message.contains("80 % staked needs"), "{failure}");
    }
}
