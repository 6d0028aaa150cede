//! The arguments of a call or an event, typed by what they look like.

use clap::Args;
use crosspoint_client::{Arguments, Value};
use crosspoint_proto::serializer::{JsonReader, Malformed, Reader as _};

/// Positional and keyword arguments.
#[derive(Debug, Args)]
pub(super) struct ArgumentOptions {
    /// Arguments: 5 is an integer, 1.5 a float; true, false and null are themselves; what begins
    /// with [, { or " is JSON; anything else is text. So "5" with its quotes is a text, which a
    /// shell passes on as '"5"'
    #[arg(value_name = "ARG", value_parser = typed, allow_negative_numbers = true)]
    args: Vec<Value>,

    /// An argument by keyword, its value typed in the same way; may be given several times
    #[arg(short, long = "kwarg", value_name = "KEY=VALUE", value_parser = keyword)]
    kwargs: Vec<(String, Value)>,
}

impl From<ArgumentOptions> for Arguments {
    fn from(options: ArgumentOptions) -> Arguments {
        let ArgumentOptions { args, kwargs } = options;
        Arguments { args, kwargs: kwargs.into_iter().collect() }
    }
}

/// A value by its looks.
fn typed(text: &str) -> Result<Value, String> {
    if text.starts_with(['[', '{', '"']) {
        return json(text).map_err(|malformed| {
            format!("it begins like JSON, but is not: {malformed}; a text is quoted like '\"[\"'")
        });
    }
    // JSON may have white space around it, but then it does not look like a number.
    let bare = text.trim_ascii() == text;
    Ok(json(text).ok().filter(|_| bare).unwrap_or_else(|| text.into()))
}

fn keyword(text: &str) -> Result<(String, Value), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), typed(value)?)),
        _ => Err("a keyword argument is like name=value".to_owned()),
    }
}

/// A value that is written as JSON, the whole text.
pub(super) fn json(text: &str) -> Result<Value, Malformed> {
    let mut reader = JsonReader::new(text.as_bytes());
    let value = Value::read(&mut reader)?;
    reader.finish()?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_what_they_look_like() {
        for (text, value) in [
            ("1", Value::Int(1)),
            ("-1", Value::Int(-1)),
            ("1.5", Value::Float(1.5)),
            ("1.0", Value::Float(1.0)),
            ("1e3", Value::Float(1000.0)),
            ("true", Value::Bool(true)),
            ("null", Value::Null),
            ("[1,\"a\"]", Value::List(vec![1.into(), "a".into()])),
            ("\"1\"", "1".into()),
            ("one", "one".into()),
            ("", "".into()),
            ("01", "01".into()),
            ("1.", "1.".into()),
            (" 1", " 1".into()),
            ("1 2", "1 2".into()),
            ("1,2", "1,2".into()),
            ("True", "True".into()),
            ("NaN", "NaN".into()),
            ("-", "-".into()),
        ] {
            assert_eq!(typed(text), Ok(value), "{text:?}");
        }
        assert_eq!(typed("{\"a\":{}}").unwrap().to_string(), "{\"a\":{}}");
    }

    #[test]
    fn what_begins_like_json_is_json() {
        for text in ["[1", "{name}", "\"", "[1]]", "[] []"] {
            assert!(typed(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn keyword_arguments_have_a_key() {
        assert_eq!(keyword("a=1"), Ok(("a".to_owned(), 1.into())));
        assert_eq!(keyword("a=b=c"), Ok(("a".to_owned(), "b=c".into())));
        assert_eq!(keyword("a="), Ok(("a".to_owned(), "".into())));
        assert!(keyword("a").is_err());
        assert!(keyword("=1").is_err());
    }
}
