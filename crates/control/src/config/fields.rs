//! The list of a configuration's fields: one entry says a field's name, type, unit and
//! allowed range, and everything that needs the list is made from it.

/// The unit of a configured quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A choice between words.
    Word,
    /// Whole seconds.
    Seconds,
    /// Controller periods.
    Periods,
    /// A plain number: the unit of the measurement, or none.
    Plain,
    /// Parts per million of a fraction. Files that people write give the fraction.
    Ppm,
    /// A number of samples.
    Samples,
}

/// Makes the configuration struct and the enum that names its fields, so that no
/// field can be in one and not in the other.
///
/// An entry reads `name: Type as Variant, Unit, "allowed range";` below its
/// documentation. A field whose key in files differs from its name says so:
/// `name: Type as Variant = "word", …`.
macro_rules! fields {
    (@name $name:ident) => {
        stringify!($name)
    };
    (@name $name:ident $key:literal) => {
        $key
    };
    (
        $(#[$config_doc:meta])*
        struct $Config:ident;
        $(#[$field_doc:meta])*
        enum $Field:ident;
        $(
            $(#[$doc:meta])*
            $name:ident: $Type:ty as $Variant:ident $(= $key:literal)?, $Unit:ident, $allowed:literal;
        )*
    ) => {
        $(#[$config_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $Config {
            $(
                $(#[$doc])*
                pub $name: $Type,
            )*
        }

        $(#[$field_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum $Field {
            $(
                #[doc = concat!("[`", stringify!($Config), "::", stringify!($name), "`].")]
                $Variant,
            )*
        }

        impl $Field {
            /// Every field, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$Variant),*];

            /// The name that configuration files, reports and events use.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$Variant => fields!(@name $name $($key)?),)*
                }
            }

            /// The unit of the quantity.
            pub const fn unit(self) -> Unit {
                match self {
                    $(Self::$Variant => Unit::$Unit,)*
                }
            }

            /// The allowed range, for people.
            pub const fn allowed(self) -> &'static str {
                match self {
                    $(Self::$Variant => $allowed,)*
                }
            }
        }
    };
}

pub(crate) use fields;
