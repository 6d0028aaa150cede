use super::*;
use crate::request::{CallRequest, OwnedPayload, Release, Request, Ticket};

#[tokio::test]
async fn a_call_is_answered() {
    let (session, mut router) = joined().await;
    let first = spawn_call(&session, Arguments::from((2, 3)).kwarg("exact", true));
    router.expect(r#"[48,1,{},"com.add",[2,3],{"exact":true}]"#).await;
    let second = spawn_call(&session, ());
    router.expect(r#"[48,2,{},"com.add"]"#).await;
    router.say(r#"[8,48,2,{},"com.error.no",["not today"],{"code":1}]"#).await;
    router.say(r#"[50,1,{},[5],{"exact":false}]"#).await;

    let result = first.await.unwrap().unwrap();
    assert_eq!(result.args, [5.into()]);
    assert_eq!(result.kwargs.to_string(), r#"{"exact":false}"#);
    let error = second.await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "com.error.no: not today");
    let RequestError::Wamp { uri, args, kwargs } = error else { panic!("{error}") };
    assert_eq!((uri.as_str(), &args[..]), ("com.error.no", &["not today".into()][..]));
    assert_eq!(kwargs.to_string(), r#"{"code":1}"#);
}

#[tokio::test]
async fn a_dropped_call_is_cancelled() {
    let (session, mut router) = joined().await;
    let call = spawn_call(&session, ());
    router.expect(r#"[48,1,{},"com.add"]"#).await;
    call.abort();
    router.expect(r#"[49,1,{"mode":"killnowait"}]"#).await;
    router.say(r#"[8,48,1,{},"wamp.error.canceled"]"#).await;
    // That answer was for nobody, and the next call is answered as ever.
    let call = spawn_call(&session, ());
    router.expect(r#"[48,2,{},"com.add"]"#).await;
    router.say("[50,2,{},[5]]").await;
    assert_eq!(call.await.unwrap().unwrap().args, [5.into()]);
}

#[tokio::test]
async fn a_call_is_not_cancelled_where_the_router_does_not_know_how() {
    let (connecting, mut router) = connecting(LengthLimit::MAX).await;
    router.say(PLAIN_WELCOME).await;
    let session = connecting.await.unwrap().unwrap();
    let call = spawn_call(&session, ());
    router.expect(r#"[48,1,{},"com.add"]"#).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    tokio::join!(session.publish("com.news", ()), router.expect(r#"[16,2,{},"com.news"]"#))
        .0
        .unwrap();
}

#[tokio::test]
async fn a_call_that_is_dropped_before_leaving_is_cancelled_first() {
    let (session, mut router) = joined().await;
    let call = spawn_call(&session, ());
    router.expect(r#"[48,1,{},"com.add"]"#).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    let play_along = async {
        router.expect(r#"[49,1,{"mode":"killnowait"}]"#).await;
        router.expect(r#"[6,{},"wamp.close.close_realm"]"#).await;
        drop(router);
    };
    tokio::join!(session.leave(), play_along);
}

#[tokio::test]
async fn options_are_sent_with_the_call() {
    let (session, mut router) = joined().await;
    let options = CallOptions::new()
        .timeout(std::time::Duration::from_millis(1500))
        .disclose_me(true)
        .rkey("customer 17")
        .cancel_mode(CancelMode::Skip);
    let call = tokio::spawn(async move { session.call_with(options, "com.add", ()).await });
    let options =
        r#"{"disclose_me":true,"timeout":1500,"runmode":"partition","rkey":"customer 17"}"#;
    router.expect(&format!(r#"[48,1,{options},"com.add"]"#)).await;
    // A progressive result that nobody has asked for is no answer.
    router.say_all(&[r#"[50,1,{"progress":true},[1],{}]"#]).await;
    call.abort();
    router.expect(r#"[49,1,{"mode":"skip"}]"#).await;
}

/// A call, and where its answer comes.
fn request_call(conversation: &mut Conversation, ticket: u64) -> Answer {
    let (reply, answer) = oneshot::channel();
    let payload = OwnedPayload::none(Serializer::Json);
    let procedure = "com.add".to_owned();
    let (ticket, options) = (Ticket(ticket), CallOptions::new());
    let call = CallRequest { ticket, options, procedure, payload, progressive: None, reply };
    conversation.on_request(Some(Request::Call(call)));
    answer
}

type Answer = oneshot::Receiver<Result<crate::CallResult, RequestError>>;

#[test]
fn calls_beyond_the_limit_are_refused() {
    let mut conversation = joined_conversation();
    let calls = (1..=CALLS_MAX as u64).map(|ticket| request_call(&mut conversation, ticket));
    let calls: Vec<_> = calls.collect();
    written(&mut conversation);
    // A call that nobody waits for still counts: the router may yet answer it.
    conversation.on_release(Release::Call(Ticket(1)));
    assert!(written(&mut conversation).ends_with(r#"[49,1,{"mode":"killnowait"}]"#));

    let refused = request_call(&mut conversation, 0).try_recv().unwrap().unwrap_err();
    assert_eq!(
        refused.to_string(),
        "65536 calls of this session wait for their results; try again later"
    );
    assert_eq!(written(&mut conversation), "");

    hear(&mut conversation, r#"[8,48,1,{},"wamp.error.canceled"]"#);
    let mut taken = request_call(&mut conversation, 0);
    assert!(taken.try_recv().is_err(), "it waits");
    assert!(written(&mut conversation).ends_with(r#"[48,65537,{},"com.add"]"#));
    drop(calls);
}
