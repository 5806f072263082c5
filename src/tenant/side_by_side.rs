//! Many requests at once: as many as the tenant allows, and no more results than requests.

use std::sync::{Arc, Mutex};

use super::{Reader, TenantError};

/// Does `work` for every item, as many at a time as the tenant allows, and keeps their order. The
/// first error ends it.
pub(super) async fn side_by_side<T, R, F, W>(
    reader: &Reader,
    items: Vec<T>,
    work: W,
) -> Result<Vec<R>, TenantError>
where
    T: Send + 'static,
    R: Send + 'static,
    F: Future<Output = Result<R, TenantError>> + Send,
    W: Fn(Reader, T) -> F + Clone + Send + Sync + 'static,
{
    let items: Vec<(usize, T)> = items.into_iter().enumerate().collect();
    let mut all = Vec::with_capacity(items.len());
    let numbered = move |reader, (index, item)| {
        let work = work(reader, item);
        async move { work.await.map(|result| (index, result)) }
    };
    each_side_by_side(reader, items, numbered, |result| all.push(result)).await?;
    all.sort_by_key(|(index, _)| *index);
    Ok(all.into_iter().map(|(_, result)| result).collect())
}

/// Does `work` for every item, as many at a time as the tenant allows, and hands each result on as
/// it comes: those that wait to be taken are never more than those that are under way. The first
/// error ends it.
pub(super) async fn each_side_by_side<T, R, F, W>(
    reader: &Reader,
    items: Vec<T>,
    work: W,
    mut take: impl FnMut(R),
) -> Result<(), TenantError>
where
    T: Send + 'static,
    R: Send + 'static,
    F: Future<Output = Result<R, TenantError>> + Send,
    W: Fn(Reader, T) -> F + Clone + Send + Sync + 'static,
{
    let width = reader.concurrency().min(items.len());
    let queue = Arc::new(Mutex::new(items.into_iter()));
    let (done, mut results) = tokio::sync::mpsc::channel(width.max(1));
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..width {
        let (queue, reader, work, done) =
            (Arc::clone(&queue), reader.clone(), work.clone(), done.clone());
        workers.spawn(async move {
            loop {
                let next = queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
                let Some(item) = next else { return };
                // Nobody takes it any more where another one has failed.
                if done.send(work(reader.clone(), item).await).await.is_err() {
                    return;
                }
            }
        });
    }
    drop(done);
    while let Some(result) = results.recv().await {
        take(result?);
    }
    while let Some(joined) = workers.join_next().await {
        // A worker that panicked has left something out; going on without it would be a guess.
        joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
    }
    Ok(())
}
