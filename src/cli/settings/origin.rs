//! Settings that know where they came from.

/// Where a setting came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A flag, `--tenant`.
    Flag(&'static str),
    /// The PATH arguments.
    Arguments,
    /// A variable.
    Environment(String),
    /// The project file.
    Project,
    /// Nobody said anything.
    Default,
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub origin: Origin,
}

impl<T> Setting<T> {
    /// A value with its origin.
    pub fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// The project file's value, else the default.
    pub fn project_or(value: Option<T>, default: T) -> Self {
        match value {
            Some(value) => Self::new(value, Origin::Project),
            None => Self::new(default, Origin::Default),
        }
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "flag {name}"),
            Self::Arguments => f.write_str("arguments"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Project => f.write_str("project file"),
            Self::Default => f.write_str("default"),
        }
    }
}
