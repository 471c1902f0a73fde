//! Questions about 32 bytes at once: by plain vector types on every machine, by AVX2 where that is there.
//!
//! Code that is generic over [`Lanes`] gives the same on both; the tests compare them.

#[cfg(target_arch = "x86_64")]
mod avx2;

use wide::{i8x16, u8x16};

/// The number of bytes that are examined at once.
pub(crate) const WIDTH: usize = 32;

/// The bytes that are examined at once.
pub(crate) type Block = [u8; WIDTH];

/// A way to look at blocks. Answers have one bit a byte, the first byte's lowest.
pub(crate) trait Lanes: Copy {
    /// Returns a bit for each byte that is equal in both blocks.
    fn equal(self, one: &Block, other: &Block) -> u32;

    /// Returns a bit for each quote, backslash, control character and byte outside ASCII.
    fn stops(self, block: &Block) -> u32;
}

/// A computation on blocks that is compiled once for each instruction set.
pub(crate) trait Act {
    type Output;

    /// Runs the computation. It must be `#[inline(always)]`, or it is not compiled for the instruction set that was
    /// chosen.
    fn by(self, lanes: impl Lanes) -> Self::Output;
}

/// Does it the best way that this machine has.
#[inline]
pub(crate) fn best<A: Act>(act: A) -> A::Output {
    #[cfg(target_arch = "x86_64")]
    if let Some(lanes) = avx2::Avx2::detect() {
        return avx2::run(lanes, act);
    }
    act.by(Portable)
}

/// Vector types that every machine has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Portable;

impl Lanes for Portable {
    #[inline(always)]
    fn equal(self, one: &Block, other: &Block) -> u32 {
        let (one, other) = (halves(one), halves(other));
        let equal = |half: usize| u8x16::new(*one[half]).simd_eq(u8x16::new(*other[half])).to_bitmask();
        equal(0) | equal(1) << 16
    }

    #[inline(always)]
    fn stops(self, block: &Block) -> u32 {
        let stops = |half: &[u8; 16]| {
            let bytes = u8x16::new(*half);
            // As signed numbers, bytes that are not ASCII are below the control characters.
            let below = i8x16::new(half.map(u8::cast_signed)).simd_lt(i8x16::splat(0x20));
            let marks = bytes.simd_eq(u8x16::splat(b'"')) | bytes.simd_eq(u8x16::splat(b'\\'));
            below.to_bitmask() | marks.to_bitmask()
        };
        let [first, second] = halves(block);
        stops(first) | stops(second) << 16
    }
}

#[inline(always)]
fn halves(block: &Block) -> [&[u8; 16]; 2] {
    let (halves, _) = block.as_chunks();
    [&halves[0], &halves[1]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// One question to each byte by itself.
    fn bits(is: impl Fn(usize) -> bool) -> u32 {
        (0..WIDTH).filter(|at| is(*at)).map(|at| 1 << at).sum()
    }

    fn byte() -> impl Strategy<Value = u8> {
        prop_oneof![any::<u8>(), prop::sample::select(&b"\"\\ \x1f\x20\x7f\x80\xff"[..])]
    }

    proptest! {
        #[test]
        fn all_ways_agree_with_bytes(one in prop::array::uniform32(byte()), other in prop::array::uniform32(byte())) {
            let equal = bits(|at| one[at] == other[at]);
            let stops = bits(|at| matches!(one[at], b'"' | b'\\' | ..0x20 | 0x80..));
            prop_assert_eq!((Portable.equal(&one, &other), Portable.stops(&one)), (equal, stops));
            #[cfg(target_arch = "x86_64")]
            if let Some(avx2) = avx2::Avx2::detect() {
                prop_assert_eq!((avx2.equal(&one, &other), avx2.stops(&one)), (equal, stops));
            }
        }
    }
}
