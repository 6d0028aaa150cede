//! Values of options that are chosen by their names.

use std::ffi::OsStr;

use clap::builder::{EnumValueParser, PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::{ContextKind, ContextValue, Error};
use clap::{Arg, Command, ValueEnum};
use crosspoint_client::{CancelMode, InvokePolicy, MatchPolicy};

use crate::config::problem::did_you_mean;

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
    let names = Suggesting(PossibleValuesParser::new(all.iter().copied().map(name)));
    names.try_map(move |chosen| {
        all.iter().copied().find(|&value| name(value) == chosen).ok_or("there is no such value")
    })
}

/// One of its variants.
pub(super) fn variants<T: ValueEnum + Clone + Send + Sync + 'static>()
-> impl TypedValueParser<Value = T> {
    Suggesting(EnumValueParser::<T>::new())
}

/// Says also which of the words may be meant, as it is said of those in the file: in another case they are no less alike.
#[derive(Clone)]
struct Suggesting<P>(P);

impl<P: TypedValueParser> TypedValueParser for Suggesting<P> {
    type Value = P::Value;

    fn parse_ref(
        &self,
        command: &Command,
        option: Option<&Arg>,
        written: &OsStr,
    ) -> Result<P::Value, Error> {
        self.0.parse_ref(command, option, written).map_err(|mut error| {
            let words: Vec<PossibleValue> = self.possible_values().into_iter().flatten().collect();
            let words = words.iter().map(PossibleValue::get_name);
            let meant = written.to_str().and_then(|written| did_you_mean(written, words));
            if let Some(meant) = meant {
                let meant = ContextValue::String(meant.to_owned());
                error.insert(ContextKind::SuggestedValue, meant);
            }
            error
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        self.0.possible_values()
    }
}
