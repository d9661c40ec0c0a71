"""A film of a training: one picture a moment, on one scale, with what was true then."""

import numpy as np
import pytest
import torch

from cnnviz.checkpoints.format import Checkpoint, freeze
from cnnviz.colors import color
from cnnviz.data.mnist import Digits, load_mnist
from cnnviz.export.figures import Sheet, confusion_sheet, tile_sheet
from cnnviz.export.training_film import Scene, film, scenes
from cnnviz.interpret.activations import find, stages
from cnnviz.networks.network import build
from cnnviz.networks.tracing import trace
from cnnviz.networks.zoo import NETWORKS
from cnnviz.training.history import History, Snapshot

SCALE = (1.0, 2.5, 1.6)  # of the weights at each moment: the largest is not the last


@pytest.fixture(scope="module")
def history() -> History:
    def load(index: int) -> Checkpoint:
        network = build(NETWORKS["eight"], seed=1)
        with torch.no_grad():
            for parameter in network.parameters():
                parameter *= SCALE[index]
        return Checkpoint(freeze(network), {}, str(index))

    snapshots = tuple(Snapshot(step, step / 10, 0.1 + step / 100) for step in (0, 10, 40))
    return History("past", snapshots, 40, load)


@pytest.fixture(scope="module")
def digits() -> Digits:
    test = load_mnist().test
    return Digits(test.images[:200], test.labels[:200])


def colors_of(picture: np.ndarray) -> set[int]:
    """Every color in a picture or a list of colors (..., 3), as one number each."""
    return set((picture.reshape(-1, 3).astype(int) @ (65_536, 256, 1)).tolist())


@pytest.mark.parametrize("kind", ["kernels", "maps", "favourites", "confusion"])
def test_a_film_has_one_picture_a_moment_all_equally_large(
    history: History, digits: Digits, kind: str
) -> None:
    scene = next(scene for scene in scenes(history.checkpoint(0).model) if scene.kind == kind)

    pictures = list(film(history, scene, digits.images[0] / 255, digits, side=480))

    assert len(pictures) == 3
    assert {picture.shape for picture in pictures} == {pictures[0].shape}
    assert pictures[0].shape[1] == 480
    assert pictures[0].dtype == np.uint8
    assert not np.array_equal(pictures[0][-60:], pictures[2][-60:])  # the caption and the progress


def test_colors_mean_the_same_in_all_pictures(history: History, digits: Digits) -> None:
    """Every cell has the color of its weight on the range of the largest weight of all moments."""
    weights = [history.checkpoint(index).model.get_submodule("conv1").weight[:, 0] for index in range(3)]
    limit = max(float(weight.abs().max()) for weight in weights)

    pictures = list(film(history, Scene("kernels", "conv1"), digits.images[0] / 255, digits))

    assert limit == pytest.approx(2.5 * float(weights[0].abs().max()))
    for weight, picture in zip(weights, pictures, strict=True):
        assert colors_of(color(weight.detach().numpy(), limit)) <= colors_of(picture)


def test_maps_are_those_of_the_moment(history: History, digits: Digits) -> None:
    image = digits.images[0] / 255
    maps = [find(stages(trace(history.checkpoint(index).model, image)), "conv1").after for index in range(3)]
    limit = max(float(each.max()) for each in maps)

    for each, picture in zip(
        maps, film(history, Scene("maps", "conv1"), image, digits, theme="dark"), strict=True
    ):
        strongest = color(np.array([float(each.max())]), limit, theme="dark")
        assert colors_of(strongest) <= colors_of(picture)


def test_a_dense_network_has_only_its_confusion_to_show() -> None:
    assert scenes(build(NETWORKS["mlp"], seed=0)) == [Scene("confusion")]


# ---- sheets ----


@pytest.mark.parametrize("count", [1, 2, 7, 8, 24, 32, 64])
def test_tiles_stand_in_order_with_few_empty_places(count: int) -> None:
    values = np.arange(1, count + 1, dtype=np.float32)[:, None, None] / count
    picture = tile_sheet(Sheet("title", "caption", 0.5, 600), np.tile(values, (1, 5, 5)), 1.0)
    row_of = {}
    for number, value in enumerate(values.ravel()):
        places = np.argwhere((picture == color(np.array([value]), 1.0)[0]).all(2))
        row_of[number] = tuple(places.min(0))

    assert list(row_of.values()) == sorted(row_of.values())  # row by row, left to right
    across = sum(top == row_of[0][0] for top, _ in row_of.values())
    assert -count % across <= max(1, count // 8)


def test_the_matrix_colors_right_ones_blue_and_wrong_ones_orange() -> None:
    counts = np.diag(np.full(10, 90))
    counts[4, 9] = 10
    picture = confusion_sheet(Sheet("title", "caption", 1.0, 600), counts).astype(int)

    blue = (picture[..., 2] - picture[..., 0] > 60).sum()
    orange = (picture[..., 0] - picture[..., 2] > 30).sum()
    assert orange * 5 < blue
    assert orange > 500
    counts[4, 9] = 0
    clean = confusion_sheet(Sheet("title", "caption", 1.0, 600), counts).astype(int)
    assert (clean[..., 0] - clean[..., 2] > 30).sum() == 0
