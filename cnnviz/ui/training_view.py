"""The train page's right side: a run as it happens, and what became of it.

watched()          the run this visitor looks at
start, stop        callbacks of the page's buttons
panel(run, config) the run, polled once a second while it lives; without a run, what is to come
"""

import time
from typing import Any, Literal

import streamlit as st
from torch import Tensor

from cnnviz import run_folder, runs
from cnnviz.errors import CnnvizError
from cnnviz.networks import Network, build
from cnnviz.run_folder import State
from cnnviz.runs import Run
from cnnviz.tracing import predict
from cnnviz.train_config import TrainConfig
from cnnviz.ui import session, settings
from cnnviz.ui.charts import probability_chart
from cnnviz.ui.components.maps import maps
from cnnviz.ui.training_charts import accuracy_chart, loss_chart
from cnnviz.ui.training_form import duration, shipped_card

Kind = Literal["primary", "secondary", "tertiary"]
POLL_SECONDS = 1.0
PATIENCE_SECONDS = 5.0  # after that, a run told to stop may be ended at once
TEMPLATES = 32  # pictures shown of a network without convolutions
_RUN, _PROBLEM = "_watched_run", "_train_problem"
_WORDS: dict[State, str] = {
    "queued": "Waiting",
    "running": "Training",
    "finished": "Finished",
    "stopped": "Stopped",
    "failed": "Failed",
    "interrupted": "Interrupted",
}

# ---- which run ----


def watched() -> Run | None:
    """The run in the address, else the one this visitor started or opened last."""
    asked = st.query_params.get("run")
    run_id = asked or st.session_state.get(_RUN)
    if not run_id:
        return None
    try:
        run = runs.open_run(settings.runs_root(), run_id)
    except CnnvizError as error:
        if asked:
            st.warning(str(error), icon=":material/error:")
            del st.query_params["run"]
        st.session_state.pop(_RUN, None)
        return None
    watch(run_id)
    return run


def watch(run_id: str) -> None:
    """Look at this run from now on; its id in the address lets a reload and others find it."""
    st.session_state[_RUN] = run_id
    st.query_params["run"] = run_id


def look_away(run_id: str) -> None:
    """Forget a run that is gone."""
    if st.session_state.get(_RUN) == run_id:
        del st.session_state[_RUN]
        st.query_params.pop("run", None)


def start(config: TrainConfig) -> None:
    """Start a run and look at it; a second click while one is watched and alive does nothing."""
    watched_id = st.session_state.get(_RUN)
    if any(run.id == watched_id and run.alive for run in runs.list_runs(settings.runs_root())):
        return
    attempt(lambda: watch(settings.engine().submit(config)))


def stop(run_id: str) -> None:
    attempt(lambda: settings.engine().stop(run_id))


def resume(run_id: str) -> None:
    def take_up() -> None:
        settings.engine().resume(run_id)
        watch(run_id)

    attempt(take_up)


def attempt(action: Any) -> None:
    """Do what a button asks; what goes wrong is said at the top of the page."""
    try:
        action()
    except CnnvizError as error:
        st.session_state[_PROBLEM] = str(error)


def problem() -> None:
    """Say once what went wrong with the last click."""
    sentence = st.session_state.pop(_PROBLEM, None)
    if sentence:
        st.error(sentence, icon=":material/error:")


# ---- the panel ----


def panel(run: Run | None, config: TrainConfig) -> None:
    """config: what would be trained, for the picture before the first run."""
    if run is None:
        _before(config)
    elif run.alive:
        st.fragment(_live, run_every=POLL_SECONDS)(run.id)
    else:
        _show(run)


def _live(run_id: str) -> None:
    run = runs.open_run(settings.runs_root(), run_id)
    if not run.alive:
        st.rerun()  # the whole page: buttons, list and model picker change too
    _show(run)
    asked = run.folder.read("control")
    if run.folder.stop_wanted() and time.time() - asked["time"] > PATIENCE_SECONDS:
        st.button("End it at once", icon=":material/dangerous:", on_click=_end_at_once, args=(run_id,))


def _end_at_once(run_id: str) -> None:
    attempt(lambda: settings.engine().kill(run_id))


def _before(config: TrainConfig) -> None:
    """What is on screen before anything was trained: the network as it will start."""
    _head([], "**Ready** · the network before its first step: random filters, no idea of digits")
    _curves([], config)
    _pictures(build(config.network, config.seed).eval())


def _show(run: Run) -> None:
    events = run.events()
    _head(events, status_line(run, events), run)
    _curves(events, run.config)
    try:
        network = (
            run.latest_network() if run.has_weights else build(run.config.network, run.config.seed).eval()
        )
    except CnnvizError as error:
        st.error(str(error), icon=":material/error:")
        return
    _pictures(network)


def _head(events: list[dict[str, Any]], line: str, run: Run | None = None) -> None:
    """The figure that counts, what is going on, and how far it is or what became of it."""
    number, words = st.columns([1, 3], vertical_alignment="center")
    with number, st.container(key="train_accuracy"):
        st.metric("Validation accuracy", _latest_accuracy(events))
    with words, st.container(key="train_status"):
        st.markdown(line)
        if run and not run.alive:
            _outcome(run)
        else:
            st.progress(min(1.0, events[-1]["step"] / events[-1]["steps"]) if events else 0.0)


def status_line(run: Run, events: list[dict[str, Any]]) -> str:
    """State, step, speed and time left, in one line."""
    words = [f"**{_WORDS[run.state]}**"]
    if run.state == "queued":
        before = [other.id for other in run_folder.queue(run.folder.path.parent)].index(run.id)
        return f"{words[0]} · {before} more before it in the queue" if before else "**Starting**"
    if run.state == "running" and not events:
        return "**Starting** · fetching the digits"
    if run.state == "running" and run.folder.stop_wanted():
        words = ["**Stopping**"]
    if events:
        last = events[-1]
        words.append(f"step {last['step']:,} of {last['steps']:,}")
        words.append(f"epoch {last['epoch']:.1f} of {run.config.epochs}")
        if run.state == "running" and last["step"] == last["steps"]:
            return "**Measuring** on the 10,000 test digits · " + words[1]
        if run.state == "running":
            words += _pace(events)
        else:
            words.append(duration(last["seconds"]))
    return " · ".join(words)


def _pace(events: list[dict[str, Any]]) -> list[str]:
    """Images a second and the time left, over the latest tenth of a minute or so."""
    last = events[-1]
    recent = [record for record in events if record["seconds"] > last["seconds"] - 6]
    first = recent[0] if len(recent) > 1 else events[0]
    if last["step"] == first["step"]:
        return []
    pace = (last["seconds"] - first["seconds"]) / (last["step"] - first["step"])
    speeds = [record["images_per_second"] for record in recent if record["images_per_second"]]
    left = pace * (last["steps"] - last["step"])
    return [f"{sum(speeds) / max(len(speeds), 1):,.0f} images/s", f"{duration(left)} left"]


def _latest_accuracy(events: list[dict[str, Any]]) -> str:
    values = [
        record["validation_accuracy"] for record in events if record.get("validation_accuracy") is not None
    ]
    return f"{100 * values[-1]:.2f} %" if values else "–"


def _curves(events: list[dict[str, Any]], config: TrainConfig) -> None:
    shipped = shipped_card("default").get("test", {}).get("mnist", {}).get("accuracy")
    left, right = st.columns(2)
    with left:
        st.markdown("**Accuracy** over epochs")
        accuracy_chart(events, config.epochs, shipped, key="train_accuracy_curve")
    with right:
        st.markdown("**Loss** (cross-entropy, nats) over epochs")
        loss_chart(events, config.epochs, key="train_loss_curve")


def _pictures(network: Network) -> None:
    left, right = st.columns(2)
    with left:
        values, title = first_filters(network)
        st.markdown(f"**{title}**")
        maps(values, key="train_filters", label=title, tile=40, selectable=False)
    with right:
        digit = session.current_digit()
        st.markdown(f"**What it makes of {digit.caption}**")
        probability_chart(predict(network, digit.image)[0], key="train_probabilities")


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


def _outcome(run: Run) -> None:
    if run.state == "failed":
        st.error(run.reason, icon=":material/error:")
    elif run.state == "interrupted":
        st.warning("Its process was ended from outside. Resume goes on from the last saved step.")
    elif test := run.card().get("test"):
        st.markdown("Reads " + ", ".join(_figure(name, part) for name, part in test.items()) + ".")
    with st.container(horizontal=True, vertical_alignment="center"):
        actions(run, "panel", "primary")


def _figure(name: str, part: dict[str, Any]) -> str:
    """99.25 % of MNIST's 10,000 test digits."""
    whose = "MNIST's {} test digits" if name == "mnist" else "{} pen digits by writers it never saw"
    return f"**{100 * part['accuracy']:.2f} %** of {whose.format(format(part['n'], ','))}"


def actions(run: Run, place: str, kind: Kind = "secondary") -> bool:
    """Use, download, resume: whatever the run's state allows. Returns whether one was clicked."""
    key = settings.RUN + run.id
    clicked = False
    if run.has_weights:
        if st.session_state.get("model_choice") == key:
            st.page_link("pages/draw.py", label="In use: draw for it", icon=":material/draw:")
        else:
            clicked |= st.button(
                "Use this model" if kind == "primary" else "Use",
                key=f"{place}_use_{run.id}",
                type=kind,
                on_click=session.select_model,
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
        "The accuracy axis widens towards 100 %: 90, 99 and 99.9 % are equally far apart."
    )
