//! How values of the control law are encoded in accounts and instruction arguments.

use homeostat_control::{
    Direction, Flags, Fx, HoldReason, LatchReason, Prime, Ramp, Reference, Sampling,
};

use super::{settings, stored::StoredRamp};
use crate::state::number::Fixed;

/// A value of the control law in the form that an account or an argument has.
pub(super) trait Encoded<Law> {
    /// The encoded form of a value.
    fn encode(value: Law) -> Self;
    /// The value for the control law.
    fn decode(self) -> Law;
}

/// Types that are encoded as they are.
macro_rules! as_is {
    ($($Type:ty),*) => {$(
        impl Encoded<$Type> for $Type {
            fn encode(value: $Type) -> Self {
                value
            }

            fn decode(self) -> $Type {
                self
            }
        }
    )*};
}

as_is!(bool, u16, u32, u64, i64, Option<u64>);

/// Enums that are encoded as a number. A number that none of them has decodes as the last
/// variant, so that decoding an account cannot fail; the program itself writes no such number.
macro_rules! numbered {
    ($($Law:ident { $($variant:ident = $number:literal),* ; $last:ident = $highest:literal })*) => {$(
        impl Encoded<$Law> for u8 {
            fn encode(value: $Law) -> Self {
                match value {
                    $($Law::$variant => $number,)*
                    $Law::$last => $highest,
                }
            }

            fn decode(self) -> $Law {
                match self {
                    $($number => $Law::$variant,)*
                    _ => $Law::$last,
                }
            }
        }
    )*};
}

numbered! {
    Direction { Direct = 0; Reverse = 1 }
    Sampling { Mean = 0; Point = 1 }
    Prime { No = 0, Zero = 1; Solve = 2 }
    Reference { Absolute = 0, Given = 1; Average = 2 }
}

impl Encoded<bool> for u8 {
    fn encode(value: bool) -> Self {
        Self::from(value)
    }

    fn decode(self) -> bool {
        self != 0
    }
}

impl Encoded<HoldReason> for u8 {
    fn encode(value: HoldReason) -> Self {
        // The law declares the enum `repr(u8)`: the cast writes its number.
        value as Self
    }

    fn decode(self) -> HoldReason {
        HoldReason::from_number(self)
    }
}

/// 0 means that the guard is not latched.
impl Encoded<Option<LatchReason>> for u8 {
    fn encode(value: Option<LatchReason>) -> Self {
        value.map_or(0, LatchReason::number)
    }

    fn decode(self) -> Option<LatchReason> {
        LatchReason::from_number(self)
    }
}

impl Encoded<Flags> for u32 {
    fn encode(value: Flags) -> Self {
        value.0
    }

    fn decode(self) -> Flags {
        Flags(self)
    }
}

/// No slew limit is encoded as `u64::MAX`, far above the largest limit that validates.
impl Encoded<Option<u64>> for u64 {
    fn encode(value: Option<u64>) -> Self {
        value.unwrap_or(Self::MAX)
    }

    fn decode(self) -> Option<u64> {
        (self != Self::MAX).then_some(self)
    }
}

impl Encoded<Fx> for Fixed {
    fn encode(value: Fx) -> Self {
        value.into()
    }

    fn decode(self) -> Fx {
        self.get()
    }
}

impl Encoded<Ramp> for StoredRamp {
    fn encode(value: Ramp) -> Self {
        value.into()
    }

    fn decode(self) -> Ramp {
        self.into()
    }
}

impl Encoded<Fx> for settings::Q48 {
    fn encode(value: Fx) -> Self {
        value.to_bits()
    }

    fn decode(self) -> Fx {
        Fx::from_bits(self)
    }
}

/// An argument encodes the target of a ramp; decoded, it is a ramp that stays there.
impl Encoded<Ramp> for settings::Q48 {
    fn encode(value: Ramp) -> Self {
        value.to.to_bits()
    }

    fn decode(self) -> Ramp {
        Ramp::constant(Fx::from_bits(self))
    }
}

impl Encoded<Direction> for settings::Direction {
    fn encode(value: Direction) -> Self {
        match value {
            Direction::Direct => Self::Direct,
            Direction::Reverse => Self::Reverse,
        }
    }

    fn decode(self) -> Direction {
        match self {
            Self::Direct => Direction::Direct,
            Self::Reverse => Direction::Reverse,
        }
    }
}

/// Makes the stored form of a type of the control law.
///
/// `same` fields have the name that they have in the law and the encoding of
/// [`Encoded`]. `own` fields have no single counterpart there: each says its value. What
/// the law's type has beside the `same` fields is said after `into`. The order is the
/// layout of the account.
macro_rules! stored {
    (
        $(#[$doc:meta])*
        $Stored:ident, $size:literal bytes, from $law:ident: $Law:ident
        $(
            same { $($(#[$same_doc:meta])* $same:ident: $Same:tt,)* }
            own { $($(#[$own_doc:meta])* $own:ident: $Own:tt = $value:expr,)* }
        )*
        into $into:ident($stored:ident $(, $given:ident: $Given:ident)?) {
            $($field:ident: $back:expr,)*
        }
    ) => {
        $(#[$doc])*
        #[zero_copy]
        #[derive(Debug, Default, PartialEq, Eq)]
        pub struct $Stored {
            $(
                $($(#[$same_doc])* pub $same: $Same,)*
                $($(#[$own_doc])* pub $own: $Own,)*
            )*
        }

        const _: () = assert!(core::mem::size_of::<$Stored>() == $size);

        impl From<&$Law> for $Stored {
            fn from($law: &$Law) -> Self {
                Self {
                    $(
                        $($same: Encoded::encode($law.$same),)*
                        $($own: $value,)*
                    )*
                }
            }
        }

        impl $Stored {
            /// The value for the control law.
            pub fn $into(&self $(, $given: $Given)?) -> $Law {
                let $stored = self;
                $Law {
                    $($($same: $stored.$same.decode(),)*)*
                    $($field: $back,)*
                }
            }
        }
    };
}

pub(super) use stored;
