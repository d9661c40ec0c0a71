"""What a program that the app wrote finds on a stranger's machine: MNIST's own files, and no cnnviz."""

import gzip
import struct
from pathlib import Path

from cnnviz.data.mnist import load_mnist

RUNNER = """
import runpy, sys
sys.modules["cnnviz"] = None  # importing it would fail
for name in sys.argv[1:]:
    print("##", name)
    runpy.run_path(name, run_name="__main__")
"""


def write_idx_files(folder: Path, tested: int = 10_000) -> None:
    """MNIST as its authors publish it, from the carried copy, with the first `tested` test digits."""
    folder.mkdir(parents=True)
    for prefix, digits in (("train", load_mnist().train), ("t10k", load_mnist().test[:tested])):
        count = len(digits)
        images = struct.pack(">IIII", 0x803, count, 28, 28) + digits.images.numpy().tobytes()
        labels = struct.pack(">II", 0x801, count) + digits.labels.numpy().tobytes()
        for kind, content in (("images-idx3-ubyte", images), ("labels-idx1-ubyte", labels)):
            (folder / f"{prefix}-{kind}").write_bytes(content)
            (folder / f"{prefix}-{kind}.gz").write_bytes(gzip.compress(content, 0))
