from .config import ConvBlock as ConvBlock, NetworkConfig as NetworkConfig, Patches as Patches
from .imagenet import (
    first_kernels as first_kernels,
    load_imagenet as load_imagenet,
    top_classes as top_classes,
)
from .layers import attention_weights as attention_weights
from .network import Network as Network, build as build, output_shapes as output_shapes
from .torchvision_zoo import load_fetched as load_fetched
from .zoo import NETWORKS as NETWORKS
