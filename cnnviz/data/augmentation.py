"""Random changes that leave a digit the same digit: one grid of sample points a batch."""

import math
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from cnnviz.errors import check_limits

LIMITS = {"shift": 6.0, "rotate": 45.0, "scale": 0.5, "shear": 45.0, "elastic": 4.0, "share": 1.0}


@dataclass(frozen=True)
class Augmentation:
    """Largest change of each kind, drawn uniformly per image; all zero means none."""

    shift: float = 0.0  # pixels, each direction
    rotate: float = 0.0  # degrees
    scale: float = 0.0  # share of the size, each axis on its own
    shear: float = 0.0  # degrees of slant
    elastic: float = 0.0  # pixels of smooth displacement (Simard et al. 2003)
    share: float = 1.0  # of the images that are changed; the others stay as sharp as they are read later

    def __post_init__(self) -> None:
        check_limits(vars(self), {name: (0.0, limit) for name, limit in LIMITS.items()})

    def __bool__(self) -> bool:
        return self.share > 0 and any(amount for kind, amount in asdict(self).items() if kind != "share")


def augment(images: Tensor, config: Augmentation, generator: torch.Generator) -> Tensor:
    """Images (B, 1, H, W) moved, turned, scaled, slanted and bent at random; paper is 0.

    The first `share` of them, rounded up: a training batch is in random order already.
    """
    changed = math.ceil(config.share * len(images))
    if not changed:
        return images
    return torch.cat([_warped(images[:changed], config, generator), images[changed:]])  # (B, 1, H, W)


def _warped(images: Tensor, config: Augmentation, generator: torch.Generator) -> Tensor:
    """Every image (B, 1, H, W), by amounts of its own; torchvision's warps take one for the batch."""
    batch, _, height, width = images.shape
    half = torch.tensor([width / 2, height / 2])

    def draw(limit: float, *shape: int) -> Tensor:
        return (torch.rand(batch, *shape, generator=generator) * 2 - 1) * limit

    angle, slant = draw(math.radians(config.rotate)), torch.tan(draw(math.radians(config.shear)))
    across, down = 1 + draw(config.scale), 1 + draw(config.scale)
    cosine, sine = torch.cos(angle), torch.sin(angle)
    rows = [
        torch.stack([cosine * across, (slant * cosine - sine) * down], 1),
        torch.stack([sine * across, (slant * sine + cosine) * down], 1),
    ]
    matrix = torch.stack(rows, 1)  # (B, 2, 2)
    offset = (draw(config.shift, 2) / half).unsqueeze(2)  # (B, 2, 1)
    theta = torch.cat([matrix, offset], 2)  # (B, 2, 3)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)  # (B, H, W, 2)
    if config.elastic:
        coarse = draw(config.elastic, 2, 5, 5)
        smooth = F.interpolate(coarse, (height, width), mode="bicubic", align_corners=True)  # (B, 2, H, W)
        grid = grid + smooth.permute(0, 2, 3, 1) / half  # (B, H, W, 2)
    return F.grid_sample(images, grid, align_corners=False)
