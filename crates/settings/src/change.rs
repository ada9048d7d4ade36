//! Actions of proposals as people read them: what changes, from which value to which, in
//! the units of the settings files.

use homeostat_client::{Action, Economy};
use schemars::JsonSchema;
use serde::Serialize;

use crate::actions;
use crate::human::exact_duration;
use crate::tokens::Tokens;

/// A field that an action changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Row {
    /// Its name, as in a proposal file.
    pub field: String,
    /// Value that the action expects; empty when it expects none.
    pub old: String,
    /// Value afterwards; empty when it is taken away.
    pub new: String,
}

/// An action, decoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Decoded {
    /// Its kind, as in a proposal file.
    pub kind: &'static str,
    /// What it is about: a parameter, a section, an index; empty when there is no choice.
    pub on: String,
    /// What changes.
    pub rows: Vec<Row>,
}

/// Decodes an action. `economy`, if it is known, tells what a rewired controller was.
pub fn decode(action: &Action, tokens: Tokens, economy: Option<&Economy>) -> Decoded {
    actions::show(action, tokens, economy)
}

impl core::fmt::Display for Decoded {
    /// `tune emission: setpoint 0.6 -> 0.59`; `-` stands for nothing.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.kind)?;
        if !self.on.is_empty() {
            write!(f, " {}", self.on)?;
        }
        fn shown(value: &str) -> String {
            let seconds = value.strip_suffix(" s").and_then(|text| text.parse().ok());
            match seconds {
                Some(seconds) => exact_duration(seconds),
                None if value.is_empty() => "-".to_owned(),
                None => value.to_owned(),
            }
        }
        for (index, row) in self.rows.iter().enumerate() {
            let between = if index == 0 { ": " } else { ", " };
            write!(f, "{between}{}", row.field)?;
            match (row.old.as_str(), row.new.as_str()) {
                ("", new) => write!(f, " {}", shown(new))?,
                (old, new) => write!(f, " {} -> {}", shown(old), shown(new))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hu2_a_time_in_a_proposal_is_shown_to_the_second() {
        // given a delay that is a second shorter than it looks
        let row = |old: &str, new: &str| Row {
            field: "critical".to_owned(),
            old: old.to_owned(),
            new: new.to_owned(),
        };
        let told = |row: Row| {
            let decoded = Decoded {
                kind: "delays",
                on: String::new(),
                rows: vec![row],
            };
            decoded.to_string()
        };
        assert_eq!(
            told(row("518400 s", "604799 s")),
            "delays: critical 6 d -> 6 d 23 h (604799 s)"
        );
        // and what is no time stays as it is
        assert_eq!(told(row("", "0.5")), "delays: critical 0.5");
        assert_eq!(told(row("0.5", "")), "delays: critical 0.5 -> -");
    }
}
