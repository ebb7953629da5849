"""Several writes at a time, begun in their order, on threads that end with the program."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread

from emr_local.tools.s3_dist_cp.plan import Write

WORKERS = 4
# An upload that is given up is tried again twice before its parts are aborted: botocore cannot tell why.
GRACE_SECONDS = 10.0


class Workers:
    """Runs `copy` for each write after `begin`, which is called for one write at a time, in order.

    After a failure nothing more is begun; what was begun goes on to its end, so that the failure reported,
    the first in order, does not depend on which copy was the fastest.
    """

    def __init__(
        self,
        writes: Sequence[Write],
        begin: Callable[[Write], None],
        copy: Callable[[Write], None],
        stop: Event,
    ) -> None:
        self._writes = writes
        self._begin = begin
        self._copy = copy
        self._stop = stop
        self._lock = Lock()
        self._next = 0
        self._done: set[int] = set()
        self._failures: dict[int, Exception] = {}
        self._ended: SimpleQueue[None] = SimpleQueue()

    @property
    def done(self) -> list[Write]:
        """The targets that are written, in order."""
        return [self._writes[at] for at in sorted(self._done)]

    @property
    def failure(self) -> tuple[Write, Exception] | None:
        """The first write in order that failed, and why."""
        if not self._failures:
            return None
        at = min(self._failures)
        return self._writes[at], self._failures[at]

    def run(self) -> None:
        """Returns when all is done, or has failed; an exception here, such as a signal's, sets `stop`."""
        threads = min(WORKERS, len(self._writes))
        for _ in range(threads):
            Thread(target=self._work, daemon=True).start()
        try:
            for _ in range(threads):
                self._ended.get()
                threads -= 1
        except BaseException:
            self._stop.set()
            deadline = time.monotonic() + GRACE_SECONDS
            with suppress(Empty):
                for _ in range(threads):
                    self._ended.get(timeout=max(0.0, deadline - time.monotonic()))
            raise

    def _work(self) -> None:
        try:
            while (at := self._take()) is not None:
                try:
                    self._copy(self._writes[at])
                    self._done.add(at)
                except Exception as error:
                    self._failures[at] = error
        finally:
            self._ended.put(None)

    def _take(self) -> int | None:
        with self._lock:
            if self._failures or self._stop.is_set() or self._next == len(self._writes):
                return None
            at, self._next = self._next, self._next + 1
            try:
                self._begin(self._writes[at])
            except Exception as error:
                self._failures[at] = error
                return None
            return at
