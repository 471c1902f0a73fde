//! Two ways in turns: what the machine does meanwhile meets both, so that their ratio says something.

use std::{
    fmt,
    time::{Duration, Instant},
};

/// The number of times that each side of a comparison runs.
const TURNS: usize = 41;

/// The bar of a figure, in hundredths.
#[derive(Clone, Copy)]
pub(crate) enum Bar {
    None,
    AtLeast(u128),
    AtMost(u128),
}

impl Bar {
    pub(crate) fn holds(self, hundredths: u128) -> bool {
        match self {
            Bar::None => true,
            Bar::AtLeast(bar) => hundredths >= bar,
            Bar::AtMost(bar) => hundredths <= bar,
        }
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bar::None => Ok(()),
            Bar::AtLeast(bar) => write!(out, "at least {}", Hundredths(*bar)),
            Bar::AtMost(bar) => write!(out, "at most {}", Hundredths(*bar)),
        }
    }
}

/// A number of hundredths, written as a decimal.
pub(crate) struct Hundredths(pub(crate) u128);

impl fmt::Display for Hundredths {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// The figures so far, and whether all of them keep their bars.
#[derive(Default)]
pub(crate) struct Figures {
    missed: Vec<String>,
}

impl Figures {
    /// Runs both in turns and prints how many times as long as the second the first takes.
    pub(crate) fn compare(&mut self, what: &str, bar: Bar, first: impl Fn(), second: impl Fn()) {
        let time = |act: &dyn Fn()| {
            let started = Instant::now();
            act();
            started.elapsed()
        };
        let mut times: [Vec<Duration>; 2] = [Vec::new(), Vec::new()];
        for _ in 0..TURNS {
            times[0].push(time(&first));
            times[1].push(time(&second));
        }
        let [first, second] = times.map(median);
        let ratio = first.as_nanos() * 100 / second.as_nanos().max(1);
        self.add(what, bar, ratio, &format!("{first:.1?} / {second:.1?}"));
    }

    /// Prints a figure, and notes it where it misses its bar.
    pub(crate) fn add(&mut self, what: &str, bar: Bar, hundredths: u128, of: &str) {
        let figure = Hundredths(hundredths).to_string();
        println!("{what:<52} {figure:>7}   {bar:<15} {of}", bar = bar.to_string());
        if !bar.holds(hundredths) {
            self.missed.push(format!("{what}: {figure}, {bar}"));
        }
    }

    /// Ends the program, with a failure if a bar was missed.
    pub(crate) fn finish(self) {
        if !self.missed.is_empty() {
            println!("\nmissed:\n{}", self.missed.join("\n"));
            std::process::exit(1);
        }
    }
}

/// The median, which one slow turn does not change.
pub(crate) fn median<T: Ord + Copy>(mut values: Vec<T>) -> T {
    values.sort_unstable();
    values[values.len() / 2]
}
