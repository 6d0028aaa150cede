"""The commands of a guide, run as its reader would.

A block that begins with ```console holds commands, each behind a `$`, and what they say. Every block has a router of its
own, to which CROSSPOINT_URL leads. A command that ends with `&` goes on in the background, until its block ends or
`wait %1` waits for it, or `kill %1` or `kill -9 %1` ends it; the next one begins when it has said a line (that it has registered, say). A
router that a block itself starts gets another port than the one it asks for, and so do the commands that name it; and
what is named in /tmp is in a folder of the block's own. In what is expected, `…` stands for any text.
"""

import os
import re
import signal
import subprocess
import tempfile
import threading

from transcript import difference

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND_TIMEOUT_S = 60
LISTENING = re.compile(r"ws://([^\s/]+:\d+)/ws")
ASKED_TO_LISTEN = re.compile(r"--listen (\S+)")


def blocks(text):
    """Each with the number of its first line: commands, and what each is expected to say."""
    for match in BLOCK.finditer(text):
        commands = []
        for line in match.group(1).splitlines():
            if line.startswith("$ "):
                commands.append((line[2:], []))
            elif commands and commands[-1][0].endswith("\\"):
                command, said = commands.pop()
                commands.append((command[:-1] + line.strip(), said))
            else:
                commands[-1][1].append(line)
        yield text.count("\n", 0, match.start()) + 1, commands


def play(commands, directory, environment):
    """What went otherwise than expected, or None."""
    jobs, ports = [], {}
    folder = tempfile.TemporaryDirectory()
    try:
        for command, expected in commands:
            for asked, given in [("/tmp/", f"{folder.name}/"), *ports.items()]:
                command = command.replace(asked, given)
            if command.startswith("wait %"):
                said = jobs[number_of(command)].further()
            elif command.startswith("kill -9 %"):
                said = jobs[number_of(command)].terminate(signal.SIGKILL)
            elif command.startswith("kill %"):
                said = jobs[number_of(command)].terminate(signal.SIGTERM)
            elif command.endswith("&"):
                job = Job(command[:-1], directory, environment, ports)
                jobs.append(job)
                said = job.first_line
            else:
                job = Job(command, directory, environment, ports)
                said = job.first_line + job.further()
            if problem := difference("\n".join(expected), said):
                return f"$ {command}\n{problem}"
    finally:
        for job in jobs:
            job.stop()
        folder.cleanup()
    return None


def number_of(command):
    return int(command.partition("%")[2]) - 1


class Job:
    """A command, and what it says on standard output and standard error together."""

    def __init__(self, command, directory, environment, ports):
        asked = ASKED_TO_LISTEN.search(command)
        self._is_router = bool(asked)
        if asked:
            command = command.replace(asked[1], "127.0.0.1:0")
        self._process = subprocess.Popen(
            ["bash", "-c", command],
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._timer = threading.Timer(COMMAND_TIMEOUT_S, self._kill)
        self._timer.start()
        self.first_line = self._process.stdout.readline()
        if asked:
            while not (listening := LISTENING.search(self.first_line)):
                self.first_line = self._process.stdout.readline() or self._ended_early()
            ports[asked[1]] = listening[1]
            self.first_line = ""  # its banner has been shown elsewhere

    def further(self):
        """What it said after its first line, when it has ended."""
        said = self._process.stdout.read()
        self._process.wait()
        self._timer.cancel()
        return said

    def terminate(self, number):
        """Ends it as a shell does, by a signal. Of a router the rest of its banner is no matter."""
        os.killpg(self._process.pid, number)
        said = self.further()
        return "" if self._is_router else said

    def stop(self):
        self._timer.cancel()
        self._kill()
        self._process.stdout.close()
        self._process.wait()

    def _kill(self):
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it has ended

    def _ended_early(self):
        raise SystemExit("a router that a guide starts did not come up")
