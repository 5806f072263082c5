//! What an unquoted word means: the core schema of YAML 1.2.
//!
//! `NO`, `yes` and `on` are texts, `017` is seventeen, `0o17` fifteen, `1_000` a text.

use serde_json::Number;

use crate::model::Tree;

/// Why a word that looks like a number cannot be one.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoNumber {
    /// `.inf` or `.nan`: JSON, and so the tenant, has no such number.
    NotFinite,
    /// More digits than 64 bits hold.
    TooLarge,
}

/// The value of an unquoted word; `None` where it is a text.
pub(super) fn core(word: &str) -> Result<Option<Tree>, NoNumber> {
    Ok(match word {
        "" | "~" | "null" | "Null" | "NULL" => Some(Tree::Null),
        "true" | "True" | "TRUE" => Some(Tree::Bool(true)),
        "false" | "False" | "FALSE" => Some(Tree::Bool(false)),
        _ => number(word)?.map(Tree::Number),
    })
}

fn number(word: &str) -> Result<Option<Number>, NoNumber> {
    if !word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return Ok(None);
    }
    if let Some(digits) = word.strip_prefix("0o") {
        return radix(digits, 8);
    }
    if let Some(digits) = word.strip_prefix("0x") {
        return radix(digits, 16);
    }
    let unsigned = word.strip_prefix(['+', '-']).unwrap_or(word);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(word, ".nan" | ".NaN" | ".NAN") {
        return Err(NoNumber::NotFinite);
    }
    if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        let plain = word.strip_prefix('+').unwrap_or(word);
        let signed = plain.parse::<i64>().map(Number::from);
        let number = signed.or_else(|_| plain.parse::<u64>().map(Number::from));
        return number.map(Some).map_err(|_| NoNumber::TooLarge);
    }
    if is_float(unsigned) { decimal(word).map(Some) } else { Ok(None) }
}

fn radix(digits: &str, base: u32) -> Result<Option<Number>, NoNumber> {
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(base)) {
        return Ok(None);
    }
    u64::from_str_radix(digits, base).map(|n| Some(n.into())).map_err(|_| NoNumber::TooLarge)
}

/// `[0-9]+(\.[0-9]*)?` or `\.[0-9]+`, then perhaps an exponent.
fn is_float(word: &str) -> bool {
    let (mantissa, exponent) = match word.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (word, None),
    };
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent_is_good = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && all_digits(digits)
    });
    let mantissa_has_digits = !whole.is_empty() || !fraction.is_empty();
    all_digits(whole) && all_digits(fraction) && mantissa_has_digits && exponent_is_good
}

/// A decimal; one without a fraction is the integer, since JSON Schema takes the two as equal.
fn decimal(word: &str) -> Result<Number, NoNumber> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let value: f64 = word.parse().map_err(|_| NoNumber::TooLarge)?;
    if value.fract() == 0.0 && value.abs() < EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "below 2^53 in size")]
        return Ok(Number::from(value as i64));
    }
    Number::from_f64(value).ok_or(NoNumber::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::{NoNumber, core};
    use crate::model::{Node, Place};

    fn check(word: &str, expect: &str) {
        let answer = match core(word) {
            Ok(Some(tree)) => Node { place: Place::default(), tree }.to_json().to_string(),
            Ok(None) => "text".to_owned(),
            Err(NoNumber::NotFinite) => "not finite".to_owned(),
            Err(NoNumber::TooLarge) => "too large".to_owned(),
        };
        assert_eq!(answer, expect, "{word}");
    }

    #[test]
    fn words() {
        for text in ["NO", "yes", "on", "y", "tRUE", "1_000", "0o8", "0xG", "-0x1", "+", "-", "."] {
            check(text, "text");
        }
        for text in ["2026-01-15", "17:00", "1.2.3", "1e", "e5", "+e5", ".e1", "-.", "١٢", "--1"]
        {
            check(text, "text");
        }
        check("", "null");
        check("~", "null");
        check("Null", "null");
        check("True", "true");
        check("FALSE", "false");
        check("0o17", "15");
        check("0x1F", "31");
        check("017", "17");
        check("08", "8");
        check("-5", "-5");
        check("+12", "12");
        check("1.5", "1.5");
        check(".5", "0.5");
        check("3.", "3");
        check("1.0", "1");
        check("-1e3", "-1000");
        check("18446744073709551615", "18446744073709551615");
        check("18446744073709551616", "too large");
        check("0xFFFFFFFFFFFFFFFFF", "too large");
        check("1e999", "too large");
        check("-.inf", "not finite");
        check(".NaN", "not finite");
    }
}
