//! The pack's diagnostics are part of its interface: they are compared word for word.

use super::*;

#[test]
fn the_embedded_pack_has_no_mistakes() {
    if let Err(diagnostics) = Pack::embedded() {
        panic!("{diagnostics}");
    }
}
