"""Mixed precision is PyTorch's bfloat16 where the processor has it, and float32 everywhere else."""

import pytest
import torch
from torch import nn

from cnnviz.training.loop import mixed_precision, multiplies_bfloat16


@pytest.mark.parametrize("kind", ["amx_bf16", "avx512_bf16", "bf16"])
def test_layers_multiply_in_bfloat16(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, kind: True}, raising=False)
    assert multiplies_bfloat16()
    assert product(wanted=True).dtype == torch.bfloat16
    assert product(wanted=False).dtype == torch.float32


@pytest.mark.parametrize("found", [{}, {"avx2": True, "avx512_bf16": False}])
def test_a_processor_without_it_stays_with_float32(
    found: dict[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found, raising=False)
    assert not multiplies_bfloat16()
    assert product(wanted=True).dtype == torch.float32


def test_an_older_pytorch_cannot_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert not multiplies_bfloat16()


def product(wanted: bool) -> torch.Tensor:
    with mixed_precision(wanted):
        return nn.Linear(3, 2)(torch.ones(1, 3))
