//! Clients prove who they are to the router, with what `crosspoint secret` has made of their secrets.

use crosspoint_client::{Client, ConnectError, PrivateKey, error_uri};
use expect_test::expect;

use crate::config::ConfigFile;
use crate::process::{Router, output, output_given};

const PASSWORD: &str = "pencil";

/// Everybody's password is the same, and makes keys of another kind; the key is what keyholder has.
fn serve() -> (ConfigFile, Router, PrivateKey) {
    let secret = |options: &[&str]| {
        let cheap = ["--iterations", "4096", "--memory", "8"];
        output_given(PASSWORD, &[&["secret"], options, &cheap[..]].concat())
    };
    let pair = output(&["secret", "cryptosign"]);
    let (public, private) = pair.trim_end().split_once('\n').unwrap();
    let key = PrivateKey::from_hex(private.split(' ').next_back().unwrap()).unwrap();
    let principals = [
        ("ticket", secret(&["ticket"])),
        ("salted", secret(&["wampcra"])),
        ("unsalted", format!("wampcra = \"plain:{PASSWORD}\"")),
        ("argon2", secret(&["scram"])),
        ("autobahn", secret(&["scram", "--kdf", "argon2id-13"])),
        ("pbkdf2", secret(&["scram", "--kdf", "pbkdf2"])),
        ("keyholder", public.to_owned()),
    ]
    .map(|(authid, credential)| {
        format!("[realms.realm1.principals.{authid}]\nrole = \"tester\"\n{credential}\n")
    });
    let methods = "authmethods = [\"ticket\", \"wampcra\", \"scram\", \"cryptosign\"]";
    let limit = "failed_attempts_per_address_max = 0";
    let text = format!("[realms.realm1]\n{methods}\n{limit}\n{}", principals.concat());
    let file = ConfigFile::new(&text);
    let router = file.serve(&[], &["--listen", "127.0.0.1:0"]);
    (file, router, key)
}

fn client(router: &Router) -> Client {
    Client::builder(format!("ws://{}/ws", router.address))
}

/// What this client has a password for, by each method that needs one.
fn clients(router: &Router, password: &str) -> [(&'static str, &'static str, Client); 6] {
    let client = || client(router);
    [
        ("ticket", "ticket", client().ticket(password)),
        ("salted", "wampcra", client().wampcra(password)),
        ("unsalted", "wampcra", client().wampcra(password)),
        ("argon2", "wamp-scram", client().scram(password)),
        ("autobahn", "wamp-scram", client().scram(password)),
        ("pbkdf2", "wamp-scram", client().scram(password)),
    ]
}

#[track_caller]
fn assert_denied(error: &ConnectError) {
    let ConnectError::Refused { reason, .. } = error else { panic!("{error}") };
    assert_eq!(reason, error_uri::AUTHENTICATION_DENIED);
}

#[tokio::test]
async fn whoever_proves_who_it_is_joins() {
    let (_file, router, key) = serve();
    for (authid, method, client) in clients(&router, PASSWORD) {
        let session = client.authid(authid).connect().await.unwrap();
        assert_eq!((session.authid(), session.authmethod()), (authid, method));
        assert_eq!(session.authrole(), "tester");
        session.leave().await;
    }
    let nameless = client(&router).cryptosign(key);
    for client in [nameless.clone(), nameless.authid("keyholder")] {
        let session = client.connect().await.unwrap();
        assert_eq!((session.authid(), session.authmethod()), ("keyholder", "cryptosign"));
    }
}

#[tokio::test]
async fn who_does_not_is_denied() {
    let (_file, router, key) = serve();
    for (authid, _, client) in clients(&router, "crayon") {
        assert_denied(&client.authid(authid).connect().await.unwrap_err());
    }
    for (_, _, client) in clients(&router, PASSWORD) {
        assert_denied(&client.authid("stranger").connect().await.unwrap_err());
    }
    let other = client(&router).cryptosign(PrivateKey::new(&[42; 32]));
    let stranger = client(&router).authid("stranger").cryptosign(key);
    for client in [other.clone(), other.authid("keyholder"), stranger] {
        assert_denied(&client.connect().await.unwrap_err());
    }
}

/// What somebody else has signed, with a key that stands in a variable.
#[tokio::test]
async fn a_token_is_as_good_as_a_ticket() {
    use jsonwebtoken::{EncodingKey, Header, encode};
    const SECRET: &str = "a secret of thirty-two octets and more";
    let file = ConfigFile::new(
        "[realms.realm1]\nauthmethods = [\"jwt\"]\n[realms.realm1.tokens.accounts]\n\
         algorithm = \"HS256\"\nkey = \"env:ACCOUNTS_KEY\"\nrole = \"tester\"\naudience = \"crosspoint\"\n",
    );
    let router = file.serve(&[("ACCOUNTS_KEY", SECRET)], &["--listen", "127.0.0.1:0"]);
    let token = |secret: &str, exp: u64| {
        let claims = serde_json::json!({ "sub": "alice", "aud": "crosspoint", "exp": exp });
        encode(&Header::default(), &claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
    };
    // The year 2100, and the year 2001.
    let (far, past) = (4_102_444_800, 1_000_000_000);
    let client = |token: &str| client(&router).authid("alice").ticket(token);
    let session = client(&token(SECRET, far)).connect().await.unwrap();
    assert_eq!((session.authid(), session.authmethod()), ("alice", "jwt"));
    assert_eq!(session.authrole(), "tester");
    for token in [token(SECRET, past), token("another secret of thirty-two octets", far)] {
        assert_denied(&client(&token).connect().await.unwrap_err());
    }
}

/// The first that the router takes, and that its principal has.
#[tokio::test]
async fn a_client_may_offer_several_proofs() {
    let (_file, router, key) = serve();
    let several = client(&router).cryptosign(key).scram("crayon").wampcra(PASSWORD).ticket("x");
    let session = several.authid("salted").connect().await.unwrap();
    assert_eq!(session.authmethod(), "wampcra");
}

#[tokio::test]
async fn who_offers_nothing_is_told_what_is_taken() {
    let (_file, router, _key) = serve();
    for client in [client(&router), client(&router).anonymous()] {
        let error = client.connect().await.unwrap_err();
        let text = "the router refused the session: wamp.error.authentication_required: \
                    this realm takes no anonymous sessions: \
                    offer one of ticket, wampcra, wamp-scram, cryptosign";
        assert_eq!(error.to_string(), text);
    }
}

/// The commands, too: by what stands in files.
#[test]
fn the_commands_prove_who_they_are() {
    let (_file, router, key) = serve();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (password, wrong) = (write("password", "pencil\n"), write("wrong", "crayon\n"));
    let key = write("key", &key.to_hex());
    let publish = ["publish", "com.example.news", "1"];
    for proof in [
        ["--authid", "argon2", "--password-file", &password],
        ["--authid", "salted", "--password-file", &password],
        ["--authid", "ticket", "--ticket-file", &password],
        ["--authid", "keyholder", "--key-file", &key],
    ] {
        router.check(&[&publish[..], &proof[..]].concat(), &expect![[""]]);
    }
    router.check(
        &[&publish[..], &["--authid", "argon2", "--password-file", &wrong]].concat(),
        &expect![[r#"
            stderr: error: the router refused the session: wamp.error.authentication_denied: the proof is wrong, or nobody here has that name or key
            exit status: 1
        "#]],
    );
    router.check(&publish, &expect![[r#"
        stderr: error: the router refused the session: wamp.error.authentication_required: this realm takes no anonymous sessions: offer one of ticket, wampcra, wamp-scram, cryptosign
        stderr: hint: say who you are with --authid, and prove it with --password-file, --ticket-file or --key-file
        exit status: 1
    "#]]);
}
