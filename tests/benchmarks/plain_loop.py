"""Training and evaluating the way most tutorials write it: the side our speed is measured against.

Each digit goes through PIL, a tensor and a normalisation, one by one; a DataLoader makes batches of
them; Adam at 1e-3 in float32, pictures with channels first.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from cnnviz.data import MEAN, STD, Digits
from cnnviz.networks import Network, NetworkConfig, build

TRANSFORM = transforms.Compose([transforms.ToTensor(), transforms.Normalize((MEAN,), (STD,))])
TEST_BATCH = 1_000


class PlainDigits(Dataset[tuple[Tensor, int]]):
    """As torchvision.datasets.MNIST hands its digits out."""

    def __init__(self, digits: Digits):
        self.digits = digits

    def __len__(self) -> int:
        return len(self.digits)

    def __getitem__(self, place: int) -> tuple[Tensor, int]:
        picture = Image.fromarray(self.digits.images[place].numpy())
        return TRANSFORM(picture), int(self.digits.labels[place])


def train_plainly(config: NetworkConfig, digits: Digits, batch_size: int) -> Iterator[None]:
    """One epoch, one step at a time."""
    network = build(config).train()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    for images, labels in DataLoader(PlainDigits(digits), batch_size=batch_size, shuffle=True):
        optimizer.zero_grad()
        F.cross_entropy(network(images), labels).backward()
        optimizer.step()
        yield


def evaluate_plainly(network: Network, digits: Digits) -> float:
    """The share of the digits read right."""
    right = 0
    with torch.no_grad():
        for images, labels in DataLoader(PlainDigits(digits), batch_size=TEST_BATCH):
            right += int((network(images).argmax(1) == labels).sum())
    return right / len(digits)
