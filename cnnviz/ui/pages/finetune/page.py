"""The fine-tune page: whose digits, how, and what came of it, growing while one watches."""

from dataclasses import asdict
from functools import partial
from typing import Any

import streamlit as st

from cnnviz.data.mnist import load_mnist
from cnnviz.errors import CnnvizError
from cnnviz.training.finetuning import FEWEST, FinetuneConfig, trainable_layers
from cnnviz.training.finetuning_report import measure_finetuning
from cnnviz.ui.pages.finetune.charts import learning_chart, moved_filters
from cnnviz.ui.pages.finetune.digits import WriterDigits, choose_writer, digits_before
from cnnviz.ui.pages.finetune.results import Work, digits_after, figures
from cnnviz.ui.state.current_model import CurrentModel, current_model, keep, model_key
from cnnviz.ui.state.incremental import Incremental, progress, watch
from cnnviz.ui.widgets.code_panel import code_panel, loading
from cnnviz.ui.widgets.export_panel import take_away

_WORK, _PROBLEM = "_finetune_work", "_finetune_problem"


def finetune_page() -> None:
    """The whole page."""
    chosen = current_model()
    left, right = st.columns([1.9, 1], gap="large")
    with left:
        writer_digits = choose_writer(chosen)
        digits_before(chosen, writer_digits)
    with right:
        config = _settings(chosen, writer_digits)
    _results()
    _limits()
    code_panel(_program(chosen, writer_digits, config))


def _settings(chosen: CurrentModel, writer_digits: WriterDigits) -> FinetuneConfig:
    """The widgets and the button."""
    st.slider("Steps of 64 digits", 10, 200, 60, 10, key="finetune_steps", persist_state="session")
    st.select_slider(
        "Learning rate",
        [1e-4, 3e-4, 1e-3, 3e-3, 1e-2],
        1e-3,
        format_func=lambda value: f"{value:g}",
        key="finetune_rate",
        persist_state="session",
    )
    label = "Replay: share of MNIST in each batch"
    st.slider(label, 0, 90, 50, 10, format="%d%%", key="finetune_replay", persist_state="session")
    layers = trainable_layers(chosen.model)
    st.selectbox(
        "Layers that learn",
        layers,
        format_func=lambda name: "All" if name == layers[0] else f"From {name} on",
        key="finetune_first",
        help="Those before it keep their weights.",
    )
    st.checkbox("Vary my digits a little", True, key="finetune_vary", persist_state="session")
    too_few = len(writer_digits.digits) < FEWEST
    st.button(
        "Fine-tune",
        key="finetune_start",
        type="primary",
        icon=":material/tune:",
        on_click=_start,
        args=(chosen, writer_digits),
        disabled=too_few,
        width="stretch",
    )
    st.caption(
        f"Needs {FEWEST} digits."
        if too_few
        else "Takes seconds; what comes of it grows below. The model itself stays as it is."
    )
    return _config()


def _config() -> FinetuneConfig:
    """What the widgets show at this moment."""
    return FinetuneConfig(
        steps=st.session_state["finetune_steps"],
        learning_rate=st.session_state["finetune_rate"],
        replay=st.session_state["finetune_replay"] / 100,
        learning_from=st.session_state["finetune_first"],
        vary=st.session_state["finetune_vary"],
    )


def _start(chosen: CurrentModel, writer_digits: WriterDigits) -> None:
    st.session_state.pop(_PROBLEM, None)
    config = _config()
    begin = partial(measure_finetuning, chosen.model, writer_digits.digits, load_mnist(), config)
    st.session_state[_WORK] = Work(chosen, writer_digits, config, Incremental(begin, kept=1))


# ---- what came of it ----


def _results() -> None:
    work: Work | None = st.session_state.get(_WORK)
    if work is not None:
        watch(partial(_show, work), [work.reports])


def _show(work: Work) -> None:
    known = work.known
    if work.just_kept:
        work.just_kept = False
        st.rerun()  # a click in here runs the fragment alone; the model picker is to follow
    if problem := st.session_state.get(_PROBLEM):
        st.error(problem, icon=":material/error:")
    st.divider()
    with st.container(key="finetune_status"):
        learned_from = work.writer_digits
        st.markdown(f"**{work.title}, tuned on {len(learned_from.digits)} digits by {learned_from.whose}**")
        if not known.last:
            progress([work.reports], known.share, known.doing, "finetune")
    figures(work)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Share read right** over the steps: solid with replay, dashed without")
        learning_chart(known, work.config.steps, key="finetune_curves")
    with right:
        digits_after(work)
    moved_filters(work.base.model, known.tuned[work.way])
    if known.last:
        _keeping(work)


# ---- keeping it ----


def _keeping(work: Work) -> None:
    if work.kept:
        st.success("Kept, and in use on every page.", icon=":material/check:")
        if model_key() == work.kept:
            with st.container(horizontal=True):
                st.page_link("pages/draw.py", label="Draw for it", icon=":material/draw:")
                st.page_link("pages/filters.py", label="Look at its filters", icon=":material/grid_view:")
            take_away(current_model(), "finetune")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Name", _first_name(work), key="finetune_name", max_chars=60)
        icon = ":material/save:"
        st.button("Keep this model", key="finetune_keep", icon=icon, on_click=_keep, args=(work,))
    st.caption("Everybody who uses this server will see it in the model picker.")


def _first_name(work: Work) -> str:
    return f"{work.base.title.split(' · ')[0]}, tuned on {work.writer_digits.whose}"


def _keep(work: Work) -> None:
    name = st.session_state["finetune_name"].strip() or _first_name(work)
    try:
        keep(work.known.tuned[work.way], name, _card(work))
    except CnnvizError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    st.session_state.pop(_PROBLEM, None)
    work.kept, work.just_kept = model_key(), True


def _card(work: Work) -> dict[str, Any]:
    known, labels = work.known, work.writer_digits.digits.labels
    points = known.curves[work.way]
    held_out = None if known.held_out is None else float((known.held_out == labels).float().mean())
    return {
        "origin": "tuned",
        "base": {"model": work.title, "digest": work.base.digest},
        "finetuning": asdict(work.config),
        "own": {"n": len(labels), "before": points[0].own, "after": points[-1].own, "held_out": held_out},
        "test": {"mnist": {"n": 10_000, "accuracy": known.test[work.way], "before": known.test["before"]}},
    }


# ---- words ----


def _limits() -> None:
    st.caption(
        "What this does not show: how it reads your digits next week, on another screen. The first figure is "
        "measured on the digits it learned from, the second on ones it had not seen, both by the same hand. "
        "Batch normalization keeps its statistics and nothing is dropped while it learns; AdamW, its rate "
        "falling to a tenth."
    )


def _program(chosen: CurrentModel, writer_digits: WriterDigits, config: FinetuneConfig) -> str:
    plain, given = asdict(FinetuneConfig()), asdict(config)
    options = ", ".join(f"{name}={value!r}" for name, value in given.items() if value != plain[name])
    return (
        writer_digits.program
        + loading(chosen)
        + f"for known in measure_finetuning(model, own, load_mnist(), FinetuneConfig({options})):\n"
        + "    print(known.doing, known.curves, known.test)\n"
    )
