"""The named networks: NETWORKS, their TITLES, and config_of(name)."""

from dataclasses import replace

from cnnviz.errors import NetworkError
from cnnviz.networks.config import ConvBlock, NetworkConfig, Patches, Pool

_CONV32_64 = (ConvBlock(32), ConvBlock(64))
_BEST = (
    ConvBlock(32, kernel=5, batch_norm=True),
    ConvBlock(64, padding=1, batch_norm=True, pool="none"),
    ConvBlock(96, padding=1, batch_norm=True),
    ConvBlock(160, padding=1, batch_norm=True, pool="none"),
    ConvBlock(160, padding=1, batch_norm=True),
)
_IN_PAIRS: tuple[Pool, ...] = ("none", "max")
_BLOCK32 = ConvBlock(32, padding=1, batch_norm=True, skip=True)

NETWORKS: dict[str, NetworkConfig] = {
    # Two layers one can look into, as in `classic`, with larger kernels and batch normalization.
    "default": NetworkConfig(
        convs=(ConvBlock(24, kernel=5, batch_norm=True), ConvBlock(64, kernel=5, batch_norm=True)),
        dropout=0.2,
    ),
    # The most accurate: five convolutions, about 460,000 parameters.
    "best": NetworkConfig(convs=_BEST, dropout=0.3),
    # 34,826 parameters; dropout 0.5 and one dense layer.
    "classic": NetworkConfig(convs=_CONV32_64, dropout=0.5),
    # Two convolutions with padding 1 and a 128-unit dense layer.
    "padded": NetworkConfig(convs=(ConvBlock(16, padding=1), ConvBlock(32, padding=1)), dense=(128,)),
    # As `classic`, with a 128-unit dense layer and normalized input.
    "wide": NetworkConfig(convs=_CONV32_64, dense=(128,), normalize=True),
    # One layer of eight filters: small enough to follow by hand.
    "eight": NetworkConfig(convs=(ConvBlock(8),), dense=(128,)),
    # No convolution at all: the baseline that must learn every position anew.
    "mlp": NetworkConfig(dense=(512, 512), dropout=0.2),
    # LeNet-5 (LeCun et al. 1998) with full connections in the second convolution.
    "lenet5": NetworkConfig(
        convs=(ConvBlock(6, kernel=5, padding=2, pool="average"), ConvBlock(16, kernel=5, pool="average")),
        dense=(120, 84),
        activation="tanh",
    ),
    # Two 3 x 3 kernels in a row before each pooling (Simonyan and Zisserman 2014).
    "vgg": NetworkConfig(
        convs=tuple(
            ConvBlock(filters, padding=1, pool=pool) for filters in (16, 32, 48) for pool in _IN_PAIRS
        )
    ),
    # Two residual blocks on 14 x 14, one on 7 x 7 (He et al. 2015).
    "resnet": NetworkConfig(
        convs=(
            ConvBlock(32, stride=2, padding=1, batch_norm=True, pool="none"),
            replace(_BLOCK32, pool="none"),
            _BLOCK32,
            replace(_BLOCK32, pool="average"),
        )
    ),
    # Sixteen 7 x 7 patches, two rounds of attention (Dosovitskiy et al. 2020).
    "vit": NetworkConfig(patches=Patches()),
}

# Of the shipped models; `augmented` is the network `classic`, trained on moved digits.
TITLES = {
    "default": "Default · 24/64, batch norm",
    "best": "Best · five convolutions",
    "classic": "Classic · 32/64, dropout",
    "augmented": "Augmented · classic, moved digits",
    "padded": "Padded · 16/32, dense 128",
    "wide": "Wide · 32/64, dense 128",
    "eight": "Eight · 8 filters",
    "mlp": "MLP · no convolution",
    "lenet5": "LeNet-5 · 1998",
    "vgg": "Small VGG · 3 × 3 in pairs",
    "resnet": "Small ResNet · skip connections",
    "vit": "Small ViT · patches, attention",
}


def config_of(name: str) -> NetworkConfig:
    """The configuration called `name`. Raises NetworkError for a name nobody knows."""
    if name not in NETWORKS:
        raise NetworkError(f"There is no network called {name!r}; choose one of {', '.join(NETWORKS)}.")
    return NETWORKS[name]
