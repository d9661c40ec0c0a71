"""Twenty digits drawn with the mouse in the running app, awkward on purpose.

    python -m pytest -m benchmark -s tests/benchmarks/test_awkward_digits.py

It prints what was read. Eighteen must be read right, and none of the others may be called sure.
"""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.browser import CHROMIUM, running_browser, running_server, settle
from tests.support.drawing import Stroke, arc, clear, line, pen

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

PAUSE = 3_000  # milliseconds

# What was meant, what is awkward about it, the strokes.
AWKWARD: list[tuple[int, str, list[Stroke]]] = [
    (0, "slashed", [arc(140, 140, 60, 85, 0, 370), line((210, 60), (75, 225))]),
    (0, "barred", [arc(140, 140, 55, 90, 20, 390), line((60, 145), (225, 135))]),
    (0, "tiny, in a corner", [arc(40, 42, 14, 20, 0, 372)]),
    (1, "footed, with a flag", [line((105, 95), (145, 45), (145, 230)), line((100, 230), (190, 230))]),
    (1, "footed, no flag", [line((140, 50), (138, 225)), line((105, 227), (175, 223))]),
    (1, "slanted", [line((190, 40), (95, 240))]),
    (1, "small, at the edge", [line((252, 200), (250, 262))]),
    (2, "looped", [arc(135, 95, 48, 45, -70, 130) + line((150, 130), (90, 215))
                   + arc(92, 200, 20, 15, 180, 400) + line((100, 205), (205, 222))]),
    (2, "angular", [line((85, 80), (140, 50), (190, 90), (80, 225), (200, 225))]),
    (3, "flat top", [line((85, 55), (190, 55), (130, 120)) + arc(130, 172, 58, 52, 0, 235)]),
    (4, "open, two strokes", [line((90, 55), (80, 155), (205, 150)), line((175, 60), (170, 240))]),
    (4, "closed, one stroke", [line((180, 240), (180, 45), (70, 170), (220, 165))]),
    (5, "two strokes", [line((100, 60), (95, 130)) + arc(125, 175, 62, 50, -30, 235),
                        line((100, 58), (195, 55))]),
    (6, "straight back", [line((165, 40), (90, 170)) + arc(138, 190, 48, 42, -80, 290)]),
    (7, "crossed", [line((75, 60), (205, 60), (125, 235)), line((110, 145), (205, 140))]),
    (7, "crossed, hooked, huge", [line((22, 75), (25, 20), (255, 20), (130, 265)),
                                   line((90, 150), (250, 145))]),
    (8, "two circles", [arc(140, 92, 40, 38, 0, 365), arc(140, 182, 50, 50, 0, 365)]),
    (8, "one go, slanted", [arc(165, 85, 38, 35, 60, -190) + arc(130, 180, 42, 50, 10, 330)
                             + line((130, 130), (190, 75))]),
    (9, "straight stem", [arc(135, 95, 45, 45, 90, 450) + line((180, 95), (175, 240))]),
    (9, "curled tail", [arc(135, 90, 45, 42, 90, 450) + line((180, 95), (180, 200))
                         + arc(135, 200, 45, 42, 90, 235)]),
]  # fmt: skip


def test_awkward_digits_are_read_or_honestly_doubted(tmp_path: Path) -> None:
    misclassified = []
    with running_server(tmp_path, tmp_path / "log") as server, running_browser() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.goto(f"{server}/draw")
        settle(page)
        for digit, how, strokes in AWKWARD:
            pen(page, strokes)
            page.wait_for_timeout(PAUSE)  # until the last of its strokes has been read, not the first
            settle(page)
            answer = " ".join(page.locator(".st-key-prediction").inner_text().split())
            print(f"{digit}, {how}: {answer}")
            if not answer.startswith(str(digit)):
                misclassified.append(f"{digit}, {how}: {answer}")
            expect(page.locator(".st-key-prediction")).not_to_have_text("")
            clear(page)

    assert len(misclassified) <= 2, misclassified
    assert not [answer for answer in misclassified if "· sure" in answer]
