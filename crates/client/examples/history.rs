//! The event history: what was published before, page by page, and how to catch up without a gap.
//!
//! The router has to keep one: `crosspoint serve --history prefix:com.example.,events=100`

#![allow(clippy::print_stdout, reason = "an example shows what happens")]

use std::error::Error;

use crosspoint_client::{
    Arguments, Client, PublicationId, RequestError, Session, Subscription, Value,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("CROSSPOINT_URL").unwrap_or("ws://127.0.0.1:8080/ws".into());
    let client = Client::builder(url).realm("realm1");
    let (publisher, reader) = (client.connect().await?, client.connect().await?);
    for number in 1..=5 {
        publish(&publisher, number).await?; // nobody is subscribed
    }

    // First subscribe, then ask what was before: so nothing is missing, but something may come twice.
    let mut live = reader.subscribe("com.example.news").await?;
    publish(&publisher, 6).await?;

    let mut known: Vec<(PublicationId, i64)> = Vec::new();
    loop {
        let mut asked = Arguments::from((live.id().0,)).kwarg("limit", 2);
        if let Some((last, _)) = known.last() {
            asked = asked.kwarg("after_publication", last.0);
        }
        let page = get_events(&reader, asked).await?;
        if page.is_empty() {
            break;
        }
        println!("a page: {}", numbers(&page));
        known.extend(page);
    }

    publish(&publisher, 7).await?;
    catch_up(&mut live, &mut known).await;
    println!("each once: {}", numbers(&known));

    let asked = Arguments::from((live.id().0,)).kwarg("limit", 3).kwarg("reverse", true);
    println!("the newest first: {}", numbers(&get_events(&reader, asked).await?));
    publisher.leave().await;
    reader.leave().await;
    Ok(())
}

async fn publish(publisher: &Session, number: i64) -> Result<(), RequestError> {
    publisher.publish_acknowledged("com.example.news", (number,)).await?;
    Ok(())
}

/// One page. The results are positional, one for each event.
async fn get_events(
    session: &Session,
    asked: Arguments,
) -> Result<Vec<(PublicationId, i64)>, RequestError> {
    let page = session.call("wamp.subscription.get_events", asked).await?;
    Ok(page.args.iter().filter_map(read).collect())
}

/// What is of interest here of an event from the history.
fn read(event: &Value) -> Option<(PublicationId, i64)> {
    let event = event.as_dict()?;
    let number = event.get("args")?.as_list()?.first()?.as_i64()?;
    Some((PublicationId(event.get("publication")?.as_u64()?), number))
}

/// Takes events as they come, until the seventh. What both have has the same publication ID.
async fn catch_up(live: &mut Subscription, known: &mut Vec<(PublicationId, i64)>) {
    while let Some(Ok(event)) = live.next().await {
        let number = event.args[0].as_i64().unwrap_or_default();
        if known.iter().all(|(publication, _)| *publication != event.publication) {
            known.push((event.publication, number));
        }
        if number == 7 {
            break;
        }
    }
}

fn numbers(events: &[(PublicationId, i64)]) -> String {
    let numbers: Vec<_> = events.iter().map(|(_, number)| number.to_string()).collect();
    numbers.join(" ")
}
