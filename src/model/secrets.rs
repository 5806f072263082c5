//! Secrets that manifests name by the variables that hold them, and how one is told from another
//! without being kept.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::{ExposeSecret, SecretString};

use super::digest_of;

/// How often a fingerprint's hash is taken again, as OWASP asks for PBKDF2 with HMAC-SHA256: who
/// guesses pays for each guess.
const ROUNDS: NonZeroU32 = NonZeroU32::new(600_000).unwrap();

/// How many bytes a fingerprint has.
const LENGTH: usize = 16;

/// What stands in a secret's place where people may read it.
pub const MASK: &str = "***";

/// Values by the names of the variables that hold them. `Debug` shows the names.
#[derive(Clone, Default)]
pub struct Secrets(Arc<BTreeMap<String, SecretString>>);

impl Secrets {
    /// The value of a variable, where it is known.
    #[must_use]
    pub fn get(&self, variable: &str) -> Option<&SecretString> {
        self.0.get(variable)
    }

    /// By what the value of a variable is told from another; none where it is not known.
    ///
    /// The salt is no random one, so that the same plan made again has the same hash; it keeps
    /// apart what is used for different things. What makes guessing dear is the number of rounds.
    #[must_use]
    pub fn fingerprint(&self, variable: &str, salt: &str) -> Option<String> {
        Some(fingerprint(self.get(variable)?.expose_secret(), salt))
    }

    /// A text that others made, without any of the values.
    #[must_use]
    pub fn masked(&self, text: &str) -> String {
        let values = self.0.values().map(|value| value.expose_secret());
        let told = |text: String, value: &str| match value.is_empty() {
            true => text,
            false => text.replace(value, MASK),
        };
        values.fold(text.to_owned(), told)
    }
}

impl FromIterator<(String, SecretString)> for Secrets {
    fn from_iter<I: IntoIterator<Item = (String, SecretString)>>(values: I) -> Self {
        Self(Arc::new(values.into_iter().collect()))
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Fingerprints that were taken, by a digest of what they are of: many resources share one.
static TAKEN: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

fn fingerprint(secret: &str, salt: &str) -> String {
    let key = digest_of(format!("{}\0{salt}\0{secret}", salt.len()).as_bytes());
    let taken = || TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = taken().get(&key) {
        return known.clone();
    }
    let mut bytes = [0; LENGTH];
    let algorithm = ring::pbkdf2::PBKDF2_HMAC_SHA256;
    ring::pbkdf2::derive(algorithm, ROUNDS, salt.as_bytes(), secret.as_bytes(), &mut bytes);
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    taken().insert(key, text.clone());
    text
}

#[cfg(test)]
mod tests {
    use super::Secrets;

    fn secrets(values: &[(&str, &str)]) -> Secrets {
        values.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect()
    }

    #[test]
    fn a_fingerprint_tells_secret_and_use_apart() {
        let one = secrets(&[("A", "hunter2"), ("B", "hunter2"), ("C", "hunter3")]);
        let print = |name, salt| one.fingerprint(name, salt);
        // PBKDF2-HMAC-SHA256, 600,000 rounds, checked against Python's hashlib.
        assert_eq!(print("A", "salt").as_deref(), Some("9ec5fc8c034439d5f5d0f70d9153be87"));
        assert_eq!(print("A", "salt"), print("B", "salt"));
        assert_ne!(print("A", "salt"), print("C", "salt"));
        assert_ne!(print("A", "salt"), print("A", "pepper"));
        assert_eq!(print("D", "salt"), None);
    }

    #[test]
    fn values_are_shown_nowhere() {
        let one = secrets(&[("A", "hunter2"), ("E", "")]);
        assert_eq!(format!("{one:?}"), r#"{"A", "E"}"#);
        assert_eq!(one.masked("Bearer hunter2 is wrong"), "Bearer *** is wrong");
    }
}
