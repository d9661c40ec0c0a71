"""The programs behind the convolution page's pictures."""

from torch import Tensor

from cnnviz.sliding import Sliding
from cnnviz.ui import session
from cnnviz.ui.convolution_image import DIGIT, Picture
from cnnviz.ui.snippet import opening


def beginning(picture: Picture) -> str:
    """Lines that make `image`, float64 (H, W)."""
    if picture.name == DIGIT:
        digit = opening(session.current_model(), session.current_digit())
        return digit + "image = image.double()  # (28, 28)\n"
    return picture.program


def kernel_lines(kernel: Tensor) -> str:
    """Lines that make `kernel`, float64 (h, w)."""
    rows = ",\n".join(f"    {row}" for row in kernel.tolist())
    return f"kernel = torch.tensor([\n{rows},\n], dtype=torch.float64)\n"


def slide_program(picture: Picture, kernel: Tensor, sliding: Sliding, bias: float) -> str:
    """Result, its size, and one cell term by term."""
    return (
        "import torch\n"
        + beginning(picture)
        + "from cnnviz.convolution import convolve, correlate, terms\nfrom cnnviz.sliding import Sliding\n\n"
        + kernel_lines(kernel)
        + f"sliding = {sliding!r}\n"
        + f"result = correlate(image[None], kernel[None, None], torch.tensor([{bias}]), sliding)[0]\n"
        + "turned = convolve(image[None], kernel[None, None], None, sliding)[0]\n"
        + "print(result, turned, sep='\\n')\n"
        + "for term in terms(image[None], kernel[None], 0, 0, sliding):\n"
        + "    print(term.value, '×', term.weight, '=', term.product)\n"
    )
