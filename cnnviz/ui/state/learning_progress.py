"""What this browser's visitor has solved, over all visits.

    note(name, right)     an answer to the exercise `name` ("lab/kind"), right or wrong
    done(name)            whether it was ever answered rightly
    score(lab)            right answers, answers, and kinds solved in one lab
    counts()              the same for every lab
    keep(key)             mounts the keeper, which reads and writes the browser's localStorage
    start_over()          forgets everything

Anything else that can be finished, such as a stop of the tour, is noted as an exercise answered rightly.

The session holds the record, the browser keeps it. Both may know answers the other does not (two
tabs, a reload), so records are merged: larger counts win, and a start over beats all that was before.
"""

import re
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from cnnviz.ui.components.browser_storage.browser_storage import kept_record, progress_keeper
from cnnviz.ui.state import cache

_RECORD = "_progress"
_NAME = re.compile(r"[\w-]{1,40}/[\w-]{1,40}", re.ASCII)
NAMES_LIMIT, COUNT_LIMIT = 300, 1_000_000  # of what a browser may send


@dataclass(frozen=True)
class Record:
    """answers: exercise -> (right, all). epoch counts how often the visitor started over."""

    epoch: int = 0
    answers: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Score:
    """right of `answers` answers were right; `solved` kinds of exercise were answered rightly once."""

    right: int
    answers: int
    solved: int


def note(name: str, right: bool) -> None:
    """Count one answer. The browser keeps it as soon as keep() runs."""
    record = _record()
    before = record.answers.get(name, (0, 0))
    answers = {**record.answers, name: (before[0] + right, before[1] + 1)}
    st.session_state[_RECORD] = replace(record, answers=answers)


def done(name: str) -> bool:
    return _record().answers.get(name, (0, 0))[0] > 0


def score(lab: str) -> Score:
    """What was answered in one lab."""
    return counts().get(lab, Score(0, 0, 0))


def counts() -> dict[str, Score]:
    """lab -> Score, for the labs in which anything was answered."""
    found: dict[str, Score] = {}
    for name, (right, answers) in _record().answers.items():
        lab = name.partition("/")[0]
        so_far = found.get(lab, Score(0, 0, 0))
        found[lab] = Score(so_far.right + right, so_far.answers + answers, so_far.solved + (right > 0))
    return found


def start_over() -> None:
    """Forget all answers, here and in the browser."""
    st.session_state[_RECORD] = Record(_record().epoch + 1)


def keep(key: str = "progress") -> None:
    """Mount the keeper, once a page, after whatever may call note(). Keys differ where two are on a page."""
    record = _record()
    sent = {"epoch": record.epoch, "right": {name: list(pair) for name, pair in record.answers.items()}}
    progress_keeper(sent, key=key, on_kept=lambda: _learn(kept_record(key)))


def _learn(sent: Any) -> None:
    st.session_state[_RECORD] = merge(_record(), checked(sent))


def merge(one: Record, other: Record) -> Record:
    """What both know together."""
    if one.epoch != other.epoch:
        return max(one, other, key=lambda record: record.epoch)
    answers = dict(one.answers)
    for name, (right, total) in other.answers.items():
        known = answers.get(name, (0, 0))
        answers[name] = (max(known[0], right), max(known[1], total))
    return Record(one.epoch, answers)


def checked(sent: Any) -> Record:
    """A record from what a browser sent, which may be anything; what is malformed is left out."""
    if (
        not hasattr(sent, "get")
        or not _is_count(sent.get("epoch"))
        or not hasattr(sent.get("right"), "items")
    ):
        return Record()
    answers = {}
    for name, pair in list(sent["right"].items())[:NAMES_LIMIT]:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            continue
        if isinstance(pair, list) and len(pair) == 2 and all(map(_is_count, pair)) and pair[0] <= pair[1]:
            answers[name] = (pair[0], pair[1])
    return Record(sent["epoch"], answers)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= COUNT_LIMIT


def _record() -> Record:
    return cache.remember(_RECORD, Record)
