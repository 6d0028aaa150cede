"""Testaments: what a session has published when it ends, also if it vanishes without a word."""

import asyncio
import os

import txaio
from autobahn.asyncio.component import Component

URL = os.environ.get("CROSSPOINT_URL", "ws://127.0.0.1:8080/ws")


async def join(on_leave=lambda session, details: None):
    """A session of its own, that stays away when it has ended."""
    joined = asyncio.get_running_loop().create_future()
    component = Component(transports={"type": "websocket", "url": URL, "max_retries": 0}, realm="realm1")
    component.on_join(lambda session, details: joined.set_result(session))
    component.on_leave(on_leave)
    component.start()
    return await joined


async def main():
    txaio.config.loop = asyncio.get_running_loop()
    heir, left = await join(), asyncio.Event()
    anna, bert = await join(lambda session, details: left.set()), await join()
    published = asyncio.Event()

    def on_testament(text, kind=None):
        print(text, f"({kind})")
        published.set()

    await heir.subscribe(on_testament, "com.example.obituaries")
    for session, name in ((anna, "anna"), (bert, "bert")):
        arguments = ["com.example.obituaries", [f"{name} is gone"], {"kind": "testament"}]
        await session.call("wamp.session.add_testament", *arguments)

    await anna.call("wamp.session.flush_testaments")  # she has changed her mind
    anna.leave()
    await left.wait()
    bert._transport.abort()  # as if his cable had been pulled

    await published.wait()
    heir.leave()


txaio.use_asyncio()
txaio.start_logging(level="critical")
asyncio.run(main())
