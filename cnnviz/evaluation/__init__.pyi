from .metrics import calibration_error as calibration_error, logits_of as logits_of
from .ood import OodDetector as OodDetector
from .pen_writers import digits_by_writer as digits_by_writer
from .projection import principal_components as principal_components
