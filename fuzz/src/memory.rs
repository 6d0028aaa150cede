//! Memory: how much of it something may take. What is in the input cannot need more than in proportion to its length.

use std::alloc::System;
use std::panic;
use std::sync::Once;

use cap::Cap;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// Does it, while so many octets may be allocated in addition to those that are. One more is the end of the
/// process, with `memory allocation of … bytes failed`.
pub fn within<T>(octets: usize, work: impl FnOnce() -> T) -> T {
    // What a panic says of itself takes more than the input does.
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let _ = ALLOCATOR.set_limit(usize::MAX);
            hook(info);
        }));
    });
    let limit = ALLOCATOR.allocated() + octets;
    ALLOCATOR.set_limit(limit).expect("more than is allocated");
    let done = work();
    ALLOCATOR.set_limit(usize::MAX).expect("more than is allocated");
    done
}
