"""A result in pieces: each reaches the caller as soon as the callee sends it."""

import asyncio
import os

import txaio
from autobahn.asyncio.component import Component
from autobahn.wamp.types import CallOptions, RegisterOptions

URL = os.environ.get("CROSSPOINT_URL", "ws://127.0.0.1:8080/ws")


async def join():
    """A session."""
    joined = asyncio.get_running_loop().create_future()
    component = Component(transports=URL, realm="realm1")
    component.on_join(lambda session, details: joined.set_result(session))
    component.start()
    return await joined


def countdown(start, details):
    for number in range(start, 0, -1):
        if details.progress:  # only if the caller asked for it
            details.progress(number)
    return "lift-off"


async def main():
    txaio.config.loop = asyncio.get_running_loop()
    session = await join()
    await session.register(countdown, "com.example.countdown", RegisterOptions(details=True))

    options = CallOptions(on_progress=lambda number: print("progress:", number))
    print("result:", await session.call("com.example.countdown", 3, options=options))
    print("without asking for progress:", await session.call("com.example.countdown", 3))
    session.leave()


txaio.use_asyncio()
txaio.start_logging(level="critical")
asyncio.run(main())
