//! `crosspoint call`: one call, and its result on standard output.

use std::time::Duration;

use clap::Args;
use crosspoint_client::{CallOptions, CallResult, CancelMode, Session};

use super::Failure;
use super::arguments::ArgumentOptions;
use super::choices::cancel_modes;
use super::output::{Reader, print_result};
use super::session::{SessionOptions, request_failure};

/// Call a procedure and print its result
///
/// A single value is printed as itself: a text as it is, anything else as JSON. Several values are
/// printed as a JSON list, keyword values as a JSON object on a line of its own. An error of the
/// procedure or the router is told on standard error, with exit code 1. Ctrl-C cancels the call.
#[derive(Debug, Args)]
pub(super) struct Call {
    /// The procedure, like com.example.hello
    #[arg(value_name = "URI")]
    procedure: String,

    #[command(flatten)]
    arguments: ArgumentOptions,

    #[command(flatten)]
    how: How,

    #[command(flatten)]
    session: SessionOptions,
}

/// How the procedure is called.
#[derive(Debug, Args)]
struct How {
    /// How long the call may take, like 500ms, 2s or 1m; with --progress, how long each of its
    /// results may take
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    timeout: Option<Duration>,

    /// Ask for progressive results: each is printed as it comes, and the final one last
    #[arg(long)]
    progress: bool,

    /// Let the callee know who calls
    #[arg(long)]
    disclose_me: bool,

    /// Where several callees share the procedure: calls with the same key go to the same one
    #[arg(long, value_name = "KEY")]
    rkey: Option<String>,

    /// What becomes of the callee's work if the call is interrupted: it may go on (skip), or is
    /// told to stop (kill, killnowait)
    #[arg(long, value_name = "MODE", default_value = "killnowait", value_parser = cancel_modes())]
    cancel_mode: CancelMode,
}

impl Call {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Call { procedure, arguments, how, session } = self;
        let called = session.run(async |session| {
            if how.progress {
                return call_progressive(session, how.options(), &procedure, arguments).await;
            }
            let called = session.call_with(how.options(), &procedure, arguments).await;
            called.map(Some).map_err(|error| request_failure(&procedure, &error))
        });
        match called? {
            Some(Some(result)) => print_result(&result).map(drop),
            // Nobody reads any more.
            Some(None) => Ok(()),
            None => Err(Failure::new("interrupted; the call was cancelled")),
        }
    }
}

impl How {
    fn options(&self) -> CallOptions {
        let options = CallOptions::new()
            .timeout(self.timeout.unwrap_or_default())
            .disclose_me(self.disclose_me)
            .cancel_mode(self.cancel_mode);
        match &self.rkey {
            Some(key) => options.rkey(key),
            None => options,
        }
    }
}

/// Prints the progressive results, and gives the final one; none if nobody reads any more.
async fn call_progressive(
    session: &Session,
    options: CallOptions,
    procedure: &str,
    arguments: ArgumentOptions,
) -> Result<Option<CallResult>, Failure> {
    let failure = |error| request_failure(procedure, &error);
    let called = session.call_progressive(options, procedure, arguments).await;
    let mut call = called.map_err(failure)?;
    while let Some(progress) = call.next().await {
        if print_result(&progress)? == Reader::Gone {
            return Ok(None);
        }
    }
    call.result().await.map(Some).map_err(failure)
}

/// A number with its unit.
fn duration(text: &str) -> Result<Duration, String> {
    let number_of = |unit| text.strip_suffix(unit).and_then(|number| number.parse::<f64>().ok());
    // In this order: what ends with ms also ends with s.
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0)];
    let seconds = units.into_iter().find_map(|(unit, seconds)| Some(number_of(unit)? * seconds));
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    match duration {
        Some(Duration::ZERO) => Err("expected more than nothing".to_owned()),
        Some(duration) => Ok(duration),
        None => Err("a duration is like 500ms, 2s or 1m".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("1m"), Ok(Duration::from_mins(1)));
        for text in ["", "5", "s", "ms", "-1s", "1h", "1e30s", "NaNs", "0s", "0ms"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
