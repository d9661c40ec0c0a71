"""The one training step, for every kind of network and also in the programs that leave the app.

    training_step(...)       forward, loss, backward, update
    in_mixed_precision(...)  a network whose layers work in bfloat16 where the processor can

These functions stand in exported programs as they stand here, so they need nothing but torch.
"""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


def training_step(
    network: Callable[[Tensor], Any],
    optimizer: torch.optim.Optimizer,
    images: Tensor,
    labels: Tensor,
    loss_of: Callable[[Any, Tensor], Tensor] = F.cross_entropy,
) -> tuple[Tensor, Any]:
    """One update on a batch. Returns its mean loss and what the network answered, both before the update."""
    answer = network(images)
    loss = loss_of(answer, labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach(), answer


def in_mixed_precision(network: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """The network with its layers' products in bfloat16, if the processor has them; float32 logits."""

    def forward(images: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=multiplies_bfloat16()):
            return network(images).float()

    return forward


def multiplies_bfloat16() -> bool:
    """Whether the processor does; one that does not takes several times as long as for float32."""
    found: dict[str, bool] = dict(getattr(torch.cpu, "get_capabilities", dict)())  # older PyTorch cannot say
    return any(found.get(name) for name in ("amx_bf16", "avx512_bf16", "bf16"))
