"""The README says what is so."""

import json
import re
from importlib import import_module
from pathlib import Path

from cnnviz.checkpoints.format import shipped_models
from cnnviz.io.assets import MODELS
from cnnviz.ui.shell.page_registry import present_pages

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def models_table() -> str:
    """The models table, made from the cards."""
    rows = ["| model | parameters | MNIST test | cleaned | pen | cleaned | training |", "|---" * 7 + "|"]
    for name in shipped_models():
        card = json.loads((MODELS / f"{name}.json").read_text())
        accuracies = " | ".join(f"{figures['accuracy']:.2%}" for figures in card["test"].values())
        training = f"{card['training']['epochs']} epochs, {card['training']['data']}"
        rows.append(f"| `{name}` | {card['parameters']:,} | {accuracies} | {training} |")
        if seeds := card.get("seeds"):
            means = " | ".join(f"{mean:.2%}" for mean in seeds["mean"].values())
            rows.append(f"| *mean of seeds {seeds['seeds'][0]} to {seeds['seeds'][-1]}* | | {means} | |")
    return "\n".join(rows)


def test_models_table_is_what_the_cards_say() -> None:
    assert models_table() in README


def test_public_names_are_those_of_the_packages() -> None:
    table = README.split("<!-- public names:")[1].split("<!-- end of public names")[0]
    rows = dict(re.findall(r"^\| `(cnnviz[\w.]*)` \| (.*) \|$", table, re.MULTILINE))
    assert rows == {name: " ".join(f"`{public}`" for public in import_module(name).__all__) for name in rows}
    stubs = {path.parent.relative_to(ROOT) for path in (ROOT / "cnnviz").rglob("__init__.pyi")}
    assert {name.replace(".", "/") for name in rows} == set(map(str, stubs))


def test_every_room_and_the_modules_named_in_it_exist() -> None:
    for place, modules in re.findall(r"^\| `(cnnviz/[a-z_/]+)` \|[^|]*\|([^|]*)\|", README, re.MULTILINE):
        room = ROOT / place
        assert room.is_dir(), place
        for name in re.findall(r"`(\w+)/?`", modules):
            found = (room / name).is_dir() or (room / f"{name}.py").exists() or name in modules_of(room)
            assert found, f"{place}: {name}"


def modules_of(room: Path) -> str:
    """The text of a room's modules: the map also names single functions."""
    return "".join(path.read_text() for path in room.glob("*.py"))


def test_every_page_is_listed() -> None:
    assert [page.name for page in present_pages() if f"`{page.name}`" not in README] == ["home"]


def test_pictures_exist() -> None:
    pictures = [part.split(")")[0] for part in README.split("](")[1:] if part.startswith(".github")]

    assert len(pictures) >= 4
    assert [picture for picture in pictures if not (ROOT / picture).exists()] == []


def test_exactly_two_commands_set_a_machine_up() -> None:
    commands = [line for line in README.splitlines() if line.startswith("python3 -m venv")]

    assert len(commands) == 2
    assert "streamlit run app.py" in commands[0]
    assert commands[1].endswith("pytest")
