//! Whose turn it is while a request is under way: a timeout on the upstream must not run while the client is
//! still sending.

use crate::gateway::body::BodyError;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::sync::watch;

/// What a request waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// A connection, which has a timeout of its own.
    Connection,
    /// More of the client's body, which has a timeout of its own.
    Client,
    /// The upstream: to take more of the body, or to answer.
    Upstream,
}

/// A request body that says whose turn it is.
#[derive(Debug)]
pub(crate) struct Told<B> {
    inner: B,
    turn: watch::Sender<Turn>,
}

/// Sees when an upstream takes too long.
#[derive(Debug)]
pub(crate) struct Watch {
    turn: watch::Receiver<Turn>,
}

/// A body and the watch on it.
pub(crate) fn told<B>(inner: B) -> (Told<B>, Watch) {
    let (sender, receiver) = watch::channel(Turn::Connection);
    (Told { inner, turn: sender }, Watch { turn: receiver })
}

impl Watch {
    /// Returns once it has been the upstream's turn for `limit`, without a frame taken; never otherwise.
    pub(crate) async fn overdue(mut self, limit: Duration) {
        loop {
            let turn = *self.turn.borrow_and_update();
            let changed = self.turn.changed();
            match turn {
                Turn::Connection | Turn::Client => {
                    if changed.await.is_err() {
                        break;
                    }
                }
                Turn::Upstream => match tokio::time::timeout(limit, changed).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => break,
                    Err(_) => return,
                },
            }
        }
        // The body is gone, so all of it has been sent: the answer is due.
        tokio::time::sleep(limit).await;
    }
}

impl<B: Body<Data = Bytes, Error = BodyError> + Unpin> Body for Told<B> {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        self.turn.send_replace(if polled.is_pending() { Turn::Client } else { Turn::Upstream });
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::body::{
        Timed,
        tests::{Fed, Sent, data, fed},
    };
    use http_body_util::BodyExt;
    use tokio::sync::mpsc::UnboundedSender;

    const LIMIT: Duration = Duration::from_millis(40);
    const LONGER: Duration = Duration::from_millis(120);

    fn body() -> (UnboundedSender<Sent>, Told<Timed<Fed>>, Watch) {
        let (sender, body, _) = fed(Vec::new(), Duration::from_secs(9));
        let (body, watch) = told(body);
        (sender, body, watch)
    }

    #[tokio::test]
    async fn connecting_and_a_slow_client_are_not_the_upstreams_fault() {
        let (_sender, mut body, watch) = body();
        let overdue = tokio::spawn(watch.overdue(LIMIT));
        tokio::time::sleep(LONGER).await;
        assert!(!overdue.is_finished(), "while connecting");
        assert!(tokio::time::timeout(LONGER, body.frame()).await.is_err());
        assert!(!overdue.is_finished(), "while the client sends nothing");
    }

    #[tokio::test]
    async fn an_upstream_that_takes_no_more_is_overdue() {
        let (sender, mut body, watch) = body();
        sender.send(data("x")).unwrap();
        let _frame = body.frame().await;
        tokio::time::timeout(LONGER * 10, watch.overdue(LIMIT)).await.unwrap();
        drop(body);
    }

    #[tokio::test]
    async fn the_answer_is_due_once_all_is_sent() {
        let (_sender, body, watch) = body();
        let overdue = tokio::spawn(watch.overdue(LIMIT));
        drop(body);
        tokio::time::timeout(LONGER * 10, overdue).await.unwrap().unwrap();
    }
}
