"""Mixed precision: products in bfloat16, where the processor has instructions for them.

Weights, gradients, optimiser and loss stay float32 (Micikevicius et al. 2018; bfloat16 has
float32's range, so that no loss needs scaling: Kalamkar et al. 2019).
"""

import torch


def multiplies_bfloat16() -> bool:
    """Whether the processor does; one that does not takes several times as long as for float32."""
    found: dict[str, bool] = dict(getattr(torch.cpu, "get_capabilities", dict)())  # older PyTorch cannot say
    return any(found.get(name) for name in ("amx_bf16", "avx512_bf16", "bf16"))


def mixed_precision(wanted: bool) -> torch.autocast:
    """A context in which layers work in bfloat16, if wanted and the processor can; else nothing changes."""
    return torch.autocast("cpu", torch.bfloat16, enabled=wanted and multiplies_bfloat16())
