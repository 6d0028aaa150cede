//! The shape of the file: what may stand where, and what it means.
//!
//! It is read off the schema, which is made of the types in [`file`](super::file) and their
//! comments. Who checks a file, reads the environment or writes the documentation walks over a
//! shape, so that a setting is said in one place.

use std::sync::LazyLock;

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform as _};
use serde_json::{Map, Value};

use super::file::File;
use super::units::Format;

/// How the schema says what kind of text one is, beside its pattern.
pub(crate) const FORMAT: &str = "x-format";

/// How the schema says that a router takes up a new value without a restart.
pub(crate) const RELOAD: &str = "x-reload";

/// How the schema says that a router takes up new tables, and gives up old ones, without a restart.
pub(crate) const COME_AND_GO: &str = "x-come-and-go";

/// How the schema says what a name in its example is.
pub(crate) const NAMES: &str = "x-names";

/// What may stand at a place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    /// A table of these settings.
    Table(Vec<Setting>),
    /// Tables, by names that the file gives them; the documentation calls them so.
    Named {
        placeholder: String,
        /// A router takes up tables that are new, and lets go of those that are not there any more, without a
        /// restart.
        come_and_go: bool,
        each: Box<Shape>,
    },
    List {
        least: usize,
        each: Box<Shape>,
    },
    /// One of these words.
    Choice(Vec<Word>),
    Text(Option<Format>),
    /// A whole number.
    Number {
        least: i64,
        most: i64,
    },
    Boolean,
}

/// What may stand in a table, under its name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Setting {
    pub(crate) name: String,
    /// Sentences for people.
    pub(crate) about: String,
    pub(crate) required: bool,
    /// As the file would have it; `None` is a meaning of its own, or a table's business.
    pub(crate) default: Option<Value>,
    /// What somebody might write.
    pub(crate) example: Option<Value>,
    /// A router takes up a new value without a restart.
    pub(crate) reload: bool,
    pub(crate) shape: Shape,
}

/// A word, and what it means.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Word {
    pub(crate) word: String,
    pub(crate) about: String,
}

/// What the schema is called by those who refer to it: a name, and no place, for each version of the router prints its own.
const ID: &str = "urn:crosspoint:configuration";

/// The schema, as it is published.
pub(crate) fn schema() -> Schema {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<File>();
    RecursiveTransform(simplify as fn(&mut Schema)).transform(&mut schema);
    schema.insert("$id".to_owned(), ID.into());
    schema.insert("title".to_owned(), "The configuration file of Crosspoint".into());
    schema
}

/// The same as text.
pub(crate) fn schema_text() -> String {
    format!("{:#}\n", schema().as_value())
}

/// TOML has no null; how many bits a number has is said by its bounds; what a table defaults to is
/// said by its settings; and comments are broken into lines only to fit the source.
fn simplify(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [name] = types.as_slice() {
            let name = name.clone();
            object.insert("type".to_owned(), name);
        }
    }
    if object.get("default").is_some_and(|default| default.is_null() || default.is_object()) {
        object.shift_remove("default");
    }
    if let Some(Value::String(text)) = object.get_mut("description") {
        let paragraphs = text.split("\n\n").map(|paragraph| paragraph.replace('\n', " "));
        *text = paragraphs.collect::<Vec<_>>().join("\n\n");
    }
    if object.shift_remove("format").is_some_and(|format| format == "uint32") {
        object.entry("maximum").or_insert(u32::MAX.into());
    }
}

impl Shape {
    /// The shape of the whole file, which is made once: every line that is quoted asks it for what is secret.
    pub(crate) fn of_file() -> &'static Shape {
        static OF_FILE: LazyLock<Shape> = LazyLock::new(|| Shape::of(schema().as_value()));
        &OF_FILE
    }

    /// Whatever a schema says that is not foreseen here is a text of any kind; a test sees to it that
    /// there is nothing such.
    fn of(schema: &Value) -> Shape {
        let text = |key: &str| schema.get(key).and_then(Value::as_str).unwrap_or_default();
        let words = schema.get("oneOf").or(schema.get("enum")).and_then(Value::as_array);
        if let Some(words) = words {
            return Shape::Choice(words.iter().map(Word::of).collect());
        }
        match text("type") {
            "object" => match schema.get("additionalProperties") {
                Some(each @ Value::Object(_)) => {
                    let each = Box::new(Shape::of(each));
                    let placeholder = text(NAMES).to_owned();
                    let come_and_go = schema.get(COME_AND_GO).and_then(Value::as_bool);
                    let come_and_go = come_and_go.unwrap_or_default();
                    Shape::Named { placeholder, come_and_go, each }
                }
                _ => Shape::Table(settings(schema)),
            },
            "array" => {
                let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or_default();
                let each = Box::new(Shape::of(schema.get("items").unwrap_or(&Value::Null)));
                Shape::List { least: usize::try_from(least).unwrap_or_default(), each }
            }
            "integer" => {
                let bound = |key| schema.get(key).and_then(Value::as_i64);
                let least = bound("minimum").unwrap_or(i64::MIN);
                Shape::Number { least, most: bound("maximum").unwrap_or(i64::MAX) }
            }
            "boolean" => Shape::Boolean,
            _ => Shape::Text(Format::from_name(text(FORMAT))),
        }
    }

    /// Is it a text that nobody is shown?
    pub(crate) fn is_secret(&self) -> bool {
        matches!(self, Shape::Text(Some(format)) if format.is_secret())
    }

    /// The names of all settings that are secret.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        match self {
            Shape::Table(settings) => {
                let names = settings.iter().filter(|setting| setting.shape.is_secret());
                let names = names.map(|setting| setting.name.as_str());
                names.chain(settings.iter().flat_map(|setting| setting.shape.secrets())).collect()
            }
            Shape::Named { each, .. } | Shape::List { each, .. } => each.secrets(),
            _ => Vec::new(),
        }
    }

    /// The names of all settings that are a value and no secret.
    pub(crate) fn harmless(&self) -> Vec<&str> {
        match self {
            Shape::Table(settings) => {
                let is_harmless = |shape: &Shape| {
                    !shape.is_secret() && !matches!(shape, Shape::Table(_) | Shape::Named { .. })
                };
                let names = settings.iter().filter(|setting| is_harmless(&setting.shape));
                let names = names.map(|setting| setting.name.as_str());
                names.chain(settings.iter().flat_map(|setting| setting.shape.harmless())).collect()
            }
            Shape::Named { each, .. } | Shape::List { each, .. } => each.harmless(),
            _ => Vec::new(),
        }
    }

    /// The names of the tables, or tables of tables, in which somebody writes down secrets.
    pub(crate) fn keepers(&self) -> Vec<&str> {
        match self {
            Shape::Table(settings) => settings
                .iter()
                .flat_map(|setting| {
                    let name = setting.shape.keeps().then_some(setting.name.as_str());
                    name.into_iter().chain(setting.shape.keepers())
                })
                .collect(),
            Shape::Named { each, .. } | Shape::List { each, .. } => each.keepers(),
            _ => Vec::new(),
        }
    }

    fn keeps(&self) -> bool {
        match self {
            Shape::Table(settings) => settings.iter().any(|setting| setting.shape.is_secret()),
            Shape::Named { each, .. } => each.keeps(),
            _ => false,
        }
    }

    /// The setting of this name, if this is a table that has it.
    pub(crate) fn setting(&self, name: &str) -> Option<&Setting> {
        let Shape::Table(settings) = self else { return None };
        settings.iter().find(|setting| setting.name == name)
    }
}

impl Word {
    fn of(schema: &Value) -> Word {
        let text = |key| schema.get(key).and_then(Value::as_str);
        let word = schema.as_str().or(text("const")).unwrap_or_default().to_owned();
        Word { word, about: text("description").unwrap_or_default().to_owned() }
    }
}

fn settings(schema: &Value) -> Vec<Setting> {
    let none = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
    let required = schema.get("required").and_then(Value::as_array);
    let setting = |(name, schema): (&String, &Value)| Setting {
        name: name.clone(),
        about: schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
        required: required.is_some_and(|names| names.iter().any(|required| required == name)),
        default: schema.get("default").cloned(),
        example: schema.get("examples").and_then(|examples| examples.get(0)).cloned(),
        reload: schema.get(RELOAD).and_then(Value::as_bool).unwrap_or_default(),
        shape: Shape::of(schema),
    };
    properties.iter().map(setting).collect()
}
