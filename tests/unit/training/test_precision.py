"""Mixed precision is PyTorch's bfloat16 where the processor has it, and float32 everywhere else."""

import pytest
import torch
from torch import nn

from cnnviz.training.step import in_mixed_precision, multiplies_bfloat16


@pytest.mark.parametrize("kind", ["amx_bf16", "avx512_bf16", "bf16"])
def test_layers_multiply_in_bfloat16(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, kind: True}, raising=False)
    assert multiplies_bfloat16()
    seen, answer = product()
    assert seen == torch.bfloat16
    assert answer == torch.float32


@pytest.mark.parametrize("found", [{}, {"avx2": True, "avx512_bf16": False}])
def test_a_processor_without_it_stays_with_float32(
    found: dict[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found, raising=False)
    assert not multiplies_bfloat16()
    assert product() == (torch.float32, torch.float32)


def test_an_older_pytorch_cannot_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert not multiplies_bfloat16()


def product() -> tuple[torch.dtype, torch.dtype]:
    """What the layers multiply in, and what leaves the network."""
    layer, seen = nn.Linear(3, 2), []
    layer.register_forward_hook(lambda _, __, made: seen.append(made.dtype))
    answer = in_mixed_precision(layer)(torch.ones(1, 3))
    return seen[0], answer.dtype
