//! How a row of the table of actions is written, and what is made of it.

/// Makes the kinds of action, and how each is shown, from one row a kind:
///
/// ```text
/// "word" = Variant {
///     on field: CHOICE;               what it is about; one of a few that has to be named
///     pick field: CHOICE;             another such choice, which the shown rows name
///     set old => new: "key" | "more" as "name", UNIT, like "0.5", from present;
///                                     one value that has to be given, with the value in force
///     change old => new {
///         field: "key" as "name", UNIT;
///     } from present;                 values of which those that are not given stay
///     new field: "key" | "more" as "name", UNIT, like "1";
///                                     a value that replaces none
///     find field: "name" = present;   what only the chain says, and has to be found again
///     by module(subject): fields;     a module that reads and shows the rest
///     says "name": "before" => "after";
///                                     what happens, without any value to give
/// }
/// ```
///
/// The parts come in this order, each where it is needed. `insist "key"` lets a file say
/// which value it expects instead of the one in force. A variant without a row, a field of a
/// variant that is in no part, and a unit of another type than its field do not compile.
macro_rules! actions {
    (
        with $reader:ident;
        $(
            $word:literal = $variant:ident {
                $( on $subject:ident: $choice:expr; )?
                $( pick $picked:ident: $pick:expr; )?
                $( set $old:ident => $value:ident: $($key:literal)|+ as $name:expr,
                    $unit:expr, like $like:literal, from $present:expr
                    $(, insist $insist:literal)?; )?
                $( change $before:ident => $after:ident {
                    $( $place:ident: $part:literal $(as $alias:literal)?, $of:expr; )+
                } from $start:expr; )?
                $( new $fresh:ident: $($first:literal)|+ as $called:literal,
                    $kind:expr, like $example:literal; )*
                $( find $found:ident: $sought:literal = $source:expr; )?
                $( by $module:ident($about:ident): $seq:ident, $rest:ident; )?
                $( says $said:literal: $then:literal => $now:literal; )?
            }
        )*
    ) => {
        /// Every kind of action, in the order of the program's.
        pub(crate) const KINDS: &[Kind] = &[$(
            Kind {
                word: $word,
                keys: || {
                    let own: &[&'static str] = &[
                        $( stringify!($subject), )?
                        $( stringify!($picked), )?
                        $( $($key,)+ )?
                        $( $($part,)+ )?
                        $( $($first,)+ )*
                        $( $($insist,)? )?
                    ];
                    let keys = own.to_vec();
                    $( let keys = [keys, $module::keys()].concat(); )?
                    keys
                },
                read: |$reader| {
                    let _ = $reader;
                    $( let $subject = $choice.read($reader, stringify!($subject))?; )?
                    $( let $picked = $pick.read($reader, stringify!($picked))?; )?
                    $(
                        let $value = $reader.need(&$unit, &[$($key),+], $like)?;
                        let $old = $present;
                        $( let $old = $unit.read($reader, &[$insist])?.unwrap_or($old); )?
                    )?
                    $(
                        let $before = $start;
                        let mut $after = Clone::clone(&$before);
                        $(
                            if let Some(read) = $of.read($reader, &[$part])? {
                                $after.$place = read;
                            }
                        )+
                    )?
                    $( let $fresh = $reader.need(&$kind, &[$($first),+], $example)?; )*
                    $( let $found = $source; )?
                    $( let ($seq, $rest) = $module::read($reader, $about)?; )?
                    Ok(Action::$variant {
                        $($subject,)? $($picked,)? $($old, $value,)? $($before, $after,)?
                        $($fresh,)* $($found,)? $($seq, $rest,)?
                    })
                },
            },
        )*];

        /// What an action is about, and what it changes. `economy`, if it is known, tells
        /// what a rewired controller was.
        pub(crate) fn show(action: &Action, tokens: Tokens, economy: Option<&Economy>) -> Decoded {
            match action.clone() {
                $(
                    Action::$variant {
                        $($subject,)? $($picked,)? $($old, $value,)? $($before, $after,)?
                        $($fresh,)* $($found,)? $($seq, $rest,)?
                    } => {
                        let on: &[String] = &[$( $choice.shown(&$subject) )?];
                        let rows: &[Vec<Row>] = &[
                            $( $unit.rows(Change {
                                name: $name,
                                old: Some(&$old),
                                new: &$value,
                                tokens,
                            }), )?
                            $( differing(&[$(
                                $of.rows(Change {
                                    name: actions!(@last $part $($alias)?),
                                    old: Some(&$before.$place),
                                    new: &$after.$place,
                                    tokens,
                                }),
                            )+]), )?
                            $( $kind.rows(Change {
                                name: $called,
                                old: None,
                                new: &$fresh,
                                tokens,
                            }), )*
                            $( vec![Row {
                                field: $sought.to_owned(),
                                old: String::new(),
                                new: $found.to_string(),
                            }], )?
                            $( $module::rows(economy, tokens, $about, $seq, &$rest), )?
                            $( vec![Row {
                                field: $said.to_owned(),
                                old: $then.to_owned(),
                                new: $now.to_owned(),
                            }], )?
                        ];
                        Decoded { kind: $word, on: on.concat(), rows: rows.concat() }
                    }
                )*
            }
        }
    };
    (@last $part:literal) => { $part };
    (@last $part:literal $alias:literal) => { $alias };
}
