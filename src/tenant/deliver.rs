//! Handing something to somebody who collects it, lines to a SIEM say: one typed request, one
//! verdict.

use std::time::Duration;

use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};

use super::transport;
use crate::http::Response;
use crate::http::retry::asked_wait;

/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(30);

/// Posts to one url with the same headers. Nothing of it is shown by `Debug`, and no message has
/// its url or a header's value: both may be secret.
pub struct Poster {
    client: reqwest::Client,
    url: String,
    headers: HeaderMap,
}

/// What came of a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// It was taken.
    Taken,
    /// It was not, or nobody knows; it may be tried again, after so long if that was asked for.
    Again(String, Option<Duration>),
    /// It was refused, and would be again.
    Refused(String),
}

impl Poster {
    /// A poster of texts of this type to `url`.
    ///
    /// # Errors
    /// A header's value cannot be one, or there is no client.
    pub fn new(
        url: &str,
        content_type: &'static str,
        headers: &[(String, SecretString)],
    ) -> Result<Self, String> {
        let mut map = HeaderMap::new();
        for (name, secret) in headers {
            let key = HeaderName::try_from(name).map_err(|_| format!("{name} is no header"))?;
            let mut value = HeaderValue::try_from(secret.expose_secret())
                .map_err(|_| format!("the value of {name} is no header text"))?;
            value.set_sensitive(true);
            map.insert(key, value);
        }
        map.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        let client = transport::client(url)?;
        Ok(Self { client, url: url.to_owned(), headers: map })
    }

    /// Posts a text, with headers that only this request has. `now` is the time in seconds since
    /// 1970.
    pub async fn post(&self, text: String, own: &[(&'static str, String)], now: i64) -> Posted {
        let mut headers = self.headers.clone();
        for (name, value) in own {
            let Ok(value) = HeaderValue::try_from(value) else {
                return Posted::Refused(format!("the value of {name} is no header text"));
            };
            headers.insert(*name, value);
        }
        let request = self.client.post(&self.url).headers(headers);
        match request.timeout(ANSWER).body(text).send().await {
            Ok(response) => {
                let wait = response.headers().get(header::RETRY_AFTER);
                let retry_after = wait.and_then(|wait| wait.to_str().ok()).map(str::to_owned);
                let status = response.status().as_u16();
                verdict(&Response { status, retry_after, ..Response::default() }, now)
            }
            Err(error) => {
                let why = transport::chain(&error.without_url());
                Posted::Again(format!("it cannot be reached: {why}"), None)
            }
        }
    }
}

fn verdict(response: &Response, now: i64) -> Posted {
    let why = format!("it answered {}", response.status);
    match response.status {
        200..=299 => Posted::Taken,
        408 | 425 | 429 | 500..=599 => Posted::Again(why, asked_wait(response, now)),
        413 => Posted::Refused(format!("{why}: that is too much; a sink's `batch` can be smaller")),
        401 | 403 => Posted::Refused(format!("{why}: check its headers")),
        _ => Posted::Refused(why),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Posted, Poster, verdict};
    use crate::http::Response;

    #[test]
    fn what_an_answer_means() {
        let check = |status: u16, retry_after: Option<&str>, expect: &str| {
            let retry_after = retry_after.map(str::to_owned);
            let response = Response { status, retry_after, ..Response::default() };
            let told = match verdict(&response, 0) {
                Posted::Taken => "taken".to_owned(),
                Posted::Again(why, wait) => format!("again: {why}, {wait:?}"),
                Posted::Refused(why) => format!("refused: {why}"),
            };
            assert_eq!(told, expect);
        };
        check(200, None, "taken");
        check(202, None, "taken");
        check(204, None, "taken");
        check(408, None, "again: it answered 408, None");
        check(429, Some("2"), "again: it answered 429, Some(2s)");
        check(503, None, "again: it answered 503, None");
        check(302, None, "refused: it answered 302");
        check(400, None, "refused: it answered 400");
        check(401, None, "refused: it answered 401: check its headers");
        check(
            413,
            None,
            "refused: it answered 413: that is too much; a sink's `batch` can be smaller",
        );
    }

    #[tokio::test]
    async fn nobody_there_is_told_without_the_url() {
        let headers = [("Authorization".to_owned(), "hunter2".into())];
        let poster =
            Poster::new("http://127.0.0.1:1/in?key=hunter2", "text/csv", &headers).unwrap();
        let posted = poster.post("{}\n".to_owned(), &[], 0).await;
        let Posted::Again(why, None::<Duration>) = posted else { panic!("{posted:?}") };
        assert!(why.starts_with("it cannot be reached: ") && !why.contains("hunter2"), "{why}");
        let wrong =
            Poster::new("https://x", "text/csv", &[("a".to_owned(), "hunter2\n".into())]).err();
        assert_eq!(wrong.as_deref(), Some("the value of a is no header text"));
    }
}
