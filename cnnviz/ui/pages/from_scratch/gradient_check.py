"""Whether it is right: the gradients against PyTorch's, and the program behind the page."""

import numpy as np
import streamlit as st

from cnnviz.labs.numpy_cnn import fast
from cnnviz.labs.numpy_cnn.gradient_check import compare
from cnnviz.labs.numpy_cnn.training import as_floats, training_digits
from cnnviz.numbers import number
from cnnviz.ui.pages.from_scratch.figures import decimal, sources, table
from cnnviz.ui.pages.from_scratch.model import Lesson
from cnnviz.ui.state.current_digit import current_digit
from cnnviz.ui.widgets.code_panel import image_lines

OTHERS = 63  # training digits in the batch beside the current one


def check(lesson: Lesson) -> None:
    """The largest difference of every parameter's gradient from PyTorch's."""
    st.subheader("Is it right? PyTorch says so", anchor=False)
    others = training_digits()[:OTHERS]
    images = np.concatenate([lesson.image[None], as_floats(others)])  # (64, 28, 28)
    labels = np.concatenate([lesson.labels, others.labels.numpy()])
    found = compare(lesson.parameters, images, labels)
    rows = [
        [
            row.name.replace("_", " "),
            "×".join(map(str, row.shape)),
            f"{int(np.prod(row.shape)):,}",
            decimal(row.largest, 4),
            number(row.readable, ".1e"),
            number(row.fast, ".1e"),
        ]
        for row in found
    ]
    head = ["parameter", "shape", "numbers", "largest gradient", "readable off by", "fast off by"]
    left, right = st.columns([1.9, 1], gap="large")
    with left:
        st.markdown(table(head, rows))
    with right:
        worst = max(max(row.readable, row.fast) for row in found)
        st.markdown(
            f"Gradients of your digit and {OTHERS} training digits together, by PyTorch's autograd and by "
            f"the code above. The largest difference is **{worst:.0e}**: rounding in single precision. "
            "Where cells tie, all three choose the first, row by row."
        )
        with st.popover("The fast version", icon=":material/bolt:"):
            st.code(
                sources(fast.FastNetwork._forward, fast.FastNetwork._backward),
                language="python",
                wrap_lines=True,
            )


def program(lesson: Lesson) -> str:
    """The program that computes what the page shows, trained the same way."""
    digit, config, latest = current_digit(), lesson.run.config, lesson.run.latest
    stop = "" if lesson.run.complete else f"    if progress.step == {latest.step}:\n        break\n"
    return (
        f"config = NumpyConfig({config.engine!r}, epochs={config.epochs}, seed={config.seed})\n"
        "for progress in fit_numpy(config, training_digits(), load_mnist().test):\n"
        "    print(progress.epoch, progress.loss, progress.test_accuracy)\n"
        f"{stop}\n"
        f"{image_lines(digit)}"
        f"images, labels = image[None].numpy(), np.array([{lesson.label}])\n"
        "parameters = progress.parameters\n"
        "passed = forward(parameters, images)\n"
        "print(passed.probabilities, cross_entropy(passed.probabilities, labels))\n"
        "gradients, errors = backward(parameters, passed, labels)\n"
        'print(gradients["filters"][0], errors.logits)\n'
        "moved, memory = adam(parameters, gradients, no_memory(parameters), rate=0.008)\n"
        'print(*compare(parameters, images, labels), sep="\\n")\n'
    )
