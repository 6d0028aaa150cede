//! Files and what they mean; and, by what is wrong with them, what is said of those with mistakes.

#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

mod contradictions;
mod environment;
mod exposure;
mod misfits;
mod principals;
mod syntax;
pub(super) mod tls;
mod tokens;

use std::path::PathBuf;

use expect_test::Expect;

use super::document::Document;
use super::shape::Shape;
use super::source::Origin;
use super::*;

fn configuration(text: &str) -> Result<Configuration, Problems> {
    let origin = Origin::File(PathBuf::from("crosspoint.toml"));
    Configuration::of(Document::of_text(origin, text.to_owned()))
}

/// What is said of a file, which is wrong.
#[track_caller]
fn check(text: &str, expected: &Expect) {
    let problems = configuration(text).expect_err("nothing is wrong with it");
    expected.assert_eq(&format!("error: {problems}\n"));
}

/// Everything that the types say is understood; otherwise it would not be checked.
#[test]
fn the_shape_knows_what_the_schema_says() {
    fn check(path: &str, shape: &Shape, texts: &mut Vec<String>) {
        match shape {
            Shape::Table(settings) => {
                assert!(!settings.is_empty(), "{path}");
                for setting in settings {
                    let path = format!("{path}.{}", setting.name);
                    assert!(!setting.about.is_empty(), "{path} is not explained");
                    check(&path, &setting.shape, texts);
                }
            }
            Shape::Named { placeholder, each, .. } => {
                assert!(!placeholder.is_empty(), "{path}");
                check(&format!("{path}.{placeholder}"), each, texts);
            }
            Shape::List { each, .. } => check(&format!("{path}[]"), each, texts),
            Shape::Choice(words) => {
                assert!(words.iter().all(|word| !word.about.is_empty()), "{path}: {words:?}");
            }
            Shape::Number { least, most } => {
                assert!(*least >= 0 && most > least, "{path}");
            }
            Shape::Text(None) => texts.push(path.to_owned()),
            Shape::Text(Some(_)) | Shape::Boolean => {}
        }
    }
    let mut texts = Vec::new();
    check("", Shape::of_file(), &mut texts);
    // These, and no others, may be any text.
    assert_eq!(
        texts,
        [
            ".listeners.NAME.unix",
            ".listeners.NAME.cookie.name",
            ".listeners.NAME.tls.certificate",
            ".listeners.NAME.tls.key",
            ".listeners.NAME.tls.client_ca",
            ".realms.NAME.name",
            ".realms.NAME.anonymous_role",
            ".realms.NAME.certificate_role",
            ".realms.NAME.principals.AUTHID.authid",
            ".realms.NAME.principals.AUTHID.role",
            ".realms.NAME.tokens.NAME.issuer",
            ".realms.NAME.tokens.NAME.audience",
            ".realms.NAME.tokens.NAME.authid_claim",
            ".realms.NAME.tokens.NAME.role",
            ".realms.NAME.tokens.NAME.role_claim",
            ".realms.NAME.tokens.NAME.roles[]",
            ".realms.NAME.trust_levels[].prefix",
            ".realms.NAME.trust_levels[].role",
            ".realms.NAME.history[].topic",
            ".realms.NAME.roles.NAME.permissions[].uri",
            ".realms.NAME.roles.NAME.authorizer.procedure",
            ".realms.NAME.authenticators.METHOD.procedure",
            ".realms.NAME.authenticators.METHOD.realm",
            ".store.path",
        ]
    );
}

#[test]
fn an_empty_file_is_the_default() {
    let Configuration { file, settings, .. } = configuration("# nothing\n").unwrap();
    assert_eq!(toml::to_string(&file), toml::to_string(&File::default()));
    let [listener] = settings.server.listeners.as_slice() else { panic!("{settings:?}") };
    assert_eq!(listener.place, crate::server::DEFAULT_ADDRESS.into());
    assert_eq!(listener.tls, None);
    let [realm] = settings.server.realms.as_slice() else { panic!("{settings:?}") };
    assert_eq!(realm.name, "realm1");
}
