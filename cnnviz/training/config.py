"""What determines a training run: equal configurations give equal weights, on the same machine."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from cnnviz.data.augmentation import Augmentation
from cnnviz.errors import ConfigError, check_limits
from cnnviz.networks.network import CLASSES, NetworkConfig
from cnnviz.networks.zoo import NETWORKS

Optimizer = Literal["sgd", "momentum", "adam", "adamw"]
Schedule = Literal["constant", "step", "cosine", "one_cycle"]
DataSet = Literal["mnist", "mnist+pen"]
Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True)
class TrainConfig:
    """One training run. Raises ConfigError when a value is out of range."""

    network: NetworkConfig = NETWORKS["classic"]
    epochs: int = 2
    batch_size: int = 128
    learning_rate: float = 1e-3  # the highest of the schedule
    optimizer: Optimizer = "adam"
    momentum: float = 0.9  # of the optimizer called momentum; the others have their own or none
    schedule: Schedule = "constant"
    weight_decay: float = 0.0
    label_smoothing: float = 0.0  # share of the target spread over all classes
    precision: Precision = "float32"  # of the layers' products; bfloat16 only where the processor has it
    augmentation: Augmentation = field(default_factory=Augmentation)
    data: DataSet = "mnist"
    pen_variants: int = 8  # copies of each pen digit, every one varied as by another hand
    train_size: int = 60_000  # MNIST digits used, before validation is held back
    validation_size: int = 5_000  # of those, held back to choose by; 0 trains on all
    class_shares: tuple[float, ...] = (1.0,) * CLASSES  # of each digit's training pictures, how many are used
    patience: int = 0  # validations without a better one after which the run ends early; 0: never
    keep_best: bool = False  # end with the weights of the best validation instead of the last
    seed: int = 0

    def __post_init__(self) -> None:
        limits = {
            "epochs": (1, 100),
            "batch_size": (1, 2048),
            "learning_rate": (1e-6, 10),
            "momentum": (0, 0.999),
            "patience": (0, 100),
            "weight_decay": (0.0, 1),
            "pen_variants": (1, 32),
            "label_smoothing": (0, 0.5),
            "train_size": (100, 60_000),
            "validation_size": (0, 30_000),
            "seed": (0, 2**31 - 1),
        }
        check_limits(vars(self), limits)
        if not isinstance(self.network, NetworkConfig) or not isinstance(self.augmentation, Augmentation):
            raise ConfigError("The network must be a NetworkConfig, the augmentation an Augmentation.")
        choices = {"optimizer": Optimizer, "schedule": Schedule, "data": DataSet, "precision": Precision}
        for name, literal in choices.items():
            if getattr(self, name) not in get_args(literal):
                raise ConfigError(f"{name} must be one of {', '.join(get_args(literal))}.")
        shares = self.class_shares
        if not isinstance(shares, tuple) or len(shares) != CLASSES or not all(map(_is_share, shares)):
            raise ConfigError("There must be ten class shares, each from 0 to 1.")
        if sum(share > 0 for share in self.class_shares) < 2:
            raise ConfigError("At least two digits must be left to tell apart.")
        if (self.patience or self.keep_best) and not self.validation_size:
            raise ConfigError("Early stopping and the best weights need validation digits; hold some back.")
        if self.validation_size >= self.train_size:
            raise ConfigError("The validation part must be smaller than the training set.")

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"network": self.network.as_json()}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "TrainConfig":
        """Inverse of as_json. Raises ConfigError or NetworkError."""
        try:
            nested = {
                "network": NetworkConfig.from_json(record["network"]),
                "augmentation": Augmentation(**record["augmentation"]),
                "class_shares": tuple(record.get("class_shares", (1.0,) * CLASSES)),
            }
            return cls(**{**record, **nested})
        except (TypeError, KeyError) as error:
            raise ConfigError(f"This is not a training configuration: {error}.") from error


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and 0 <= value <= 1
