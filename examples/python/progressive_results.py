"""A result in pieces: each reaches the caller as soon as the callee sends it."""

import os

from autobahn.asyncio.component import Component, run
from autobahn.wamp.types import CallOptions, RegisterOptions

URL = os.environ.get("CROSSPOINT_URL", "ws://127.0.0.1:8080/ws")
component = Component(transports=URL, realm="realm1")


def countdown(start, details):
    for number in range(start, 0, -1):
        if details.progress:  # only if the caller asked for it
            details.progress(number)
    return "lift-off"


@component.on_join
async def joined(session, details):
    await session.register(countdown, "com.example.countdown", RegisterOptions(details=True))

    options = CallOptions(on_progress=lambda number: print("progress:", number))
    print("result:", await session.call("com.example.countdown", 3, options=options))
    print("without asking for progress:", await session.call("com.example.countdown", 3))
    session.leave()


run([component], log_level="error")
