"""The ten digits as the network would love them, and what a referee reads in them."""

from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor

from cnnviz.feature_visualization.dataset_examples import spread
from cnnviz.feature_visualization.objectives import class_logit
from cnnviz.feature_visualization.presets import CLASS
from cnnviz.networks.network import CLASSES
from cnnviz.networks.tracing import predict
from cnnviz.numbers import number, percent
from cnnviz.ui.components.maps.maps import chosen_tile, maps
from cnnviz.ui.pages.maximize.program import classes_program
from cnnviz.ui.pages.maximize.request import Film, choose, film_of, film_strip, progress_of
from cnnviz.ui.state import cache
from cnnviz.ui.state.current_model import CurrentModel, model_called, model_keys, playing
from cnnviz.ui.state.incremental import watch
from cnnviz.ui.state.model_catalogue import model_title
from cnnviz.ui.state.query_params import CHANNEL
from cnnviz.ui.widgets.charts import probability_chart
from cnnviz.ui.widgets.code_panel import code_panel
from cnnviz.ui.widgets.layer_picker import choose_unit

GRID, REFEREE = "maximized_classes", "referee"
SEEDS = 4  # pictures a class; shown is the one the network itself likes best
MEASURED = 500  # test digits that tell how much a logit varies
REFEREES = ("best", "wide", "default", "classic")  # the first that is another model than the current one


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a model reads in N pictures. probabilities: (N, 10); read: (N,)."""

    probabilities: Tensor

    @property
    def read(self) -> Tensor:
        return self.probabilities.argmax(1)

    def words(self, picture: int) -> str:
        digit = int(self.read[picture])
        return f"reads {digit}, {percent(float(self.probabilities[picture, digit]), 0)}"


def classes(chosen: CurrentModel) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="maximize_controls"):
        digit = choose_unit("Digit", "logits", CLASSES)
        referee = choose_referee(chosen)
    film = _film(chosen)
    watch(lambda: _pictures(film, chosen, referee, digit), [film], whole=playing())
    code_panel(classes_program(chosen, referee))


def _pictures(film: Film, chosen: CurrentModel, referee: CurrentModel, digit: int) -> None:
    frame = film.last
    best = best_seeds(frame.values)  # (10,)
    verdict = Verdict(predict(referee.model, frame.images[best][:, 0]))
    left, right = st.columns([1.55, 1], gap="medium")
    with left:
        _grid(frame.images[best], frame.values[best], verdict, digit)
        progress_of([film], _about(film, referee))
        if film.done:
            _score(frame.images[best], verdict, chosen)
    with right:
        _panel(film, int(best[digit]), digit, referee)


def choose_referee(chosen: CurrentModel) -> CurrentModel:
    """Another model to read the pictures; all but the current one can be chosen."""
    keys = [key for key in model_keys() if key != chosen.key]
    keys.sort(key=lambda key: REFEREES.index(key) if key in REFEREES else len(REFEREES))
    if st.session_state.get(REFEREE) not in keys:
        st.session_state[REFEREE] = keys[0]
    key = st.selectbox(
        "Referee",
        keys,
        format_func=model_title,
        key=REFEREE,
        persist_state="session",
        width=280,
        help="A model trained independently. It took no part in making the pictures.",
    )
    return model_called(key)


def best_seeds(values: Tensor) -> Tensor:
    """int64 (10,): of each class's pictures, SEEDS in a row, the one with the largest value."""
    return values.reshape(CLASSES, SEEDS).argmax(1) + torch.arange(CLASSES) * SEEDS


def logit_scale(chosen: CurrentModel) -> float:
    """How much the class objective varies among real digits."""
    return _logit_scale(chosen.digest, chosen)


@st.cache_resource(max_entries=32, show_spinner=False)
def _logit_scale(digest: str, _chosen: CurrentModel) -> float:  # noqa: ARG001 - the key
    digits = cache.test_digits()[:MEASURED].pixels()
    return spread(_chosen.model, [class_logit(digit) for digit in range(CLASSES)], digits)


def _film(chosen: CurrentModel) -> Film:
    wanted = [digit for digit in range(CLASSES) for _ in range(SEEDS)]
    seeds = tuple(range(SEEDS)) * CLASSES
    return film_of(chosen, lambda: class_logit(wanted), CLASS, ("classes",), seeds, logit_scale(chosen))


def _grid(images: Tensor, values: Tensor, verdict: Verdict, digit: int) -> None:
    maps(
        images[:, 0],
        key=GRID,
        label="The picture of each digit that the network would love to see",
        captions=[verdict.words(number) for number in range(CLASSES)],
        notes=[
            f"made as {made}, logit minus the others' mean {number(value, '.1f')}"
            for made, value in enumerate(values.tolist())
        ],
        scale="digit",
        selected=digit,
        tile=112,
        on_select=lambda: choose(CHANNEL, chosen_tile(GRID), range(CLASSES)),
    )


def _score(images: Tensor, verdict: Verdict, chosen: CurrentModel) -> None:
    own = Verdict(predict(chosen.model, images[:, 0]))
    target = torch.arange(CLASSES)
    with st.container(horizontal=True, gap="large"):
        for who, found in (("The referee", verdict), ("The network itself", own)):
            right = int((found.read == target).sum())
            st.metric(f"{who} reads as meant", f"{right} of {CLASSES}", width="content")


def _about(film: Film, referee: CurrentModel) -> str:
    return (
        f"Each picture was changed in {film.last.steps} steps to raise one digit's logit above the mean of "
        "the others. It may use each wave only as strongly as real digits do, and had to survive shifts, "
        f"turns and other sizes; of {SEEDS} starts the network's own favorite is shown. Under it: what "
        f"{referee.title} reads, which took no part.  \n"
        "**What this does not show:** how the digit is usually written. It is the extreme of what convinces "
        "this network: parts are repeated, and what is not needed is missing."
    )


def _panel(film: Film, picture: int, digit: int, referee: CurrentModel) -> None:
    frame = film.last
    own = range(digit * SEEDS, (digit + 1) * SEEDS)
    pictures = frame.images[list(own)][:, 0]  # (SEEDS, 28, 28)
    verdict = Verdict(predict(referee.model, pictures))
    chosen_seed = picture - own.start
    st.markdown(f"**The {digit} it would love to see**, and the referee's opinion")
    left, right = st.columns([1, 1.1], gap="medium")
    with left:
        maps(
            pictures[chosen_seed][None],
            key="loved_class",
            label=f"The picture with the largest logit of {digit}",
            captions=[""],
            scale="digit",
            tile=168,
            selectable=False,
            link="classes",
            legend=False,
        )
    with right:
        probability_chart(verdict.probabilities[chosen_seed], "referee_bars", height=250)
    film_strip(film, picture, "class_strip", "classes", lambda images: images[:, 0], digits=1)
    st.markdown("From other noise")
    maps(
        pictures,
        key="class_seeds",
        label=f"Pictures of {digit} from different start noise",
        captions=[verdict.words(number) for number in range(SEEDS)],
        notes=[f"seed {number}" for number in range(SEEDS)],
        scale="digit",
        tile=92,
        selectable=False,
        link="classes",
    )
