//! What to do after an answer, decided purely: the caller sleeps, refreshes or gives up.

use std::time::Duration;

use super::Response;

/// How often a request is sent at most.
pub const ATTEMPTS: u32 = 5;

/// The longest `Retry-After` that is waited for; a longer one is reported instead.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// What came back, as far as the decision needs to know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer<'a> {
    /// A response, and whether a success has the body that it should have.
    Response(&'a Response, bool),
    /// The connection could not be made: nothing was sent.
    NotSent,
    /// The connection broke, or the answer did not come in time.
    Broken,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The answer is final and good.
    Done,
    /// Send again after this long.
    Wait(Duration),
    /// Send again after this long, and hold back everything else of the tenant until then.
    HoldBack(Duration),
    /// The token was refused: get a new one and send once more.
    Refresh,
    /// A version has moved on, or the resource exists: read, compare, decide.
    Conflict,
    /// It may or may not have happened: look before sending again.
    Lost(Duration),
    /// Sending it again would not help.
    GiveUp,
}

/// Where in its tries a request is.
#[derive(Clone, Copy, Debug)]
pub struct Try {
    /// Which try this was, from 1.
    pub number: u32,
    /// Whether the request only reads.
    pub reads: bool,
    /// Whether a 401 has already been answered with a new token.
    pub refreshed: bool,
    /// A number from 0 to 1 that spreads the waits.
    pub jitter: f64,
    /// The current time in seconds since 1970, for `Retry-After` as a date.
    pub now: i64,
}

/// Decides what an answer means.
///
/// Source: the contract page's conventions, rows *retry*, *versions* and *errors*.
#[must_use]
pub fn verdict(answer: Answer<'_>, this: Try) -> Verdict {
    let last = this.number >= ATTEMPTS;
    let backoff = backoff(this.number, this.jitter);
    let again = |wait| if last { Verdict::GiveUp } else { Verdict::Wait(wait) };
    match answer {
        Answer::NotSent => again(backoff),
        Answer::Broken if this.reads => again(backoff),
        Answer::Broken => Verdict::Lost(backoff),
        Answer::Response(response, sound) => match response.status {
            200..=299 if sound => Verdict::Done,
            200..=299 if this.reads => again(backoff),
            // Who wrote such a body need not be the tenant.
            200..=299 => Verdict::Lost(backoff),
            401 if !this.refreshed => Verdict::Refresh,
            409 | 412 if !this.reads => Verdict::Conflict,
            429 => match asked_wait(response, this.now) {
                _ if last => Verdict::GiveUp,
                Some(wait) if wait > PATIENCE => Verdict::GiveUp,
                Some(wait) => Verdict::HoldBack(wait),
                None => Verdict::HoldBack(backoff),
            },
            500..=599 => {
                let wait = asked_wait(response, this.now).unwrap_or(backoff);
                match (this.reads, wait > PATIENCE) {
                    (true, true) => Verdict::GiveUp,
                    (true, false) => again(wait),
                    // It may have happened: it is looked for, however long the tenant wants.
                    (false, true) => Verdict::Lost(backoff),
                    (false, false) => Verdict::Lost(wait),
                }
            }
            _ => Verdict::GiveUp,
        },
    }
}

/// How long a 429 asks everybody to hold back, whether or not it is sent again; none where that is
/// longer than anybody waits.
#[must_use]
pub fn held_back(response: &Response, now: i64) -> Option<Duration> {
    let is_refused = response.status == 429;
    asked_wait(response, now).filter(|wait| is_refused && *wait <= PATIENCE)
}

/// Exponential backoff with full jitter on its upper half: 0.25–0.5 s, then twice that, up to 8 s.
#[must_use]
pub fn backoff(number: u32, jitter: f64) -> Duration {
    let ceiling = 0.5 * f64::from(1_u32 << number.clamp(1, 5).saturating_sub(1));
    Duration::from_secs_f64(ceiling * (0.5 + jitter.clamp(0.0, 1.0) / 2.0))
}

/// `Retry-After`, as seconds or as an HTTP date.
#[must_use]
pub fn asked_wait(response: &Response, now: i64) -> Option<Duration> {
    let text = response.retry_after.as_deref()?.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds.max(0.0)).ok();
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let date = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    let now = Duration::from_secs(u64::try_from(now).unwrap_or(0));
    Some(date.saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Answer, Response, Try, Verdict, backoff, held_back, verdict};

    fn this(number: u32, reads: bool) -> Try {
        Try { number, reads, refreshed: false, jitter: 1.0, now: 784_111_770 }
    }

    fn response(status: u16, retry_after: Option<&str>) -> Response {
        Response { status, retry_after: retry_after.map(str::to_owned), ..Response::default() }
    }

    fn check(status: u16, retry_after: Option<&str>, at: Try, expect: Verdict) {
        let answer = response(status, retry_after);
        assert_eq!(verdict(Answer::Response(&answer, true), at), expect, "{status} {at:?}");
    }

    #[test]
    fn the_table() {
        let second = Duration::from_secs(1);
        let half = Duration::from_millis(500);
        check(200, None, this(1, true), Verdict::Done);
        check(204, None, this(1, false), Verdict::Done);
        for status in [400, 403, 404, 422] {
            check(status, Some("1"), this(1, true), Verdict::GiveUp);
            check(status, Some("1"), this(1, false), Verdict::GiveUp);
        }
        check(401, None, this(1, false), Verdict::Refresh);
        check(401, None, Try { refreshed: true, ..this(2, false) }, Verdict::GiveUp);
        check(409, None, this(1, false), Verdict::Conflict);
        check(412, None, this(1, false), Verdict::Conflict);
        check(409, None, this(1, true), Verdict::GiveUp);
        check(429, Some("1"), this(1, false), Verdict::HoldBack(second));
        check(429, None, this(1, true), Verdict::HoldBack(half));
        check(
            429,
            Some("Sun, 06 Nov 1994 08:49:37 GMT"),
            this(1, true),
            Verdict::HoldBack(7 * second),
        );
        check(
            429,
            Some("Sun, 06 Nov 1994 08:49:00 GMT"),
            this(1, true),
            Verdict::HoldBack(Duration::ZERO),
        );
        check(429, Some("86400"), this(1, true), Verdict::GiveUp);
        check(429, Some("1"), this(5, true), Verdict::GiveUp);
        check(503, None, this(1, true), Verdict::Wait(half));
        check(503, None, this(5, true), Verdict::GiveUp);
        check(503, Some("1"), this(1, false), Verdict::Lost(second));
        check(503, Some("9999"), this(1, false), Verdict::Lost(half));
        check(503, Some("9999"), this(1, true), Verdict::GiveUp);
    }

    #[test]
    fn what_is_given_up_holds_back_the_others_all_the_same() {
        let held = |status, after| held_back(&response(status, after), 0);
        assert_eq!(held(429, Some("7")), Some(Duration::from_secs(7)));
        assert_eq!(held(429, Some("301")), None);
        assert_eq!(held(429, None), None);
        assert_eq!(held(503, Some("7")), None);
    }

    #[test]
    fn broken_connections_and_bodies() {
        let half = Duration::from_millis(500);
        assert_eq!(verdict(Answer::NotSent, this(1, false)), Verdict::Wait(half));
        assert_eq!(verdict(Answer::Broken, this(1, true)), Verdict::Wait(half));
        assert_eq!(verdict(Answer::Broken, this(1, false)), Verdict::Lost(half));
        assert_eq!(verdict(Answer::Broken, this(5, true)), Verdict::GiveUp);
        let html = response(200, None);
        assert_eq!(verdict(Answer::Response(&html, false), this(1, true)), Verdict::Wait(half));
        assert_eq!(verdict(Answer::Response(&html, false), this(1, false)), Verdict::Lost(half));
        assert_eq!(verdict(Answer::Response(&html, true), this(1, false)), Verdict::Done);
    }

    #[test]
    fn the_backoff_doubles_and_is_spread() {
        assert_eq!(backoff(1, 0.0), Duration::from_millis(250));
        assert_eq!(backoff(3, 1.0), Duration::from_secs(2));
        assert_eq!(backoff(9, 1.0), Duration::from_secs(8));
    }
}
