//! Randomness, from the operating system: the router draws none itself.

use crosspoint_router::ids::Entropy;

/// For one session.
pub(crate) fn of_session() -> Entropy {
    let numbers: [u8; 24] = octets();
    let (numbers, _) = numbers.as_chunks();
    let number = |index: usize| u64::from_ne_bytes(numbers[index]);
    Entropy { session: number(0), publications: number(1), choices: number(2), challenge: octets() }
}

/// Octets that nobody can guess.
pub(crate) fn octets<const COUNT: usize>() -> [u8; COUNT] {
    let mut octets = [0; COUNT];
    getrandom::fill(&mut octets).expect("the operating system has randomness for its processes");
    octets
}
