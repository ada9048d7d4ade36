//! Asking a person, one line at a time.

use std::io::{BufRead, Write};

use super::answers::Question;
use crate::failure::Failure;

/// Somebody who answers, or nobody: then everything is as usual.
pub(super) struct Asking<'a> {
    lines: Option<(&'a mut dyn BufRead, &'a mut dyn Write)>,
}

impl<'a> Asking<'a> {
    /// Nobody is asked.
    pub(super) fn usual() -> Self {
        Self { lines: None }
    }

    /// Asks on these lines.
    pub(super) fn on(input: &'a mut dyn BufRead, talk: &'a mut dyn Write) -> Self {
        Self {
            lines: Some((input, talk)),
        }
    }

    /// The answer to a question as TOML has it, `usual` where it is left open. A wrong one is asked
    /// again.
    ///
    /// # Errors
    ///
    /// `no_answer`: the lines have ended.
    pub(super) fn answer(&mut self, question: &Question, usual: &str) -> Result<String, Failure> {
        let Some((input, talk)) = &mut self.lines else {
            return question.read(usual);
        };
        loop {
            // Nobody to tell that nobody listens.
            let _ = write!(talk, "{} [{}] ", question.ask, shown(usual));
            let _ = talk.flush();
            let mut line = String::new();
            match input.read_line(&mut line) {
                Ok(count) if count > 0 => {}
                _ => {
                    return Err(Failure::new("no_answer", "the answers have ended")
                        .remedy("answer all questions, or add --yes; nothing was written"))
                }
            }
            let line = line.trim();
            let wanted = if line.is_empty() { usual } else { line };
            match question.read(wanted) {
                Ok(value) => return Ok(value),
                Err(failure) => {
                    let _ = writeln!(talk, "  {}; {}", failure.message, failure.remedy);
                }
            }
        }
    }
}

/// What an empty line stands for.
fn shown(usual: &str) -> &str {
    match usual {
        "" => "none",
        usual => usual,
    }
}

#[cfg(test)]
mod tests {
    use super::super::answers::{collect, Given};
    use super::*;

    #[test]
    fn an_empty_line_is_the_usual_and_a_wrong_answer_is_asked_again() {
        // Given somebody who names the economy, mistypes the mode, and leaves the rest open,
        let lines = format!("Our token\nmnt\nfunded\n{}", "\n".repeat(40));
        let (mut input, mut talk) = (lines.as_bytes(), Vec::new());
        let answers = collect(&Given::new(), &mut Asking::on(&mut input, &mut talk)).unwrap();
        // then the mistake is told with what can be written, and asked again;
        let talk = String::from_utf8(talk).unwrap();
        assert!(talk.contains("write mint or funded"), "{talk}");
        assert_eq!(
            talk.matches("Where do rewards come from").count(),
            2,
            "{talk}"
        );
        assert_eq!(answers.get("name"), "\"Our token\"");
        assert_eq!(answers.get("mode"), "\"funded\"");
        // and what was left open is as without anybody to ask.
        let usual = collect(&Given::new(), &mut Asking::usual()).unwrap();
        assert_eq!(answers.get("turnover"), usual.get("turnover"));
    }

    #[test]
    fn what_an_option_answers_is_not_asked_and_the_end_of_the_lines_is_told() {
        let given = Given::from([("name", "X".to_owned()), ("mode", "mint".to_owned())]);
        let (mut input, mut talk) = (&b""[..], Vec::new());
        let failure = collect(&given, &mut Asking::on(&mut input, &mut talk)).unwrap_err();
        assert_eq!(failure.code, "no_answer");
        let talk = String::from_utf8(talk).unwrap();
        assert!(!talk.contains("called"), "{talk}");
    }
}
