"""The router under test: started here from its binary, or somebody else's by CROSSPOINT_URL."""

import os
import queue
import re
import signal
import subprocess
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
REALM = os.environ.get("CROSSPOINT_REALM", "realm1")
RUNNING_URL = os.environ.get("CROSSPOINT_URL")
ADDRESS = re.compile(r"wss?://[^\s/]+:\d+/ws\b")
STEP_TIMEOUT_S = 20


class Router:
    """A process on a port of its own choice, which its banner tells."""

    def __init__(self, *options, listen="127.0.0.1:0"):
        self.transcript = []
        self._lines = queue.Queue()
        self._process = subprocess.Popen(
            [binary(), "serve", *(["--listen", listen] if listen else []), *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        self.url = self._address()

    def terminate(self):
        """Asks the process to end, as a service manager does, without waiting."""
        self._process.send_signal(signal.SIGTERM)

    def exit_code(self):
        return self._process.wait(STEP_TIMEOUT_S)

    def stop(self):
        self._process.kill()
        self._process.wait()

    def _address(self):
        while True:
            try:
                line = self._lines.get(timeout=STEP_TIMEOUT_S)
            except queue.Empty:
                line = None
            if line is None:
                self.stop()
                said = "\n".join(self.transcript) or "router: (nothing)"
                raise SystemExit(f"{said}\nhint: the banner of `crosspoint serve` must name the ws:// address it listens on")
            if address := ADDRESS.search(line):
                return address.group()

    def _read(self):
        for line in self._process.stdout:
            self.transcript.append(f"router: {line.rstrip()}")
            self._lines.put(line)
        self._lines.put(None)


class CommandCallee:
    """A procedure that `crosspoint register` provides, by a command that it runs for each call."""

    def __init__(self, url, procedure, *command):
        self._process = subprocess.Popen(
            [binary(), "register", "--url", url, "--realm", REALM, procedure, "--", *command],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self):
        self._process.stderr.readline()  # it says so when it has registered
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.communicate()


def secret(*options, password):
    """What `crosspoint secret` makes of a password."""
    made = subprocess.run(
        [binary(), "secret", *options], input=password, stdout=subprocess.PIPE, text=True, check=True
    )
    return made.stdout


def binary():
    if named := os.environ.get("CROSSPOINT"):
        return named
    built = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release/crosspoint"
    if not built.exists():
        subprocess.run(["cargo", "build", "--release"], cwd=ROOT, check=True)
    return built
