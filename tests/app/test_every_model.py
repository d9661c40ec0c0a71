"""No page stumbles over any model: those carried along, and what somebody edited and trained."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.checkpoints.format import shipped_models
from cnnviz.networks.network import ConvBlock, Network, NetworkConfig, Patches, build
from cnnviz.networks.zoo import NETWORKS
from cnnviz.ui.shell.page_registry import present_pages

Go = Callable[..., AppTest]
Keep = Callable[[Network], str]
EDITED = {
    "strides and averages": NetworkConfig(
        convs=(
            ConvBlock(6, kernel=4, stride=2, padding=3, pool="none"),
            ConvBlock(5, kernel=1, batch_norm=True, pool="average", pool_size=3),
            ConvBlock(3, kernel=2, pool="max", pool_size=2),
        ),
        dense=(7, 9),
        dropout=0.3,
        activation="tanh",
        normalize=True,
    ),
    "a single filter": NetworkConfig(convs=(ConvBlock(1, kernel=9, pool="none"),)),
    "no hidden layer": NetworkConfig(),
    "skip connections": NETWORKS["resnet"],
    "attention": NETWORKS["vit"],
    "a block, then attention and a dense layer": NetworkConfig(
        convs=(ConvBlock(4), ConvBlock(4, padding=1, pool="average", skip=True)),
        patches=Patches(side=2, width=8, rounds=1, heads=2),
        dense=(9,),
        dropout=0.2,
        activation="tanh",
    ),
}
PAGES = [page.name for page in present_pages()]


@pytest.mark.parametrize("name", shipped_models())
def test_every_page_shows_a_shipped_model(go: Go, name: str) -> None:
    assert not walk(go(model=name, digit="4"), name)


@pytest.mark.parametrize("name", EDITED)
def test_every_page_shows_an_edited_one(go: Go, keep: Keep, name: str) -> None:
    key = keep(build(EDITED[name], 3))
    assert not walk(go(model=key), key)


def walk(app: AppTest, key: str) -> dict[str, list[str]]:
    """Visit every page with the model on screen: page -> what went wrong there."""
    stumbled = {}
    for page in PAGES:
        app.switch_page(f"pages/{page}.py").run()
        if page == "maximize" and app.segmented_control(key="view").options[-1] == "bench":
            app.segmented_control(key="view").set_value("bench").run()
        assert app.session_state["model_choice"] == key
        wrong = [problem.value for problem in (*app.exception, *app.error)]
        if wrong:
            stumbled[page] = wrong
    return stumbled
