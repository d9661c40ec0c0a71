"""What the three views of the maximize page share: films that grow while one watches, and words.

film = film_of(chosen, objective, recipe, seed=..., about=...)
grow(films)      a little further; call it before drawing
go_on(films)     after drawing: run again until the films are complete
"""

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.errors import StreamlitAPIException
from torch import Tensor

from cnnviz.ascent import Frame
from cnnviz.films import Film
from cnnviz.networks import Network
from cnnviz.objectives import Objective
from cnnviz.patches import Reality, respond
from cnnviz.recipes import Recipe, climb
from cnnviz.ui import cache
from cnnviz.ui.session import CurrentModel

GROWTH_SECONDS = 0.1  # of climbing between two pictures
EVERY = 4  # steps between frames
STRIP = 6  # frames in a film strip
PATCHES = 12  # of real digits, two rows


def film_of(
    chosen: CurrentModel,
    objective: Callable[[], Objective],
    recipe: Recipe,
    about: tuple[object, ...],
    seed: int | tuple[int, ...] = 0,
    scale: float = 1.0,
) -> Film:
    """The film everybody shares who asks for the same; `about` names the objective."""
    key = repr((chosen.digest, about, recipe, seed, scale))
    return _film(key, lambda: climb(chosen.model, objective(), recipe, seed=seed, scale=scale, every=EVERY))


@st.cache_resource(max_entries=48, show_spinner=False)
def _film(key: str, _begin: Callable[[], object]) -> Film:  # noqa: ARG001 - the key
    return Film(_begin)  # type: ignore[arg-type]


def grow(films: Sequence[Film], seconds: float = GROWTH_SECONDS) -> bool:
    """Grow unfinished films by this much time between them; True when all are complete."""
    unfinished = [film for film in films if not film.done]
    for film in unfinished:
        film.grow(seconds / len(unfinished))
    return all(film.done for film in films)


def go_on(films: Sequence[Film]) -> None:
    """Run again if a film is not complete; what is on screen stays and takes the new pictures."""
    if all(film.done for film in films):
        return
    try:
        st.rerun(scope="fragment")
    except StreamlitAPIException:  # the page is running as a whole, so that is what to repeat
        st.rerun()


def progress(films: Sequence[Film], done: str) -> None:
    """A bar while the films grow; then, in its place, what came of it."""
    steps, all_steps = (sum(getattr(film.last, name) for film in films) for name in ("step", "steps"))
    if all(film.done for film in films):
        st.caption(done)
    else:
        st.progress(steps / max(all_steps, 1), text=f"Climbing, step {steps:,} of {all_steps:,}")


def strip_of(frames: Sequence[Frame], count: int = STRIP) -> list[Frame]:
    """The first, the last, and others between, closer together at the beginning where more happens."""
    if len(frames) <= count:
        return list(frames)
    last = len(frames) - 1
    places = sorted({round(last * (place / (count - 1)) ** 1.5) for place in range(count)})
    return [frames[place] for place in places]


@st.cache_resource(max_entries=16, show_spinner="Asking 10,000 real digits")
def reality(digest: str, layer: str, _model: Network) -> Reality:  # noqa: ARG001 - the key
    """How the layer of the model with this digest responds to the test digits."""
    return respond(_model, layer, cache.test_digits().images, PATCHES)


def figure(value: float | Tensor, digits: int = 2) -> str:
    """A number for a sentence, with a true minus sign."""
    text = f"{float(value):.{digits}f}"
    return text.replace("-", "−") if float(text) else text.lstrip("-")
