"""What real digits do to the units of a layer: their strongest patches, and how strong that is.

    reality = respond(model, layer, images)
    examples.patches(model, unit)       the patches of real digits that excite it most

One pass over many digits answers for all units of the layer; values are before the activation.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.data.checks import check_images
from cnnviz.errors import ConfigError, NetworkError
from cnnviz.feature_visualization.objectives import Objective, evaluate_objective, features
from cnnviz.interpret.receptive_fields import receptive_field
from cnnviz.io.pixels import to_floats
from cnnviz.networks.network import SIZE, Network, evaluated

BATCH = 250  # fits the cache


@dataclass(frozen=True, eq=False)
class DatasetExamples:
    """How a layer's U units respond to N digits; of each unit, the k digits with the strongest cell.

    best, digits, cells: (U, k): the cell's value, the digit's index, the cell's place row by row.
    top, spread: (U,): the largest mean of a whole map, and the maps' means' standard deviation.
    width: cells in a row of the map; 0 for a dense layer.
    """

    layer: str
    images: Tensor  # (N, 28, 28), uint8 or floats in [0, 1]
    best: Tensor
    digits: Tensor
    cells: Tensor
    top: Tensor
    spread: Tensor
    width: int

    def patches(self, model: Network, unit: int) -> Tensor:
        """(k, h, w) in [0, 1]: the part of each digit the cell sees; beyond the edge it is empty."""
        pictures = to_floats(self.images[self.digits[unit]])  # (k, 28, 28)
        if not self.width:
            return pictures
        places = [divmod(int(cell), self.width) for cell in self.cells[unit]]
        return torch.stack(
            [cut(picture, model, self.layer, place) for picture, place in zip(pictures, places, strict=True)]
        )


def top_activations(model: Network, layer: str, images: Tensor, count: int = 9) -> DatasetExamples:
    """The responses to images (N, 28, 28), uint8 or floats, and each unit's `count` strongest digits.

    Of every digit only its strongest cell takes part, so that the patches show different digits.
    Raises ImageError, NetworkError for an unknown layer, ConfigError for a count below 1.
    """
    if not (isinstance(count, int) and count >= 1):
        raise ConfigError(f"At least one digit a unit is kept, not {count}.")
    images = check_images(images).reshape(-1, SIZE, SIZE)  # (N, 28, 28)
    model = evaluated(model, nn.Sequential)
    peaks, places, means, width = [], [], [], 0
    for part in images.split(BATCH):
        with torch.no_grad():
            output = features(model, to_floats(part[:, None]), [layer])[layer]
        width = output.shape[3] if output.ndim == 4 else 0
        cells = output.reshape(*output.shape[:2], -1)  # (B, U, H*W)
        peak = cells.max(2)
        peaks.append(peak.values)
        places.append(peak.indices)
        means.append(cells.mean(2))
    strongest = torch.cat(peaks).topk(min(count, len(images)), dim=0)  # (k, U)
    cells_of = torch.cat(places).gather(0, strongest.indices)
    mean = torch.cat(means)  # (N, U)
    return DatasetExamples(
        layer,
        images,
        strongest.values.T,
        strongest.indices.T,
        cells_of.T,
        mean.amax(0),
        mean.std(0, correction=0),
        width,
    )


def spread(model: nn.Module, objectives: Sequence[Objective], images: Tensor) -> float:
    """The mean standard deviation of objectives over pictures (N, 28, 28) in [0, 1]; at least 1e-6.

    Each objective must be about one unit, or any number of pictures.
    """
    with torch.no_grad():
        values = [evaluate_objective(model, objective, images[:, None]).std() for objective in objectives]
    return max(float(torch.stack(values).mean()), 1e-6)


def cut(picture: Tensor, model: Network, layer: str, cell: tuple[int, int]) -> Tensor:
    """(h, w): what a cell of a convolution's map sees of a picture (28, 28); padding is empty."""
    if picture.shape != (SIZE, SIZE):
        raise NetworkError(f"Cut takes one (28, 28) picture, not {tuple(picture.shape)}.")
    box = receptive_field(model, layer, *cell, clip=False)
    margin = max(box.height, box.width)
    padded = F.pad(picture, [margin] * 4)
    top, left = box.row + margin, box.column + margin
    return padded[top : top + box.height, left : left + box.width]
