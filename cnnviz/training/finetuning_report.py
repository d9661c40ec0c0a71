"""A fine-tuning and everything one should know before trusting it.

    measure_finetuning(model, own, mnist, config)   -> FinetuningReports: all that is known so far

Beside the fine-tuning itself: the same without replay, to show what would be forgotten; two copies
tuned on halves, for an honest figure; and all of MNIST's test digits, before and after.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

import torch
from torch import Tensor

from cnnviz.data.mnist import Digits
from cnnviz.evaluation import metrics
from cnnviz.evaluation.metrics import logits_of
from cnnviz.networks.network import Network
from cnnviz.training.finetuning import FEWEST, FinetuneConfig, finetune, read_held_out

Way = Literal["with replay", "without replay"]
RECORDS = 8  # of each way, after the first
QUICK = 1_000  # of MNIST's test digits, for the curves


@dataclass(frozen=True)
class Point:
    """Shares read right after `step`: of one's own digits, of the first 1,000 MNIST test digits."""

    step: int
    own: float
    mnist: float


@dataclass(frozen=True, eq=False)
class FinetuningReport:
    """What is known so far; `share` of the work is done."""

    doing: str
    share: float
    last: bool = False
    curves: dict[Way, tuple[Point, ...]] = field(default_factory=dict)
    tuned: dict[Way, Network] = field(default_factory=dict)  # as they are now
    held_out: Tensor | None = None  # (N,): each own digit as read by a copy that never saw it
    test: dict[str, float] = field(default_factory=dict)  # "before" and the ways: MNIST's 10,000 test digits


def measure_finetuning(
    model: Network, own: Digits, mnist: Digits, config: FinetuneConfig
) -> Iterator[FinetuningReport]:
    """mnist: all 70,000 digits; the first 60,000 are replayed, the others only measured on."""
    ways: dict[Way, FinetuneConfig] = {"with replay": config, "without replay": replace(config, replay=0)}
    if not config.replayed:
        del ways["with replay"]
    halves = 2 if len(own) >= 2 * FEWEST else 0
    pieces = len(ways) * (RECORDS + 1) + 3 * halves + 2 * (len(ways) + 1)
    known, done = FinetuningReport("", 0.0), 0
    quick = mnist.test[:QUICK]
    for way, chosen in ways.items():
        for record in finetune(model, own, mnist.train, chosen, RECORDS):
            point = Point(record.step, accuracy(record.network, own), accuracy(record.network, quick))
            done += 1
            known = replace(
                known,
                doing=f"Step {record.step} of {record.steps}, {way}",
                share=min(done / pieces, 1.0),
                curves={**known.curves, way: (*known.curves.get(way, ()), point)},
                tuned={**known.tuned, way: record.network},
            )
            yield known
    if halves:
        read = torch.zeros(len(own), dtype=torch.long)
        for positions, digits in read_held_out(model, own, mnist.train, config):
            read[positions] = digits
            done += 3
            known = replace(
                known, doing="Each half read by a copy tuned on the other", share=min(done / pieces, 1.0)
            )
            yield known
        known = replace(known, held_out=read)
    networks: dict[str, Network] = {"before": model}
    networks |= {str(way): network for way, network in known.tuned.items()}
    for name, network in networks.items():
        done += 2
        known = replace(
            known,
            doing="Reading MNIST's 10,000 test digits",
            share=min(done / pieces, 1.0),
            test={**known.test, name: accuracy(network, mnist.test)},
            last=name == list(networks)[-1],
        )
        yield known


def accuracy(network: Network, digits: Digits) -> float:
    """Share of the digits read right."""
    return metrics.accuracy(logits_of(network, digits.images), digits.labels)
