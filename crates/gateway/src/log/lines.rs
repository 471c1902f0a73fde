//! Bytes on their way out of the process, in whole lines.

use std::{io, mem, thread, time::Duration};

/// The pause before the next attempt on a stream that would block and cannot tell for how long: a non-blocking one that
/// was inherited from the parent process.
const PAUSE: Duration = Duration::from_millis(10);

/// A stream that never holds half a line for long: a line of which a part was written is finished before the next one
/// begins, and one of which nothing was written is lost as a whole.
#[derive(Debug)]
pub(super) struct WholeLines<W> {
    out: W,
    /// The rest of a line whose beginning was written.
    rest: Vec<u8>,
}

/// Lines that could not be written.
#[derive(Debug)]
pub(super) struct LeftOver {
    /// The number of lines that were dropped.
    pub(super) lines: u64,
    /// The error that the stream gave.
    pub(super) error: io::Error,
}

impl<W: io::Write> WholeLines<W> {
    pub(super) fn new(out: W) -> Self {
        WholeLines { out, rest: Vec::new() }
    }

    /// Tells whether a line has been written in part only.
    pub(super) fn is_in_a_line(&self) -> bool {
        !self.rest.is_empty()
    }

    /// Writes lines, each with its end, and before them what is left of the last one.
    ///
    /// # Errors
    /// [`LeftOver`], with how many of `lines` are lost. One that was begun is not among them.
    pub(super) fn write(&mut self, lines: &[u8]) -> Result<(), LeftOver> {
        let rest = mem::take(&mut self.rest);
        if let (written, Err(error)) = self.write_some(&rest) {
            self.rest = rest[written..].to_vec();
            return Err(LeftOver { lines: count(lines), error });
        }
        let (written, Err(error)) = self.write_some(lines) else { return Ok(()) };
        let left = &lines[written..];
        let begun = match lines[..written].last() {
            None | Some(b'\n') => 0,
            Some(_) => left.iter().position(|byte| *byte == b'\n').map_or(left.len(), |end| end + 1),
        };
        self.rest = left[..begun].to_vec();
        Err(LeftOver { lines: count(&left[begun..]), error })
    }

    /// Writes as much as possible, and returns the number of bytes written with the error that stopped it.
    fn write_some(&mut self, bytes: &[u8]) -> (usize, io::Result<()>) {
        let mut written = 0;
        while written < bytes.len() {
            match self.out.write(&bytes[written..]) {
                Ok(0) => return (written, Err(io::ErrorKind::WriteZero.into())),
                Ok(more) => written += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(PAUSE),
                Err(error) => return (written, Err(error)),
            }
        }
        // Nothing stays behind in a buffer: what is flushed here was written.
        (written, self.out.flush())
    }
}

fn count(lines: &[u8]) -> u64 {
    lines.iter().filter(|byte| **byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk with so much room.
    #[derive(Debug, Default)]
    struct Disk {
        written: Vec<u8>,
        room: usize,
        interrupts: bool,
    }

    impl io::Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.interrupts = !self.interrupts;
            if self.interrupts {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let written = bytes.len().min(self.room);
            if written == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.room -= written;
            self.written.extend_from_slice(&bytes[..written]);
            Ok(written)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn row_14_2c_a_line_is_written_whole_or_not_at_all_wherever_the_disk_is_full() {
        let (first, second) = (b"one\ntwo\nthree\n", b"four\n");
        for room in 0..first.len() {
            let mut lines = WholeLines::new(Disk { room, ..Disk::default() });
            let lost = lines.write(first).unwrap_err().lines;
            // As long as there is no room, nothing is added to what was begun.
            assert_eq!(lines.write(second).unwrap_err().lines, 1, "{room}");
            lines.out.room = 100;
            lines.write(b"five\n").unwrap();
            let text = String::from_utf8(mem::take(&mut lines.out.written)).unwrap();
            let written: Vec<&str> = text.lines().collect();
            let whole: Vec<&str> = ["one", "two", "three"].into_iter().take(3 - lost as usize).collect();
            assert_eq!(written, [&whole[..], &["five"]].concat(), "{room}");
            assert!(text.ends_with('\n') && !lines.is_in_a_line());
        }
    }
}
