//! Masking keys: one for each frame that a WebSocket client sends, drawn so that nobody can foretell
//! them (RFC 6455, section 5.3).

/// Keys that are drawn at a time: the system is asked once in 64 frames.
const POOL_KEYS: usize = 64;

/// A source of masking keys.
pub(super) struct Masks {
    pool: [[u8; 4]; POOL_KEYS],
    used: usize,
}

impl Masks {
    pub(super) fn new() -> Masks {
        Masks { pool: [[0; 4]; POOL_KEYS], used: POOL_KEYS }
    }

    /// A key that was never used.
    pub(super) fn draw(&mut self) -> [u8; 4] {
        if self.used == POOL_KEYS {
            getrandom::fill(self.pool.as_flattened_mut())
                .expect("the operating system has randomness for its processes");
            self.used = 0;
        }
        self.used += 1;
        self.pool[self.used - 1]
    }
}
