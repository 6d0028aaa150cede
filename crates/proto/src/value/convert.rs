//! From Rust's own types to values and back.

use super::{Dict, Value};

macro_rules! from {
    ($variant:ident: $($type:ty),+) => {
        $(impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Value::$variant(value.into())
            }
        })+
    };
}

from!(Bool: bool);
from!(Int: u8, u16, u32, u64, i8, i16, i32, i64, i128);
from!(Float: f32, f64);
from!(Str: &str, String);
from!(Bytes: &[u8], Vec<u8>);
from!(List: Vec<Value>);
from!(Dict: Dict);

/// None is null.
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

impl<T: Into<Value>> FromIterator<T> for Value {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Value::List(items.into_iter().map(Into::into).collect())
    }
}

/// The largest float below which all whole numbers are exact.
const WHOLE_FLOAT_MAX: f64 = 9_007_199_254_740_992.0;

impl Value {
    /// Is it null?
    pub fn is_null(&self) -> bool {
        *self == Value::Null
    }

    /// The truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The integer, if it is one. Also a float that is whole: some clients write large integers
    /// as floats.
    #[expect(clippy::cast_possible_truncation, reason = "whole, and in the range")]
    pub fn as_int(&self) -> Option<i128> {
        match self {
            Value::Int(value) => Some(*value),
            Value::Float(value) if value.fract() == 0.0 && value.abs() <= WHOLE_FLOAT_MAX => {
                Some(*value as i128)
            }
            _ => None,
        }
    }

    /// The same, if it fits.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_int().and_then(|value| value.try_into().ok())
    }

    /// The same, if it fits.
    pub fn as_u64(&self) -> Option<u64> {
        self.as_int().and_then(|value| value.try_into().ok())
    }

    /// The number, if it is one; the nearest float of an integer.
    #[expect(clippy::cast_precision_loss, reason = "documented")]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Float(value) => Some(*value),
            Value::Int(value) => Some(*value as f64),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes, if it is a byte string.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The items, if it is a list.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The dict, if it is one.
    pub fn as_dict(&self) -> Option<&Dict> {
        match self {
            Value::Dict(dict) => Some(dict),
            _ => None,
        }
    }
}
