"""Every page renders in the frame, and says what is wrong when something is."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.checkpoints.format import load_model
from cnnviz.data.mnist import load_mnist
from cnnviz.evaluation.metrics import logits_of
from cnnviz.numbers import probability
from cnnviz.ui.shell.page_registry import PAGES, present_pages
from tests.support.text import frame_digit, frame_reading

ROOT = Path(__file__).parents[2]
Go = Callable[..., AppTest]
NAMES = [page.name for page in present_pages()]


def test_files_and_page_list_agree() -> None:
    files = {path.stem for path in (ROOT / "pages").glob("*.py")}

    assert files == set(NAMES)
    assert all(page.title and page.question and page.icon for page in PAGES)


@pytest.mark.parametrize("name", NAMES)
def test_page_renders_inside_the_frame(go: Go, name: str) -> None:
    app = go(name)

    assert not app.exception
    assert not app.error
    info = next(page for page in PAGES if page.name == name)
    if "digit" in info.uses:
        assert "Reads **3**" in frame_reading(app)
    assert bool(app.selectbox) >= ("model" in info.uses)
    if name != "home":
        assert app.title[0].value == info.title


@pytest.mark.parametrize("name", NAMES)
def test_a_cold_link_shows_the_page_in_its_frame(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody was here before, so that Streamlit runs the page's file alone; so does a new AppTest."""
    monkeypatch.setenv("CNNVIZ_HOME", str(tmp_path))
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=180)
    app.query_params.update(digit="61", model="classic")
    app.switch_page(f"pages/{name}.py").run()

    assert not app.exception
    assert app.session_state["_digit"].index == 61
    assert app.session_state["model_choice"] == "classic"
    if name != "home":
        assert app.title[0].value == next(page.title for page in PAGES if page.name == name)


@pytest.mark.parametrize("name", ["home", "draw"])
def test_one_answer_has_one_percentage(go: Go, name: str) -> None:
    """On the digit the model is least sure of: the frame, the page, and the softmax of the logits."""
    images = load_mnist().test.images[:500]
    confidences = logits_of(load_model(), images).softmax(1).amax(1)
    index = int(confidences.argmin())
    app = go(name, digit=str(index))
    expected = probability(float(confidences[index]))

    assert expected in frame_reading(app)
    page = "\n".join(part.value for part in [*app.main.markdown[1:], *app.main.caption[1:]])
    percentages = set(re.findall(r"[\d.]+%", page))
    assert expected in page
    assert not any(
        abs(float(found[:-1]) - 100 * float(confidences[index])) < 10 for found in percentages - {expected}
    )


def test_link_chooses_digit_and_model(go: Go) -> None:
    app = go("home", model="eight", digit="61")

    assert frame_digit(app) == "test digit 61"
    assert app.query_params["digit"] == "61"
    assert app.query_params["model"] == "eight"


@pytest.mark.parametrize(
    "link", [{"model": "nonsense"}, {"model": "../default"}, {"drawing": "%%%"}, {"drawing": "AAAA"}]
)
def test_bad_link_is_one_sentence_and_the_default(go: Go, link: dict[str, str]) -> None:
    app = go("home", **link)

    assert not app.exception
    assert len(app.warning) == 1
    assert app.selectbox(key="model_choice").value == "default"


@pytest.mark.parametrize("digit", ["-1", "x", "", "99999999999999999999", "1e3", "٣"])
def test_odd_digit_numbers_do_no_harm(go: Go, digit: str) -> None:
    assert not go("home", digit=digit).exception


def test_random_digit_changes_the_digit_everywhere(go: Go) -> None:
    app = go("home")
    app.button(key="another").click().run()

    assert re.match(r"test digit [\d,]+", frame_digit(app))
    assert "digit" in app.query_params


def test_page_file_alone_says_how_to_start() -> None:
    app = AppTest.from_file(str(ROOT / "pages" / "draw.py"), default_timeout=180).run()

    assert "streamlit run app.py" in app.error[0].value
