"""Many clients at once that record acknowledged runs, and a check that none was lost."""

import threading
from contextlib import suppress

import httpx

from tests.support.hub import Hub, wait_until
from tests.support.web import web

ASYNC = {"Prefer": "respond-async"}


class Load:
    """Threads, one for each path, that trigger sinks, and record acknowledged runs and all answers."""

    def __init__(self, url: str, paths: list[str]) -> None:
        self.acknowledged: set[str] = set()
        self.answers: list[httpx.Response] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._fire, args=(f"{url}/app_test{path}",)) for path in paths]
        for thread in self._threads:
            thread.start()

    def _fire(self, url: str) -> None:
        while not self._stop.is_set():
            # A new connection each time, so that the requests reach every process.
            with suppress(httpx.TransportError):
                answer = web.post(url, json={"a": 1}, headers=ASYNC, timeout=30)
                self.answers.append(answer)
                if answer.status_code == 202:
                    self.acknowledged.add(answer.json()["run_id"])
            self._stop.wait(0.02)

    def refused(self) -> list[httpx.Response]:
        return [answer for answer in self.answers if answer.status_code == 503]

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def check_accounted_for(site: Hub, acknowledged: set[str]) -> None:
    """Wait until all runs have ended; then check that every acknowledged run is complete, with all its events."""
    unfinished = "SELECT count(*) FROM runs_run WHERE finished_at IS NULL"
    wait_until(lambda: site.query(unfinished) == [(0,)], "runs go on")
    runs = {row[0]: row[1:] for row in site.query("SELECT id, status, events FROM runs_run")}
    assert acknowledged <= set(runs)
    spans: dict[str, list[tuple[int, int]]] = {}
    for run_id, first, last in site.query("SELECT run_id, first, last FROM runs_segment ORDER BY run_id, last"):
        spans.setdefault(run_id, []).append((first, last))
    for run_id in acknowledged:
        status, events = runs[run_id]
        assert status == "complete"
        ends = [0, *(last for _, last in spans[run_id])]
        assert [first for first, _ in spans[run_id]] == [end + 1 for end in ends[:-1]]
        assert ends[-1] == events
