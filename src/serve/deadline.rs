//! The end of a process that does not end by itself: a task that computes without a pause stops every timer of the
//! runtime that it is on, the one of `timeouts.drain` included.

use std::{io, thread, time::Duration};

use tokio::runtime::Builder;

/// The time that the last lines of the log get to be written.
const LAST_LINES: Duration = Duration::from_millis(500);

/// Ends the process some time after it was told to stop, if it is still there. A thread and a runtime of its own see to
/// that, so nothing that serves can hold it up.
///
/// `stop` is called there, and says that the process is to stop; `most` says then how long that may take.
///
/// # Errors
/// The thread cannot be started.
pub(super) fn end_in_time<S: Future<Output = ()>>(
    stop: impl FnOnce() -> io::Result<S> + Send + 'static,
    most: impl FnOnce() -> Duration + Send + 'static,
) -> io::Result<()> {
    watch(stop, most, |most| {
        tracing::error!(target: "dateline::cli",
            seconds = most.as_secs_f64(),
            "the process did not stop in time: it is ended, whatever it does"
        );
        thread::sleep(LAST_LINES);
        std::process::exit(1);
    })
}

fn watch<S: Future<Output = ()>>(
    stop: impl FnOnce() -> io::Result<S> + Send + 'static,
    most: impl FnOnce() -> Duration + Send + 'static,
    end: impl FnOnce(Duration) + Send + 'static,
) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let wait = move || {
        let stopped = runtime.block_on(async {
            stop()?.await;
            io::Result::Ok(())
        });
        match stopped {
            Ok(()) => {
                let most = most();
                thread::sleep(most);
                end(most);
            }
            Err(problem) => {
                tracing::warn!(target: "dateline::cli", error = %problem, "nothing sees to it that the process ends in time: the signal cannot be listened for")
            }
        }
    };
    thread::Builder::new().name("deadline".into()).spawn(wait).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        sync::mpsc::{TryRecvError, channel},
        time::Instant,
    };

    #[test]
    fn a_task_that_never_pauses_does_not_hold_the_end_up() {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let ((told, stop), (ended, end)) = (tokio::sync::oneshot::channel::<()>(), channel());
            let stop = move || Ok(async move { _ = stop.await });
            let most = Duration::from_millis(100);
            watch(stop, move || most, move |most| _ = ended.send(most)).expect("a thread");
            assert_eq!(end.try_recv(), Err(TryRecvError::Empty), "nobody has stopped it");
            let since = Instant::now();
            told.send(()).expect("it waits");
            // This is the task.
            let ended = loop {
                match end.try_recv() {
                    Ok(ended) => break ended,
                    Err(TryRecvError::Empty) => std::hint::spin_loop(),
                    Err(TryRecvError::Disconnected) => panic!("it gave up"),
                }
            };
            assert!(ended == most && since.elapsed() >= most);
        });
    }
}
