"""The bench: one wish and one seed, in columns that differ by one trick each."""

from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor, nn

from cnnviz.feature_visualization.dataset_examples import spread
from cnnviz.feature_visualization.objectives import Objective, channel, class_logit, evaluate_objective
from cnnviz.feature_visualization.presets import ABLATION
from cnnviz.networks.network import WEIGHTED, output_shapes
from cnnviz.networks.tracing import predict
from cnnviz.numbers import number, percent
from cnnviz.ui.components.maps.maps import chosen_tile, maps
from cnnviz.ui.pages.maximize.charts import ablation_chart
from cnnviz.ui.pages.maximize.classes import MEASURED, Verdict, choose_referee, logit_scale
from cnnviz.ui.pages.maximize.program import ablation_program
from cnnviz.ui.pages.maximize.request import Film, film_of, film_strip, progress_of
from cnnviz.ui.state import cache
from cnnviz.ui.state.current_model import CurrentModel, playing
from cnnviz.ui.state.incremental import watch
from cnnviz.ui.widgets.code_panel import code_panel
from cnnviz.ui.widgets.layer_picker import choose_layer, choose_unit

GRID, COLUMN, SEED = "bench", "bench_column", "bench_seed"
LOGITS = "logits"
TELLS = {
    "pixels": "Every pixel climbs by itself. The value gets high, with a maze no hand would draw.",
    "pixels, jitter": "The picture is shifted by up to two pixels at every step, so a pattern must work in "
    "many places at once.",
    "pixels, less ink": "Every white pixel is charged (L1), so only the ink that pays off stays.",
    "pixels, flat": "Differences between neighbors are charged (total variation). What is not "
    "needed stays flat and gray.",
    "pixels, blur": "Each step pulls a little towards the picture's own blurred copy.",
    "waves": "The picture is a sum of waves, the long ones louder (Fourier, 1/f). Large shapes move at once.",
    "waves, jitter": "Waves, and at every step a shift by up to two pixels.",
    "waves, moves": "Waves, and at every step a shift, a turn by up to 8° and another size. Lines get "
    "broad and smooth.",
    "spectrum": "Each wave has the strength it has in MNIST's digits on average; only where its crests lie "
    "is free (MACO). Then the contrast is raised. So there is about as much ink as in a digit.",
    "spectrum, moves": "The spectrum of real digits, and shifts, turns and sizes. Usually the least "
    "activation, and what looks most like writing.",
}


@dataclass(frozen=True, eq=False)
class Subject:
    """What all columns raise: a class, or a unit of a layer."""

    chosen: CurrentModel
    layer: str
    unit: int

    @property
    def is_class(self) -> bool:
        return self.layer == LOGITS

    @property
    def name(self) -> str:
        if self.is_class:
            return f"the digit {self.unit}"
        return f"{'unit' if self.layer.startswith('dense') else 'filter'} {self.unit} of {self.layer}"

    def objective(self) -> Objective:
        return class_logit([self.unit]) if self.is_class else channel(self.layer, [self.unit])

    def scale(self) -> float:
        if self.is_class:
            return logit_scale(self.chosen)
        key = (self.chosen.digest, self.layer, self.unit)
        return _unit_scale(key, self.chosen.model, self.objective())


@st.cache_resource(max_entries=128, show_spinner=False)
def _unit_scale(key: tuple[str, str, int], _model: nn.Module, _wish: Objective) -> float:  # noqa: ARG001
    """How much the unit (model's digest, layer, number) varies among real digits."""
    digits = cache.test_digits()[:MEASURED].pixels()
    return spread(_model, [_wish], digits)


def ablation(chosen: CurrentModel) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="maximize_controls"):
        subject = _choose(chosen)
        seed = int(st.number_input("Seed", 0, 9_999, 0, key=SEED, persist_state="session", width=120))
        referee = choose_referee(chosen) if subject.is_class else None
    films = _films(subject, seed)
    watch(lambda: _columns(subject, films, referee), list(films.values()), whole=playing())
    code_panel(ablation_program(chosen, subject.layer, subject.unit, seed, subject.scale()))


def _columns(subject: Subject, films: dict[str, Film], referee: CurrentModel | None) -> None:
    column = _column(films)
    images = torch.cat([film.last.images for film in films.values()])[:, 0]  # (10, 28, 28)
    verdict = Verdict(predict(referee.model, images)) if referee else None
    left, right = st.columns([1.55, 1], gap="medium")
    with left:
        _grid(subject, films, images, column)
        progress_of(list(films.values()), _about(subject))
    with right:
        _panel(films, column)
    if all(film.done for film in films.values()):
        _table(subject, films, verdict)


def _choose(chosen: CurrentModel) -> Subject:
    shapes = output_shapes(chosen.model.config)
    layers = [name for name, module in chosen.model.named_children() if isinstance(module, WEIGHTED)]
    layer = choose_layer(layers, first=LOGITS)
    label = "Digit" if layer == LOGITS else "Filter" if len(shapes[layer]) == 3 else "Unit"
    return Subject(chosen, layer, choose_unit(label, layer, shapes[layer][0], 3 if layer == LOGITS else 0))


def _films(subject: Subject, seed: int) -> dict[str, Film]:
    about = ("bench", subject.layer, subject.unit)
    scale = subject.scale()
    return {
        name: film_of(subject.chosen, subject.objective, preset, about, seed, scale)
        for name, preset in ABLATION.items()
    }


def _column(films: dict[str, Film]) -> str:
    names = list(films)
    if st.session_state.get(COLUMN) not in names:
        st.session_state[COLUMN] = names[-1]
    return str(st.session_state[COLUMN])


def _grid(subject: Subject, films: dict[str, Film], images: Tensor, column: str) -> None:
    names = list(films)
    maps(
        images,
        key=GRID,
        label=f"What {subject.name} would love to see, made in ten ways",
        captions=names,
        notes=[f"activation {number(film.last.values[0], '.2f')}" for film in films.values()],
        noun="",
        scale="digit",
        selected=names.index(column),
        tile=112,
        on_select=lambda: _select(names),
    )


def _select(names: list[str]) -> None:
    tile = chosen_tile(GRID)
    if tile is not None and tile < len(names):
        st.session_state[COLUMN] = names[tile]


def _about(subject: Subject) -> str:
    return (
        f"Ten climbs of 128 steps for the same wish, {subject.name}, from the same seed; each differs "
        "from its neighbors by one trick.  \n"
        "**What this does not show:** which picture is right. Tricks that make a picture readable cost "
        "activation, and they put our own idea of a good picture into it."
    )


def _panel(films: dict[str, Film], column: str) -> None:
    film = films[column]
    st.markdown(f"**{column.capitalize()}.** {TELLS[column]}")
    left, right = st.columns([1, 1.1], gap="medium")
    with left:
        maps(
            film.last.images[:, 0],
            key="bench_large",
            label=f"The picture of the column {column}",
            captions=[""],
            scale="digit",
            tile=168,
            selectable=False,
            link="bench",
            legend=False,
        )
    with right:
        ablation_chart({name: each.records for name, each in films.items()}, column, "bench_curves")
    film_strip(film, 0, "bench_strip", "bench", lambda images: images[:, 0])


def _table(subject: Subject, films: dict[str, Film], verdict: Verdict | None) -> None:
    """Reached, what is left of it after a shift by one pixel, ink, and the referee's reading."""
    best = max(float(film.last.values[0]) for film in films.values())
    head = ["Column", "Reached", "Of the best", "After a shift by 1 px", "White"]
    if verdict:
        head.append("Referee")
    lines = [" | ".join(head), "|".join(["---", *["---:"] * (len(head) - 1)])]
    for place, (name, film) in enumerate(films.items()):
        value = float(film.last.values[0])
        share = percent(value / best, 0) if best > 0 else "–"
        cells = [name, number(value, ".2f"), share, number(shifted(subject, film.last.images), ".2f")]
        cells.append(percent(float(film.last.images.mean()), 0))
        if verdict:
            cells.append(verdict.words(place))
        lines.append(" | ".join(cells))
    st.markdown("\n".join(f"| {line} |" for line in lines))


def shifted(subject: Subject, image: Tensor) -> float:
    """The mean value of the eight pictures shifted by one pixel; what leaves on one side comes in again."""
    moves = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if (down, right) != (0, 0)]
    pictures = torch.cat([torch.roll(image, move, (2, 3)) for move in moves])  # (8, 1, 28, 28)
    with torch.no_grad():
        return float(evaluate_objective(subject.chosen.model, subject.objective(), pictures).mean())
