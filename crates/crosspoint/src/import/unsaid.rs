//! Sees to it that of everything in their file something is said: what nobody has said anything of is said here.

use serde_json::{Map, Value};

use super::item::{Item, place_in};
use super::report::Report;

/// What should never be said.
pub(super) const BUG: &str =
    "it is not known what has become of this, and that is a bug: please report it";

const EMPTY: &str = "nothing stands there";

/// Says of what nobody has spoken about that nobody has.
pub(super) fn report(theirs: &Item, report: &mut Report) {
    let mut unsaid = Vec::new();
    Walk { said: &report.places(), unsaid: &mut unsaid }.table(theirs.path(), theirs.entries());
    for (place, is_empty) in unsaid {
        if is_empty {
            report.needless(place, EMPTY);
        } else {
            report.missing(place, BUG);
        }
    }
}

struct Walk<'w> {
    said: &'w indexmap::IndexMap<&'w str, bool>,
    /// Places, and whether there is nothing in them.
    unsaid: &'w mut Vec<(String, bool)>,
}

impl Walk<'_> {
    fn table(&mut self, path: &str, entries: &Map<String, Value>) {
        for (name, value) in entries {
            self.value(place_in(path, name), value);
        }
    }

    fn value(&mut self, place: String, value: &Value) {
        match (self.said.get(place.as_str()), value) {
            (Some(true), _) => {}
            (_, Value::Object(entries)) if !entries.is_empty() => self.table(&place, entries),
            (_, Value::Array(values))
                if values.iter().any(|it| it.is_object() || it.is_array()) =>
            {
                for (index, value) in values.iter().enumerate() {
                    self.value(format!("{place}[{index}]"), value);
                }
            }
            (Some(false), _) => {}
            (None, Value::Object(_)) => self.unsaid.push((place, true)),
            (None, Value::Array(values)) => self.unsaid.push((place, values.is_empty())),
            (None, _) => self.unsaid.push((place, false)),
        }
    }
}
