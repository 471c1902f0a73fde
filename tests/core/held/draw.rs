//! Choices, drawn from a list of numbers: a shorter list with smaller numbers makes simpler things.

pub(super) struct Draw<'t> {
    tape: std::slice::Iter<'t, u16>,
}

impl<'t> Draw<'t> {
    pub(super) fn new(tape: &'t [u16]) -> Self {
        Draw { tape: tape.iter() }
    }

    /// Returns a number below `limit`.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        usize::from(self.tape.next().copied().unwrap_or_default()) % limit.max(1)
    }

    /// Tells whether something happens that happens once in `times`.
    pub(super) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    pub(super) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}
