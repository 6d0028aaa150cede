"""A procedure, registered under exactly one URI."""

import os

from autobahn.asyncio.component import Component, run
from autobahn.wamp.exception import ApplicationError

URL = os.environ.get("CROSSPOINT_URL", "ws://127.0.0.1:8080/ws")
component = Component(transports=URL, realm="realm1")


@component.on_join
async def joined(session, details):
    registration = await session.register(lambda a, b: a + b, "com.example.add")
    print("2 + 3 =", await session.call("com.example.add", 2, 3))

    try:
        await session.register(lambda a, b: a - b, "com.example.add")
    except ApplicationError as error:
        print("registered again:", error.error)

    await registration.unregister()
    try:
        await session.call("com.example.add", 2, 3)
    except ApplicationError as error:
        print("called after unregistering:", error.error)
    session.leave()


run([component], log_level="error")
