//! Requests with all that belongs to them: token, pace, concurrency, retries, figures.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};

use super::figures::Figures;
use super::pace::Pacer;
use super::request::{ANSWER, NoAnswer, Outgoing, Payload, Transport};
use super::token::{self, Token};
use super::watching::{Retry, Watched};
use super::words::Words;
use super::{Connection, Credentials, TenantError};
use crate::http::retry::{Answer, Try, Verdict, held_back, verdict};
use crate::http::{Method, Response};

/// One tenant, as everything in this process speaks to it.
pub(super) struct Session {
    transport: Arc<dyn Transport>,
    connection: Connection,
    pacer: Pacer,
    permits: Semaphore,
    token: tokio::sync::Mutex<Option<Arc<Token>>>,
    words: Words,
    figures: Mutex<Figures>,
    draws: AtomicU64,
    /// Who is told of retries, and of changes.
    pub(super) watched: Watched,
}

/// One call, before token and pace.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) target: &'a str,
    pub(super) if_match: Option<&'a str>,
    pub(super) body: Option<&'a str>,
    /// Whether it changes nothing, so that it can be sent again at any time.
    pub(super) reads: bool,
    /// The scope that a 403 is explained with.
    pub(super) scope: &'a str,
}

/// What became of a call.
pub(super) enum Called {
    /// A success.
    Done(Response),
    /// 409 or 412 to a write.
    Conflict(TenantError),
    /// A write that may or may not have happened.
    Lost {
        /// How long to wait before looking.
        wait: Duration,
        /// What happened to the answer.
        why: String,
    },
    /// It did not happen.
    Failed(TenantError),
}

impl Session {
    pub(super) fn new(connection: Connection, transport: Arc<dyn Transport>) -> Arc<Self> {
        Arc::new(Self {
            transport,
            pacer: Pacer::new(connection.requests_per_second),
            permits: Semaphore::new(connection.concurrency.max(1)),
            token: tokio::sync::Mutex::new(None),
            words: Words::new(&connection.credentials),
            figures: Mutex::default(),
            draws: AtomicU64::new(connection.seed),
            watched: Watched::default(),
            connection,
        })
    }

    pub(super) fn dialect(&self) -> crate::http::Dialect {
        self.connection.dialect
    }

    pub(super) fn concurrency(&self) -> usize {
        self.connection.concurrency.max(1)
    }

    /// The figures so far.
    pub(super) fn figures(&self) -> Figures {
        let mut figures = self.lock().clone();
        figures.waited = self.pacer.waited();
        figures
    }

    /// Counts a request that is sent again, and tells of it.
    pub(super) fn retry(&self, retry: &Retry<'_>) {
        self.lock().retries += 1;
        self.watched.tell(|watching| watching.retried(retry));
    }

    /// Compares the scopes that the token names, if it does, with those that are needed.
    pub(super) async fn require(&self, needed: &BTreeSet<&str>) -> Result<(), TenantError> {
        let token = self.token(None).await?;
        let Some(scopes) = &token.scopes else { return Ok(()) };
        let lacks = needed.iter().filter(|scope| !scope.is_empty() && !scopes.contains(**scope));
        let missing: Vec<String> = lacks.map(|scope| (*scope).to_owned()).collect();
        if missing.is_empty() { Ok(()) } else { Err(TenantError::MissingScopes { missing }) }
    }

    /// The scopes that the token names, if it does.
    pub(super) async fn scopes(&self) -> Result<Option<BTreeSet<String>>, TenantError> {
        Ok(self.token(None).await?.scopes.clone())
    }

    /// Sends a call until its verdict is final. `sound` tells whether a success has the body that it
    /// should have.
    pub(super) async fn call(
        &self,
        call: Call<'_>,
        mut sound: impl FnMut(&Response) -> bool + Send,
    ) -> Called {
        let what = format!("{} {}", call.method.as_str(), call.target);
        let (mut number, mut refreshed) = (0, false);
        let mut token = match self.token(None).await {
            Ok(token) => token,
            Err(error) => return Called::Failed(error),
        };
        loop {
            number += 1;
            if !token.is_fresh(Instant::now()) {
                token = match self.token(None).await {
                    Ok(token) => token,
                    Err(error) => return Called::Failed(error),
                };
            }
            let body = call.body.map_or(Payload::None, Payload::Json);
            let outgoing = Outgoing {
                method: call.method,
                target: call.target,
                token: Some(&token.secret),
                if_match: call.if_match,
                body,
            };
            let answer = self.send(&outgoing, !call.reads).await;
            let sound = answer.as_ref().is_ok_and(&mut sound);
            let renewable = matches!(self.connection.credentials, Credentials::Client { .. });
            let this = self.this_try(number, call.reads, refreshed || !renewable);
            match self.judge(&what, &answer, sound, this).await {
                Verdict::Done => match answer {
                    Ok(response) => return Called::Done(response),
                    Err(no_answer) => return Called::Failed(self.unreachable(&what, &no_answer)),
                },
                Verdict::Wait(_) | Verdict::HoldBack(_) => {}
                Verdict::Refresh => {
                    refreshed = true;
                    token = match self.token(Some(token.generation)).await {
                        Ok(token) => token,
                        Err(error) => return Called::Failed(error),
                    };
                }
                Verdict::Conflict => {
                    return Called::Conflict(self.failure(&what, call.scope, answer, sound));
                }
                Verdict::Lost(wait) => {
                    let why = self.failure(&what, call.scope, answer, sound).to_string();
                    return Called::Lost { wait, why };
                }
                Verdict::GiveUp => {
                    return Called::Failed(self.failure(&what, call.scope, answer, sound));
                }
            }
        }
    }

    /// Decides about one answer, counts it, and waits where it says so.
    async fn judge(
        &self,
        request: &str,
        answer: &Result<Response, NoAnswer>,
        sound: bool,
        this: Try,
    ) -> Verdict {
        let verdict = verdict(
            match answer {
                Ok(response) => Answer::Response(response, sound),
                Err(NoAnswer { not_sent: true, .. }) => Answer::NotSent,
                Err(_) => Answer::Broken,
            },
            this,
        );
        let status = answer.as_ref().ok().map(|response| response.status);
        let why = match answer {
            Ok(response) if response.is_success() => Some("the body is not what it should be"),
            Ok(_) => None,
            Err(no_answer) => Some(no_answer.in_short()),
        };
        let retry = |wait| self.retry(&Retry { request, status, why, wait });
        match &verdict {
            Verdict::Wait(wait) => {
                retry(*wait);
                sleep(*wait).await;
            }
            Verdict::HoldBack(wait) => {
                retry(*wait);
                self.watched.tell(|watching| watching.held_back(*wait));
                self.pacer.hold_back(*wait);
            }
            Verdict::Refresh => retry(Duration::ZERO),
            Verdict::GiveUp => {
                let wait = answer.as_ref().ok().and_then(|told| held_back(told, this.now));
                wait.into_iter().for_each(|wait| self.pacer.hold_back(wait));
            }
            _ => {}
        }
        verdict
    }

    /// The token in use; a new one where it has ended, or is the one that was refused.
    async fn token(&self, refused: Option<u64>) -> Result<Arc<Token>, TenantError> {
        let mut held = self.token.lock().await;
        let generation = match &*held {
            Some(token) if token.is_fresh(Instant::now()) && Some(token.generation) != refused => {
                return Ok(Arc::clone(token));
            }
            Some(token) => token.generation + 1,
            None => 0,
        };
        let token = match &self.connection.credentials {
            Credentials::Token(secret) => {
                Token { secret: secret.clone(), renew_at: None, scopes: None, generation }
            }
            Credentials::Client { id, secret } => {
                self.fetch_token(&token::form(id, secret), generation).await?
            }
        };
        self.words.add_secret(&token.secret);
        let token = Arc::new(token);
        *held = Some(Arc::clone(&token));
        Ok(token)
    }

    async fn fetch_token(
        &self,
        form: &SecretString,
        generation: u64,
    ) -> Result<Token, TenantError> {
        const TARGET: &str = "/api/v2/oauth/token";
        let outgoing = Outgoing {
            method: Method::Post,
            target: TARGET,
            token: None,
            if_match: None,
            body: Payload::Form(form),
        };
        let what = format!("POST {TARGET}");
        let mut number = 0;
        loop {
            number += 1;
            let answer = self.send(&outgoing, false).await;
            let now = Instant::now();
            let token = answer.as_ref().ok().filter(|response| response.is_success());
            let token = token.and_then(|response| token::token(&response.body, now, generation));
            // Asking for a token twice does no harm: it is repeated like a read.
            let this = self.this_try(number, true, true);
            match (self.judge(&what, &answer, token.is_some(), this).await, token) {
                (Verdict::Done, Some(token)) => return Ok(token),
                (Verdict::Wait(_) | Verdict::HoldBack(_), _) => {}
                _ => return Err(self.failure(&what, "", answer, false)),
            }
        }
    }

    /// One request at its moment, with one of the permits.
    async fn send(&self, outgoing: &Outgoing<'_>, writes: bool) -> Result<Response, NoAnswer> {
        // The semaphore is never closed, so that only a permit can come.
        let _permit = self.permits.acquire().await;
        self.pacer.turn().await;
        let start = Instant::now();
        let answer = timeout(ANSWER, self.transport.send(outgoing)).await;
        let mut answer = answer.unwrap_or_else(|_| Err(NoAnswer::in_time()));
        let took = start.elapsed();
        let status = answer.as_ref().map_or(0, |response| response.status);
        if let Ok(response) = &mut answer {
            // Both are kept in files: a tenant that puts a token into them is not followed.
            response.request_id = response.request_id.take().map(|id| self.words.scrub(&id));
            response.etag.take_if(|version| self.words.scrub(version) != *version);
        }
        self.lock().count(writes, status, took);
        tracing::debug!(
            method = outgoing.method.as_str(),
            path = outgoing.target,
            status,
            milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            "request"
        );
        answer
    }

    fn failure(
        &self,
        what: &str,
        scope: &str,
        answer: Result<Response, NoAnswer>,
        sound: bool,
    ) -> TenantError {
        match answer {
            Ok(response) if response.is_success() && !sound => self.words.garbled(what, &response),
            Ok(response) => self.words.refused(what, scope, &response),
            Err(no_answer) => self.unreachable(what, &no_answer),
        }
    }

    fn unreachable(&self, what: &str, no_answer: &NoAnswer) -> TenantError {
        let target = what.split_once(' ').map_or(what, |(_, target)| target);
        let url = format!("{}{target}", self.connection.url.trim_end_matches('/'));
        TenantError::Unreachable { url, why: self.words.scrub(&no_answer.why) }
    }

    fn this_try(&self, number: u32, reads: bool, refreshed: bool) -> Try {
        Try { number, reads, refreshed, jitter: self.draw(), now: (self.connection.now)() }
    }

    /// A number from 0 to 1 (splitmix64 over a counter).
    fn draw(&self) -> f64 {
        let mut z = self.draws.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        f64::from(u32::try_from((z ^ (z >> 31)) >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Figures> {
        self.figures.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
