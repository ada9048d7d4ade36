//! Accounts and instructions of the program as lists of named values, read by the committed
//! interface description: nothing here knows a field by hand.

use std::{collections::BTreeMap, sync::LazyLock};

use homeostat_client::{decode::Decode, Pubkey};
use serde::Deserialize;
use serde_json::Value;

/// The interface description that `cargo xtask idl` keeps true.
const IDL: &str = include_str!("../../../idl/homeostat.json");

/// The type that stands for a 128-bit number.
const WIDE: &str = "U128";

#[derive(Deserialize)]
struct Idl {
    instructions: Vec<Call>,
    accounts: Vec<Named>,
    types: Vec<Type>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    discriminator: Vec<u8>,
}

#[derive(Deserialize)]
struct Call {
    name: String,
    discriminator: Vec<u8>,
    args: Vec<Value>,
}

#[derive(Deserialize)]
struct Type {
    name: String,
    #[serde(rename = "type")]
    body: Body,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    fields: Vec<Value>,
    #[serde(default)]
    variants: Vec<Variant>,
}

#[derive(Deserialize)]
struct Variant {
    name: String,
    #[serde(default)]
    fields: Vec<Value>,
}

/// What has a layout, and every type by name.
struct Layouts {
    instructions: Vec<Call>,
    accounts: Vec<Named>,
    types: BTreeMap<String, Body>,
}

static LAYOUTS: LazyLock<Option<Layouts>> = LazyLock::new(|| {
    let idl: Idl = serde_json::from_str(IDL).ok()?;
    let types = idl.types.into_iter().map(|one| (one.name, one.body));
    Some(Layouts {
        instructions: idl.instructions,
        accounts: idl.accounts,
        types: types.collect(),
    })
});

/// An account's type and its fields, in the order of its layout: dotted paths, and values
/// in the units of the program. `None` when it is no account of the program, or shorter
/// than its layout. Unused bytes are left out.
///
/// ```
/// use homeostat_settings::fields;
/// assert!(fields::read(&[0; 300]).is_none());
/// ```
pub fn read(data: &[u8]) -> Option<(&'static str, Vec<(String, String)>)> {
    let Layouts {
        accounts, types, ..
    } = LAYOUTS.as_ref()?;
    let account = accounts
        .iter()
        .find(|account| data.starts_with(&account.discriminator))?;
    let mut walk = Walk {
        types,
        rest: data.get(8..)?,
        out: Vec::new(),
    };
    walk.defined(&account.name, "")?;
    Some((account.name.as_str(), walk.out))
}

/// An instruction's name and its arguments, in the units of the program. `None` when it is no
/// instruction of the program. Lists and options are not read: what follows is told by its length.
pub fn instruction(data: &[u8]) -> Option<(&'static str, Vec<(String, String)>)> {
    let layouts = LAYOUTS.as_ref()?;
    let call = layouts
        .instructions
        .iter()
        .find(|call| data.starts_with(&call.discriminator))?;
    let mut walk = Walk {
        types: &layouts.types,
        rest: data.get(8..)?,
        out: Vec::new(),
    };
    for argument in &call.args {
        let name = argument.get("name")?.as_str()?;
        let before = (walk.rest, walk.out.len());
        if walk.value(argument.get("type")?, name).is_none() {
            walk.rest = before.0;
            walk.out.truncate(before.1);
            break;
        }
    }
    if !walk.rest.is_empty() {
        let bytes = format!("{} bytes", walk.rest.len());
        walk.out.push(("and".to_owned(), bytes));
    }
    Some((call.name.as_str(), walk.out))
}

/// The fields that differ: path, old, new. A field that only one of them has is empty in
/// the other.
pub fn difference(old: &[u8], new: &[u8]) -> Vec<(String, String, String)> {
    let list = |data: &[u8]| read(data).map(|(_, fields)| fields).unwrap_or_default();
    let (old, new) = (list(old), list(new));
    let before: BTreeMap<_, _> = old.iter().cloned().collect();
    let after: BTreeMap<_, _> = new.iter().cloned().collect();
    let gone = old.iter().filter(|(path, _)| !after.contains_key(path));
    new.iter()
        .chain(gone)
        .map(|(path, _)| {
            let value = |of: &BTreeMap<String, String>| of.get(path).cloned().unwrap_or_default();
            (path.clone(), value(&before), value(&after))
        })
        .filter(|(_, old, new)| old != new)
        .collect()
}

/// [`difference`] of two states of an account.
pub fn differing<T: Decode>(old: &T, new: &T) -> Vec<(String, String, String)> {
    let bytes = |state: &T| [T::DISCRIMINATOR, bytemuck::bytes_of(state)].concat();
    difference(&bytes(old), &bytes(new))
}

struct Walk<'a> {
    types: &'a BTreeMap<String, Body>,
    rest: &'a [u8],
    out: Vec<(String, String)>,
}

impl Walk<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*head)
    }

    fn put(&mut self, path: &str, value: impl ToString) -> Option<()> {
        if !path.split('.').any(|part| part.starts_with("reserved")) {
            self.out.push((path.to_owned(), value.to_string()));
        }
        Some(())
    }

    fn defined(&mut self, name: &str, path: &str) -> Option<()> {
        if name == WIDE {
            let bytes = self.take::<16>()?;
            return self.put(path, u128::from_le_bytes(bytes));
        }
        let body = self.types.get(name)?;
        if !body.variants.is_empty() {
            let [number] = self.take::<1>()?;
            let variant = body.variants.get(usize::from(number))?;
            return match variant.fields.is_empty() {
                true => self.put(path, &variant.name),
                false => None,
            };
        }
        for field in &body.fields {
            let name = field.get("name")?.as_str()?;
            let path = if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}.{name}")
            };
            self.value(field.get("type")?, &path)?;
        }
        Some(())
    }

    fn value(&mut self, kind: &Value, path: &str) -> Option<()> {
        match kind {
            Value::String(primitive) => self.primitive(primitive, path),
            Value::Object(kind) => {
                if let Some(defined) = kind.get("defined") {
                    return self.defined(defined.get("name")?.as_str()?, path);
                }
                let [of, count] = kind.get("array")?.as_array()?.as_slice() else {
                    return None;
                };
                let count = usize::try_from(count.as_u64()?).ok()?;
                if of == "u8" {
                    let (bytes, rest) = self.rest.split_at_checked(count)?;
                    self.rest = rest;
                    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                    return self.put(path, hex);
                }
                (0..count).try_for_each(|index| self.value(of, &format!("{path}.{index}")))
            }
            _ => None,
        }
    }

    fn primitive(&mut self, name: &str, path: &str) -> Option<()> {
        macro_rules! numbers {
            ($($number:ident),*) => {
                match name {
                    $(stringify!($number) => {
                        let bytes = self.take::<{ core::mem::size_of::<$number>() }>()?;
                        self.put(path, $number::from_le_bytes(bytes))
                    })*
                    "bool" => {
                        let [byte] = self.take::<1>()?;
                        self.put(path, byte != 0)
                    }
                    "pubkey" => {
                        let bytes = self.take::<32>()?;
                        self.put(path, Pubkey::new_from_array(bytes))
                    }
                    _ => None,
                }
            };
        }
        numbers!(u8, u16, u32, u64, u128, i8, i16, i32, i64, i128)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeostat_client::decode::Decode;
    use homeostat_client::{
        Ballot, Council, DecisionLog, Economy, Feed, Meter, Pool, Position, Proposal,
    };

    /// An account whose bytes count up, and how much of it the layout covers.
    fn covered<T: Decode>() -> (Vec<u8>, usize) {
        let mut data = T::DISCRIMINATOR.to_vec();
        // Each byte another.
        data.extend((0..core::mem::size_of::<T>()).map(|n| n as u8));
        let Layouts {
            accounts, types, ..
        } = LAYOUTS.as_ref().unwrap();
        let account = accounts
            .iter()
            .find(|account| data.starts_with(&account.discriminator))
            .unwrap();
        let mut walk = Walk {
            types,
            rest: &data[8..],
            out: Vec::new(),
        };
        walk.defined(&account.name, "").unwrap();
        let rest = walk.rest.len();
        (data, rest)
    }

    #[test]
    fn every_account_is_read_to_its_last_byte() {
        let left = [
            covered::<Economy>().1,
            covered::<Pool>().1,
            covered::<Position>().1,
            covered::<Meter>().1,
            covered::<Feed>().1,
            covered::<DecisionLog>().1,
            covered::<Council>().1,
            covered::<Proposal>().1,
            covered::<Ballot>().1,
        ];
        assert_eq!(left, [0; 9]);
    }

    #[test]
    fn values_are_the_structs() {
        let (data, _) = covered::<Position>();
        let position = Position::decode(&data).unwrap();
        let (name, fields) = read(&data).unwrap();
        assert_eq!(name, "Position");
        let value = |path: &str| {
            let found = fields.iter().find(|(known, _)| known == path);
            found.map(|(_, value)| value.clone()).unwrap()
        };
        assert_eq!(value("amount"), position.amount.to_string());
        assert_eq!(value("owner"), position.owner.to_string());
        assert!(fields.iter().all(|(path, _)| !path.contains("reserved")));
    }

    #[test]
    fn an_instruction_is_read_with_its_arguments() {
        use homeostat_client::{instruction as ix, EconomyAddresses};
        let [mint, creator, program] = [(); 3].map(|()| Pubkey::new_unique());
        let at = EconomyAddresses::new(&mint, &creator);
        let payment = ix::Payment {
            payer: creator,
            from: mint,
            to: mint,
            shard: 0,
            amount: 5_000_000,
            max_fee: 77,
        };
        let pay = ix::pay(&at, &program, &payment);
        let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let read = instruction(&pay.data).unwrap();
        let arguments = vec![own("amount", "5000000"), own("max_fee", "77")];
        assert_eq!(read, ("pay", arguments));
        // An enum by its name; what cannot be read by its length.
        let data = [&find("accept_role")[..], &[1]].concat();
        assert_eq!(
            instruction(&data).unwrap(),
            ("accept_role", vec![own("role", "Guardian")])
        );
        let data = [&find("propose")[..], &[7; 32], &[9; 5]].concat();
        let read = instruction(&data).unwrap();
        assert_eq!(read.0, "propose");
        assert_eq!(read.1[0], own("digest", &"07".repeat(32)));
        assert_eq!(read.1[1], own("and", "5 bytes"));
        assert_eq!(instruction(&[0; 40]), None);
    }

    /// The discriminator of an instruction.
    fn find(name: &str) -> [u8; 8] {
        let calls = &LAYOUTS.as_ref().unwrap().instructions;
        let call = calls.iter().find(|call| call.name == name).unwrap();
        call.discriminator[..8].try_into().unwrap()
    }

    #[test]
    fn only_what_differs_is_told() {
        let (old, _) = covered::<Meter>();
        let mut meter = Meter::decode(&old).unwrap();
        meter.bump ^= 1;
        let mut new = old[..8].to_vec();
        new.extend_from_slice(bytemuck::bytes_of(&meter));
        let changed = difference(&old, &new);
        assert_eq!(changed.len(), 1);
        assert_eq!(changed[0].0, "bump");
        // A new account is all new.
        assert!(difference(&[], &old)
            .iter()
            .all(|(_, old, _)| old.is_empty()));
    }
}
