"""What sessions share: data, models and traces, each bounded and never changed."""

import functools
import gc
from collections.abc import Callable
from typing import TypeVar

import streamlit as st
import torch
from torch import Tensor

from cnnviz.checkpoints.format import Checkpoint, freeze
from cnnviz.data.mnist import Digits, load_mnist
from cnnviz.networks.config import NetworkConfig
from cnnviz.networks.imagenet import ImageNetwork, load_imagenet
from cnnviz.networks.network import Network, build
from cnnviz.networks.torchvision_zoo import load_fetched
from cnnviz.networks.tracing import Trace, trace
from cnnviz.training.history import History
from cnnviz.ui.state.environment import weights_folder

Value = TypeVar("Value")


@st.cache_resource(show_spinner=False)
def warm_up() -> bool:
    """Once a server: one thread a request, and the imported modules out of the collector's sight.

    Walking torch's objects at every collection would take longer than most pages.
    """
    torch.set_num_threads(1)
    test_digits()
    gc.collect()
    gc.freeze()
    return True


@st.cache_resource(show_spinner=False)
def test_digits() -> Digits:
    """MNIST's 10,000 test digits."""
    return load_mnist().test


@st.cache_resource(max_entries=96, show_spinner=False)
def snapshot(key: str, name: str, step: int, _history: History) -> Checkpoint:  # noqa: ARG001
    """A model as it was after a step of the training called `name`."""
    return _history.checkpoint(_history.index_of(step))


@st.cache_resource(max_entries=128, show_spinner=False)
def traced(digest: str, image: bytes, _model: Network, _image: Tensor) -> Trace:  # noqa: ARG001 - the key
    """The trace of one model (by digest) on one image (by its bytes)."""
    return trace(_model, _image)


@functools.lru_cache(maxsize=16)
def untrained(config: NetworkConfig, seed: int) -> Network:
    """As a training from this seed begins."""
    return freeze(build(config, seed))


def remember(key: str, make: Callable[[], Value]) -> Value:
    """The session's value under `key`, made when there is none yet."""
    if key not in st.session_state:
        st.session_state[key] = make()
    value: Value = st.session_state[key]
    return value


IMAGENET = "imagenet"


@st.cache_resource(show_spinner="Loading the ImageNet network", max_entries=2)
def image_network(name: str = IMAGENET) -> ImageNetwork:
    """The carried network, or one that was fetched."""
    return load_imagenet() if name == IMAGENET else load_fetched(name, weights_folder())
