//! The command line.

mod arguments;
mod banner;
#[cfg(target_os = "linux")]
mod bench;
mod call;
mod check;
mod choices;
mod config;
mod flags;
mod history;
mod import;
mod log;
mod output;
mod program;
mod publish;
mod register;
mod reload;
mod reloader;
mod secret;
mod serve;
mod session;
mod signals;
mod subscribe;
mod traces;

pub(crate) use self::output::plain;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A WAMP v2 router, and the commands to work with one.
///
/// Without a command it is 'serve': on 127.0.0.1:8080, the realm 'realm1', to whoever is on this
/// machine.
#[derive(Debug, Parser)]
#[command(version, about, long_about, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    serve: serve::Serve,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(Box<serve::Serve>),
    Check(check::Check),
    Config(config::Config),
    Import(import::ImportArguments),
    Reload(reload::Reload),
    Secret(secret::Secret),
    Call(call::Call),
    Register(register::Register),
    Publish(publish::Publish),
    Subscribe(subscribe::Subscribe),
    /// Measure what routing costs
    #[cfg(target_os = "linux")]
    Bench(Box<bench::Bench>),
}

/// What went wrong, for a person: what, where, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
struct Failure {
    what: String,
    hint: Option<String>,
}

impl Failure {
    fn new(what: impl Into<String>) -> Failure {
        Failure { what: what.into(), hint: None }
    }

    fn hint(self, hint: impl Into<String>) -> Failure {
        Failure { hint: Some(hint.into()), ..self }
    }
}

/// Parses the arguments and does what they say.
pub fn main() -> ExitCode {
    let Arguments { command, serve } = Arguments::parse();
    let done = match command.unwrap_or(Command::Serve(Box::new(serve))) {
        Command::Serve(serve) => serve.run(),
        Command::Check(check) => check.run(),
        Command::Config(config) => config.run(),
        Command::Import(import) => import.run(),
        Command::Reload(reload) => reload.run(),
        Command::Secret(secret) => secret.run(),
        Command::Call(call) => call.run(),
        Command::Register(register) => register.run(),
        Command::Publish(publish) => publish.run(),
        Command::Subscribe(subscribe) => subscribe.run(),
        #[cfg(target_os = "linux")]
        Command::Bench(bench) => bench.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            report(&failure);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "this is where errors reach the person")]
fn report(failure: &Failure) {
    eprintln!("error: {failure}");
    if let Some(hint) = &failure.hint {
        eprintln!("hint: {hint}");
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory as _;

    use super::Arguments;
    use crate::config::environment::OPTIONS;

    /// Whoever looks for variables that nobody reads knows those that somebody does.
    #[test]
    fn the_variables_of_options_are_known() {
        let command = Arguments::command();
        let commands = command.get_subcommands().chain([&command]);
        let options = commands.flat_map(clap::Command::get_arguments);
        let variables = options.filter_map(|option| option.get_env()?.to_str());
        let known: BTreeSet<&str> = variables.chain([super::log::VARIABLE]).collect();
        assert_eq!(known, BTreeSet::from(OPTIONS));
    }

    /// Whichever option the word is for, and in whichever case it is.
    #[test]
    fn words_that_are_almost_right_are_told() {
        let command = Arguments::command();
        let mut told = BTreeSet::new();
        for command in command.get_subcommands().chain([&command]) {
            let chosen = command.get_arguments().filter(|it| it.get_action().takes_values());
            for option in chosen {
                let Some(word) = option.get_possible_values().pop() else { continue };
                let written = word.get_name().to_uppercase();
                let flag = option.get_long().map(|flag| format!("--{flag}"));
                let arguments = [command.get_name().to_owned()].into_iter().chain(flag);
                let typed = arguments.chain([written]);
                let error = command.clone().try_get_matches_from(typed).unwrap_err().to_string();
                let tip = format!("a similar value exists: '{}'", word.get_name());
                assert!(error.contains(&tip), "{error}");
                told.insert(option.get_id().to_string());
            }
        }
        for option in ["disclose_caller", "slow_subscribers", "matching", "cancel_mode", "kdf"] {
            assert!(told.contains(option), "{option} is not one of {told:?}");
        }
    }
}
