"""The studio's whole story in one sitting, on a server of its own, as a new user would live it.

A run is started, paused, its server and its process killed, restarted, resumed, finished, scrubbed,
evaluated, fine-tuned and taken away; and the program taken away arrives at the run's accuracy.
"""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import torch
from playwright.sync_api import Page, expect

from cnnviz.checkpoints.format import parse_checkpoint
from cnnviz.data.mnist import load_mnist
from cnnviz.evaluation.metrics import evaluate
from tests.support.browser import IMPATIENT, aim, count_most, server_process, settle, turn_to
from tests.support.drawing import STROKES, pen
from tests.support.programs import RUNNER, write_idx_files

PATIENCE = 120_000  # a busy machine trains, measures and tunes slowly
MACHINE = ".st-key-time_machine .machine"


def test_from_the_first_step_to_the_program_taken_away(page: Page, tmp_path: Path) -> None:
    home, logs = tmp_path / "home", [tmp_path / "first.log", tmp_path / "second.log"]
    with server_process(home, logs[0]) as (address, server):
        page.goto(address)
        settle(page)
        count_most(page, ".st-key-train_status")
        turn_to(page, "Train")
        choose_settings(page)
        start_and_pause(page)
        server.kill()
        server.wait(10)
        paused_at = kill_worker(home)
    with server_process(home, logs[1], port=int(address.rpartition(":")[2])):
        come_back(page, paused_at)
        accuracy, kept_step, steps = go_on_to_the_end(page)
        scrub(page, kept_step, steps)
        look_at_mistakes(page, accuracy)
        correct_and_tune(page)
        files = take_away(page, tmp_path)
        assert page.evaluate("window.most") == 1
    for log in logs:
        assert "Traceback" not in log.read_text()
    check_files(files, accuracy, steps)
    check_program(files, accuracy)


def says(page: Page, text: str | re.Pattern[str]) -> str:
    status = page.locator(".st-key-train_status")
    expect(status).to_contain_text(text, timeout=PATIENCE)
    return status.inner_text()


def press(page: Page, name: str, before: str) -> None:
    """Click until the status does not say `before` any more: a page that connects anew may miss a click."""
    button, status = page.get_by_role("button", name=name, exact=True), page.locator(".st-key-train_status")
    aim(
        lambda: button.click(timeout=IMPATIENT) if before in status.inner_text() else None,
        lambda: expect(status).not_to_contain_text(before, timeout=IMPATIENT),
    )


def number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    assert found, text
    return int(found[1].replace(",", ""))


# ---- the chapters ----


def choose_settings(page: Page) -> None:
    """Eight filters, but two epochs, and the best weights in the end."""
    page.get_by_role("combobox", name="Recipe").click()
    page.get_by_role("option", name=re.compile("^Eight filters")).click()
    page.get_by_role("tab", name="Learning").click()
    epochs = page.get_by_role("spinbutton", name="Epochs")
    expect(epochs).to_have_value("10")
    epochs.fill("2")
    epochs.press("Enter")
    page.locator("label").filter(has_text="End with the best weights").click()
    expect(page.get_by_role("switch", name="End with the best weights")).to_be_checked()
    settle(page)
    expect(page.get_by_role("combobox", name="Recipe")).to_have_value("Your own settings")


def start_and_pause(page: Page) -> None:
    """Paused at once, and trained by a single step, so that the optimizer has something to remember."""
    page.get_by_role("button", name="Start", exact=True).click()
    pause = page.get_by_role("button", name="Pause", exact=True)
    expect(pause).to_be_enabled(timeout=PATIENCE)
    pause.click()
    before = re.search(r"Paused · step [\d,]+ of", says(page, re.compile(r"Paused.*step")))
    assert before
    settle(page)
    press(page, "Step", before[0])
    says(page, re.compile(r"Paused · step (?!0 )"))
    settle(page)


def kill_worker(home: Path) -> int:
    """As if the machine had lost its power; returns the run's step."""
    (folder,) = (home / "runs").glob("*/")
    os.kill(json.loads((folder / "worker.json").read_text())["pid"], signal.SIGKILL)
    return int(json.loads((folder / "events.jsonl").read_text().splitlines()[-1])["step"])


def come_back(page: Page, paused_at: int) -> None:
    """The page in the browser finds the new server by itself, and the run and its settings in its address."""
    expect(page.get_by_text("Connection error")).to_have_count(0, timeout=PATIENCE)
    expect(page.get_by_role("button", name="Go on", exact=True)).to_be_enabled(timeout=PATIENCE)
    settle(page)
    says(page, f"Paused · step {paused_at:,} of")
    expect(page.get_by_role("combobox", name="Recipe")).to_have_value("Your own settings")
    expect(page.get_by_role("spinbutton", name="Epochs")).to_have_value("2")
    press(page, "Go on", "Paused")


def go_on_to_the_end(page: Page) -> tuple[str, int, int]:
    """The test accuracy as the page writes it, the step of the best weights, and all steps."""
    said = says(page, re.compile("Finished.*test digits", re.DOTALL))
    found = re.search(r"Reads ([\d.]+)% of MNIST's 10,000 test digits", said)
    assert found, said
    page.get_by_role("button", name="Use this model").click()
    expect(page.get_by_role("link", name="In use: draw for it").first).to_be_visible()
    settle(page)
    return f"{found[1]}%", number(r"those of step ([\d,]+), the best", said), number(r"of ([\d,]+) ·", said)


def scrub(page: Page, kept_step: int, steps: int) -> None:
    """Filters, activations and figures at the start of the training, and back at its end."""
    slider = page.locator(f"{MACHINE} input")
    end = f"step {steps:,} of {steps:,}" if kept_step == steps else f"best weights, of step {kept_step:,}"
    expect(slider).to_have_attribute("aria-valuetext", re.compile(f"^{end}"))
    turn_to(page, "Filters")
    ranges = page.locator(".st-key-kernels .legend")
    trained = ranges.inner_text()
    slider.focus()
    slider.press("Home")
    earlier = page.locator(".st-key-earlier")
    expect(earlier).to_contain_text(f"step 0 of {steps:,}", timeout=PATIENCE)
    settle(page)
    assert ranges.inner_text() != trained
    turn_to(page, "Activations")
    expect(earlier).to_contain_text(f"step 0 of {steps:,}")
    slider.press("ArrowRight")
    expect(earlier).not_to_contain_text("step 0 of", timeout=PATIENCE)
    settle(page)


def look_at_mistakes(page: Page, accuracy: str) -> None:
    """An early network is bad; the trained one is as good as its run said."""
    turn_to(page, "Evaluate")
    figure = page.get_by_test_id("stMetricValue").first
    assert float(figure.inner_text().rstrip("%")) < 60
    page.get_by_role("button", name="Back to the trained model").click()
    expect(figure).to_have_text(accuracy, timeout=PATIENCE)
    settle(page)
    expect(page.get_by_text(re.compile("most confident of .* mistakes"))).to_be_visible()


def correct_and_tune(page: Page) -> None:
    """A 2 that looks like a 7, corrected where it was misread; two more digits; tuned and kept."""
    turn_to(page, "Draw")
    pen(page, STROKES[7])
    expect(page.locator(".st-key-prediction")).not_to_have_text("")
    page.get_by_role("button", name="Misread? Say what it is").click()
    page.get_by_test_id("stPopoverBody").get_by_role("radio", name="2", exact=True).click()
    expect(page.get_by_text("Kept as a 2.")).to_be_visible()
    expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)  # it would cover what one can do next
    page.get_by_role("link", name="Let it learn from them").click()
    expect(page.get_by_role("heading", name="Fine-tune")).to_be_visible()
    expect(page.get_by_text("This one is kept as a 2.")).to_be_visible()
    settle(page)
    page.get_by_role("button", name="Clear", exact=True).click()
    for digit in (4, 1):
        expect(page.locator(".st-key-finetune_label_0 button")).to_be_disabled()
        settle(page)
        pen(page, STROKES[digit])
        label = page.locator(f".st-key-finetune_label_{digit} button")
        expect(label).to_be_enabled()
        label.click()
    expect(page.get_by_text("3 collected.")).to_be_visible()
    page.get_by_role("button", name="Fine-tune", exact=True).click()
    keep = page.get_by_role("button", name="Keep this model")
    expect(keep).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".st-key-finetune_status")).to_contain_text("tuned on 3 digits by your hand")
    keep.click()
    expect(page.get_by_text("Kept, and in use on every page.")).to_be_visible(timeout=PATIENCE)
    picker = page.get_by_role("combobox", name="Model")
    expect(picker).to_have_value(re.compile("tuned on your hand"))
    settle(page)


def take_away(page: Page, folder: Path) -> dict[str, Path]:
    """Weights, figures and program of the run, which is still on the page it was trained on."""
    turn_to(page, "Train")
    page.get_by_text("Take it away").click()
    panel, files = page.locator(".st-key-run_take_away"), {}
    for label in ("safetensors", "Figures", "Python program"):
        with page.expect_download(timeout=PATIENCE) as download:
            panel.get_by_role("button", name=label, exact=True).click()
        files[label] = folder / download.value.suggested_filename
        download.value.save_as(files[label])
    return files


# ---- what was taken away ----


def check_files(files: dict[str, Path], accuracy: str, steps: int) -> None:
    model, test = parse_checkpoint(files["safetensors"].read_bytes()), load_mnist().test
    assert f"{evaluate(model, test.images, test.labels).accuracy:.2%}" == accuracy
    rows = list(csv.DictReader(io.StringIO(files["Figures"].read_text())))
    assert [row["step"] for row in (rows[0], rows[-1])] == ["0", str(steps)]


def check_program(files: dict[str, Path], accuracy: str) -> None:
    """Where there is no cnnviz it trains to the same figure, and on the same machine to the same weights."""
    program = files["Python program"]
    write_idx_files(program.parent / "data" / "MNIST" / "raw")
    command = [sys.executable, "-c", RUNNER, program.name]
    environment = {**os.environ, "PYTHONPATH": ""}
    done = subprocess.run(command, cwd=program.parent, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"test accuracy {accuracy} of 10,000 digits" in done.stdout
    (written,) = program.parent.glob("*.pt")
    weights = parse_checkpoint(files["safetensors"].read_bytes()).state_dict()
    for name, value in torch.load(written, weights_only=True).items():
        torch.testing.assert_close(value, weights[name], rtol=0, atol=0)
