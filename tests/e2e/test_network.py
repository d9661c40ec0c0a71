"""The network picture in a real browser: its arithmetic against PyTorch's for every network, the
hover chain from a probability to the pixels, pinning, keys, play, touch and speed."""

import base64
import re
import statistics
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from playwright.sync_api import Browser, Page, expect
from torch import Tensor, nn
from torch.nn import functional as F

from cnnviz import load_model, trace
from cnnviz.checkpoints.format import freeze
from cnnviz.data.mnist import load_mnist
from cnnviz.interpret.receptive_fields import Box, receptive_field
from cnnviz.networks.network import ConvBlock, Network, NetworkConfig, build
from cnnviz.networks.tracing import Trace
from cnnviz.networks.zoo import NETWORKS
from cnnviz.ui.components.network.network import payload
from cnnviz.ui.components.shared.loader import FOLDER, script, style
from tests.support.browser import IMPATIENT, aim, paint, settle, turn_to

OpenPage = Callable[..., Page]
HTML = FOLDER / "network/network.html"
CELLS = 200  # of every layer
STRIDED = NetworkConfig(
    convs=(
        ConvBlock(5, kernel=5, stride=2, padding=2, pool="none", batch_norm=True),
        ConvBlock(7, kernel=4, padding=3, pool="max", pool_size=3),
    ),
    dense=(20,),
    normalize=True,
)
CONFIGS = {**NETWORKS, "strided": STRIDED}
# Mounts the component as Streamlit does, without a server: its script, its HTML, one payload.
MOUNT = """async ([script, html, css, content]) => {
    document.body.innerHTML = "<div id=host style='--st-background-color:#fff;--st-text-color:#222'></div>"
    const root = document.getElementById("host").attachShadow({ mode: "open" })
    root.innerHTML = `<style>${css}</style>` + html
    const module = await import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })))
    const data = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))
    window.sent = []
    await module.default({ parentElement: root, data, setStateValue: (_, value) => window.sent.push(value) })
    window.net = document.getElementById("host").cnnviz
}"""
FIND = """() => {
    const all = [...document.querySelectorAll(".st-key-network *")]
    window.net = all.find((element) => element.cnnviz)?.cnnviz
    return Boolean(window.net)
}"""


# ---- arithmetic: every layer of every network, against PyTorch ----


def shaken(config: NetworkConfig) -> Network:
    """Untrained, with batch statistics and offsets as training would leave them: not 0 and 1."""
    model = build(config, 5)
    generator = torch.Generator().manual_seed(7)
    for module in model:
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.uniform_(-0.5, 0.5, generator=generator)
            module.running_var.uniform_(0.05, 3, generator=generator)
            nn.init.uniform_(module.weight, 0.3, 1.5, generator=generator)
            nn.init.uniform_(module.bias, -0.5, 0.5, generator=generator)
    return freeze(model)


@pytest.fixture
def mount(page: Page) -> Callable[[Network, Trace], Page]:
    def mount(model: Network, traced: Trace) -> Page:
        content = base64.b64encode(payload(model, traced)).decode()
        page.evaluate(
            MOUNT, [script("network/network.js"), HTML.read_text(), style("network/network.css"), content]
        )
        return page

    return mount


def some_cells(shape: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """200 random cells, or all of a small layer; corners of the first map among them."""
    channels, rows, columns = (*shape, 1, 1)[:3]
    generator = torch.Generator().manual_seed(channels * 1000 + rows)
    count = channels * rows * columns
    places = torch.randperm(count, generator=generator)[:CELLS].tolist()
    corners = [0, columns - 1, (rows - 1) * columns, rows * columns - 1]
    return [
        (at // (rows * columns), at // columns % rows, at % columns) for at in dict.fromkeys(corners + places)
    ]


@pytest.mark.parametrize("name", CONFIGS)
def test_arithmetic_equals_pytorch(mount: Callable[[Network, Trace], Page], name: str) -> None:
    model = shaken(CONFIGS[name])
    traced = trace(model, load_mnist().test.images[61] / 255)
    page = mount(model, traced)

    for layer in traced:
        cells = some_cells(tuple(layer.output.shape))
        found = page.evaluate(
            """([layer, cells]) => cells.map((cell) => {
                const { sums, ...parts } = net.explain(layer, ...cell)
                return { ...parts, sums: sums && Array.from(sums), value: net.value(layer, ...cell) }
            })""",
            [layer.name, cells],
        )
        expected = layer.output.reshape(len(layer.output), -1)
        width = layer.output.shape[-1] if layer.output.ndim == 3 else 1
        for (channel, row, column), one in zip(cells, found, strict=True):
            value = float(expected[channel, row * width + column])
            assert one["value"] == value
            assert one["result"] == pytest.approx(value, abs=1e-5 * max(1, abs(value))), (layer.name, channel)
        check_parts(model, layer.name, traced, cells, found)


def check_parts(
    model: Network, name: str, traced: Trace, cells: list[tuple[int, int, int]], found: list[dict[str, Any]]
) -> None:
    """The terms themselves, not only their sum."""
    module, record = model.get_submodule(name), traced[name]
    if isinstance(module, nn.Conv2d):
        parts = partial_sums(module, record.input)
        for (channel, row, column), one in zip(cells, found, strict=True):
            assert one["sums"] == pytest.approx(parts[:, channel, row, column].tolist(), abs=1e-5)
            assert one["bias"] == pytest.approx(float(module.bias[channel]))
    if isinstance(module, nn.Linear):
        for (unit, _, _), one in zip(cells, found, strict=True):
            assert one["sums"] == pytest.approx((record.input * module.weight[unit]).tolist(), abs=1e-6)
    if isinstance(module, nn.MaxPool2d):
        assert record.winners is not None
        columns = record.input.shape[-1]
        for cell, one in zip(cells, found, strict=True):
            winner = one["terms"][one["winner"]]
            assert winner["row"] * columns + winner["column"] == int(record.winners[cell])
            values = [term["input"] for term in one["terms"]]
            assert one["ties"] == values.count(max(values))


def partial_sums(module: nn.Conv2d, inputs: Tensor) -> Tensor:
    """(C, N, H, W): what each input map alone gives each filter, in double precision."""
    kernels = module.weight.double()
    return torch.stack(
        [
            F.conv2d(
                inputs[None, [channel]].double(),
                kernels[:, [channel]],
                stride=module.stride,
                padding=module.padding,
            )[0]
            for channel in range(len(inputs))
        ]
    )


@pytest.mark.parametrize("name", CONFIGS)
def test_receptive_fields_equal_pythons(mount: Callable[[Network, Trace], Page], name: str) -> None:
    model = shaken(CONFIGS[name])
    traced = trace(model, load_mnist().test.images[61] / 255)
    page = mount(model, traced)

    for layer in traced:
        cells = some_cells(tuple(layer.output.shape))[:30]
        found = page.evaluate(
            "([layer, cells]) => cells.map((cell) => net.field(layer, ...cell))", [layer.name, cells]
        )
        for (channel, row, column), one in zip(cells, found, strict=True):
            place = (row, column) if layer.output.ndim == 3 else (channel, 0)
            expected = receptive_field(model, layer.name, *place)
            height, width = one["bottom"] - one["top"] + 1, one["right"] - one["left"] + 1
            assert Box(one["top"], one["left"], height, width) == expected, (layer.name, place)


def test_softmax_row_equals_pytorch(mount: Callable[[Network, Trace], Page]) -> None:
    model = shaken(NETWORKS["padded"])
    traced = trace(model, load_mnist().test.images[61] / 255)
    rows = mount(model, traced).evaluate("() => net.softmax().rows")

    assert [row["probability"] for row in rows] == pytest.approx(traced.probabilities.tolist(), abs=1e-6)
    shifted = traced.logits.double() - traced.logits.max()
    assert [row["shifted"] for row in rows] == pytest.approx(shifted.tolist())
    assert [row["exponential"] for row in rows] == pytest.approx(shifted.exp().tolist())


@pytest.mark.parametrize("name", CONFIGS)
def test_every_layer_can_be_pointed_at(mount: Callable[[Network, Trace], Page], name: str) -> None:
    """Every cell is found again where it is drawn, and its drawer shows its value."""
    model = shaken(CONFIGS[name])
    traced = trace(model, load_mnist().test.images[61] / 255)
    page = mount(model, traced)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    for layer in ("input", *traced.layers):
        shape = tuple(traced[layer].output.shape) if layer != "input" else (1, 28, 28)
        channel, row, column = some_cells(shape)[-1]
        place = page.evaluate("(cell) => net.where(...cell)", [layer, channel, row, column])
        page.mouse.move(place["x"], place["y"])
        page.wait_for_function("(layer) => net.selected().layer === layer", arg=layer)

        selected = page.evaluate("() => net.selected()")
        value = page.evaluate("(c) => net.value(c.layer, c.channel, c.row, c.column)", selected)
        shown = page.locator(".heading strong").first.inner_text().replace("−", "-").removeprefix("logit ")
        assert float(shown) == pytest.approx(value, rel=0.01, abs=1e-3)
        assert page.locator(".spoken").count() == 1
        if len(shape) == 3 and shape[0] * shape[1] < 3000:  # squares of several pixels: exact
            assert (selected["channel"], selected["row"], selected["column"]) == (channel, row, column)
    assert errors == []


# ---- in the app ----


@pytest.fixture
def picture(open_page: OpenPage, page: Page) -> Iterator[OpenPage]:
    """picture("?layer=conv1") -> the network page, drawn; an error in its script fails the test."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    def open_picture(link: str = "") -> Page:
        open_page(f"/network{link}")
        page.wait_for_function(FIND)
        page.wait_for_function("() => net.timings().length > 0")
        return page

    yield open_picture
    assert errors == []


def point(
    page: Page, layer: str, channel: int = 0, row: int = 0, column: int = 0, click: bool = False
) -> None:
    def move() -> None:
        place = page.evaluate("(cell) => net.where(...cell)", [layer, channel, row, column])
        page.mouse.move(place["x"], place["y"])
        if click:
            page.mouse.click(place["x"], place["y"])

    chosen = "([layer, channel]) => net.selected().layer === layer && net.selected().channel === channel"
    aim(move, lambda: page.wait_for_function(chosen, arg=[layer, channel], timeout=IMPATIENT))


def selected(page: Page) -> tuple[Any, ...]:
    found = page.evaluate("() => net.selected()")
    return found["layer"], found["channel"], found["row"], found["column"], found["pinned"]


def heading(page: Page) -> str:
    return page.locator(".st-key-network .heading h3").inner_text()


def test_shows_how_the_answer_came_about_before_anything_is_touched(picture: OpenPage) -> None:
    page = picture()
    expect(page.locator(".st-key-network .heading h3")).to_contain_text("The 3: logit")
    expect(page.locator(".st-key-network .terms .term")).to_have_count(13)  # ten, the rest, bias, total
    expect(page.get_by_role("application")).to_have_accessible_name(
        "The whole network on test digit 200: it reads 3"
    )
    box = page.locator(".st-key-network .picture").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 700  # the drawer begins above the fold
    assert box["width"] <= 1400


def test_hover_chain_from_probability_to_pixel(picture: OpenPage) -> None:
    """Class bar -> its strongest term -> pooled cell -> convolution -> ... -> a pixel of the digit."""
    page = picture()
    model = load_model()
    layers = ["input", *dict(model.named_children())]
    page.locator(".st-key-network [data-digit='5']").hover()
    expect(page.locator(".st-key-network .heading h3")).to_contain_text("The 5: logit")
    page.locator(".st-key-network [data-digit='3']").hover()
    expect(page.locator(".st-key-network .heading h3")).to_contain_text("The 3: logit")
    expect(page.locator(".st-key-network .heading h3")).to_contain_text("probability")
    expect(page.locator(".st-key-network tr.chosen")).to_contain_text("3")

    page.locator(".st-key-network .terms .term").first.click()
    layer, channel, row, column, pinned = selected(page)
    assert pinned
    assert layers.index(layer) < layers.index("flatten")

    visited, first = [layer], (layer, row, column)
    page.locator(".st-key-network .picture").focus()
    while layer != "input":
        value = page.evaluate("(c) => net.value(...c)", [layer, channel, row, column])
        assert heading(page).split(": ")[1].replace("−", "-") == formatted(value)
        page.keyboard.press("Enter")
        layer, channel, row, column, _ = selected(page)
        visited.append(layer)
    assert visited == layers[: layers.index(visited[0]) + 1][::-1]  # no layer is skipped
    field = receptive_field(model, *first)
    assert field.row <= row < field.row + field.height
    assert field.column <= column < field.column + field.width


def formatted(value: float) -> str:
    """formatNumber's three significant digits."""
    size = abs(value)
    if value == 0:
        return "0"
    if size < 1e-3:
        return re.sub(r"e-0*", "e-", f"{value:.2e}")
    return f"{value:.{2 if size < 10 and size >= 1 else 3 if size < 1 else 1 if size < 100 else 0}f}"


def test_breadcrumb_leads_from_a_pixel_to_the_probability(picture: OpenPage) -> None:
    page = picture()
    crumbs = page.locator(".st-key-network .crumb")
    expect(crumbs.first).to_contain_text("pixel")
    expect(crumbs.last).to_contain_text("the 3")
    expect(page.locator(".st-key-network .crumb.current")).to_contain_text("logit 3")

    crumbs.nth(1).click()
    assert selected(page)[0] == "conv1"
    expect(page.locator(".st-key-network .crumb.current")).to_contain_text("conv1")
    row = selected(page)[2]
    page.keyboard.press("ArrowDown")  # the keys go on from there
    assert selected(page)[2] == row + 1


def test_hover_is_answered_without_the_server(picture: OpenPage) -> None:
    page = picture()
    page.evaluate(
        "() => { const send = WebSocket.prototype.send; window.count = 0;"
        " WebSocket.prototype.send = function (...a) { window.count++; return send.apply(this, a) } }"
    )
    for place in (("conv1", 3, 5, 6), ("relu1", 9, 5, 6), ("pool2", 4, 1, 1), ("logits", 7)):
        point(page, *place)
    paint(page, 40)
    assert page.evaluate("() => window.count") == 0


def test_arithmetic_written_out_for_a_convolution(picture: OpenPage) -> None:
    page = picture()
    traced = trace(load_model(), load_mnist().test.images[200] / 255)
    point(page, "conv2", 17, 3, 4)
    drawer = page.locator(".st-key-network .detail")
    maps = len(traced["conv2"].input)
    expect(drawer.locator(".ledger")).to_contain_text(f"added over {maps} maps")
    terms = drawer.locator(".ledger .term:not(.total) .amount")
    amounts = terms.evaluate_all("(all) => all.map((one) => Number(one.title))")
    value = float(traced["conv2"].output[17, 3, 4])
    assert sum(amounts) == pytest.approx(value, abs=1e-4)  # the total is exact, the rest included
    sizes = [abs(amount) for amount in amounts[:6]]
    assert sizes == sorted(sizes, reverse=True)
    assert drawer.locator(".sum .grid").count() in (2, 3)


def test_evidence_against_the_rival_adds_up_to_the_lead(picture: OpenPage) -> None:
    """Softmax sees only differences; the toggle shows the answer's evidence minus the runner-up's."""
    page = picture()
    logits = trace(load_model(), load_mnist().test.images[200] / 255).logits
    (first, second), (digit, rival) = logits.topk(2)
    toggle = page.locator(".st-key-network .versus")
    expect(toggle).to_have_text(f"against the {rival}")
    toggle.click()
    expect(toggle).to_have_attribute("aria-pressed", "true")
    total = page.locator(".st-key-network .term.total")
    expect(total.locator(".name")).to_have_text(f"{digit} − {rival}")
    assert float(total.locator(".amount").get_attribute("title") or "") == pytest.approx(
        float(first - second), abs=1e-4
    )
    amounts = page.locator(".st-key-network .term:not(.total) .amount")
    titles = amounts.evaluate_all("(all) => all.map((one) => Number(one.title))")
    assert sum(titles) == pytest.approx(float(first - second), abs=1e-4)


def test_another_term_is_written_out_when_pointed_at(picture: OpenPage) -> None:
    page = picture()
    point(page, "conv2", 17, 3, 4, click=True)
    terms = page.locator(".st-key-network .ledger button.term")
    name = terms.nth(2).locator(".name").inner_text()
    terms.nth(2).hover()
    expect(page.locator(".st-key-network .from figcaption")).to_contain_text(name)
    expect(terms.nth(2)).to_have_class(re.compile("chosen"))


def test_pooled_cell_shows_window_and_winner(picture: OpenPage) -> None:
    page = picture()
    traced = trace(load_model(), load_mnist().test.images[200] / 255)
    best = traced["pool1"].output
    channel, row, column = (int(at) for at in torch.unravel_index(best.argmax(), best.shape))
    point(page, "pool1", channel, row, column)
    marked = page.locator(".st-key-network .sum .grid .marked")
    expect(marked).to_have_count(1)
    assert float(marked.inner_text()) == pytest.approx(float(best.max()), abs=0.05)
    expect(page.locator(".st-key-network .from .dot")).to_have_count(1)
    expect(page.locator(".st-key-network .lines")).to_contain_text("max(")


def test_large_maps_of_the_drawer_answer_too(picture: OpenPage) -> None:
    page = picture("?model=eight")
    point(page, "conv1", 4, 5, 6)
    result = page.locator(".st-key-network .to .map")
    result.hover(position={"x": 2, "y": 2})
    assert selected(page) == ("conv1", 4, 0, 0, False)
    expect(page.locator(".st-key-network .tip")).to_contain_text("conv1 · map 4 · row 0, column 0")
    result.click(position={"x": 100, "y": 100})
    layer, channel, row, column, pinned = selected(page)
    assert (layer, channel, pinned) == ("conv1", 4, True)
    assert min(row, column) > 10

    page.keyboard.press("Escape")
    products = page.locator(".st-key-network [data-mosaic=products]")
    point(page, "logits", 3, click=True)
    products.hover(position={"x": 1, "y": 1})
    value = page.evaluate("() => net.explain('logits', 3).sums[0]")
    tip = page.locator(".st-key-network .tip")
    expect(tip).to_contain_text("unit 0: ")
    shown = float(tip.inner_text().split(": ")[1].replace("−", "-"))
    assert shown == pytest.approx(value, abs=1e-3)


def test_padded_cells_are_marked(picture: OpenPage) -> None:
    page = picture("?model=lenet5")
    point(page, "conv1", 0, 0, 0)
    expect(page.locator(".st-key-network .from .hatched")).to_have_count(1)
    assert page.locator(".st-key-network .sum .padded").count() >= 16  # of 25, once or in both grids


def test_pin_keys_and_release(picture: OpenPage) -> None:
    page = picture("?model=eight")  # its maps are large enough to hit one cell
    point(page, "relu1", 4, 5, 6, click=True)
    assert selected(page) == ("relu1", 4, 5, 6, True)
    expect(page).to_have_url(re.compile(r"layer=relu1.*channel=4.*cell=5(,|%2C)6"))

    place = page.evaluate("() => net.where('conv1', 3, 4, 4)")
    page.mouse.move(place["x"], place["y"])  # a pinned number stays
    expect(page.locator(".st-key-network .tip")).to_contain_text("conv1 · map 3")
    assert selected(page) == ("relu1", 4, 5, 6, True)

    for key, expected in (
        ("ArrowRight", ("relu1", 4, 5, 7)),
        ("ArrowDown", ("relu1", 4, 6, 7)),
        ("ArrowLeft", ("relu1", 4, 6, 6)),
        ("ArrowUp", ("relu1", 4, 5, 6)),
        ("PageDown", ("relu1", 5, 5, 6)),
        ("PageUp", ("relu1", 4, 5, 6)),
        ("Shift+ArrowLeft", ("conv1", 4, 5, 6)),
    ):
        page.keyboard.press(key)
        assert selected(page) == (*expected, True), key
    expect(page).to_have_url(re.compile(r"layer=conv1"))

    page.keyboard.press("Escape")
    assert selected(page) == ("logits", 3, 0, 0, False)
    expect(page).not_to_have_url(re.compile(r"layer="))


def test_arrow_keys_stop_at_the_edge(picture: OpenPage) -> None:
    page = picture("?layer=conv1&channel=2&cell=0,0")
    page.locator(".st-key-network .picture").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    assert selected(page) == ("conv1", 2, 0, 0, True)


def test_tab_reaches_every_layer_and_leaves_the_picture(picture: OpenPage) -> None:
    page = picture()
    page.locator(".st-key-network .picture").focus()
    names = []
    for _ in range(30):
        page.keyboard.press("Tab")
        name = page.evaluate(
            "() => { let e = document.activeElement; while (e?.shadowRoot) e = e.shadowRoot.activeElement;"
            " return e?.dataset.layer ?? e?.className }"
        )
        names.append(name)
        if "play" in str(name):
            break
    layers = [name for name in names if str(name).isdigit()]
    assert len(layers) == len(list(load_model().children())) + 1
    assert "play" in str(names[-1])


def test_link_shows_somebody_else_the_same_number(picture: OpenPage) -> None:
    page = picture("?layer=pool1&channel=7&cell=2,1&digit=61&model=classic")
    assert selected(page) == ("pool1", 7, 2, 1, True)
    expect(page.locator(".st-key-network .heading h3")).to_contain_text("pool1 · map 7 · row 2, column 1")
    expect(page).to_have_url(re.compile(r"layer=pool1"))


def test_pin_survives_another_digit_and_another_model(picture: OpenPage) -> None:
    page = picture("?layer=conv1&channel=2&cell=5,6")
    before = heading(page)
    page.get_by_role("button", name="Change digit").click()
    page.get_by_role("button", name="Random test digit").click()
    page.keyboard.press("Escape")
    settle(page)
    assert selected(page)[:4] == ("conv1", 2, 5, 6) or heading(page) != before

    page.goto(page.url.split("?")[0] + "?layer=conv1&channel=2&cell=5,6&model=mlp")
    settle(page)
    page.wait_for_function(FIND)
    page.wait_for_function("() => net.timings().length > 0")
    assert selected(page)[0] == "logits"  # the MLP has no conv1


def test_address_is_shared_with_pages_that_bind_it(picture: OpenPage) -> None:
    """`layer` and `channel` belong to widgets on other pages; here to the pinned number."""
    page = picture("?layer=pool1&channel=7&cell=2,1&model=classic")
    for name in ("Filters", "Network", "Filters", "Network"):
        turn_to(page, name)
    page.wait_for_function(FIND)
    page.wait_for_function("() => net.timings().length > 0")
    assert selected(page) == ("pool1", 7, 2, 1, True)
    point(page, "conv1", 3, click=True)
    expect(page).to_have_url(re.compile(r"layer=conv1"))


def test_play_slides_the_kernel_and_waits_under_the_pointer(picture: OpenPage) -> None:
    page = picture("?layer=conv1&channel=2&cell=5,6")
    page.get_by_role("button", name="Slide").click()
    page.wait_for_function("() => net.selected().column === 9 && net.selected().playing")
    expect(page.locator(".st-key-network .to .later")).to_have_count(2)

    box = page.locator(".st-key-network .picture").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    paint(page, 6)
    waiting = selected(page)
    paint(page, 45)
    assert selected(page) == waiting

    page.mouse.move(box["x"] + 5, box["y"] - 40)
    page.wait_for_function("(column) => net.selected().column > column", arg=waiting[3])
    page.get_by_role("button", name="Stop").click()
    assert not page.evaluate("() => net.selected().playing")


def test_space_plays_and_escape_stops(picture: OpenPage) -> None:
    page = picture()
    page.locator(".st-key-network .picture").focus()
    page.keyboard.press("Space")
    assert page.evaluate("() => net.selected().playing")
    assert selected(page)[0] == "conv1"
    page.keyboard.press("Escape")
    assert not page.evaluate("() => net.selected().playing")


def test_color_range_is_printed_and_changes(picture: OpenPage) -> None:
    page = picture()
    traced = trace(load_model(), load_mnist().test.images[200] / 255)
    titles = page.locator(".st-key-network .range").evaluate_all("(all) => all.map((one) => one.title)")
    low, high = (float(number) for number in re.findall(r"-?[\d.e-]+", titles[1]))
    assert (low, high) == pytest.approx(
        (float(traced["conv1"].output.min()), float(traced["conv1"].output.max()))
    )

    page.locator(".st-key-network select").select_option("map")
    expect(page.locator(".st-key-network .range").nth(1)).to_contain_text("each its own")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_digit_is_white_on_black_and_zero_is_paper(page: Page, server: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{server}/network")
    settle(page)
    page.wait_for_function(FIND)
    page.wait_for_function("() => net.timings().length > 0")
    colors = page.evaluate(
        """() => {
            const root = [...document.querySelectorAll(".st-key-network *")].find((e) => e.cnnviz).shadowRoot
            const canvas = root.querySelector(".base")
            const box = canvas.getBoundingClientRect()
            const read = (...cell) => {
                const { x, y } = net.where(...cell)
                const scale = canvas.width / box.width
                const place = [(x - box.left) * scale, (y - box.top) * scale]
                return Array.from(canvas.getContext("2d").getImageData(...place, 1, 1).data)
            }
            let ink = [0, 0]
            for (let r = 0; r < 28; r++) for (let c = 0; c < 28; c++)
                if (net.value("input", 0, r, c) > net.value("input", 0, ...ink)) ink = [r, c]
            return { blank: read("input", 0, 0, 0), ink: read("input", 0, ...ink) }
        }"""
    )
    assert max(colors["blank"][:3]) < 20
    assert min(colors["ink"][:3]) > 220


def test_phone_scrolls_sideways_and_a_tap_pins(browser: Browser, server: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{server}/network")
    settle(page)
    page.wait_for_function(FIND)
    page.wait_for_function("() => net.timings().length > 0")
    place = page.evaluate("() => net.where('conv1', 0, 5, 6)")
    page.touchscreen.tap(place["x"], place["y"])
    page.wait_for_function("() => net.selected().pinned")
    assert selected(page)[:2] == ("conv1", 0)
    widths = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]  # the picture scrolls, the page does not
    stage = page.locator(".st-key-network .stage")
    assert stage.evaluate("(one) => one.scrollWidth > one.clientWidth")
    context.close()


@pytest.mark.benchmark
def test_hover_is_answered_within_a_frame(picture: OpenPage) -> None:
    """Handler, arithmetic, redraw and drawer together, on whatever machine this is: the median."""
    page = picture("?model=classic")
    for step in range(60):
        page.mouse.move(*hover_place(page, step))
        page.evaluate("() => new Promise(requestAnimationFrame)")
    times = page.evaluate("() => net.timings()")[-50:]
    print(f"hover: median {statistics.median(times):.1f} ms, worst {max(times):.1f} ms")
    assert len(times) == 50
    assert statistics.median(times) < 16


def hover_place(page: Page, step: int) -> tuple[float, float]:
    layer = ("conv1", "pool1", "conv2", "relu2", "pool2", "logits")[step % 6]
    place = page.evaluate(
        "(cell) => net.where(...cell)", [layer, step % 10, 0 if layer == "logits" else step % 5, 0]
    )
    return place["x"], place["y"]
