"""A few more steps on a few digits of one's own, and what they cost elsewhere.

    finetune(model, own, replay, config)   -> Iterator[Tuned], on a private copy
    read_held_out(model, own, ...)         what copies read that never saw the digit they read
    moved(before, after)                   how far each filter went

The copy stays in eval mode: a batch of a few digits by one hand has no statistics worth keeping,
so batch normalization goes on using those of its training, and nothing is dropped.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnnviz.data.augmentation import Augmentation, augment
from cnnviz.data.checks import check_digits
from cnnviz.data.mnist import Digits
from cnnviz.errors import ConfigError, check_limits
from cnnviz.evaluation.metrics import logits_of
from cnnviz.networks.layers import Residual, TransformerBlock
from cnnviz.networks.network import CLASSES, SIZE, WEIGHTED, Network, evaluated
from cnnviz.training.step import training_step

VARIED = Augmentation(shift=1.0, rotate=6.0, scale=0.08, shear=5.0)
FEWEST = 2  # digits of one's own


@dataclass(frozen=True)
class FinetuneConfig:
    """One fine-tuning. Raises ConfigError when a value is out of range."""

    steps: int = 60
    learning_rate: float = 1e-3  # of AdamW; falls in a straight line to a tenth
    replay: float = 0.5  # share of each batch that is MNIST's, against forgetting
    learning_from: str = ""  # the first layer that may change; "" for all
    vary: bool = True  # own digits are shifted, turned, stretched and slanted a little
    batch_size: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        limits = {
            "steps": (1, 500),
            "learning_rate": (1e-6, 0.1),
            "replay": (0, 0.95),
            "batch_size": (2, 512),
        }
        check_limits(vars(self), limits)

    @property
    def replayed(self) -> int:
        """How many of a batch's digits are MNIST's; at least one is one's own."""
        return min(round(self.replay * self.batch_size), self.batch_size - 1)


@dataclass(frozen=True, eq=False)
class Tuned:
    """The copy after `step` of `steps`. loss: of the latest batch, mean cross-entropy in nats."""

    step: int
    steps: int
    loss: float
    network: Network  # frozen, in eval mode; the record's own


@dataclass(frozen=True, eq=False)
class Moved:
    """How one layer changed. before, after: its weights; by_filter: (filters,) relative change.

    Relative change: |after - before| / |before|, lengths over one filter's weights.
    """

    layer: str
    before: Tensor
    after: Tensor
    by_filter: Tensor

    def pictures(self) -> tuple[Tensor, Tensor] | None:
        """Each filter before and after, (filters, H, W): of its input channels the one that changed most.

        None for a dense layer, unless it looks at the pixels themselves.
        """
        if self.before.dim() == 2:
            if self.before.shape[1] != SIZE * SIZE:
                return None
            return self.before.unflatten(1, (SIZE, SIZE)), self.after.unflatten(1, (SIZE, SIZE))
        channel = (self.after - self.before).flatten(2).norm(dim=2).argmax(1)  # (filters,)
        rows = torch.arange(len(channel))
        return self.before[rows, channel], self.after[rows, channel]


def trainable_layers(model: Network) -> list[str]:
    """The convolutions, blocks and dense layers, in order: where learning may begin."""
    return [name for name, module in model.named_children() if isinstance(module, WEIGHTED)]


def finetune(
    model: Network, own: Digits, replay: Digits, config: FinetuneConfig, records: int = 12
) -> Iterator[Tuned]:
    """Yield about `records` times, first before any step. The model given is left as it was.

    Raises ConfigError when there are too few digits, or later when the numbers ran away; DataError for
    digits that are none; NetworkError.
    """
    if not isinstance(config, FinetuneConfig):
        raise ConfigError(f"A FinetuneConfig says how to go on; this is {type(config).__name__}.")
    if not (isinstance(records, int) and records >= 1):
        raise ConfigError(f"There is at least one record, not {records}.")
    own = check_digits(own, "own", CLASSES, empty=True)
    if len(own) < FEWEST:
        raise ConfigError(f"At least {FEWEST} labeled digits are needed; there are {len(own)}.")
    replay = check_digits(replay, "replayed", CLASSES, empty=not config.replayed)
    return _steps(_private_copy(model, config.learning_from), own, replay, config, records)


def _steps(
    network: Network, own: Digits, replay: Digits, config: FinetuneConfig, records: int
) -> Iterator[Tuned]:
    generator = torch.Generator().manual_seed(config.seed)
    optimizer = torch.optim.AdamW(
        [parameter for parameter in network.parameters() if parameter.requires_grad], fused=True
    )
    planned = {round(config.steps * number / records) for number in range(1, records + 1)}
    yield Tuned(0, config.steps, 0.0, _frozen(network))
    for step in range(1, config.steps + 1):
        images, labels = _batch(own, replay, config, generator)
        for group in optimizer.param_groups:
            group["lr"] = config.learning_rate * (1 - 0.9 * (step - 1) / config.steps)
        loss, _ = training_step(network, optimizer, images, labels)
        if not torch.isfinite(loss):
            raise ConfigError(
                f"The fine-tuning ran away at step {step}; choose a learning rate below "
                f"{config.learning_rate:g}."
            )
        if step in planned:
            yield Tuned(step, config.steps, float(loss), _frozen(network))


def read_held_out(
    model: Network, own: Digits, replay: Digits, config: FinetuneConfig
) -> Iterator[tuple[Tensor, Tensor]]:
    """Two halves, each read by a copy tuned on the other: (positions, digits read), int64 (n,) each.

    The halves are chosen at random by the configuration's seed, each digit's pictures in turn.
    """
    if len(own) < 2 * FEWEST:
        raise ConfigError(f"At least {2 * FEWEST} labeled digits are needed; there are {len(own)}.")
    order = torch.randperm(len(own), generator=torch.Generator().manual_seed(config.seed))
    order = order[own.labels[order].argsort(stable=True)]  # the classes one after another
    halves = order[0::2], order[1::2]
    for learned, read in (halves, halves[::-1]):
        *_, last = finetune(model, own[learned], replay, config, records=1)
        yield read, logits_of(last.network, own.images[read]).argmax(1)


def moved(before: Network, after: Network) -> list[Moved]:
    """Every convolution, block and dense layer's change, in order."""
    changes = []
    for layer in trainable_layers(before):
        old, new = (_filters(network.get_submodule(layer)) for network in (before, after))
        length = old.flatten(1).norm(dim=1).clamp(min=1e-12)
        changes.append(Moved(layer, old, new, (new - old).flatten(1).norm(dim=1) / length))
    return changes


def _filters(module: nn.Module) -> Tensor:
    """(filters, ...): of a residual block those of both convolutions, of attention what it asks with."""
    if isinstance(module, Residual):
        return torch.cat([module.conv1.weight, module.conv2.weight]).detach()
    weight: Tensor = module.get_parameter("qkv.weight" if isinstance(module, TransformerBlock) else "weight")
    return weight.detach()


def _private_copy(model: Network, learning_from: str) -> Network:
    """Its parameters from that layer on take gradients."""
    network = copy.deepcopy(evaluated(model, Network)).requires_grad_(True)
    layers = trainable_layers(network)
    if learning_from and learning_from not in layers:
        raise ConfigError(
            f"There is no layer {learning_from!r} with weights; choose one of {', '.join(layers)}."
        )
    for name, module in network.named_children():
        if name == (learning_from or layers[0]):
            break
        module.requires_grad_(False)
    return network


def _frozen(network: Network) -> Network:
    return copy.deepcopy(network).requires_grad_(False)


def _batch(
    own: Digits, replay: Digits, config: FinetuneConfig, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """float32 (B, 1, 28, 28), int64 (B,); drawn with replacement, the own digits first."""
    mine = torch.randint(len(own), (config.batch_size - config.replayed,), generator=generator)
    theirs = torch.randint(len(replay), (config.replayed,), generator=generator)
    images = own[mine].pixels().unsqueeze(1)  # (b, 1, 28, 28)
    if config.vary:
        images = augment(images, VARIED, generator)
    images = torch.cat([images, replay[theirs].pixels().unsqueeze(1)])  # (B, 1, 28, 28)
    labels = torch.cat([own.labels[mine], replay.labels[theirs]]).long()
    return images.contiguous(memory_format=torch.channels_last), labels
