"""A callee that cannot take a call leaves it to the next one, and the caller does not notice."""

import asyncio
import os

import txaio
from autobahn.asyncio.component import Component
from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.types import RegisterOptions

URL = os.environ.get("CROSSPOINT_URL", "ws://127.0.0.1:8080/ws")


async def join():
    """A session of its own."""
    joined = asyncio.get_running_loop().create_future()
    component = Component(transports=URL, realm="realm1")
    component.on_join(lambda session, details: joined.set_result(session))
    component.start()
    return await joined


def busy():
    print("anna is not available")
    raise ApplicationError("wamp.error.unavailable")


async def main():
    txaio.config.loop = asyncio.get_running_loop()
    anna, bert, caller = await join(), await join(), await join()
    options = RegisterOptions(invoke="first")
    await anna.register(busy, "com.example.work", options)
    work = await bert.register(lambda: "bert has done it", "com.example.work", options)

    print(await caller.call("com.example.work"))

    await work.unregister()
    try:
        await caller.call("com.example.work")
    except ApplicationError as error:
        print("without bert:", error.error)
    for session in (anna, bert, caller):
        session.leave()


txaio.use_asyncio()
txaio.start_logging(level="critical")
asyncio.run(main())
