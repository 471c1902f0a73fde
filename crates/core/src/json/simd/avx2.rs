//! AVX2, which most x86-64 machines have. The one place with code that the compiler cannot check.

#![allow(
    unsafe_code,
    reason = "vector instructions that are chosen at run time; the proofs stand with each use"
)]

use super::{Act, Block, Lanes};
use std::arch::x86_64::{
    _mm256_cmpeq_epi8, _mm256_cmpgt_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256,
    _mm256_set1_epi8,
};

/// A proof that this machine has AVX2, BMI1 and BMI2: only [`detect`](Avx2::detect) makes one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx2(());

impl Avx2 {
    /// `Some` if this machine has them.
    #[inline]
    pub(crate) fn detect() -> Option<Avx2> {
        let has_all = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2");
        has_all.then_some(Avx2(()))
    }
}

/// Runs an act compiled for AVX2.
#[inline]
pub(super) fn run<A: Act>(lanes: Avx2, act: A) -> A::Output {
    // SAFETY: `lanes` proves that the machine has the features.
    unsafe { compiled(lanes, act) }
}

#[target_feature(enable = "avx2,bmi1,bmi2")]
#[inline]
fn compiled<A: Act>(lanes: Avx2, act: A) -> A::Output {
    act.by(lanes)
}

impl Lanes for Avx2 {
    #[inline(always)]
    fn equal(self, one: &Block, other: &Block) -> u32 {
        // SAFETY: `self` proves that the machine has AVX2.
        unsafe { equal(one, other) }
    }

    #[inline(always)]
    fn stops(self, block: &Block) -> u32 {
        // SAFETY: `self` proves that the machine has AVX2.
        unsafe { stops(block) }
    }
}

#[target_feature(enable = "avx2")]
#[inline]
fn equal(one: &Block, other: &Block) -> u32 {
    // SAFETY: a block has the 32 bytes that are read, and an unaligned load asks for nothing more.
    let (one, other) =
        unsafe { (_mm256_loadu_si256(one.as_ptr().cast()), _mm256_loadu_si256(other.as_ptr().cast())) };
    _mm256_movemask_epi8(_mm256_cmpeq_epi8(one, other)).cast_unsigned()
}

#[target_feature(enable = "avx2")]
#[inline]
fn stops(block: &Block) -> u32 {
    // SAFETY: as above.
    let bytes = unsafe { _mm256_loadu_si256(block.as_ptr().cast()) };
    let is = |byte: u8| _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte.cast_signed()));
    // As signed numbers, bytes that are not ASCII are below the control characters.
    let below = _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), bytes);
    let stops = _mm256_or_si256(_mm256_or_si256(is(b'"'), is(b'\\')), below);
    _mm256_movemask_epi8(stops).cast_unsigned()
}
