use super::*;
use std::time::Duration;

use tokio::sync::watch;

use crate::request::{Handler, Provided, Request};

#[tokio::test]
async fn invocations_are_handled_at_the_same_time() {
    let (session, mut router) = joined().await;
    let (started, mut starts) = mpsc::unbounded_channel();
    let handler = move |invocation: Invocation| {
        let started = started.clone();
        async move {
            let (go_on, may_go_on) = oneshot::channel();
            started.send(go_on).unwrap();
            may_go_on.await.unwrap();
            Ok(Arguments { args: invocation.args, kwargs: invocation.kwargs })
        }
    };
    register(&session, &mut router, handler).await;
    router.say_all(&["[68,1,7,{},[1]]", r#"[68,2,7,{},[2],{"a":null}]"#]).await;
    let (first, second) = (starts.recv().await.unwrap(), starts.recv().await.unwrap());
    second.send(()).unwrap();
    router.expect(r#"[70,2,{},[2],{"a":null}]"#).await;
    first.send(()).unwrap();
    router.expect("[70,1,{},[1]]").await;
}

#[tokio::test]
async fn an_invocation_may_come_right_behind_registered() {
    let (session, mut router) = joined().await;
    let play_along = async {
        router.expect(r#"[64,1,{},"com.add"]"#).await;
        router.say_all(&["[65,1,7]", "[68,1,7,{}]"]).await;
        router.expect(r#"[8,68,1,{},"com.error.no",["not today"]]"#).await;
    };
    let handler = |_| async { Err(ApplicationError::new("com.error.no", "not today")) };
    tokio::join!(session.register("com.add", handler), play_along).0.unwrap();
}

#[tokio::test]
async fn unregistering_keeps_the_handler_until_it_is_acknowledged() {
    let (session, mut router) = joined().await;
    let play_along = async {
        router.expect(r#"[64,1,{},"com.add"]"#).await;
        router.say("[65,1,7]").await;
    };
    let handler = |_| async { Ok((5,).into()) };
    let registration = tokio::join!(session.register("com.add", handler), play_along).0.unwrap();
    let play_along = async {
        router.expect("[66,2,7]").await;
        router.say("[68,1,7,{}]").await;
        router.expect("[70,1,{},[5]]").await;
        router.say_all(&["[67,2]", "[68,2,7,{}]"]).await;
        let refusal =
            r#"[8,68,2,{},"wamp.error.no_such_procedure",["the registration has ended"]]"#;
        router.expect(refusal).await;
    };
    tokio::join!(registration.unregister(), play_along).0.unwrap();
}

/// Tells when it is dropped.
struct Dropped(Option<oneshot::Sender<()>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.take().unwrap().send(()).unwrap();
    }
}

#[tokio::test]
async fn an_interrupted_handler_is_dropped() {
    let (session, mut router) = joined().await;
    let (started, mut starts) = mpsc::unbounded_channel();
    let handler = move |_| {
        let (dropped, is_dropped) = oneshot::channel();
        let dropped = Dropped(Some(dropped));
        started.send(is_dropped).unwrap();
        async move {
            let _dropped = dropped;
            pending().await
        }
    };
    register(&session, &mut router, handler).await;
    router.say("[68,1,7,{}]").await;
    let is_dropped = starts.recv().await.unwrap();
    router.say(r#"[69,1,{"mode":"kill"}]"#).await;
    router.expect(r#"[8,68,1,{},"wamp.error.canceled",["the call was cancelled"]]"#).await;
    is_dropped.await.unwrap();
    // An INTERRUPT that comes too late is no reason to say anything.
    router.say_all(&[r#"[69,1,{"mode":"kill"}]"#, "[68,2,8,{}]"]).await;
    let next = router.hear().await.unwrap();
    assert!(next.starts_with("[8,68,2,"), "{next}");
}

#[tokio::test]
async fn a_handler_that_panics_is_answered_for() {
    let (session, mut router) = joined().await;
    let handler = |invocation: Invocation| async move {
        assert!(invocation.args.is_empty(), "on purpose");
        Ok(().into())
    };
    register(&session, &mut router, handler).await;
    router.say("[68,1,7,{},[1]]").await;
    let failed = r#"[8,68,1,{},"crosspoint.error.handler_failed",["the handler has panicked"]]"#;
    router.expect(failed).await;
    router.say("[68,2,7,{}]").await;
    router.expect("[70,2,{}]").await;
}

#[tokio::test]
async fn invocations_beyond_the_limit_are_refused() {
    let (session, mut router) = joined().await;
    register(&session, &mut router, |_| pending()).await;
    let invocations: Vec<_> =
        (1..=INVOCATIONS_MAX + 1).map(|id| format!("[68,{id},7,{{}}]")).collect();
    router.say_all(&invocations).await;
    let refusal = format!(
        r#"[8,68,{},{{}},"crosspoint.error.queue_full",["{INVOCATIONS_MAX} invocations are being handled; try again later"]]"#,
        INVOCATIONS_MAX + 1
    );
    router.expect(&refusal).await;
}

#[tokio::test]
async fn interrupted_handlers_count_until_they_have_stopped() {
    let mut conversation = joined_conversation();
    let handler: Handler = Arc::new(|_| Box::pin(pending()));
    let (reply, _registered) = oneshot::channel();
    let (revoked, _told) = watch::channel(None);
    let provided = Provided { procedure: "com.add".to_owned(), handler, revoked };
    let options = RegisterOptions::new();
    conversation.on_request(Some(Request::Register { options, provided, reply }));
    hear(&mut conversation, "[65,1,7]");
    // The test does not await anything, so none of the handlers gets to stop.
    for id in 1..=INVOCATIONS_MAX {
        hear(&mut conversation, &format!("[68,{id},7,{{}}]"));
        hear(&mut conversation, &format!("[69,{id},{{}}]"));
    }
    written(&mut conversation);
    hear(&mut conversation, &format!("[68,{},7,{{}}]", INVOCATIONS_MAX + 1));
    let refusal = written(&mut conversation);
    assert!(refusal.contains("crosspoint.error.queue_full"), "{refusal}");
}

#[tokio::test]
async fn a_handler_may_call() {
    let (session, mut router) = joined().await;
    let caller = Arc::new(session.clone());
    let handler = move |_| {
        let caller = Arc::clone(&caller);
        async move {
            match caller.call("com.inner", ()).await {
                Ok(result) => Ok(Arguments { args: result.args, kwargs: result.kwargs }),
                Err(error) => Err(ApplicationError::new("com.error.inner", error.to_string())),
            }
        }
    };
    register(&session, &mut router, handler).await;
    router.say("[68,1,7,{}]").await;
    router.expect(r#"[48,2,{},"com.inner"]"#).await;
    router.say("[50,2,{},[5]]").await;
    router.expect("[70,1,{},[5]]").await;
}

#[tokio::test]
async fn options_are_sent_with_the_registration() {
    let (session, mut router) = joined().await;
    let options = RegisterOptions::new()
        .matching(MatchPolicy::Wildcard)
        .invoke(InvokePolicy::LeastPending)
        .disclose_caller(true)
        .forward_timeout(true)
        .force_reregister(true)
        .concurrency(4)
        .queue(100);
    let play_along = async {
        let options = concat!(
            r#"{"match":"wildcard","invoke":"x_least_pending","disclose_caller":true,"#,
            r#""forward_timeout":true,"force_reregister":true,"concurrency":4,"x_queue":100}"#
        );
        router.expect(&format!(r#"[64,1,{options},"com..add"]"#)).await;
        router.say("[65,1,7]").await;
    };
    let registering = session.register_with(options, "com..add", |_| pending());
    tokio::join!(registering, play_along).0.unwrap();
}

#[tokio::test]
async fn a_handler_knows_what_is_called_and_by_whom() {
    let (session, mut router) = joined().await;
    let handler = |invocation: Invocation| async move {
        let Invocation { procedure, caller, trust_level, timeout, .. } = invocation;
        let told = format!("{procedure} {caller:?} {trust_level:?} {timeout:?}");
        Ok((told,).into())
    };
    register(&session, &mut router, handler).await;
    router.say("[68,1,7,{}]").await;
    router.expect(r#"[70,1,{},["com.add None None None"]]"#).await;
    let details = concat!(
        r#"{"procedure":"com.add.all","caller":3335656,"caller_authid":"alice","#,
        r#""caller_authrole":"user","trustlevel":2,"timeout":1500}"#
    );
    router.say(&format!("[68,2,7,{details}]")).await;
    let told = concat!(
        r#"com.add.all Some(Caller { session: SessionId 3335656, authid: Some(\"alice\"), "#,
        r#"authrole: Some(\"user\") }) Some(2) Some(1.5s)"#
    );
    router.expect(&format!(r#"[70,2,{{}},["{told}"]]"#)).await;
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_stopped() {
    let (session, mut router) = joined().await;
    let (started, mut starts) = mpsc::unbounded_channel();
    let handler = move |_| {
        let (dropped, is_dropped) = oneshot::channel();
        let dropped = Dropped(Some(dropped));
        started.send(is_dropped).unwrap();
        async move {
            let _dropped = dropped;
            pending().await
        }
    };
    register(&session, &mut router, handler).await;
    router.say(r#"[68,1,7,{"timeout":1500}]"#).await;
    let is_dropped = starts.recv().await.unwrap();
    tokio::time::pause();
    let error = r#"[8,68,1,{},"wamp.error.timeout",["there was no result within 1.5s"]]"#;
    router.expect(error).await;
    is_dropped.await.unwrap();
}

#[tokio::test]
async fn each_progressive_result_has_its_own_time() {
    let (session, mut router) = joined().await;
    let handler = |invocation: Invocation| async move {
        for number in 1..=3 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            invocation.progress((number,)).await?;
        }
        pending().await
    };
    register(&session, &mut router, handler).await;
    router.say(r#"[68,1,7,{"receive_progress":true,"timeout":1500}]"#).await;
    // The invocation has been read when the answer to the next one comes.
    router.say("[68,2,8,{}]").await;
    router.hear().await.unwrap();
    tokio::time::pause();
    for number in 1..=3 {
        router.expect(&format!(r#"[70,1,{{"progress":true}},[{number}]]"#)).await;
    }
    let error = r#"[8,68,1,{},"wamp.error.timeout",["there was no result within 1.5s"]]"#;
    router.expect(error).await;
}

#[tokio::test]
async fn a_revoked_registration_says_so() {
    let (session, mut router) = joined().await;
    let (go_on, may_go_on) = oneshot::channel::<()>();
    let may_go_on = Arc::new(tokio::sync::Mutex::new(Some(may_go_on)));
    let handler = move |_| {
        let may_go_on = Arc::clone(&may_go_on);
        async move {
            may_go_on.lock().await.take().unwrap().await.unwrap();
            Ok(().into())
        }
    };
    let registration = register(&session, &mut router, handler).await;
    router.say("[68,1,7,{}]").await;
    router.say_all(&[r#"[67,0,{"registration":8}]"#, "[67,0,{}]"]).await;
    router.say(r#"[67,0,{"registration":7,"reason":"somebody else has it now"}]"#).await;
    let end = registration.ended().await;
    assert_eq!(
        end.to_string(),
        "the router has revoked the registration: somebody else has it now"
    );
    assert_eq!(registration.ended().await, end);
    // What has begun is still answered, and what comes later is not.
    go_on.send(()).unwrap();
    router.expect("[70,1,{}]").await;
    router.say("[68,2,7,{}]").await;
    let refusal = r#"[8,68,2,{},"wamp.error.no_such_procedure",["the registration has ended"]]"#;
    router.expect(refusal).await;
}

#[tokio::test]
async fn a_registration_ends_with_its_session() {
    let (session, mut router) = joined().await;
    let registration = register(&session, &mut router, |_| pending()).await;
    router.say(r#"[6,{},"wamp.close.system_shutdown"]"#).await;
    router.expect(r#"[6,{},"wamp.close.goodbye_and_out"]"#).await;
    router.expect_end().await;
    drop(router);
    let end = registration.ended().await;
    let RegistrationEnd::SessionClosed(CloseReason::Goodbye { .. }) = end else {
        panic!("{end}");
    };
}
