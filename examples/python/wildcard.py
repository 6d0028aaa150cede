"""Procedures that fit a pattern with a gap: an empty component stands for any."""

import os

from autobahn.asyncio.component import Component, run
from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.types import RegisterOptions

URL = os.environ.get("CROSSPOINT_URL", "ws://127.0.0.1:8080/ws")
component = Component(transports=URL, realm="realm1")


def status(details):
    machine = details.procedure.split(".")[2]
    return f"{machine} is running"


@component.on_join
async def joined(session, details):
    await session.register(status, "com.example..status", RegisterOptions(match="wildcard", details=True))

    print(await session.call("com.example.pump1.status"))
    print(await session.call("com.example.pump2.status"))
    try:
        await session.call("com.example.hall3.pump1.status")
    except ApplicationError as error:
        print("a component too many:", error.error)
    session.leave()


run([component], log_level="error")
