"""A capsule network: groups of numbers whose length is a probability and whose direction is a pose.

    squash(vectors)                 lengths into [0, 1), directions kept
    agree(votes, iterations)        dynamic routing: capsules whose votes agree are heard
    margin_loss(lengths, labels)    long for the digit that is there, short for the others
    CapsuleNetwork                  28 x 28 pixels -> 288 primary capsules -> 10 digit capsules

Sabour, Frosst and Hinton, "Dynamic routing between capsules" (2017), made small: convolutions of
stride 2 instead of pooling, 8 types of primary capsules on a 6 x 6 grid, a decoder of 138,000 weights.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.errors import ImageError
from cnnviz.networks.network import CLASSES, SIZE

TYPES, PART = 8, 8  # primary capsules: types at each place, numbers in each
GRID = 6  # places a side
PRIMARY = TYPES * GRID * GRID
POSE = 16  # numbers in a digit capsule
ITERATIONS = 3
PRESENT, ABSENT, DOWN_WEIGHT = 0.9, 0.1, 0.5  # of the margin loss


@dataclass(frozen=True, eq=False)
class Capsules:
    """What the network makes of N images. I = 288 primary capsules, type by type, row by row."""

    primary: Tensor  # (N, I, 8) squashed
    poses: Tensor  # (N, 10, 16) squashed
    couplings: Tensor  # (iterations, N, 10, I): to whom each primary capsule speaks; sums to 1 over 10

    @property
    def lengths(self) -> Tensor:
        """(N, 10) in [0, 1): how sure the network is that each digit is there."""
        lengths: Tensor = self.poses.norm(dim=-1)
        return lengths


def squash(vectors: Tensor) -> Tensor:
    """Vectors (..., D) with their length n made n² / (1 + n²), in the same direction; 0 stays 0."""
    length: Tensor = vectors.norm(dim=-1, keepdim=True)  # (..., 1)
    return vectors * length / (1 + length.square())


def agree(votes: Tensor, iterations: int = ITERATIONS) -> tuple[Tensor, Tensor]:
    """Routing by agreement: votes (N, J, I, D) -> outputs (N, J, D), couplings (iterations, N, J, I).

    Each of the I capsules below begins by speaking to all J above equally. What J hears is squashed;
    capsules whose vote points the same way (a large dot product) are coupled more strongly in the next
    round. Gradients flow through the last round alone: the couplings are found, not learned.
    """
    heard = votes.detach()
    agreement = heard.new_zeros(heard.shape[:3])  # (N, J, I)
    couplings = [agreement.softmax(1)]
    for _ in range(iterations - 1):
        outputs = squash(_weighted_sum(couplings[-1], heard))  # (N, J, D)
        agreement = agreement + (heard @ outputs[..., None])[..., 0]  # (N, J, I)
        couplings.append(agreement.softmax(1))
    return squash(_weighted_sum(couplings[-1], votes)), torch.stack(couplings)


def _weighted_sum(couplings: Tensor, votes: Tensor) -> Tensor:
    return (couplings[:, :, None] @ votes)[:, :, 0]  # (N, J, D)


def margin_loss(lengths: Tensor, labels: Tensor) -> Tensor:
    """max(0, 0.9 - length)² for the digit that is there, half max(0, length - 0.1)² for each other; the mean.

    lengths (N, 10) in [0, 1), labels int64 (N,). Equation 4 of the paper.
    """
    there = F.one_hot(labels, lengths.shape[1])  # (N, 10)
    missing = (PRESENT - lengths).clamp(min=0).square()
    wrongly = (lengths - ABSENT).clamp(min=0).square()
    return (there * missing + DOWN_WEIGHT * (1 - there) * wrongly).sum(1).mean()


class CapsuleNetwork(nn.Module):
    """float32 (N, 1, 28, 28) in [0, 1] -> Capsules; decode() turns one capsule back into pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 5, stride=2)
        self.norm1 = nn.BatchNorm2d(32)
        self.conv2 = nn.Conv2d(32, 64, 3, stride=2, padding=1)
        self.norm2 = nn.BatchNorm2d(64)
        self.primary = nn.Conv2d(64, TYPES * PART, 3, padding=1)
        # From each primary capsule to each digit: the pose of a part -> the pose of its whole.
        self.wholes = nn.Parameter(torch.zeros(PRIMARY, PART, CLASSES * POSE))
        self.decoder = nn.Sequential(
            nn.Linear(CLASSES * POSE, 128),
            nn.ReLU(),
            nn.Linear(128, 128),
            nn.ReLU(),
            nn.Linear(128, SIZE * SIZE),
            nn.Sigmoid(),
        )

    def forward(self, images: Tensor) -> Capsules:
        if images.ndim != 4 or images.shape[1:] != (1, SIZE, SIZE):
            raise ImageError(f"A capsule network reads (N, 1, 28, 28), not {tuple(images.shape)}.")
        primary = self.parts(images)  # (N, I, 8)
        poses, couplings = agree(self.votes(primary))
        return Capsules(primary, poses, couplings)

    def parts(self, images: Tensor) -> Tensor:
        """Primary capsules (N, 288, 8), squashed, of images (N, 1, 28, 28)."""
        x = F.relu(self.norm1(self.conv1(images)))  # (N, 32, 12, 12)
        x = F.relu(self.norm2(self.conv2(x)))  # (N, 64, 6, 6)
        x = self.primary(x).unflatten(1, (TYPES, PART))  # (N, 8 types, 8 numbers, 6, 6)
        return squash(x.permute(0, 1, 3, 4, 2).flatten(1, 3))  # (N, 288, 8)

    def votes(self, primary: Tensor) -> Tensor:
        """What each of the 288 parts takes each digit's pose to be: (N, 10, 288, 16)."""
        votes: Tensor = primary.transpose(0, 1) @ self.wholes  # (288, N, 160)
        votes = votes.unflatten(2, (CLASSES, POSE)).permute(1, 2, 0, 3)  # (N, 10, 288, 16)
        return votes.contiguous()

    def decode(self, poses: Tensor, digits: Tensor) -> Tensor:
        """Pictures (N, 28, 28) in [0, 1] of poses (N, 10, 16), all masked but the capsules `digits` (N,)."""
        mask = F.one_hot(digits, CLASSES)[..., None]  # (N, 10, 1)
        pixels: Tensor = self.decoder((poses * mask).flatten(1))  # (N, 784)
        return pixels.view(-1, SIZE, SIZE)


def build_capsules(seed: int) -> CapsuleNetwork:
    """A new network: He initialization for convolutions and decoder, from its own seed."""
    network = CapsuleNetwork()
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
            nn.init.constant_(module.get_parameter("bias"), 0.0)
    nn.init.normal_(network.wholes, std=0.1, generator=generator)
    return network
