"""What came of a fine-tuning: figures before and after, and the digits whose reading tells.

Work                 one study of this visitor, growing
figures(work)        on these digits, honestly, and what it cost on MNIST
digits_after(work)   those misread before or now
"""

from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor

from cnnviz.data.mnist import Digits
from cnnviz.evaluation.metrics import logits_of
from cnnviz.networks.network import Network
from cnnviz.numbers import percent
from cnnviz.training.finetuning import FinetuneConfig
from cnnviz.training.finetuning_report import FinetuningReport, Way
from cnnviz.ui.components.maps.maps import maps
from cnnviz.ui.pages.finetune.digits import WriterDigits, in_words
from cnnviz.ui.state.current_model import CurrentModel
from cnnviz.ui.state.incremental import Incremental

SHOWN = 40  # digits in a picture


@dataclass
class Work:
    """One study of this visitor."""

    base: CurrentModel
    writer_digits: WriterDigits
    config: FinetuneConfig
    reports: Incremental[FinetuningReport]
    kept: str = ""  # the key under which its model was kept
    just_kept: bool = False

    @property
    def known(self) -> FinetuningReport:
        """The newest report."""
        return self.reports.last

    @property
    def way(self) -> Way:
        """How the model that one would keep was tuned."""
        return "with replay" if self.config.replayed else "without replay"

    @property
    def title(self) -> str:
        """The model that was tuned, and as it was when."""
        snapshot = self.base.snapshot
        return self.base.title if snapshot is None else f"{self.base.title}, step {snapshot.step:,}"


def figures(work: Work) -> None:
    """Before and after: on these digits, honestly, and what it cost on MNIST, with replay and without."""
    known = work.known
    points = known.curves.get(work.way, ())
    before = points[0].own if points else None
    labels = work.writer_digits.digits.labels
    held_out = None if known.held_out is None else float((known.held_out == labels).float().mean())
    others: list[Way] = ["with replay", "without replay"]
    shown: list[tuple[str, float | None, float | None, str]] = [
        (
            "These digits",
            points[-1].own if points else None,
            before,
            "After learning from these very ones.",
        ),
        (
            f"Unseen ones, n = {len(labels)}",
            held_out,
            before,
            "Each half of the digits read by a copy that learned from the other half: the honest figure.",
        ),
        *(
            (
                f"MNIST, {way}",
                known.test.get(way),
                known.test.get("before"),
                "All 10,000 test digits; the difference is what was forgotten.",
            )
            for way in others
        ),
    ]
    for column, (label, value, was, help_) in zip(st.columns(4), shown, strict=True):
        column.metric(
            label,
            "–" if value is None else percent(value, 2),
            None
            if value is None or was is None
            else f"{100 * (value - was):+.2f} points, from {percent(was, 2)}",  # Streamlit reads the hyphen
            help=help_,
        )


def digits_after(work: Work) -> None:
    """The digits whose reading is wrong, or has changed."""
    digits, network = work.writer_digits.digits, work.known.tuned[work.way]
    labels, before, now = digits.labels.long(), _read(work.base.model, digits), _read(network, digits)
    telling = torch.nonzero((before != labels) | (now != labels)).flatten()[:SHOWN]
    st.markdown("**Misread before or now.** Each: what it is → read before → now.")
    if not len(telling):
        st.info("All were read right before, and are now.", icon=":material/check:")
        return
    captions = [in_words(int(labels[index]), int(before[index]), int(now[index])) for index in telling]
    maps(
        digits[telling].pixels(),
        key="finetune_telling",
        label="Digits misread before or after the fine-tuning",
        captions=captions,
        notes=["still misread" if now[index] != labels[index] else "read right now" for index in telling],
        scale="digit",
        tile=56,
        legend=False,
        selectable=False,
    )


def _read(network: Network, digits: Digits) -> Tensor:
    return logits_of(network, digits.images).argmax(1)
