"""For all tests: one thread, as the app itself runs; two that wait for each other slow a busy machine."""

import torch

torch.set_num_threads(1)
