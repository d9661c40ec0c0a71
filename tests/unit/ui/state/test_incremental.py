"""The pump: real iterators, taken further by one visitor or by several."""

import threading
from collections.abc import Callable, Iterator

import pytest
import torch
from streamlit.testing.v1 import AppTest

from cnnviz.errors import DataError
from cnnviz.feature_visualization.activation_maximization import Frame, maximize
from cnnviz.feature_visualization.objectives import class_logit
from cnnviz.networks.network import NetworkConfig, build
from cnnviz.ui.state.incremental import Incremental


def count(end: int) -> Iterator[int]:
    yield from range(end)


class Clock:
    """Seconds that pass only when somebody lets them."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_takes_at_least_one_record_and_all_when_there_is_time() -> None:
    work = Incremental(lambda: count(4))

    assert work.records == ()
    work.advance()
    assert (work.records, work.last, work.done) == ((0,), 0, False)
    work.advance(60)
    assert (work.records, work.done) == ((0, 1, 2, 3), True)
    work.advance(60)
    assert work.records == (0, 1, 2, 3)


def test_it_ends_when_the_time_is_over() -> None:
    clock = Clock()

    def slowly() -> Iterator[int]:
        for number in range(100):
            clock.now += 0.25
            yield number

    work = Incremental(slowly, clock=clock)
    work.advance(1.0)
    assert work.records == (0, 1, 2, 3)
    work.advance(0.3)
    assert work.last == 5


def test_only_the_newest_are_kept_when_asked() -> None:
    work = Incremental(lambda: count(5), kept=2)
    work.advance(60)

    assert work.records == (3, 4)


def test_nothing_begins_before_the_first_advance() -> None:
    begun = []

    def begin() -> Iterator[int]:
        begun.append(1)
        return count(2)

    work = Incremental(begin)
    assert not begun
    work.advance(60)
    work.advance(60)
    assert len(begun) == 1


def test_an_iterator_without_records_is_done() -> None:
    work = Incremental(lambda: count(0))
    work.advance()

    assert work.done
    assert work.records == ()


def test_a_real_ascent_comes_out_as_it_does_in_one_go() -> None:
    model = build(NetworkConfig(dense=(8,)), 0).eval()

    def begin() -> Iterator[Frame]:
        return maximize(model, class_logit(3), steps=6)

    work = Incremental(begin)
    while not work.done:
        work.advance()
    whole = list(begin())
    assert [frame.step for frame in work.records] == [frame.step for frame in whole]
    assert torch.equal(work.last.images, whole[-1].images)


def failing(times: int, error: type[BaseException] = DataError) -> Callable[[], Iterator[int]]:
    """begin() of an iterator that tears after two records, the first times it is begun."""
    attempts = []

    def begin() -> Iterator[int]:
        attempts.append(1)
        for number in range(4):
            if number == 2 and len(attempts) <= times:
                raise error("torn")
            yield number

    return begin


def test_an_error_is_kept_with_what_there_was_until_somebody_tries_again() -> None:
    work = Incremental(failing(times=1))
    work.advance(60)

    assert str(work.error) == "torn"
    assert work.records == (0, 1)
    work.advance(60)
    assert work.records == (0, 1)
    assert not work.done

    work.restart()
    assert work.error is None
    work.advance()
    assert work.records == (0,)  # from the beginning
    work.advance(60)
    assert (work.records, work.done) == ((0, 1, 2, 3), True)


def test_an_interruption_is_no_error_and_it_begins_again() -> None:
    """Streamlit ends a run of the script with a BaseException; the generator is then over."""
    work = Incremental(failing(times=1, error=KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        work.advance(60)

    assert work.error is None
    work.advance(60)
    assert (work.records, work.done) == ((0, 1, 2, 3), True)


def test_sharers_advance_one_iterator_together() -> None:
    inside, most = [], []

    def alone() -> Iterator[int]:
        for number in range(200):
            inside.append(number)
            most.append(len(inside))
            inside.pop()
            yield number

    work = Incremental(alone)

    def share() -> None:
        while not work.done:
            work.advance()

    threads = [threading.Thread(target=share) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert work.records == tuple(range(200))  # each once, in order
    assert max(most) == 1  # a generator entered twice raises, and would be work.error
    assert work.error is None


def test_waiting_for_a_sharer_counts_as_time() -> None:
    """One who waited all of his time adds a single record, instead of keeping the others waiting."""
    clock, entered, go = Clock(), threading.Event(), threading.Event()

    def slowly() -> Iterator[int]:
        for number in range(10):
            if number == 0:
                entered.set()
                go.wait(30)
            clock.now += 1.0
            yield number

    work = Incremental(slowly, clock=clock)
    first = threading.Thread(target=work.advance)
    first.start()
    assert entered.wait(30)
    second = threading.Thread(target=work.advance, args=(0.5,))
    second.start()
    go.set()
    first.join()
    second.join()

    assert work.records == (0, 1)


# ---- on a page ----


def page() -> None:
    """Two works of this visitor's, one shared with everybody, in a script as a page has them."""
    from functools import partial

    import streamlit as st

    from cnnviz.ui.state.incremental import Incremental, progress, watch

    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    if "work" not in st.session_state:
        st.session_state["work"] = Incremental(partial(iter, range(5)))
    work = st.session_state["work"]

    def draw() -> None:
        st.session_state["drawn"] = [*st.session_state.get("drawn", []), work.last]
        if not work.done:
            progress([work], len(work.records) / 5, f"{len(work.records)} of 5", "count")

    watch(draw, [work], seconds=0, whole=st.session_state.get("whole", False))


def test_a_page_draws_each_record_and_runs_once_more_at_the_end() -> None:
    app = AppTest.from_function(page).run()
    assert app.session_state["drawn"] == [0]
    assert app.button(key="count_stop").label == "Stop"
    for _ in range(4):
        app.run()
    assert app.session_state["drawn"] == [0, 1, 2, 3, 4]
    assert app.session_state["runs"] == 5

    app.run()
    assert app.session_state["work"].done
    assert app.session_state["runs"] == 7  # the one that found the end, and the whole page once
    assert app.session_state["drawn"] == [0, 1, 2, 3, 4, 4]
    assert not app.button
    app.run()
    assert app.session_state["runs"] == 8


def test_a_whole_is_drawn_when_it_is_done() -> None:
    app = AppTest.from_function(page)
    app.session_state["whole"] = True
    app.run()

    assert app.session_state["work"].done
    assert app.session_state["drawn"] == [4]


def test_stop_and_resume_are_this_visitors_alone() -> None:
    app = AppTest.from_function(page).run()
    other = AppTest.from_function(page)
    other.session_state["work"] = app.session_state["work"]  # as st.cache_resource gives it to both
    app.button(key="count_stop").click().run()
    at = app.session_state["work"].last
    app.run()
    app.run()
    assert app.session_state["work"].last == at

    other.run()
    assert app.session_state["work"].last == at + 1
    assert other.button(key="count_stop")
    app.run()
    assert app.session_state["drawn"][-1] == at + 1  # it sees what the other did
    app.button(key="count_resume").click().run()
    assert app.session_state["work"].last == at + 2
    assert app.button(key="count_stop")


def test_an_error_is_a_sentence_that_stays_and_can_be_tried_again() -> None:
    app = AppTest.from_function(page)
    app.session_state["work"] = Incremental(failing(times=1))
    for _ in range(3):
        app.run()
    assert [error.value for error in app.error] == ["torn"]
    app.run()
    assert [error.value for error in app.error] == ["torn"]
    assert app.session_state["drawn"][-1] == 1  # what there was is still on screen

    next(button for button in app.button if button.label == "Try again").click().run()
    assert not app.error
    while not app.session_state["work"].done:
        app.run()
    assert app.session_state["work"].records == (0, 1, 2, 3)


def test_an_error_before_the_first_record_draws_nothing_else() -> None:
    def begin() -> Iterator[int]:
        raise DataError("no file")
        yield 0

    app = AppTest.from_function(page)
    app.session_state["work"] = Incremental(begin)
    app.run()

    assert not app.exception
    assert [error.value for error in app.error] == ["no file"]
    assert "drawn" not in app.session_state


def test_a_fault_of_the_program_is_not_hidden() -> None:
    app = AppTest.from_function(page)
    app.session_state["work"] = Incremental(failing(times=1, error=ZeroDivisionError))
    for _ in range(3):
        app.run()

    assert len(app.exception) == 1
    assert isinstance(app.session_state["work"].error, ZeroDivisionError)
