"""Move the digit by a few pixels: which pooling winners change, and which values stay?

    shifted(image, right, down)                    the digit, moved; what leaves the image is lost
    shift_effects(model, image, layer, shifts)     one ShiftEffect a shift, all in one batch
    stride(model, layer)                           pixels between neighboring cells of the pooled map's input

Only windows that one cell won count (for average pooling: whose cells differ); the even background
would stay the same whatever happens.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cnnviz.data.checks import check_image
from cnnviz.errors import NetworkError
from cnnviz.interpret.pooling import Winners, before, pick_winners, pooling_layers, window_of, windows
from cnnviz.interpret.receptive_fields import map_stride
from cnnviz.networks.network import Network, evaluated

TOLERANCE = 0.01  # a value "stays" when it moves by at most this share of the layer's largest one


@dataclass(frozen=True)
class ShiftEffect:
    """What one shift did to a pooling layer; all counts are windows, summed over its maps.

    At the same place: of `windows` decided before or after (for average pooling: whose cells differ),
    `same_value` hold the same value as before, in `same_winner` the same corner won too.
    Moved along: of `winners` decided before, `followed` win again at the place the digit carried
    them to, and `followed_value` of these with the same value. `exact` says whether that place is a
    whole cell; otherwise the nearest is taken. Winners carried off the map count as lost.
    Average pooling has no winners: None.
    """

    right: int
    down: int
    exact: bool
    windows: int
    same_value: int
    same_winner: int | None
    winners: int | None
    followed: int | None
    followed_value: int | None


def shifted(image: Tensor, right: int, down: int) -> Tensor:
    """The picture (..., H, W) moved by whole pixels; zeros move in."""
    height, width = image.shape[-2:]
    moved = torch.zeros_like(image)
    if abs(right) < width and abs(down) < height:
        target = (_slice(down, height), _slice(right, width))
        source = (_slice(-down, height), _slice(-right, width))
        moved[..., target[0], target[1]] = image[..., source[0], source[1]]
    return moved


def shift_effects(
    model: Network, image: Tensor, layer: str, shifts: Sequence[tuple[int, int]]
) -> list[ShiftEffect]:
    """Effects of (right, down) shifts of the image (28, 28) on a pooling layer, in one batch.

    Raises NetworkError when `layer` does not pool.
    """
    window = window_of(model, layer)
    image = check_image(image)
    images = torch.stack([shifted(image, *shift) for shift in ((0, 0), *shifts)])
    features = _up_to(evaluated(model), layer, images[:, None])  # (1 + N, C, H, W)
    step = stride(model, layer)
    if pooling_layers(model)[layer] == "average":
        cells = [windows(feature, window) for feature in features]  # (C, h, w, k*k) each
        return [_of_average(shift, cells[0], after) for shift, after in zip(shifts, cells[1:], strict=True)]
    _, places = torch.nn.functional.max_pool2d(features, window, return_indices=True)
    first, *others = (pick_winners(*pair, window) for pair in zip(features, places, strict=True))
    return [
        _of_winners(shift, step, first, after, feature)
        for shift, after, feature in zip(shifts, others, features[1:], strict=True)
    ]


def _of_average(shift: tuple[int, int], first: Tensor, after: Tensor) -> ShiftEffect:
    """From the windows' cells (C, h, w, k*k)."""
    uneven = (first.amax(-1) > first.amin(-1)) | (after.amax(-1) > after.amin(-1))
    same = _close(after.mean(-1), first.mean(-1), first.mean(-1)) & uneven
    return ShiftEffect(*shift, False, int(uneven.sum()), int(same.sum()), None, None, None, None)


def _of_winners(
    shift: tuple[int, int], stride: int, first: Winners, after: Winners, feature: Tensor
) -> ShiftEffect:
    contested = first.decided | after.decided
    same_value = _close(after.value, first.value, first.value) & contested
    same_winner = (after.corner == first.corner) & first.decided & after.decided
    followed, followed_value = _follow(shift, stride, first, after, feature)
    return ShiftEffect(
        right=shift[0],
        down=shift[1],
        exact=all(amount % stride == 0 for amount in shift),
        windows=int(contested.sum()),
        same_value=int(same_value.sum()),
        same_winner=int(same_winner.sum()),
        winners=int(first.decided.sum()),
        followed=int(followed.sum()),
        followed_value=int(followed_value.sum()),
    )


def _follow(
    shift: tuple[int, int], stride: int, first: Winners, after: Winners, feature: Tensor
) -> tuple[Tensor, Tensor]:
    """bool (C, h, w) of the first winners: wins again where the digit went, and with the same value."""
    right, down = ((2 * amount + stride) // (2 * stride) for amount in shift)  # nearest cell, halves up
    rows, columns = first.rows + down, first.columns + right  # (C, h, w)
    inside = (rows >= 0) & (rows < first.height) & (columns >= 0) & (columns < first.width)
    place = rows.clamp(0, first.height - 1) * first.width + columns.clamp(0, first.width - 1)
    won = torch.zeros_like(feature, dtype=torch.bool).flatten(1)  # (C, H*W)
    won.scatter_(1, after.place.flatten(1), after.decided.flatten(1))
    followed = won.gather(1, place.flatten(1)).reshape(place.shape) & inside & first.decided
    value = feature.flatten(1).gather(1, place.flatten(1)).reshape(place.shape)
    return followed, followed & _close(value, first.value, first.value)


def _close(values: Tensor, wanted: Tensor, scale: Tensor) -> Tensor:
    return (values - wanted).abs() <= TOLERANCE * scale.abs().max()


def _up_to(model: Network, layer: str, x: Tensor) -> Tensor:
    """The batch's feature maps in front of the layer."""
    with torch.no_grad():
        for name, module in model.named_children():
            if name == layer:
                return x
            x = module(x)
    raise NetworkError(f"There is no layer called {layer!r}.")


def stride(model: Network, layer: str) -> int:
    """How many pixels apart neighboring cells of the feature map look."""
    return map_stride(model, before(model, layer))


def _slice(offset: int, size: int) -> slice:
    return slice(max(offset, 0), size + min(offset, 0))
