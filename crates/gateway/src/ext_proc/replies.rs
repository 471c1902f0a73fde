//! The replies to Envoy, and the end of their stream.

use super::proto::ProcessingResponse;
use futures_core::Stream;
use std::{
    pin::Pin,
    task::{Context, Poll},
};
use tokio::sync::mpsc;
use tonic::Status;

/// The number of replies that may wait for Envoy.
const WAITING: usize = 4;

type ConversationFuture = Pin<Box<dyn Future<Output = Result<(), Status>> + Send>>;

/// The replies of a conversation, which goes on while they are asked for and is over where they are dropped.
///
/// They end cleanly only where the conversation says so: Envoy goes on without a filter that has done that.
pub(super) struct Replies {
    /// The conversation, until it is over.
    talk: Option<ConversationFuture>,
    replies: mpsc::Receiver<ProcessingResponse>,
    /// The failure that ended it.
    failure: Option<Status>,
}

impl Replies {
    pub(super) fn of<F>(talk: impl FnOnce(mpsc::Sender<ProcessingResponse>) -> F) -> Self
    where
        F: Future<Output = Result<(), Status>> + Send + 'static,
    {
        let (sender, replies) = mpsc::channel(WAITING);
        Replies { talk: Some(Box::pin(talk(sender))), replies, failure: None }
    }
}

impl Stream for Replies {
    type Item = Result<ProcessingResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match (self.replies.poll_recv(cx), &mut self.talk) {
                (Poll::Ready(Some(reply)), _) => return Poll::Ready(Some(Ok(reply))),
                (Poll::Ready(None), None) => return Poll::Ready(self.failure.take().map(Err)),
                (Poll::Pending, None) => return Poll::Pending,
                (Poll::Ready(None) | Poll::Pending, Some(talk)) => match talk.as_mut().poll(cx) {
                    Poll::Ready(ended) => {
                        self.talk = None;
                        self.failure = ended.err();
                    }
                    Poll::Pending => {
                        // It may have said something just now.
                        return match self.replies.poll_recv(cx) {
                            Poll::Ready(Some(reply)) => Poll::Ready(Some(Ok(reply))),
                            Poll::Ready(None) | Poll::Pending => Poll::Pending,
                        };
                    }
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;

    async fn next(replies: &mut Replies) -> Option<Result<ProcessingResponse, Status>> {
        poll_fn(|cx| Pin::new(&mut *replies).poll_next(cx)).await
    }

    #[tokio::test]
    async fn what_was_said_is_sent_before_the_end() {
        let say = |count: usize, ended: Result<(), Status>| {
            Replies::of(move |replies| async move {
                for _ in 0..count {
                    replies.send(ProcessingResponse::default()).await.unwrap();
                }
                ended
            })
        };
        let mut clean = say(WAITING + 3, Ok(()));
        for _ in 0..WAITING + 3 {
            assert!(next(&mut clean).await.unwrap().is_ok());
        }
        assert!(next(&mut clean).await.is_none());
        let mut failed = say(1, Err(Status::unavailable("x")));
        assert!(next(&mut failed).await.unwrap().is_ok());
        assert!(next(&mut failed).await.unwrap().is_err());
        assert!(next(&mut failed).await.is_none());
    }
}
