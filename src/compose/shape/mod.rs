//! Phase: the types of the model.
//!
//! A [`Shape`] says what an attribute is; [`PROJECT`] says it of all of them.
//! [`decode`] brings every value into its type's canonical form (durations,
//! sizes, command words …); [`json`] and [`value`] write it as `docker compose config` does.
//! The attributes, their order and what is left out when empty are compose-go's.

mod decode;
mod print;
mod project;

pub use self::{
    decode::decode,
    print::{Format, json, raw_json, service_json, value},
    project::{PROJECT, SERVICE},
};

/// What an attribute is.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Text; left out when empty.
    Text,
    /// A boolean; left out when false.
    Bool,
    /// A boolean that may be unset.
    MaybeBool,
    /// A whole number; left out when 0.
    Int,
    /// A whole number that may be unset.
    MaybeInt,
    /// A number from 0 of so many bits, cut to them; left out when 0.
    Unsigned(u8),
    /// A number from 0 that may be unset.
    MaybeUnsigned,
    /// A number of single precision; left out when 0.
    Float,
    /// A number of processors, as number or text; left out when 0.
    Cpus,
    /// A number of bytes; left out when 0.
    Bytes,
    /// A duration; left out when 0.
    Duration,
    /// A duration that may be unset.
    MaybeDuration,
    /// A list of strings.
    Texts,
    /// A string or a list of strings.
    TextOrTexts,
    /// A list of strings and numbers.
    Numbers,
    /// Words of a command, or a string that is split into them; null when unset.
    Command,
    /// The command of a health check.
    HealthTest,
    /// `KEY=value`; no value is the empty one.
    Pairs,
    /// `KEY=value`; no value is none.
    Environment,
    /// Labels; no value is the empty one.
    Labels,
    /// Options for a driver.
    Options,
    /// Options that may be repeated.
    MultiOptions,
    /// Text by name.
    TextMap,
    /// Addresses by host.
    Hosts,
    /// Permissions, in octal.
    FileMode,
    /// A number of devices, or `all`.
    DeviceCount,
    /// SSH keys of a build.
    Ssh,
    /// One limit, or a soft and a hard one.
    Ulimit,
    /// An env file.
    EnvFile,
    /// Attributes; left out unless it is there.
    Struct(&'static Struct),
    /// Attributes that JSON prints even when there are none.
    Part(&'static Struct),
    /// A list.
    List(&'static Shape),
    /// Values by name.
    Map(&'static Shape),
}

/// A type with attributes.
#[derive(Debug)]
pub struct Struct {
    /// The attributes, in the order in which they are printed.
    pub fields: &'static [Field],
    /// Whether `x-` attributes are kept.
    pub extensions: bool,
}

/// An attribute.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What JSON calls it.
    pub json: &'static str,
    /// What it is.
    pub shape: Shape,
    /// Whether it is printed even when it says nothing.
    pub always: bool,
}

const fn field(name: &'static str, shape: Shape) -> Field {
    Field { name, json: name, shape, always: false }
}
