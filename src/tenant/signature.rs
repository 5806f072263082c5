//! What proves to a receiver that a text comes from us, and when it was sent.

use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

/// The headers that sign a text which is sent at `now`, in seconds since 1970: `X-Cxform-Timestamp`
/// has the time, and `X-Cxform-Signature` is `sha256=HEX`, the HMAC-SHA256 of the time, a dot and
/// the text. A receiver that refuses old times cannot be sent the same thing again by others.
#[must_use]
pub fn signature(secret: &SecretString, text: &str, now: i64) -> Vec<(&'static str, String)> {
    let time = now.to_string();
    let mut headers = Vec::with_capacity(2);
    // A key of any length will do.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) {
        mac.update(time.as_bytes());
        mac.update(b".");
        mac.update(text.as_bytes());
        let bytes = mac.finalize().into_bytes();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        headers.push(("x-cxform-signature", format!("sha256={hex}")));
    }
    headers.push(("x-cxform-timestamp", time));
    headers
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn a_text_is_signed_with_its_time() {
        // printf '1700000000.hello' | openssl dgst -sha256 -hmac key
        let expect = "sha256=4d583a269f4f276a3fa80ff31b5a01879a848096983222a17893d198418939aa";
        let headers = signature(&"key".into(), "hello", 1_700_000_000);
        assert_eq!(
            headers,
            [
                ("x-cxform-signature", expect.to_owned()),
                ("x-cxform-timestamp", "1700000000".to_owned())
            ]
        );
    }
}
