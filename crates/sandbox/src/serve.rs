//! The sandbox on a socket: HTTP/1.1 and HTTP/2 cleartext.

use std::{convert::Infallible, error::Error, io, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{Request, Response, StatusCode, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use tokio::net::TcpListener;

use super::{MAX_BODY, Sandbox};

/// The longest wait of a shutdown for requests that are still running.
const DRAIN: Duration = Duration::from_secs(5);

/// The pause after an error of `accept`, and the number of errors in a row that end the server.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const ACCEPT_ERRORS: u32 = 50;

impl Sandbox {
    /// Serves connections until `shutdown` completes, then lets the requests under way finish, for five seconds at
    /// most.
    ///
    /// # Errors
    /// The listener keeps failing to accept.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send,
    ) -> io::Result<()> {
        let mut server = auto::Builder::new(TokioExecutor::new());
        // Who sends no more may still read (RFC 9112, 9.6).
        server.http1().half_close(true).timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(30));
        server.http2().timer(TokioTimer::new());
        let connections = GracefulShutdown::new();
        let mut shutdown = std::pin::pin!(shutdown);
        let mut errors = 0;
        loop {
            let stream = tokio::select! {
                () = &mut shutdown => break,
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    Err(error) if errors >= ACCEPT_ERRORS => return Err(error),
                    Err(_) => {
                        errors += 1;
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                        continue;
                    }
                },
            };
            errors = 0;
            let sandbox = self.clone();
            let service = service_fn(move |request| {
                let sandbox = sandbox.clone();
                async move { Ok::<_, Infallible>(sandbox.answer(request).await.map(Full::new)) }
            });
            let connection = server.serve_connection(TokioIo::new(stream), service).into_owned();
            let connection = connections.watch(connection);
            // What ends a connection early is the client's business.
            tokio::spawn(async move { drop(connection.await) });
        }
        drop(listener);
        let _ = tokio::time::timeout(DRAIN, connections.shutdown()).await;
        Ok(())
    }

    /// Reads the body, as far as the limit lets it, and answers.
    async fn answer(&self, request: Request<Incoming>) -> Response<Bytes> {
        let (head, body) = request.into_parts();
        match Limited::new(body, MAX_BODY).collect().await {
            Ok(body) => self.respond(Request::from_parts(head, body.to_bytes())),
            Err(error) if too_large(error.as_ref()) => {
                self.respond_too_large(&Request::from_parts(head, Bytes::new()))
            }
            // The client broke its body off and will hardly read this.
            Err(_) => {
                let mut response = Response::new(Bytes::new());
                *response.status_mut() = StatusCode::BAD_REQUEST;
                response
            }
        }
    }
}

fn too_large(error: &(dyn Error + Send + Sync + 'static)) -> bool {
    error.is::<LengthLimitError>()
}
