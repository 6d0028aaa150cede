//! Arguments that come in chunks, from both sides.

use super::*;

/// A call whose arguments come in chunks, and the CALL that it sends.
async fn call(
    session: &Session,
    router: &mut Router,
) -> (crate::ChunkSender, crate::ProgressiveCall) {
    let calling = session.call_chunked(CallOptions::new().rkey("a"), "com.add", (1,));
    let options = r#"{"progress":true,"receive_progress":true,"runmode":"partition","rkey":"a"}"#;
    let expected = format!(r#"[48,1,{options},"com.add",[1]]"#);
    tokio::join!(calling, router.expect(&expected)).0.unwrap()
}

#[tokio::test]
async fn chunks_are_sent_under_one_request() {
    let (session, mut router) = joined().await;
    let (mut chunks, mut call) = call(&session, &mut router).await;
    chunks.send((2,)).await.unwrap();
    router.expect(r#"[48,1,{"progress":true},"com.add",[2]]"#).await;
    // Results may come before the last of the arguments.
    router.say(r#"[50,1,{"progress":true},[3]]"#).await;
    assert_eq!(call.next().await.unwrap().args, [3.into()]);
    let other = spawn_call(&session, ());
    router.expect(r#"[48,2,{},"com.add"]"#).await;
    chunks.finish((3,)).await.unwrap();
    router.expect(r#"[48,1,{},"com.add",[3]]"#).await;
    router.say_all(&["[50,1,{},[6]]", "[50,2,{}]"]).await;
    assert_eq!(call.result().await.unwrap().args, [6.into()]);
    other.await.unwrap().unwrap();
}

#[tokio::test]
async fn chunks_for_a_call_that_is_over_are_not_sent() {
    let (session, mut router) = joined().await;
    let (mut chunks, call) = call(&session, &mut router).await;
    router.say("[50,1,{},[1]]").await;
    assert_eq!(call.result().await.unwrap().args, [1.into()]);
    assert_eq!(chunks.send((2,)).await, Err(RequestError::CallEnded));
    assert_eq!(chunks.finish((3,)).await, Err(RequestError::CallEnded));
    let play_along = router.expect(r#"[6,{},"wamp.close.close_realm"]"#);
    tokio::join!(play_along, async {
        drop(session);
    });
}

#[tokio::test]
async fn chunks_that_end_before_the_last_cancel_the_call() {
    let (session, mut router) = joined().await;
    let (chunks, call) = call(&session, &mut router).await;
    drop(chunks);
    router.expect(r#"[49,1,{"mode":"killnowait"}]"#).await;
    router.say(r#"[8,48,1,{},"wamp.error.canceled"]"#).await;
    assert_eq!(call.result().await.unwrap_err().to_string(), "wamp.error.canceled");
}

#[tokio::test]
async fn after_the_last_chunk_the_call_goes_on() {
    let (session, mut router) = joined().await;
    let (chunks, call) = call(&session, &mut router).await;
    chunks.finish(()).await.unwrap();
    router.expect(r#"[48,1,{},"com.add"]"#).await;
    drop(call);
    router.expect(r#"[49,1,{"mode":"killnowait"}]"#).await;
}

#[tokio::test]
async fn a_router_that_does_not_know_chunks_gets_none() {
    let (connecting, mut router) = connecting(LengthLimit::MAX).await;
    router.say(PLAIN_WELCOME).await;
    let session = connecting.await.unwrap().unwrap();
    let error = session.call_chunked(CallOptions::new(), "com.add", ()).await.unwrap_err();
    assert_eq!(error.to_string(), "the router does not announce progressive_call_invocations");
}

/// Adds what comes.
async fn sum(invocation: Invocation) -> Result<Arguments, ApplicationError> {
    let mut sum: i64 = invocation.args.iter().filter_map(Value::as_i64).sum();
    while let Some(chunk) = invocation.next_chunk().await {
        sum += chunk.args.iter().filter_map(Value::as_i64).sum::<i64>();
    }
    Ok((sum,).into())
}

#[tokio::test]
async fn a_handler_gets_the_arguments_in_chunks() {
    let (session, mut router) = joined().await;
    register(&session, &mut router, sum).await;
    router
        .say_all(&[r#"[68,1,7,{"progress":true},[1]]"#, r#"[68,1,7,{"progress":true},[2]]"#])
        .await;
    // A call that comes in one piece has none besides.
    router.say("[68,2,7,{},[5]]").await;
    router.expect("[70,2,{},[5]]").await;
    router.say("[68,1,7,{},[3]]").await;
    router.expect("[70,1,{},[6]]").await;
}

#[tokio::test]
async fn chunks_that_come_too_late_are_passed_over() {
    let (session, mut router) = joined().await;
    let handler =
        |invocation: Invocation| async move { Ok((invocation.args.len() as u64,).into()) };
    let registration = register(&session, &mut router, handler).await;
    router.say(r#"[68,1,7,{"progress":true},[1]]"#).await;
    router.expect("[70,1,{},[1]]").await;
    router.say_all(&[r#"[68,1,7,{"progress":true},[2]]"#, "[68,1,7,{}]", "[68,2,7,{}]"]).await;
    router.expect("[70,2,{},[0]]").await;
    // It does not matter how the call ended.
    router.say_all(&["[67,0,{\"registration\":7}]", r#"[68,3,7,{"progress":true}]"#]).await;
    registration.ended().await;
    assert!(router.hear().await.unwrap().starts_with("[8,68,3,"));
    router.say_all(&["[68,3,7,{}]", "[68,4,7,{}]"]).await;
    assert!(router.hear().await.unwrap().starts_with("[8,68,4,"));
}

#[tokio::test]
async fn chunks_that_nobody_takes_stop_the_handler() {
    let (session, mut router) = joined().await;
    let handler = |invocation: Invocation| async move {
        match invocation.args[..] {
            [] => Ok(().into()),
            _ => pending().await,
        }
    };
    register(&session, &mut router, handler).await;
    let mut chunks = vec![r#"[68,1,7,{"progress":true},[1]]"#; CHUNKS_WAITING_MAX + 2];
    // Others go on.
    chunks.extend(["[68,1,7,{}]", "[68,2,7,{}]"]);
    router.say_all(&chunks).await;
    let error = r#"[8,68,1,{},"crosspoint.error.queue_full",["the arguments come faster than the handler takes them"]]"#;
    router.expect(error).await;
    router.expect("[70,2,{}]").await;
}

#[tokio::test]
async fn an_interrupted_handler_gets_no_more_chunks() {
    let (session, mut router) = joined().await;
    register(&session, &mut router, sum).await;
    router.say_all(&[r#"[68,1,7,{"progress":true},[1]]"#, r#"[69,1,{"mode":"killnowait"}]"#]).await;
    router.expect(r#"[8,68,1,{},"wamp.error.canceled",["the call was cancelled"]]"#).await;
    router.say_all(&["[68,1,7,{},[2]]", "[68,2,7,{},[5]]"]).await;
    router.expect("[70,2,{},[5]]").await;
}
