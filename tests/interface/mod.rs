//! The program's interface as a whole: what holds for every instruction of the IDL.

mod clock;
mod exchange;
mod framework;
mod pauses;
mod stage;
mod table;
mod versions;

use serde_json::Value;

/// The IDL.
struct Interface(Value);

impl Interface {
    fn read() -> Self {
        let text = include_str!("../../idl/homeostat.json");
        Self(serde_json::from_str(text).expect("the IDL is JSON"))
    }

    fn instructions(&self) -> &[Value] {
        self.0["instructions"].as_array().expect("instructions")
    }

    /// Names of the instructions.
    fn names(&self) -> Vec<&str> {
        self.instructions().iter().map(name_of).collect()
    }

    /// Every account of every instruction, with the instruction's name.
    fn accounts(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.instructions().iter().flat_map(|one| {
            let accounts = one["accounts"].as_array().expect("accounts");
            accounts.iter().map(|account| (name_of(one), account))
        })
    }

    /// Names of an instruction's accounts, `remaining` for those after the named ones.
    fn accounts_of(&self, instruction: &str, count: usize) -> Vec<String> {
        let all = self.instructions();
        let found = all.iter().find(|one| name_of(one) == instruction);
        let found = found.unwrap_or_else(|| panic!("the IDL has no {instruction}"));
        let named = found["accounts"].as_array().expect("accounts");
        let named = named.iter().map(|account| name_of(account).to_owned());
        let remaining = core::iter::repeat_n("remaining".to_owned(), count);
        named.chain(remaining).take(count).collect()
    }

    /// What the IDL says of an account of an instruction; nothing of those after the named
    /// ones.
    fn account(&self, instruction: &str, account: &str) -> Option<&Value> {
        let all = self.accounts();
        let of_it = all.filter(|(name, _)| *name == instruction);
        let mut of_it = of_it.map(|(_, account)| account);
        of_it.find(|known| name_of(known) == account)
    }

    /// Whether an account's address is derived from seeds that the IDL knows.
    fn is_derived(&self, instruction: &str, account: &str) -> bool {
        let account = self.account(instruction, account);
        account.is_some_and(|account| account.get("pda").is_some())
    }
}

fn name_of(value: &Value) -> &str {
    value["name"].as_str().expect("a name")
}
