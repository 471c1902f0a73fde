//! One key of the configuration: everything that is known of it. The macros turn the tables of `keys.rs` into structs,
//! their defaults and lists of keys.

use super::form::Raw;

/// A key that sets a field of a `T`.
#[derive(Debug)]
pub(super) struct Key<T: 'static> {
    /// The full name: levels joined by dots.
    pub(super) name: &'static str,
    /// The lines of the description, which are the doc comment of the field.
    pub(super) doc: &'static [&'static str],
    /// Reads a value into the field, or says what would fit.
    pub(super) read: fn(&mut T, &Raw<'_>) -> Result<(), String>,
    /// Tells whether two `T` have the same value.
    pub(super) same: fn(&T, &T) -> bool,
    /// Copies the value of the second to the first.
    pub(super) copy: fn(&mut T, &T),
    /// The values that fit.
    pub(super) wanted: fn() -> String,
    /// The JSON Schema of a value, without a description.
    pub(super) schema: fn() -> serde_json::Value,
    /// The default as TOML; `None` where there is no value unless one is written.
    pub(super) default: fn() -> Option<String>,
    /// A value to show where there is no default.
    pub(super) example: Option<&'static str>,
    /// The name that the key had before. It is still read, with a warning.
    pub(super) was: Option<&'static str>,
    /// A new value takes a restart; a reload keeps the old one.
    pub(super) restart: bool,
    /// A new value begins a new pool of connections to the upstream; a reload keeps the pool otherwise.
    pub(super) new_pool: bool,
    /// The value may be a secret, or be mistaken for one. No message repeats it.
    pub(super) secret: bool,
}

/// The flags that may stand behind the form of a key.
impl<T> Key<T> {
    pub(super) const fn like(self, example: &'static str) -> Self {
        Key { example: Some(example), ..self }
    }

    pub(super) const fn was(self, name: &'static str) -> Self {
        Key { was: Some(name), ..self }
    }

    pub(super) const fn restart(self) -> Self {
        Key { restart: true, ..self }
    }

    pub(super) const fn new_pool(self) -> Self {
        Key { new_pool: true, ..self }
    }

    pub(super) const fn secret(self) -> Self {
        Key { secret: true, ..self }
    }
}

impl<T> Key<T> {
    /// The full name that the key had before.
    pub(super) fn old_name(&self) -> Option<String> {
        let (table, _) = self.name.rsplit_once('.')?;
        self.was.map(|was| format!("{table}.{was}"))
    }

    /// The paragraphs of the description, each on one line. The first is the summary.
    pub(super) fn paragraphs(&self) -> Vec<String> {
        let paragraphs = self.doc.split(|line| line.is_empty());
        let joined = |lines: &[&str]| lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
        paragraphs.map(joined).collect()
    }
}

/// Makes a [`Key`] of what `keys.rs` says of it.
macro_rules! key {
    (
        $Target:ty, $name:expr, [$($field:tt)+], [$($doc:literal)+], $form:expr, [$($default:expr)?],
        [$($flag:ident($($value:literal)?))*]
    ) => {
        Key::<$Target> {
            name: $name,
            doc: &[$($doc),+],
            read: |target, raw| {
                target.$($field)+ = $form.read(raw)?.into();
                Ok(())
            },
            same: |one, other| one.$($field)+ == other.$($field)+,
            copy: |target, source| target.$($field)+.clone_from(&source.$($field)+),
            wanted: || $form.wanted(),
            schema: || $form.schema(),
            default: || written!($form $(, $default)?),
            example: None,
            was: None,
            restart: false,
            new_pool: false,
            secret: false,
        }
        $(.$flag($($value)?))*
    };
}

/// The value of a field that nobody sets.
macro_rules! unset {
    () => {
        Default::default()
    };
    ($default:expr) => {
        $default
    };
}

/// The default of a key as TOML.
macro_rules! written {
    ($form:expr) => {
        None
    };
    ($form:expr, $default:expr) => {
        Some($form.write(&$default))
    };
}

/// Makes [`Config`](super::Config), a struct for each table with its defaults, and the list of all keys.
macro_rules! tables {
    ($(
        $(#[doc = $about:literal])+
        $table:ident: $Table:ident {$(
            $(#[doc = $doc:literal])+
            $key:ident: $type:ty $(= $default:expr)?, $form:expr $(, $flag:ident($($value:literal)?))*;
        )+}
    )+) => {
        $(
            $(#[doc = $about])+
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct $Table {$(
                $(#[doc = $doc])+
                pub $key: $type,
            )+}

            impl Default for $Table {
                fn default() -> Self {
                    $Table { $($key: unset!($($default)?),)+ }
                }
            }
        )+

        /// The configuration, checked and ready to use.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct Config {
            $(
                $(#[doc = $about])+
                pub $table: $Table,
            )+
            /// Clients that cannot send the version header, in the order of the file.
            pub clients: Vec<Client>,
            /// Versions that are being retired, in the order of the file.
            pub versions: Vec<Retirement>,
            /// The places where the keys were written, for errors that are found later.
            pub origins: Origins,
        }

        /// Every key, `[[client]]` and `[[version]]` aside.
        pub(super) const KEYS: &[Key<Config>] = &[$($(
            key!(
                Config, concat!(stringify!($table), ".", stringify!($key)), [$table.$key], [$($doc)+], $form,
                [$($default)?], [$($flag($($value)?))*]
            ),
        )+)+];

        /// Every table with the lines of its description.
        pub(super) const TABLES: &[(&str, &[&str])] = &[$((stringify!($table), &[$($about),+]),)+];
    };
}

/// Makes a struct for a `[[name]]` as it is written, and the list of its keys.
macro_rules! items {
    (
        $(#[doc = $about:literal])+
        $KEYS:ident, $ABOUT:ident: $Item:ident {$(
            $(#[doc = $doc:literal])+
            $key:ident: $type:ty, $form:expr $(, $flag:ident($($value:literal)?))*;
        )+}
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub(super) struct $Item {$(
            $(#[doc = $doc])+
            pub(super) $key: $type,
        )+}

        /// The description of such a table.
        pub(super) const $ABOUT: &[&str] = &[$($about),+];

        /// The keys of such a table.
        pub(super) const $KEYS: &[Key<$Item>] = &[$(
            key!($Item, stringify!($key), [$key], [$($doc)+], $form, [], [$($flag($($value)?))*]),
        )+];
    };
}

pub(super) use {items, key, tables, unset, written};
