"""
Find runs by their request, with the index of `runs/searching/`. The newest runs that are not indexed yet are read
themselves.

Each match of a word or a phrase is checked against the request as it is shown, with secrets masked. So a search finds
no secret that became known after the run was indexed, and phrases need no positions in the index.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from runs import ports
from runs.history.masking import Masks
from runs.history.queries import Filter, Page, id_at, page, time_of
from runs.ids import RUN_ID
from runs.models import Run, SearchProgress
from runs.searching import entries
from runs.searching.requests import (
    SearchedRequest,
    app_term,
    named_values,
    read_requests,
    source_term,
    sources_of,
)
from runs.searching.syntax import InvalidSearch as InvalidSearch
from runs.searching.syntax import Query, parse
from runs.searching.words import named_term, words_of

READ = 500  # runs that are not indexed yet, and are read for a search
CHECKED = 1_000  # matches of the index that are checked for a page
_MANY_APPS = 50  # more apps are checked after the search
_AROUND = 60  # characters of a snippet on each side of a hit

Snippet = list[tuple[str, bool]]  # texts, and whether each is highlighted


@dataclass(slots=True)
class Found(Page):
    """A page of found runs."""

    snippets: dict[str, Snippet] = field(default_factory=dict)  # by run id
    checked: int = 0  # how many matches were checked, if the search stopped because of their number


def find(wanted: Filter, text: str, before: str | None = None, size: int = 50) -> Found:
    """
    Return a page of runs whose request matches a search.

    Args:
        wanted: Which runs to search. Its apps must be those that the user may see.
        text: The search; `runs/searching/syntax.py` has its syntax.
        before: Return only runs with smaller ids: the previous page's `next`; None for the first page.
        size: The maximum number of runs to return.

    Raises:
        InvalidSearch: The search has a wrong syntax.
        DatabaseError: The database is unavailable.
    """
    own = text.strip()
    query = parse(f"id:{own}" if RUN_ID.fullmatch(own) else text, lambda: ports.search_names(wanted.app_ids))
    masks, found = Masks(), Found([], None)
    if before is None:
        _find_named(wanted, query, found)
    progress = SearchProgress.objects.filter(pk=1).first()
    _read_new(wanted, query, before, size, progress, masks, found)
    if found.next is None and progress is not None and len(found.runs) <= size:
        _search_index(wanted, query, before, size, masks, found)
    if len(found.runs) > size:
        found.runs = found.runs[:size]
        found.next = found.runs[-1].pk
    shown = {run.pk for run in found.runs}
    found.snippets = {run_id: snippet for run_id, snippet in found.snippets.items() if run_id in shown}
    return found


def _find_named(wanted: Filter, query: Query, found: Found) -> None:
    """Find the run whose own id is searched."""
    ids = {value for name, value in query.values if name == "id" and RUN_ID.fullmatch(value)}
    if len(ids) == 1 and query.values and not (query.words or query.prefix):
        run_id = ids.pop()
        runs = Run.objects.filter(pk=run_id)
        if wanted.app_ids is not None:
            runs = runs.filter(app_id__in=wanted.app_ids)
        if (run := runs.first()) is not None:
            found.runs.append(run)
            found.snippets[run_id] = [("id: ", False), (run_id, True)]


def _read_new(
    wanted: Filter,
    query: Query,
    before: str | None,
    size: int,
    progress: SearchProgress | None,
    masks: Masks,
    found: Found,
) -> None:
    """Search the newest runs that are not indexed yet."""
    if progress is not None:
        if before is not None and before <= progress.newest:
            return
        begin = time_of(progress.newest)
        wanted = replace(wanted, created_from=max(wanted.created_from, begin) if wanted.created_from else begin)
    part = page(wanted, before, READ)
    runs = [run for run in part.runs if progress is None or run.pk > progress.newest]
    requests = read_requests([run.pk for run in runs], masks)
    sources = sources_of(requests) if query.values else {}
    by_id = {one.run_id: one for one in requests}
    for run in runs:
        one = by_id.get(run.pk)
        if one is None or not _has_words(one, query):
            continue
        values = named_values(one, sources.get(run.pk), masks) if query.values else set()
        if set(query.values) <= values:
            _take(run, one, query, found)
            if len(found.runs) > size:
                return
    if part.next is not None and len(part.runs) >= READ:
        found.next, found.checked = part.next, READ


def _search_index(wanted: Filter, query: Query, before: str | None, size: int, masks: Masks, found: Found) -> None:
    every = [*query.words, *(named_term(name, value) for name, value in query.values)]
    some: Sequence[str] = ()
    if wanted.source_id is not None:
        every.append(source_term(wanted.source_id))
    if wanted.app_ids is not None:
        if not wanted.app_ids:
            return
        if len(wanted.app_ids) <= _MANY_APPS:
            some = [app_term(app_id) for app_id in sorted(wanted.app_ids)]
    if wanted.workflow:
        every.append(named_term("\0workflow", wanted.workflow))
    low = entries.number_of(id_at(wanted.created_from)) if wanted.created_from else 0
    high = entries.number_of(id_at(wanted.created_to)) if wanted.created_to else entries.LARGEST
    high = min(high, entries.number_of(before)) if before else high
    checked = 0
    # Most matches pass the check, unless the search has a phrase or a condition that is not in the index.
    step = size + 1 - len(found.runs)
    while checked < CHECKED:
        rows, horizon = entries.matching(every, query.prefix, some, low, high, step)
        checked += len(rows)
        _check([run_id for _, run_id in rows], wanted, query, size, masks, found)
        if len(found.runs) > size:
            return
        if horizon is not None:
            found.next, found.checked = _id_of(horizon), checked
            return
        if len(rows) < step:
            return
        high, step = rows[-1][0], CHECKED - step
    found.next, found.checked = _id_of(high), checked


def _check(run_ids: list[str], wanted: Filter, query: Query, size: int, masks: Masks, found: Found) -> None:
    """Take the matches that pass the filter and whose request has the words and phrases."""
    taken = {run.pk for run in found.runs}
    runs = {run.pk: run for run in _passing(run_ids, wanted) if run.pk not in taken}
    wanted_ids = [run_id for run_id in run_ids if run_id in runs]
    for at in range(0, len(wanted_ids), size + 1):
        part = wanted_ids[at : at + size + 1]
        by_id = {one.run_id: one for one in read_requests(part, masks)}
        for run_id in part:
            one = by_id.get(run_id)
            if one is None or not _has_words(one, query):
                continue
            # A value that contains a secret was not indexed, unless the secret became known since.
            if any(masks.text(one.app_id, value) != value for _, value in query.values):
                continue
            _take(runs[run_id], one, query, found)
            if len(found.runs) > size:
                return


def _passing(run_ids: list[str], wanted: Filter) -> list[Run]:
    runs = Run.objects.defer("traceback", "options").order_by().filter(pk__in=run_ids)
    if wanted.app_ids is not None:
        runs = runs.filter(app_id__in=wanted.app_ids)
    if wanted.source_id is not None:
        runs = runs.filter(source_id=wanted.source_id)
    if wanted.statuses:
        runs = runs.filter(status__in=wanted.statuses)
    if wanted.workflow:
        runs = runs.filter(workflow=wanted.workflow)
    if wanted.least_duration is not None:
        runs = runs.filter(duration__gte=wanted.least_duration)
    if wanted.most_duration is not None:
        runs = runs.filter(duration__lte=wanted.most_duration)
    return list(runs)


def _id_of(number: int) -> str:
    """Return an id before which all runs are that have entries with smaller numbers."""
    return f"run_{number:017x}".ljust(48, "0")


def _has_words(one: SearchedRequest, query: Query) -> bool:
    if query.words or query.prefix:
        words = one.words()
        if not words.issuperset(query.words):
            return False
        if query.prefix and not any(word.startswith(query.prefix) for word in words):
            return False
    if query.phrases:
        texts = [*(" ".join(text.lower().split()) for text in (*one.texts, one.raw))]
        return all(any(phrase in text for text in texts) for phrase in query.phrases)
    return True


def _take(run: Run, one: SearchedRequest, query: Query, found: Found) -> None:
    if any(taken.pk == run.pk for taken in found.runs):
        return
    found.runs.append(run)
    found.snippets[run.pk] = _snippet(one, query)


def _snippet(one: SearchedRequest, query: Query) -> Snippet:
    """Return the place of the first hit, with all hits in it highlighted."""
    if not (query.words or query.prefix or query.phrases):
        name, value = query.values[0]
        return [(f"{name}: ", False), (value, True)]
    needles = [*query.phrases, *query.words, *([query.prefix] if query.prefix else [])]
    if query.phrases:
        covered = {word for phrase in query.phrases for word in words_of(phrase)}
        needles = [needle for needle in needles if needle not in covered]
    best, place = "", -1
    most = 0
    for text in (*one.texts, one.raw):
        plain = " ".join(text.split())
        low = plain.lower()
        hits = [at for needle in needles if (at := low.find(needle)) >= 0]
        if len(hits) > most:
            best, place, most = plain, min(hits), len(hits)
    if place < 0:
        return []
    begin, end = max(place - _AROUND, 0), place + 2 * _AROUND
    return _marked(f"{'…' if begin else ''}{best[begin:end]}{'…' if end < len(best) else ''}", needles)


def _marked(text: str, needles: Sequence[str]) -> Snippet:
    low, parts, place = text.lower(), [], 0
    while place < len(text):
        hits = [(at, -len(needle)) for needle in needles if (at := low.find(needle, place)) >= 0]
        if not hits:
            break
        at, length = min(hits)
        if at > place:
            parts.append((text[place:at], False))
        place = at - length
        parts.append((text[at:place], True))
    if place < len(text):
        parts.append((text[place:], False))
    return parts
