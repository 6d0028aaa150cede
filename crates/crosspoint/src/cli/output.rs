//! How values are shown to a person, and written to standard output for whoever reads it.

use std::io::{self, Write as _};

use crosspoint_client::{CallResult, Dict, Event, Value};

use super::Failure;

/// Whether somebody still reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    Reads,
    Gone,
}

/// Writes a line to standard output, at once.
pub(super) fn print_line(line: &str) -> Result<Reader, Failure> {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{line}").and_then(|()| stdout.flush()) {
        Ok(()) => Ok(Reader::Reads),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(Failure::new(format!("cannot write to standard output: {error}"))),
    }
}

/// Tells a person something that is no output.
#[expect(clippy::print_stderr, reason = "this is where notices reach the person")]
pub(super) fn notice(text: &str) {
    eprintln!("{}", plain(text));
}

/// Positional values on one line: a single one as itself, several as a JSON list, none as none.
pub(super) fn readable(args: &[Value]) -> Option<String> {
    match args {
        [] => None,
        [Value::Str(text)] if is_plain(text) => Some(text.clone()),
        [value] => Some(value.to_string()),
        values => Some(Value::List(values.to_vec()).to_string()),
    }
}

/// Keyword values as a JSON object, none as none.
pub(super) fn json_if_any(kwargs: &Dict) -> Option<String> {
    (!kwargs.is_empty()).then(|| kwargs.to_string())
}

/// What a call or a part of it came to: its positional values on a line, its keyword values on
/// another.
pub(super) fn print_result(result: &CallResult) -> Result<Reader, Failure> {
    for line in [readable(&result.args), json_if_any(&result.kwargs)].iter().flatten() {
        if print_line(line)? == Reader::Gone {
            return Ok(Reader::Gone);
        }
    }
    Ok(Reader::Reads)
}

/// Positional and keyword values as one JSON object, both always there.
pub(super) fn json_object(args: Vec<Value>, kwargs: Dict) -> String {
    Value::from(Dict::from([("args", Value::List(args)), ("kwargs", Value::Dict(kwargs))]))
        .to_string()
}

/// An event as one JSON object, with its topic where that is not known anyway, and with whatever
/// else there is to tell of it. The names are those of `EVENT.Details`.
pub(super) fn json_event(event: Event, with_topic: bool) -> String {
    let Event { topic, publisher, trust_level, retained, args, kwargs, .. } = event;
    let publisher = publisher.as_ref();
    let authid = publisher.and_then(|publisher| publisher.authid.as_deref());
    let authrole = publisher.and_then(|publisher| publisher.authrole.as_deref());
    let entries = [
        ("topic", with_topic.then(|| topic.into())),
        ("publisher", publisher.map(|publisher| publisher.session.0.into())),
        ("publisher_authid", authid.map(Value::from)),
        ("publisher_authrole", authrole.map(Value::from)),
        ("trustlevel", trust_level.map(Value::from)),
        ("retained", retained.then(|| true.into())),
        ("args", Some(Value::List(args))),
        ("kwargs", Some(Value::Dict(kwargs))),
    ];
    let told = entries.into_iter().filter_map(|(key, value)| Some((key, value?)));
    Value::from(told.collect::<Dict>()).to_string()
}

/// Nothing in it that a terminal would obey.
fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() && c != '\n' && c != '\t')
}

/// The same on one line, without anything that a terminal would obey: others have written it.
pub(crate) fn plain(text: &str) -> String {
    let escape = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.into() };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_readable() {
        assert_eq!(readable(&[]), None);
        assert_eq!(readable(&["two words".into()]).unwrap(), "two words");
        assert_eq!(readable(&["1".into(), 1.into()]).unwrap(), r#"["1",1]"#);
        assert_eq!(readable(&[Value::Null]).unwrap(), "null");
        assert_eq!(readable(&["\u{1b}[2J".into()]).unwrap(), r#""\u001b[2J""#);
    }

    #[test]
    fn notices_are_one_line_and_harmless() {
        assert_eq!(plain("zwölf\n\u{1b}[2J"), "zwölf\\n\\u{1b}[2J");
    }
}
