"""The train page's right side: a run as it happens, and what became of it.

WATCHING           the run this visitor looks at
start, resume      callbacks of buttons
panel(run, config) the run, polled once a second while it lives; without a run, what is to come
"""

import time
from typing import Any, Literal

import streamlit as st
from torch import Tensor

from cnnviz.errors import CnnvizError
from cnnviz.networks.network import Network
from cnnviz.numbers import percent
from cnnviz.runs.run import Run, list_runs, open_run
from cnnviz.training.config import TrainConfig
from cnnviz.ui.components.maps.maps import maps
from cnnviz.ui.pages.train.confusion import confusion
from cnnviz.ui.pages.train.form import shipped_card
from cnnviz.ui.pages.train.prediction_history import answers
from cnnviz.ui.runs.charts import accuracy_chart, gradient_chart, live_rate_chart, loss_chart
from cnnviz.ui.runs.controls import attempt, problem, transport
from cnnviz.ui.runs.selected_run import Watching
from cnnviz.ui.runs.status import Event, ending, latest_accuracy, status_line
from cnnviz.ui.state import cache
from cnnviz.ui.state.current_digit import current_digit
from cnnviz.ui.state.current_model import select_model
from cnnviz.ui.state.environment import engine, runs_root
from cnnviz.ui.state.model_catalogue import Origin, key_of
from cnnviz.ui.state.query_params import Train

Kind = Literal["primary", "secondary", "tertiary"]
POLL_SECONDS = 1.0
PATIENCE_SECONDS = 5.0  # after that, a run told to stop may be ended at once
TEMPLATES = 32  # pictures shown of a network without convolutions
VIEWS = ("Curves", "Gradients", "Confusion")
WATCHING = Watching(Train.run, open_run)
_TEST_SETS = {
    "mnist": "MNIST's {} test digits",
    "pen, writers never trained on": "{} pen digits by writers it never saw",
}


def start(config: TrainConfig) -> None:
    """Start a run and look at it; a second click while one is watched and alive does nothing."""
    watched_id = WATCHING.known
    if any(run.id == watched_id and run.busy for run in list_runs(runs_root())):
        return
    attempt(lambda: WATCHING.look_at(engine().submit(config)))


def resume(run_id: str) -> None:
    def take_up() -> None:
        engine().resume(run_id)
        WATCHING.look_at(run_id)

    attempt(take_up)


# ---- the panel ----


def panel(run: Run | None, config: TrainConfig) -> None:
    """config: what would be trained, for the picture before the first run.

    Always in a container, as a fragment is: so that one panel takes another's place in the browser,
    and does not stand beside it until the page is done.
    """
    if run is not None and run.alive:
        st.fragment(_live, run_every=POLL_SECONDS)(run.id, run.busy)
        return
    with st.container():
        if run is None:
            _before(config)
        else:
            _show(run)


def _live(run_id: str, busy: bool) -> None:
    """One look at the run. Errors are for here: in a fragment they would bypass the frame."""
    try:
        run = open_run(runs_root(), run_id)
    except CnnvizError:  # deleted by somebody else
        st.rerun()
    if run.busy != busy:
        st.rerun()  # the whole page: buttons, list and model picker change too
    _show(run)
    asked = run.folder.read("control")
    if run.folder.stop_wanted() and time.time() - asked["time"] > PATIENCE_SECONDS:
        st.button("End it at once", icon=":material/dangerous:", on_click=_end_at_once, args=(run_id,))


def _end_at_once(run_id: str) -> None:
    attempt(lambda: engine().kill(run_id))


def _before(config: TrainConfig) -> None:
    """What is on screen before anything was trained: the network as it will start."""
    _head([], "**Ready** · the network before its first step: random filters, no idea of digits")
    _charts(_controls(None, []), [], config)
    _pictures(None, cache.untrained(config.network, config.seed), [])


def _show(run: Run) -> None:
    events = run.events()
    _head(events, status_line(run, events), run)
    _charts(_controls(run, events), events, run.config)
    try:
        network = (
            run.latest_network() if run.has_weights else cache.untrained(run.config.network, run.config.seed)
        )
    except CnnvizError as error:
        st.error(str(error), icon=":material/error:")
        return
    _pictures(run, network, events)


def _head(events: list[Event], line: str, run: Run | None = None) -> None:
    """The figure that counts, what is going on, and how far it is or what became of it."""
    with st.container():  # empty or not, all that follows keeps its place
        problem()
    number, words = st.columns([1, 3], vertical_alignment="center")
    with number, st.container(key="train_accuracy"):
        best = run.best_step(events) if run else None
        st.metric("Validation accuracy", latest_accuracy(events, best))
    with words, st.container(key="train_status"):
        st.markdown(line)
        if run and not run.alive:
            _outcome(run, events)
        else:
            st.progress(min(1.0, events[-1]["step"] / events[-1]["steps"]) if events else 0.0)


def _controls(run: Run | None, events: list[Event]) -> str:
    """What one can do to the run, and which of VIEWS to show."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(horizontal=True, width="content", gap="xsmall"):
            if run and not run.alive:
                actions(run, "panel", "primary")
            transport(run, events)
        view: str = st.segmented_control(
            "Pictures", VIEWS, default=VIEWS[0], key="train_view", required=True, label_visibility="collapsed"
        )
    return view


def _charts(shown: str, events: list[Event], config: TrainConfig) -> None:
    """Two pictures of the figures so far."""
    if shown == VIEWS[2]:
        confusion(events)
        return
    left, right = st.columns(2)
    with left:
        if shown == VIEWS[0]:
            shipped = shipped_card("default").get("test", {}).get("mnist", {}).get("accuracy")
            st.markdown("**Accuracy** over epochs")
            accuracy_chart(events, config.epochs, shipped, key="train_accuracy_curve")
        else:
            st.markdown("**Learning rate** over epochs")
            live_rate_chart(events, config, key="train_live_rate")
    with right:
        if shown == VIEWS[0]:
            st.markdown("**Loss** (cross-entropy, nats) over epochs")
            loss_chart(events, config.epochs, key="train_loss_curve")
        else:
            st.markdown("**Gradient** of each layer (L2 norm) over epochs")
            gradient_chart(events, config, key="train_gradients")


def _pictures(run: Run | None, network: Network, events: list[Event]) -> None:
    left, right = st.columns(2)
    with left:
        values, title = first_filters(network)
        st.markdown(f"**{title}**")
        maps(values, key="train_filters", label=title, tile=40, selectable=False)
    with right:
        digit = current_digit()
        st.markdown(f"**What it makes of {digit.caption}**")
        answers(run, network, digit.image, events, key="train_probabilities")


def first_filters(network: Network) -> tuple[Tensor, str]:
    """The first layer's weights as pictures (N, H, W), and what to call them."""
    for name, module in network.named_children():
        weight = getattr(module, "weight", None)
        if weight is None or weight.dim() < 2:
            continue
        if weight.dim() == 4:
            return weight.detach()[:, 0], f"{name}: its {len(weight)} filters"
        shown = weight.detach()[:TEMPLATES].unflatten(1, (28, 28))  # (N, 28, 28)
        return shown, f"{name}: {len(shown)} of its {len(weight)} units"
    raise ValueError("A network has at least one layer with weights.")


# ---- what became of it ----


def _outcome(run: Run, events: list[Event]) -> None:
    if run.state == "failed":
        st.error(run.reason, icon=":material/error:")
    elif run.state == "interrupted":
        st.warning("Its process was ended from outside. Resume goes on from the last saved step.")
    test = run.card().get("test", {})
    if figures := [_figure(name, part) for name, part in test.items() if name in _TEST_SETS]:
        st.markdown(f"Reads {' and '.join(figures)}.")
    if words := ending(run, events):
        st.markdown(words)


def _figure(name: str, part: dict[str, Any]) -> str:
    """99.25% of MNIST's 10,000 test digits."""
    whose = _TEST_SETS[name].format(format(part["n"], ","))
    return f"**{percent(part['accuracy'], 2)}** of {whose}"


def actions(run: Run, place: str, kind: Kind = "secondary") -> bool:
    """Use, download, resume: whatever the run's state allows. Returns whether one was clicked."""
    key = key_of(Origin.RUN, run.id)
    clicked = False
    if run.has_weights:
        if st.session_state.get("model_choice") == key:
            st.page_link("pages/draw.py", label="In use: draw for it", icon=":material/draw:")
        else:
            clicked |= st.button(
                "Use this model" if kind == "primary" else "Use",
                key=f"{place}_use_{run.id}",
                type=kind,
                on_click=select_model,
                args=(key,),
            )
        st.download_button(
            "Download",
            run.weights,
            f"{run.id}.safetensors",
            key=f"{place}_download_{run.id}",
            type="tertiary" if kind == "tertiary" else "secondary",
            on_click="ignore",
        )
    if run.resumable:
        quiet: Kind = "tertiary" if kind == "tertiary" else "secondary"
        clicked |= st.button(
            "Resume", key=f"{place}_resume_{run.id}", type=quiet, on_click=resume, args=(run.id,)
        )
    return clicked


def limits() -> None:
    """How far to trust the curves."""
    st.caption(
        "What this does not show: how it reads *your* digits. Validation digits are held back from "
        "MNIST's 60,000 training digits; the training curve is the mean of the last ten records, on "
        "batches with dropout and augmentation at work, so it may lie below. "
        "The accuracy axis widens towards 100%: 90, 99 and 99.9% are equally far apart. Gradients are "
        "of one batch each, averaged in the same way. Snapshots are denser at the start."
    )
