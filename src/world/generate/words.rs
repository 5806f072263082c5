//! What names are made of.

/// First names.
#[rustfmt::skip]
pub(super) const FIRST_NAMES: &[&str] = &[
    "Aaliyah", "Adaeze", "Ahmed", "Aiko", "Alejandro", "Amara", "Amélie", "Ana", "Andrzej", "Anja",
    "Antoine", "Arjun", "Ayşe", "Beatriz", "Ben", "Björn", "Camila", "Carlos", "Chloe", "Çağla",
    "Daniel", "David", "Diego", "Dilara", "Dmytro", "Eleni", "Elif", "Emma", "Emre", "Ewa",
    "Fatima", "Felipe", "Finn", "François", "Freya", "Gabriela", "Giulia", "Grace", "Hannah",
    "Hassan", "Helena", "Hiroshi", "Hugo", "Ines", "Ingrid", "Isabel", "Ivan", "Jack", "Jamila",
    "Jan", "Javier", "Jin", "João", "José", "Jürgen", "Kateřina", "Keiko", "Kofi", "Kwame", "Lars",
    "Layla", "Léa", "Liam", "Linh", "Luca", "Łukasz", "Magdalena", "Malik", "Marcel", "Maria",
    "Mateo", "Mei", "Mehmet", "Michał", "Milan", "Minh", "Nadia", "Naomi", "Nikolaos", "Nina",
    "Noah", "Noor", "Oksana", "Olivia", "Omar", "Paolo", "Petra", "Priya", "Quinn", "Rafael",
    "Rajesh", "Renée", "Rosa", "Samuel", "Sanne", "Sinéad", "Sofia", "Søren", "Tamika", "Thabo",
    "Tomás", "Uma", "Valentina", "Viktor", "Wanjiru", "Wei", "Xavier", "Yara", "Yusuf", "Zanele",
    "Zoë", "Zuzana",
];

/// Last names.
#[rustfmt::skip]
pub(super) const LAST_NAMES: &[&str] = &[
    "Abdullah", "Acosta", "Adeyemi", "Aguilar", "Ali", "Almeida", "Andersson", "Ang", "Bakker",
    "Banerjee", "Baptiste", "Becker", "Bianchi", "Boateng", "Brandt", "Byrne", "Carter", "Castro",
    "Chen", "Conti", "Cruz", "Da Silva", "Dąbrowski", "Dang", "Delgado", "Demir", "De Vries",
    "Diallo", "Dubois", "Dvořák", "Eriksen", "Eze", "Farouk", "Fernández", "Ferrari", "Fischer",
    "Fontaine", "Fraser", "García", "Garnier", "González", "Gupta", "Haddad", "Hansen", "Hernández",
    "Hoang", "Horvat", "Huang", "Hussein", "Ibrahim", "Ito", "Ivanov", "Jansen", "Jensen",
    "Johansson", "Jovanović", "Kamau", "Kaya", "Keller", "Khan", "Kim", "Kowalska", "Kovács",
    "Kumar", "Larsen", "Le", "Lefèvre", "Lindqvist", "Lopez", "MacDonald", "Mahlangu", "Maier",
    "Martin", "Mensah", "Meyer", "Moreau", "Moreno", "Müller", "Murphy", "Mwangi", "Nakamura",
    "Nguyen", "Nielsen", "Novák", "Núñez", "Nyambura", "O'Brien", "Okafor", "Oliveira", "Osei",
    "Öztürk", "Papadopoulos", "Park", "Patel", "Pereira", "Petrova", "Petrović", "Pham", "Popescu",
    "Quispe", "Rahman", "Ramírez", "Reyes", "Ribeiro", "Rossi", "Ruiz", "Sánchez", "Santos", "Sato",
    "Schäfer", "Shevchenko", "Singh", "Smirnova", "Sullivan", "Şahin", "Takahashi", "Tanaka",
    "Torres", "Tran", "Turner", "Van Dijk", "Vargas", "Virtanen", "Wagner", "Walker", "Wang",
    "Weiß", "Williams", "Wójcik", "Yamamoto", "Yıldız", "Zhang", "Zimmermann", "Zulu",
];

/// What callers want: a skill and a queue each.
#[rustfmt::skip]
pub(super) const TOPICS: &[&str] = &[
    "billing", "returns", "orders", "delivery", "technical support", "payments", "warranty",
    "sales", "complaints", "cancellations", "account access", "refunds", "upgrades", "installation",
    "repairs", "spare parts", "subscriptions", "live chat", "loyalty programme", "fraud",
    "collections", "insurance", "appointments", "reservations", "e-mail", "social media",
    "back office", "VIP", "retention", "business customers", "onboarding", "credit cards",
    "mortgages", "travel changes", "lost property", "product safety", "roaming", "broadband",
    "data protection", "public tenders",
];

/// In which languages the same is wanted, as those who speak them write them.
#[rustfmt::skip]
pub(super) const LANGUAGES: &[&str] = &[
    "English", "Deutsch", "Français", "Español", "Italiano", "Português", "Nederlands", "Polski",
    "Čeština", "Slovenčina", "Magyar", "Română", "Hrvatski", "Türkçe", "Svenska", "Dansk", "Norsk",
    "Suomi", "Eesti", "Latviešu", "Ελληνικά", "Українська", "日本語", "Tagalog",
];

/// Where teams sit.
#[rustfmt::skip]
pub(super) const SITES: &[&str] = &[
    "lisbon", "manila", "krakow", "dublin", "bogota", "cape-town", "leipzig", "montreal", "nairobi",
    "sofia", "bangalore", "valencia", "tampere", "santiago", "cairo", "osaka", "leeds", "austin",
    "tunis", "porto",
];

/// Text in lower-case ASCII letters, as addresses spell it: `Łukasz O'Brien` is `lukaszobrien`.
pub(super) fn ascii(text: &str) -> String {
    let mut ascii = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' => ascii.push(c),
            'á' | 'ã' | 'ą' => ascii.push('a'),
            'ä' => ascii.push_str("ae"),
            'ç' | 'ć' => ascii.push('c'),
            'é' | 'è' | 'ë' => ascii.push('e'),
            'ğ' => ascii.push('g'),
            'í' | 'ı' => ascii.push('i'),
            'ł' => ascii.push('l'),
            'ñ' => ascii.push('n'),
            'ó' => ascii.push('o'),
            'ö' | 'ø' => ascii.push_str("oe"),
            'ř' => ascii.push('r'),
            'ş' => ascii.push('s'),
            'ß' => ascii.push_str("ss"),
            'ú' => ascii.push('u'),
            'ü' => ascii.push_str("ue"),
            _ => {}
        }
    }
    ascii
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{FIRST_NAMES, LANGUAGES, LAST_NAMES, SITES, TOPICS, ascii};

    #[test]
    fn no_word_stands_twice() {
        for words in [FIRST_NAMES, LAST_NAMES, TOPICS, LANGUAGES, SITES] {
            let distinct: BTreeSet<&str> = words.iter().copied().collect();
            assert_eq!(distinct.len(), words.len());
        }
        assert_eq!(TOPICS.len() * (1 + LANGUAGES.len()), 1000);
    }

    #[test]
    fn names_differ_in_addresses_too_and_lose_no_letter() {
        for names in [FIRST_NAMES, LAST_NAMES] {
            let addresses: BTreeSet<String> = names.iter().map(|name| ascii(name)).collect();
            assert_eq!(addresses.len(), names.len());
            for name in names {
                let letters = name.chars().filter(|c| c.is_alphabetic()).count();
                assert!(ascii(name).len() >= letters, "{name}: {}", ascii(name));
            }
        }
        assert_eq!(ascii("Łukasz"), "lukasz");
        assert_eq!(ascii("O'Brien"), "obrien");
        assert_eq!(ascii("Weiß"), "weiss");
    }
}
