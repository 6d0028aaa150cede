//! A procedure that three callees share: `shared roundrobin`, `random`, `first`, `last` or
//! `x_least_pending`.

#![allow(clippy::print_stdout, reason = "an example shows what happens")]

use std::error::Error;

use crosspoint_client::{
    Arguments, Client, Invocation, InvokePolicy, RegisterOptions, RequestError, Session,
};

const NAMES: [&str; 3] = ["anna", "bert", "carl"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("CROSSPOINT_URL").unwrap_or("ws://127.0.0.1:8080/ws".into());
    let client = Client::builder(url).realm("realm1");
    let name = std::env::args().nth(1).unwrap_or("roundrobin".into());
    let policy = InvokePolicy::ALL.into_iter().find(|policy| policy.name() == name);
    let policy = policy.ok_or("there is no such policy")?;
    let other = match policy {
        InvokePolicy::First => InvokePolicy::Last,
        _ => InvokePolicy::First,
    };

    let mut registrations = Vec::new();
    for name in NAMES {
        let callee = client.connect().await?;
        let options = RegisterOptions::new().invoke(policy);
        let answer = move |_: Invocation| async move { Ok(Arguments::from((name,))) };
        registrations.push(callee.register_with(options, "com.example.who", answer).await?);
    }
    let dora = client.connect().await?;

    let answers = six_calls(&dora).await?;
    if policy == InvokePolicy::Random {
        let known = answers.iter().all(|name| NAMES.contains(&name.as_str()));
        println!("random: all by one of them: {}", if known { "yes" } else { "no" });
    } else {
        println!("{}: {}", policy.name(), answers.join(" "));
    }

    let options = RegisterOptions::new().invoke(other);
    let answer = async |_: Invocation| Ok(Arguments::from(("dora",)));
    let refused = dora.register_with(options, "com.example.who", answer).await;
    if let Err(RequestError::Wamp { uri, .. }) = refused {
        println!("with another policy: {uri}");
    }

    registrations.remove(0).unregister().await?;
    let still = six_calls(&dora).await?.contains(&"anna".to_owned());
    println!("anna still answers after unregistering: {}", if still { "yes" } else { "no" });
    dora.leave().await;
    Ok(())
}

async fn six_calls(caller: &Session) -> Result<Vec<String>, RequestError> {
    let mut answers = Vec::new();
    for _ in 0..6 {
        let result = caller.call("com.example.who", ()).await?;
        answers.push(result.args[0].as_str().unwrap_or_default().to_owned());
    }
    Ok(answers)
}
