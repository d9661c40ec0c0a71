"""What a picture is to excite: small callables that can be added, scaled and turned round.

    channel(layer, 3)          the mean of a map, or a dense unit's value
    neuron(layer, 3)           one cell of a map, by default the middle one
    layer(name)                mean squared activation: what DeepDream raises
    class_logit(7)             a class's logit minus the mean of the others
    diversity(layer)           how little the pictures of one batch resemble each other
    guided(layer, features)    what another picture has in it
    difference(objective, m)   the objective minus what the same gives on another model

`objective(activations)` is one value a picture, (N,). A sequence of channels makes one picture each:
`channel("conv2", range(64))` is 64 objectives in one batch. `2 * a - b`, `-a`: arithmetic as usual.

A convolution or dense layer is taken *before* its activation function (and after its batch
normalization), because behind a ReLU the gradient of a silent unit is zero. Name the activation
("relu2") to have its output. "input" is the picture itself.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.errors import ConfigError, NetworkError
from cnnviz.networks.network import check_model, evaluated

INPUT = "input"
ALL = slice(None)
Units = int | Sequence[int]


class Source(NamedTuple):
    """Where an activation comes from: a layer of the model being looked at, or of another one."""

    layer: str
    model: nn.Module | None = None


Activations = Mapping[Source, Tensor]
Look = Callable[[nn.Module, Tensor, Collection[str]], dict[str, Tensor]]


@dataclass(frozen=True, eq=False)
class Objective:
    """name: in words; needs: the activations it reads; count: how many pictures, None for any number.

    score(activations, rows): (n,) values of the pictures in `rows`, whose activations alone are given.
    coupled: the pictures of a batch depend on each other and must be scored together.
    """

    name: str
    needs: frozenset[Source]
    score: Callable[[Activations, slice], Tensor]
    count: int | None = None
    coupled: bool = False

    def __call__(self, activations: Activations, rows: slice = ALL) -> Tensor:
        return self.score(activations, rows)

    def __add__(self, other: "Objective") -> "Objective":
        return self._with(other, "+", torch.add)

    def __sub__(self, other: "Objective") -> "Objective":
        return self._with(other, "−", torch.sub)

    def __mul__(self, weight: float | Tensor) -> "Objective":
        """A weight for all pictures, or one each, (N,)."""
        each = isinstance(weight, Tensor) and weight.ndim > 0
        name = f"{weight if each else format(float(weight), 'g')} × ({self.name})"

        def score(activations: Activations, rows: slice) -> Tensor:
            return self.score(activations, rows) * (weight[rows] if each else weight)  # type: ignore[index]

        return replace(self, name=name, score=score)

    __rmul__ = __mul__

    def __neg__(self) -> "Objective":
        return replace(self * -1.0, name=f"−({self.name})")

    def of(self, model: nn.Module) -> "Objective":
        """The same, asked of another model."""
        model = evaluated(model)
        moved = {source: Source(source.layer, source.model or model) for source in self.needs}

        def score(activations: Activations, rows: slice) -> Tensor:
            return self.score({source: activations[place] for source, place in moved.items()}, rows)

        return replace(self, name=f"{self.name} of the other", needs=frozenset(moved.values()), score=score)

    def _with(
        self, other: "Objective", sign: str, combine: Callable[[Tensor, Tensor], Tensor]
    ) -> "Objective":
        counts = {self.count, other.count} - {None}
        if len(counts) > 1:
            raise ConfigError(
                f"{self.name} is about {self.count} pictures, {other.name} about {other.count}."
            )

        def score(activations: Activations, rows: slice) -> Tensor:
            return combine(self.score(activations, rows), other.score(activations, rows))

        return Objective(
            f"{self.name} {sign} {other.name}",
            self.needs | other.needs,
            score,
            next(iter(counts), None),
            self.coupled or other.coupled,
        )


# ---- objectives ----


def channel(layer: str, channels: Units) -> Objective:
    """Each picture's own channel: the mean of its map, or the value of a dense unit."""
    wanted = _units(channels)

    def score(activation: Tensor, rows: slice) -> Tensor:
        return _pick(activation, wanted, layer, rows).reshape(len(activation), -1).mean(1)  # (n,)

    return _prediction(f"{_words('channel', wanted)} of {layer}", layer, score, _count(channels))


def neuron(layer: str, channels: Units, row: int | None = None, column: int | None = None) -> Objective:
    """One cell of each picture's own channel; without row and column the middle one."""
    wanted = _units(channels)

    def score(activation: Tensor, rows: slice) -> Tensor:
        maps = _pick(activation, wanted, layer, rows)  # (n, H, W) or (n,)
        if maps.ndim == 1:
            return maps
        place = [
            side // 2 if at is None else at for at, side in zip((row, column), maps.shape[1:], strict=True)
        ]
        if not all(0 <= at < side for at, side in zip(place, maps.shape[1:], strict=True)):
            raise NetworkError(
                f"{layer} has maps of {maps.shape[1]} × {maps.shape[2]} cells, no cell {place}."
            )
        return maps[:, place[0], place[1]]

    return _prediction(f"one cell of {_words('channel', wanted)} of {layer}", layer, score, _count(channels))


def layer(name: str) -> Objective:
    """Mean squared activation of a whole layer: whatever it sees already, more of that."""
    return _prediction(f"all of {name}", name, lambda activation, _: activation.flatten(1).square().mean(1))


def class_logit(classes: Units, layer: str = "logits") -> Objective:
    """The class's logit minus the mean of all others, so that raising all of them gains nothing."""
    wanted = _units(classes)

    def score(logits: Tensor, rows: slice) -> Tensor:
        own = _pick(logits, wanted, layer, rows)  # (n,)
        return own - (logits.sum(1) - own) / (logits.shape[1] - 1)

    return _prediction(_words("class", wanted), layer, score, _count(classes))


def diversity(layer: str) -> Objective:
    """Minus the mean cosine between each picture's Gram matrix and the others' (Olah et al. 2017).

    The only objective that couples the pictures of a batch.
    """

    def score(activation: Tensor, _: slice) -> Tensor:
        cells = activation.reshape(*activation.shape[:2], -1)  # (N, C, H*W)
        gram = F.normalize((cells @ cells.transpose(1, 2)).flatten(1), dim=1)  # (N, C*C)
        others = (gram @ gram.T).sum(1) - gram.square().sum(1)
        return -others / max(len(gram) - 1, 1)

    return replace(_prediction(f"diversity in {layer}", layer, score), coupled=True)


def guided(layer: str, features: Tensor) -> Objective:
    """At every cell the dot product with that cell of `features` (C, h, w) which suits it best.

    Its gradient is that best cell's feature vector, as in Mordvintsev's guided dream.
    """
    guide = features.detach().flatten(1)  # (C, h*w)

    def score(activation: Tensor, _: slice) -> Tensor:
        if activation.shape[1] != len(guide):
            raise NetworkError(f"{layer} has {activation.shape[1]} channels, the guide has {len(guide)}.")
        cells = activation.flatten(2).transpose(1, 2)  # (N, H*W, C)
        return (cells @ guide).amax(2).mean(1)

    return _prediction(f"{layer} as in the guide", layer, score)


def difference(objective: Objective, other: nn.Module) -> Objective:
    """What excites the model but not the other one."""
    return objective - objective.of(other)


# ---- running a network only as far as needed ----


def features(model: nn.Module, images: Tensor, names: Collection[str]) -> dict[str, Tensor]:
    """Outputs of the named layers, (N, C, H, W) or (N, U), of a model that is a sequence of layers.

    Nothing behind the last of them is run, so pictures of any size will do for convolutions. For
    other models hand `maximize` another function of this form. Raises NetworkError for an unknown
    layer and for pictures that do not fit the next one.
    """
    wanted = {name: before_activation(model, name) for name in names}
    missing = set(wanted.values()) - {INPUT}
    found = {INPUT: images}
    for name, module in evaluated(model).named_children():
        if not missing:
            break
        try:
            images = module(images)
        except RuntimeError as error:
            reason = str(error).partition("\n")[0]
            raise NetworkError(f"Pictures of this size do not fit layer {name} ({reason}).") from error
        if name in missing:
            found[name] = images
            missing.remove(name)
    return {name: found[place] for name, place in wanted.items()}


def before_activation(model: nn.Module, name: str) -> str:
    """The layer whose output counts as `name`'s: behind a convolution its batch normalization."""
    if name == INPUT:
        return name
    check_model(model)
    layers = list(model.named_children())
    names = [layer_name for layer_name, _ in layers]
    if name not in names:
        raise NetworkError(f"There is no layer called {name!r}; choose one of {', '.join(names)}.")
    after = layers[names.index(name) + 1 :]
    return after[0][0] if after and isinstance(after[0][1], nn.BatchNorm2d) else name


def evaluate_objective(
    model: nn.Module, objective: Objective, images: Tensor, look: Look = features, rows: slice = ALL
) -> Tensor:
    """(n,): the objective's value for pictures (n, C, H, W) in [0, 1]; differentiable in them.

    rows: which of the objective's pictures these are.
    """
    activations: dict[Source, Tensor] = {}
    for asked in {source.model for source in objective.needs}:
        names = [source.layer for source in objective.needs if source.model is asked]
        seen = look(model if asked is None else asked, images, names)
        activations.update({Source(name, asked): seen[name] for name in names})
    values = objective(activations, rows)
    if values.shape != (len(images),):
        raise ConfigError(
            f"{objective.name} gave values of shape {tuple(values.shape)} for {len(images)} pictures."
        )
    return values


def _prediction(
    name: str, layer: str, score: Callable[[Tensor, slice], Tensor], count: int | None = None
) -> Objective:
    """An objective of one layer."""
    source = Source(layer)
    return Objective(name, frozenset([source]), lambda found, rows: score(found[source], rows), count)


def _pick(activation: Tensor, wanted: Tensor, layer: str, rows: slice) -> Tensor:
    """Picture n's channel wanted[n], or the one channel for all: (n, H, W) or (n,)."""
    if wanted.min() < 0 or wanted.max() >= activation.shape[1]:
        raise NetworkError(f"{layer} has channels 0 to {activation.shape[1] - 1}.")
    own = wanted if len(wanted) == 1 else wanted[rows]
    if len(own) not in (1, len(activation)):
        raise ConfigError(f"{len(own)} channels for {len(activation)} pictures.")
    return activation[torch.arange(len(activation)), own.expand(len(activation))]


def _units(units: Units) -> Tensor:
    wanted = torch.as_tensor(list(units) if isinstance(units, Sequence) else [units], dtype=torch.long)
    if not len(wanted):
        raise ConfigError("Name at least one channel.")
    return wanted


def _count(units: Units) -> int | None:
    return len(units) if isinstance(units, Sequence) else None


def _words(noun: str, wanted: Tensor) -> str:
    """channel 3, channels 0 to 63."""
    units = wanted.tolist()
    plural = noun + ("es" if noun.endswith("s") else "s")
    return f"{noun} {units[0]}" if len(set(units)) == 1 else f"{plural} {min(units)} to {max(units)}"
