"""The dream page: the picture large at the left, what to dream of at the right.

A change of picture, layer or setting begins a new dream at once; it grows frame by frame.
"""

from dataclasses import replace

import streamlit as st
from torch import Tensor, nn

from cnnviz.errors import CnnvizError
from cnnviz.feature_visualization.deepdream import digit_canvas
from cnnviz.networks.network import SIZE
from cnnviz.networks.tracing import predict
from cnnviz.numbers import percent, probability
from cnnviz.ui.components.before_after.before_after import compare
from cnnviz.ui.pages.dream import job
from cnnviz.ui.pages.dream.controls import Choice, choose
from cnnviz.ui.pages.dream.job import DreamJob, DreamRequest, Picture
from cnnviz.ui.pages.dream.look_inside import inside
from cnnviz.ui.pages.dream.program import program, sentence
from cnnviz.ui.pages.dream.source_picture import choose_picture
from cnnviz.ui.state import cache, query_params
from cnnviz.ui.state.current_model import current_model
from cnnviz.ui.state.incremental import alive, stop_button, watch
from cnnviz.ui.state.prediction import read
from cnnviz.ui.widgets.choice_controls import show_view
from cnnviz.ui.widgets.code_panel import code_panel

_RUN, _ASKED = "_dream_run", "_dream_asked"
SATURATED = 0.25  # the share of values at their limit from which the picture is overdone


def dream_page() -> None:
    """Two views of one network: what it dreams, and what it is made of."""
    show_view({"Dream": _dream, "Look inside": inside}, query_params.Dream.view)


def _dream() -> None:
    left, right = st.columns([1.75, 1], gap="large")
    with right:
        picture = choose_picture()
        choice = choose(picture)
    with left:
        try:
            run = _current(picture, choice)
        except CnnvizError as error:
            st.error(str(error), icon=":material/error:")
            return
        watch(lambda: _show(run), [run.work], seconds=0)  # a frame is a picture
        _actions(run)
        st.caption(_limits(picture, choice))
    code_panel(program(run.request, picture, choice))


def _current(picture: Picture, choice: Choice) -> DreamJob:
    """The run on screen, begun anew when anything it depends on has changed."""
    request = DreamRequest(
        picture=picture.name,
        picture_digest=picture.digest(),
        network=current_model().digest if picture.is_digit else choice.network,
        target=choice.target,
        guide_digest=choice.guide.digest() if choice.guide else 0,
        settings=choice.settings,
        keep=choice.keep,
    )
    run: DreamJob | None = st.session_state.get(_RUN)
    asked = st.session_state.pop(_ASKED, None)
    if run is not None and asked is None and replace(run.request, film=False) == request:
        return run
    start = _start(picture, choice)
    run = None if asked else job.carried(request, start)
    run = run or job.begin(request, start, _model(picture, choice), _guide(choice))
    st.session_state[_RUN] = run
    return run


def _start(picture: Picture, choice: Choice) -> Tensor:
    """The picture as the dream begins with it: a digit enlarged, unless all of the network must fit."""
    if not picture.is_digit:
        return picture.image
    return picture.image if choice.canvas == SIZE else digit_canvas(picture.image[0], choice.canvas)


def _guide(choice: Choice) -> Tensor | None:
    if choice.guide is None:
        return None
    return digit_canvas(choice.guide.image[0], choice.canvas) if choice.guide.is_digit else choice.guide.image


def _model(picture: Picture, choice: Choice) -> nn.Module:
    return current_model().model if picture.is_digit else cache.image_network(choice.network)


# ---- the picture ----


def _show(run: DreamJob) -> None:
    height, width = run.before.shape[:2]
    compare(
        run.before_file(),
        run.after_file(),
        key="dream_picture",
        label=f"Before and after: {sentence(run.request)}",
        titles=("before", "dreamed"),
        aspect=width / height,
        start=0.28,
        height=430,
        crisp=run.before.ndim == 2,
    )
    with st.container(key="dream_status"):
        if run.finished:
            st.markdown(_outcome(run))
        else:
            assert run.now.frame is not None
            word = "Dreaming" if alive([run.work]) else "Stopped"
            st.progress(run.now.frame.step / run.now.frame.steps, f"**{word}** · {job.position(run)}")


def _outcome(run: DreamJob) -> str:
    words = [sentence(run.request) + "."]
    if run.carried:
        words.append("Computed beforehand with exactly these settings.")
    elif run.now.frame is not None and bool(run.now.frame.dead.all()):
        words.append("**It stayed as it was:** nothing in it excites this unit, so no pixel had a say.")
    if run.saturated() > SATURATED:
        words.append(
            f"{percent(run.saturated(), 0)} of the values are at their limit: less strength shows more."
        )
    if run.request.target.kind == "class" and run.before.ndim == 2 and run.now.frame is not None:
        prediction = read(predict(current_model().model, run.now.frame.images[0, 0])[0])
        words.append(f"The network now reads **{prediction.digit}** ({probability(prediction.probability)}).")
    return " ".join(words)


# ---- what one can do ----


def _actions(run: DreamJob) -> None:
    name = f"{run.request.picture}-{run.request.target.layer}"
    with st.container(horizontal=True, key="dream_actions"):
        if run.finished:
            st.button(
                "Watch it grow",
                icon=":material/play_arrow:",
                key="dream_again",
                on_click=_again,
                type="primary",
            )
        else:
            stop_button([run.work], "dream", type="primary")
        st.button(
            "Zoom film",
            icon=":material/zoom_in:",
            key="dream_film",
            on_click=_fly,
            disabled=not run.finished or run.before.ndim == 2,
            help="Dream, step a little closer, dream again: a flight into the picture.",
        )
        st.download_button(
            "PNG",
            run.after_file,
            f"dream-{name}.png",
            "image/png",
            key="dream_png",
            icon=":material/download:",
            disabled=alive([run.work]),
            on_click="ignore",
        )
        for ending, kind, make in (("gif", "image/gif", run.gif), ("mp4", "video/mp4", run.mp4)):
            st.download_button(
                ending.upper(),
                make,
                f"dream-{name}.{ending}",
                kind,
                key=f"dream_{ending}",
                icon=":material/movie:",
                disabled=alive([run.work]) or run.carried,
                on_click="ignore",
                help="How it grew, or the film. A dream that was computed beforehand has no steps to show.",
            )


def _again() -> None:
    """Compute the dream on screen once more."""
    st.session_state[_ASKED] = True


def _fly() -> None:
    """From the dream on screen further in."""
    run: DreamJob = st.session_state[_RUN]
    st.session_state[_RUN] = job.film_of(run, cache.image_network(run.request.network))


def _limits(picture: Picture, choice: Choice) -> str:
    whole = (
        "It raises whatever the layer answers already, so the picture decides much of what appears"
        if choice.target.kind == "layer"
        else "It raises what you chose, wherever a little of it is found"
    )
    if picture.is_digit:
        return (
            "Left of the divider the digit, right of it the dream; black 0, white 1.  \n"
            f"**What this does not show:** what the network needs to see to read a digit. {whole}."
            + ("" if choice.canvas == SIZE else " It was trained on 28 × 28 pixels, not on enlarged digits.")
        )
    credit = f"Photograph: {picture.credit}. " if picture.credit else ""
    return (
        f"{credit}Left of the divider the start, right of it the dream; colors 0 to 255.  \n"
        f"**What this does not show:** how sure the network is of anything. {whole}. The many dogs and eyes "
        "come from ImageNet, where about 120 of 1,000 classes are dogs."
    )
