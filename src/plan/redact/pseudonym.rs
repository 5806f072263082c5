//! Pseudonyms: the same for one key, one tenant and one person, on every machine.

use ring::hmac;
use secrecy::{ExposeSecret as _, SecretString};

use crate::facts::PEOPLE;

/// How many letters a pseudonym has: 60 bits. Of ten thousand people two have the same one once in
/// twenty thousand million keys; they are then told as one, in what nobody can apply.
const LETTERS: u32 = 12;
/// Base32, as RFC 4648 has it, in small letters.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Makes pseudonyms for the people of one tenant.
pub(super) struct Pseudonyms {
    key: hmac::Key,
    tenant: String,
}

impl Pseudonyms {
    /// With a key, without which nobody can try who is meant; for the tenant of this url.
    pub(super) fn new(key: &SecretString, tenant: &str) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret().as_bytes());
        Self { key, tenant: tenant.to_owned() }
    }

    /// What stands for the person that has this segment in addresses.
    pub(super) fn person(&self, segment: &str) -> String {
        self.of(PEOPLE, segment)
    }

    /// What stands for the tenant's id of something that a person is part of.
    pub(super) fn id(&self, id: &str) -> String {
        self.of("id", id)
    }

    /// What stands for a text of which nobody knows who is meant.
    pub(super) fn unknown(&self, text: &str) -> String {
        self.of("somebody", text)
    }

    fn of(&self, what: &str, text: &str) -> String {
        let mut signing = hmac::Context::with_key(&self.key);
        // The lengths keep apart what would be the same side by side.
        for part in [what, &self.tenant, text] {
            signing.update(&(part.len() as u64).to_be_bytes());
            signing.update(part.as_bytes());
        }
        let tag = signing.sign();
        let bits = tag.as_ref().iter().take(8).fold(0, |bits, byte| (bits << 8) | u64::from(*byte));
        let letter = |index: u32| {
            let five = bits >> (64 - 5 * (index + 1)) & 31;
            char::from(ALPHABET[usize::try_from(five).unwrap_or_default()])
        };
        let letters: String = (0..LETTERS).map(letter).collect();
        format!("{what}-{letters}")
    }
}

#[cfg(test)]
mod tests {
    use super::Pseudonyms;

    #[test]
    fn a_pseudonym_depends_on_key_tenant_and_person_alone() {
        let of = |key: &str, tenant: &str, person: &str| {
            Pseudonyms::new(&key.into(), tenant).person(person)
        };
        let base = of("0123456789abcdef", "https://t", "u-1");
        // Made by hand with Python's hmac, hashlib and base64.
        assert_eq!(base, "agent-6d5h7ei4mt6t");
        assert_eq!(base, of("0123456789abcdef", "https://t", "u-1"));
        assert_ne!(base, of("0123456789abcdeg", "https://t", "u-1"));
        assert_ne!(base, of("0123456789abcdef", "https://u", "u-1"));
        assert_ne!(base, of("0123456789abcdef", "https://t", "u-2"));
        let one = Pseudonyms::new(&"0123456789abcdef".into(), "https://t");
        assert_ne!(one.id("u-1")[3..], base[6..]);
        assert_ne!(one.unknown("u-1")[9..], base[6..]);
    }
}
