"""Who receives an event: its publisher names sessions or roles, and is left out itself unless it asks."""

import asyncio
import os

import txaio
from autobahn.asyncio.component import Component
from autobahn.wamp.types import PublishOptions

URL = os.environ.get("CROSSPOINT_URL", "ws://127.0.0.1:8080/ws")


async def join():
    """A session of its own."""
    joined = asyncio.get_running_loop().create_future()
    component = Component(transports=URL, realm="realm1")
    component.on_join(lambda session, details: joined.set_result(session))
    component.start()
    return await joined


async def main():
    txaio.config.loop = asyncio.get_running_loop()
    sessions = {name: await join() for name in ("anna", "bert", "carl", "dora")}
    anna, dora = sessions["anna"], sessions["dora"]
    received, done = {}, []

    def subscribe(name):
        finished = asyncio.Event()
        done.append(finished)
        on_event = lambda word: received.setdefault(word, []).append(name) if word != "done" else finished.set()
        return sessions[name].subscribe(on_event, "com.example.news")

    for name in ("anna", "bert", "carl"):
        await subscribe(name)

    async def publish(publisher, word, **options):
        received.setdefault(word, [])
        await publisher.publish("com.example.news", word, options=PublishOptions(acknowledge=True, **options))

    await publish(dora, "for everybody")
    await publish(dora, "for anna", eligible=[anna._session_id])
    await publish(dora, "not for anna", exclude=[anna._session_id])
    await publish(dora, "for administrators", eligible_authrole=["admin"])
    await publish(dora, "for nobody", eligible=[])
    await publish(anna, "by anna")
    await publish(anna, "by anna, for anna, too", exclude_me=False)
    await publish(dora, "done")

    for finished in done:
        await finished.wait()
    for word, names in received.items():
        if word != "done":
            print(f"{word}:", *sorted(names) or ["nobody"])
    for session in sessions.values():
        session.leave()


txaio.use_asyncio()
txaio.start_logging(level="critical")
asyncio.run(main())
