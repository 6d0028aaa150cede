"""A procedure that three callees share: shared.py roundrobin, random, first or last."""

import asyncio
import os
import sys

import txaio
from autobahn.asyncio.component import Component
from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.types import RegisterOptions

URL = os.environ.get("CROSSPOINT_URL", "ws://127.0.0.1:8080/ws")
POLICY = sys.argv[1] if len(sys.argv) > 1 else "roundrobin"
OTHER_POLICY = "last" if POLICY == "first" else "first"


async def join():
    """A session of its own."""
    joined = asyncio.get_running_loop().create_future()
    component = Component(transports=URL, realm="realm1")
    component.on_join(lambda session, details: joined.set_result(session))
    component.start()
    return await joined


async def main():
    txaio.config.loop = asyncio.get_running_loop()
    sessions = {name: await join() for name in ("anna", "bert", "carl")}
    registrations = {
        name: await session.register(lambda name=name: name, "com.example.who", RegisterOptions(invoke=POLICY))
        for name, session in sessions.items()
    }

    answers = [await sessions["anna"].call("com.example.who") for _ in range(6)]
    if POLICY == "random":
        print("random: all by one of them:", "yes" if set(answers) <= set(sessions) else "no")
    else:
        print(f"{POLICY}:", *answers)

    dora = await join()
    try:
        await dora.register(lambda: "dora", "com.example.who", RegisterOptions(invoke=OTHER_POLICY))
    except ApplicationError as error:
        print("with another policy:", error.error)

    await registrations["anna"].unregister()
    answers = {await dora.call("com.example.who") for _ in range(6)}
    print("anna still answers after unregistering:", "yes" if "anna" in answers else "no")
    for session in (*sessions.values(), dora):
        session.leave()


txaio.use_asyncio()
txaio.start_logging(level="critical")
asyncio.run(main())
