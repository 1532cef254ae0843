"""The contract of sandboxes: what runs inside is cut off, bounded, and gone afterwards."""

from __future__ import annotations

import os
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

from smena.errors import BadInput, SmenaError
from smena.sandbox import Bounds, Sandbox, Snapshot
from smena.testing.base import Breach, Contract, DoesNotApply, ensure, guarded

SECRET = "SMENA_CONTRACT_SECRET"


class SandboxContract(Contract):
    """What every sandbox keeps. Set ``image`` where one is needed."""

    kind = "sandbox"
    image: ClassVar[str] = ""
    bounds: ClassVar[Bounds] = Bounds(seconds=20.0, output_bytes=20_000, pids=64, memory_mb=512, disk_mb=64)

    def _sandbox(self) -> Sandbox:
        made: Sandbox = self.make()
        why = guarded("unavailable()", made.unavailable)
        ensure(
            isinstance(why, str), "unavailable() returns why not, as a str, and an empty one where it works"
        )
        if why:
            raise DoesNotApply(f"it does not work here: {why}")
        return made

    @contextmanager
    def _session(self, **snapshot: Any) -> Iterator[Any]:
        start = Snapshot(image=self.image, **snapshot)
        made = self._sandbox()
        guarded("prepare()", made.prepare, start, lambda said: None)
        with guarded("open()", made.open, start, self.bounds) as session:
            yield session

    def _isolates(self) -> None:
        if self._sandbox().rank < 0:
            raise DoesNotApply("it is used by name only and says that it holds nothing in")

    def test_it_says_whether_it_works_here(self) -> None:
        """``unavailable()`` returns words and raises nothing; ``rank`` is an int."""
        made = self.make()
        why = guarded("unavailable()", made.unavailable)
        ensure(isinstance(why, str), f"unavailable() returned {type(why).__name__}, must be a str")
        ensure(isinstance(made.rank, int), f"rank is {made.rank!r}: an int, least is chosen first")

    def test_a_command_runs(self) -> None:
        """Its output, exit code and input; a string goes to the shell; a missing program is no exception."""
        with self._session() as session:
            ensure(session.exec(["echo", "a b"]).output == "a b\n", "exec(['echo', 'a b']) did not print it")
            told = session.exec("echo out; echo err >&2; exit 3")
            ensure(
                told.code == 3 and "out" in told.output and "err" in told.output,
                f"a shell command gave {told}",
            )
            ensure(
                session.exec(["cat"], stdin=b"given").output == "given", "stdin does not reach the command"
            )
            gone = guarded("exec() of a program that is not there", session.exec, ["no-such-program"])
            ensure(gone.code not in (0, None), f"a program that is not there ended with {gone.code}")
            ensure(session.exec("echo $A", env={"A": "1"}).output == "1\n", "env does not reach the command")

    def test_files_go_in_and_out_and_nowhere_else(self) -> None:
        """``put`` and ``get`` stay within the work directory, also by links."""
        with self._session() as session:
            session.put("folder/file", b"\x00\xff")
            ensure(session.get("folder/file") == b"\x00\xff", "get() does not give what put() wrote")
            ensure(session.get("missing") is None, "get() of a missing file must be None")
            ensure(session.exec("pwd").output.strip() == session.workdir, "commands do not start in workdir")
            for path in ("../outside", "/etc/outside"):
                try:
                    session.put(path, b"x")
                except BadInput:
                    continue
                raise Breach(f"put({path!r}) wrote outside the work directory: raise BadInput")
            session.exec("ln -s /etc/passwd link")
            with suppress(SmenaError):
                ensure(session.get("link") is None, "get() followed a link out of the work directory")

    def test_the_snapshot_is_not_written_to(self) -> None:
        """Each session has its own copy of the tree; two sessions see nothing of each other."""
        with tempfile.TemporaryDirectory() as tree:
            Path(tree, "file").write_text("original")
            with self._session(tree=tree) as one, self._session(tree=tree) as other:
                ensure(one.get("file") == b"original", "the tree is not laid at the work directory")
                one.exec("echo changed > file; echo new > new")
                ensure(other.get("file") == b"original", "a session sees what another wrote")
            ensure(Path(tree, "file").read_text() == "original", "the snapshot's tree was written to")
            ensure(not Path(tree, "new").exists(), "the snapshot's tree was written to")

    def test_a_command_over_its_time_is_killed(self) -> None:
        """With everything that it started; the session can be used after it."""
        with self._session() as session:
            started = time.monotonic()
            told = session.exec("(while :; do date >> beat; sleep 0.2; done) & sleep 60", timeout=1.5)
            ensure(told.timed_out and told.code is None, f"a command over its limit gave {told}")
            ensure(time.monotonic() - started < 30, "a command over its limit was waited for")
            before = session.get("beat")
            time.sleep(1.0)
            ensure(session.get("beat") == before, "what the command had started goes on after the timeout")
            ensure(session.exec(["echo", "x"]).output == "x\n", "the session cannot be used after a timeout")

    def test_output_is_bounded(self) -> None:
        """A flood of output is cut, not kept in memory."""
        with self._session() as session:
            told = session.exec("yes 2>/dev/null | head -c 300000")
            ensure(told.truncated, "a flood of output is not marked as truncated")
            ensure(
                len(told.output) <= self.bounds.output_bytes + 200,
                f"{len(told.output)} characters of output were kept, the bound is {self.bounds.output_bytes}",
            )

    def test_nothing_of_the_host_is_seen(self) -> None:
        """Neither its environment variables nor its temporary files."""
        self._isolates()
        os.environ[SECRET] = "seen"
        try:
            with tempfile.NamedTemporaryFile(prefix="smena-contract-") as file, self._session() as session:
                file.write(b"host's own")
                file.flush()
                ensure(
                    "seen" not in session.exec("env").output, "the host's environment variables are inside"
                )
                told = session.exec(["cat", file.name]).output
                ensure("host's own" not in told, f"the host's files are inside: {file.name} could be read")
        finally:
            del os.environ[SECRET]

    def test_there_is_no_network(self) -> None:
        """A server on the host's loopback cannot be reached."""
        self._isolates()
        with socket.create_server(("127.0.0.1", 0)) as server, self._session() as session:
            server.settimeout(0.5)
            port = server.getsockname()[1]
            code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 2); print('reached')"
            told = session.exec(["python3", "-c", code], timeout=10).output
            ensure("reached" not in told, "a session reaches the host's loopback")
            try:
                server.accept()[0].close()
            except TimeoutError:
                return
            raise Breach("a session reaches the host's loopback")

    def test_a_closed_session_leaves_nothing_behind(self) -> None:
        """Closing ends background processes; closing twice raises nothing."""
        mark = f"smena-contract-{os.getpid()}-{time.monotonic_ns()}"
        session = self._sandbox().open(Snapshot(image=self.image), self.bounds)
        session.exec(f"(exec -a {mark} sleep 600 || sleep 600) >/dev/null 2>&1 & echo")
        session.close()
        guarded("close() a second time", session.close)
        end = time.monotonic() + 10
        while _running(mark) and time.monotonic() < end:
            time.sleep(0.1)
        ensure(not _running(mark), "a process started in a session lives on after close()")


def _running(mark: str) -> bool:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().startswith(mark.encode()):
                return True
        except OSError:
            continue
    return False
