"""Out of one page and into another: the exported file brings the same model back."""

import re
from collections.abc import Callable
from pathlib import Path

import onnx
import torch
from onnx.reference import ReferenceEvaluator
from playwright.sync_api import Page, expect

from cnnviz.checkpoints.format import load_model, parse_checkpoint
from cnnviz.data.mnist import load_mnist
from tests.support.browser import settle

OpenPage = Callable[[str], Page]
PATIENCE = 30_000


def download(page: Page, label: str) -> bytes:
    panel = page.locator(".st-key-evaluate_take_away")
    with page.expect_download(timeout=PATIENCE) as found:
        panel.get_by_role("button", name=label, exact=True).click()
    return Path(found.value.path()).read_bytes()


def test_the_exported_file_brings_the_same_model_back(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page("/evaluate?model=lenet5")
    page.locator(".st-key-evaluate_take_away summary").click()
    images = load_mnist().test.images[:8].unsqueeze(1).float() / 255
    with torch.no_grad():
        expected = load_model("lenet5")(images)

    content = download(page, "safetensors")
    with torch.no_grad():
        assert torch.equal(parse_checkpoint(content)(images), expected)
    graph = onnx.load_from_string(download(page, "ONNX"))
    (logits,) = ReferenceEvaluator(graph).run(None, {"image": images.numpy()})
    torch.testing.assert_close(torch.from_numpy(logits), expected, atol=1e-4, rtol=0)
    assert b"def build():" in download(page, "Python program")

    accuracy = page.get_by_test_id("stMetricValue").first.inner_text()
    path = tmp_path / "brought.safetensors"
    path.write_bytes(content)
    page.locator(".st-key-model_tools button").first.click()
    page.locator(".st-key-model_upload input").set_input_files(path)
    picker = page.get_by_role("combobox", name="Model")
    expect(picker).to_have_value(re.compile(r"brought \(LeNet-5\)"), timeout=PATIENCE)
    page.wait_for_url(re.compile("model=own"))
    settle(page)
    expect(page.get_by_test_id("stMetricValue").first).to_have_text(accuracy, timeout=PATIENCE)

    page.goto(page.url)  # a link for somebody else
    settle(page)
    expect(picker).to_have_value(re.compile(r"brought \(LeNet-5\)"), timeout=PATIENCE)


def test_a_pickle_is_not_opened(open_page: OpenPage, tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    torch.save(load_model("eight").state_dict(), path)
    page = open_page("/")
    page.locator(".st-key-model_tools button").first.click()
    page.locator(".st-key-model_upload input").set_input_files(path)

    expect(page.get_by_text("This is a PyTorch or zip file")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("save_file").first).to_be_visible()
    settle(page)
