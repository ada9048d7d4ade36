//! Answers and their committed schemas.

use serde_json::Value;

/// Compares an answer with the committed schema of its command.
pub fn check_schema(command: &str, answer: &Value) {
    let file = format!("{}/schemas/{command}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let schema: Value = serde_json::from_str(&text).expect("the schema is JSON");
    if let Err(error) = jsonschema::validate(&schema, answer) {
        panic!("{command}: {error}\n{answer:#}");
    }
}
