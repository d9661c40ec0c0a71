"""Models people brought or tuned, kept on this machine: DIGEST.safetensors beside DIGEST.json.

    keep_model(root, network, card)   store it; the same weights are stored once
    list_stored(root)                    all of them, newest first
    open_stored(root, digest)            its file's bytes and its card
    delete_stored(root, digest)          make room

Everybody who uses this machine's server sees them, so their number and size are bounded, and
nothing is thrown away silently: when the shelf is full, the next one is refused.
"""

import datetime
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnnviz.checkpoints.format import SIZE_LIMIT, digest, serialize
from cnnviz.errors import CheckpointError
from cnnviz.io.atomic import write_atomically
from cnnviz.networks.network import Network

KEPT = 60
KEPT_BYTES = 300_000_000
NAME_LIMIT = 60  # characters
_DIGEST = re.compile(r"[0-9a-f]{16}")
_ODD = re.compile(r"[^\w .,()+·%/-]")  # a name is shown to others: nothing in it may be Markdown


@dataclass(frozen=True)
class StoredModel:
    """One stored model. created: seconds since 1970."""

    digest: str
    name: str
    created: float

    @property
    def title(self) -> str:
        """For a menu: its name and when it came."""
        then, now = datetime.datetime.fromtimestamp(self.created), datetime.datetime.now()
        clock = f"{then:%H:%M}" if then.date() == now.date() else f"{then.day} {then:%b %H:%M}"
        return f"{self.name} · {clock}"


def keep_model(root: Path, network: Network, name: str, card: Mapping[str, Any] | None = None) -> StoredModel:
    """Store the network under its weights' digest, with what is known of it. Raises CheckpointError."""
    content = serialize(network)
    weights = _file(root, digest(content))
    if not weights.exists():
        _make_sure_of_room(root, len(content))
    words = _ODD.sub("", " ".join(name.split()))[:NAME_LIMIT]
    record = {**(card or {}), "name": words, "created": time.time()}
    try:
        write_atomically(weights.with_suffix(".json"), (json.dumps(record, indent=2) + "\n").encode())
        write_atomically(weights, content)  # last: without it there is no model
    except OSError as error:
        raise CheckpointError(f"The model could not be kept: {error.strerror}.") from error
    return _read(weights)


def list_stored(root: Path) -> list[StoredModel]:
    """All stored models, newest first."""
    files = [path for path in root.glob("*.safetensors") if _DIGEST.fullmatch(path.stem)]
    return sorted(map(_read, files), key=lambda model: -model.created)


def open_stored(root: Path, name: str) -> tuple[bytes, dict[str, Any]]:
    """The safetensors file's bytes and the card. Raises CheckpointError when it is not here."""
    path = _file(root, name)
    try:
        with path.open("rb") as file:
            return file.read(SIZE_LIMIT + 1), _card(path)
    except OSError as error:
        raise CheckpointError("This model is not on this machine; it may have been deleted.") from error


def find_stored(root: Path, name: str) -> StoredModel:
    """One model, without looking at all the others. Raises CheckpointError when it is not here."""
    path = _file(root, name)
    if not path.exists():
        raise CheckpointError("This model is not on this machine; it may have been deleted.")
    return _read(path)


def delete_stored(root: Path, name: str) -> None:
    """Remove a model; one that is already gone is no error."""
    path = _file(root, name)
    path.unlink(missing_ok=True)
    path.with_suffix(".json").unlink(missing_ok=True)


def _file(root: Path, name: str) -> Path:
    """Where a model lies. Raises CheckpointError for a text that is no digest."""
    if not _DIGEST.fullmatch(name):
        raise CheckpointError("This is not the name of a model on this machine.")
    return root / f"{name}.safetensors"


def _read(path: Path) -> StoredModel:
    card = _card(path)
    created = card.get("created")
    return StoredModel(
        path.stem,
        str(card.get("name") or f"Model {path.stem[:6]}"),
        created if isinstance(created, int | float) else 0.0,
    )


def _card(path: Path) -> dict[str, Any]:
    """What is known of a model; a lost or damaged card is no reason to lose the model."""
    try:
        record = json.loads(path.with_suffix(".json").read_bytes())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _make_sure_of_room(root: Path, size: int) -> None:
    sizes = [path.stat().st_size for path in root.glob("*.safetensors")]
    if len(sizes) >= KEPT or sum(sizes) + size > KEPT_BYTES:
        raise CheckpointError(
            f"This machine keeps at most {KEPT} own models, {KEPT_BYTES // 1_000_000} MB in all; "
            "delete one that nobody needs, then try again."
        )
