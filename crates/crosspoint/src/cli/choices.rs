//! Values of options that are chosen by their names.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use crosspoint_client::{CancelMode, InvokePolicy, MatchPolicy};

pub(super) fn match_policies() -> impl TypedValueParser<Value = MatchPolicy> {
    by_name(&MatchPolicy::ALL, MatchPolicy::name)
}

/// That one of them is this router's own is no reason to type more.
pub(super) fn invoke_policies() -> impl TypedValueParser<Value = InvokePolicy> {
    by_name(&InvokePolicy::ALL, |policy| policy.name().trim_start_matches("x_"))
}

pub(super) fn cancel_modes() -> impl TypedValueParser<Value = CancelMode> {
    by_name(&[CancelMode::Skip, CancelMode::Kill, CancelMode::KillNoWait], CancelMode::name)
}

/// One of these.
pub(super) fn by_name<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(all.iter().copied().map(name)).try_map(move |chosen| {
        all.iter().copied().find(|&value| name(value) == chosen).ok_or("there is no such value")
    })
}
