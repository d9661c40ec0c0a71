import threading
import time
from collections.abc import Iterator

import pytest
import torch

from cnnviz.feature_visualization.activation_maximization import Frame
from cnnviz.ui.state.incremental import Film


def frames(count: int, pause: float = 0.0) -> Iterator[Frame]:
    for step in range(count):
        time.sleep(pause)
        yield Frame(
            step, count - 1, torch.zeros(1, 1, 2, 2), torch.tensor([float(step)]), torch.zeros(1).bool()
        )


def test_a_film_grows_by_at_least_one_frame() -> None:
    film = Film(lambda: frames(4))

    assert not film.grow(0)
    assert [frame.step for frame in film.frames] == [0]
    assert film.grow(5)
    assert [frame.step for frame in film.frames] == [0, 1, 2, 3]
    assert film.done
    assert film.grow(5)
    assert len(film.frames) == 4


def test_growth_ends_when_the_time_is_over() -> None:
    film = Film(lambda: frames(100, pause=0.01))
    film.grow(0.05)

    assert 1 < len(film.frames) < 20
    assert film.progress == pytest.approx(film.last.step / 99)


def test_the_last_frame_is_there_without_asking_for_growth() -> None:
    film = Film(lambda: frames(3))

    assert film.last.step == 0


def test_many_who_watch_grow_one_film() -> None:
    film = Film(lambda: frames(50, pause=0.001))
    threads = [threading.Thread(target=lambda: film.grow(5)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [frame.step for frame in film.frames] == list(range(50))


def test_after_an_error_it_begins_again() -> None:
    attempts = []

    def fails_once() -> Iterator[Frame]:
        attempts.append(1)
        yield from frames(2 if len(attempts) > 1 else 5)
        if len(attempts) == 1:
            raise ValueError("torn")

    def torn() -> Iterator[Frame]:
        for frame in fails_once():
            if len(attempts) == 1 and frame.step == 2:
                raise ValueError("torn")
            yield frame

    film = Film(torn)
    with pytest.raises(ValueError, match="torn"):
        film.grow(5)

    assert film.grow(5)
    assert [frame.step for frame in film.frames] == [0, 1]
