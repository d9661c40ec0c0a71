"""The held-back writers one by one: hands that no shipped model was trained on."""

from functools import lru_cache

import torch

from cnnviz.data import Digits
from cnnviz.drawing import to_digit
from cnnviz.errors import NothingDrawn
from cnnviz.evaluation import logits_of
from cnnviz.networks import Network
from cnnviz.pen import held_back_digits
from cnnviz.strokes import fit, rasterize

CANVAS, EXTENT, PEN = 140, 90.0, 10.0  # half the app's canvas, a digit's longer side, the default pen


@lru_cache(maxsize=1)
def digits_by_writer() -> dict[str, Digits]:
    """Each held-back writer's digits, prepared like a drawing; without those wrong in the original."""
    found: dict[str, tuple[list[torch.Tensor], list[int]]] = {}
    for digit in held_back_digits():
        try:
            image = to_digit(rasterize(fit(digit.strokes, CANVAS, EXTENT), PEN, CANVAS)).image
        except NothingDrawn:  # shorter than the pen is wide
            continue
        images, labels = found.setdefault(digit.writer, ([], []))
        images.append((image * 255).round().to(torch.uint8))
        labels.append(digit.label)
    return {
        writer: Digits(torch.stack(images), torch.tensor(labels, dtype=torch.uint8))
        for writer, (images, labels) in sorted(found.items())
    }


def misread_by_writer(model: Network) -> dict[str, int]:
    """How many of each held-back writer's digits the model misreads; the most misread writer first."""
    everybody = digits_by_writer()
    images = torch.cat([digits.images for digits in everybody.values()])
    wrong = logits_of(model, images).argmax(1) != torch.cat([digits.labels for digits in everybody.values()])
    counts = [int(part.sum()) for part in wrong.split([len(digits) for digits in everybody.values()])]
    return dict(sorted(zip(everybody, counts, strict=True), key=lambda pair: -pair[1]))
