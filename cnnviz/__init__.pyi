from .checkpoints.format import load_model as load_model
from .data.preprocessing import Digit as Digit, to_digit as to_digit
from .evaluation.metrics import Report as Report, evaluate as evaluate
from .feature_visualization.activation_maximization import Frame as Frame, maximize as maximize
from .feature_visualization.deepdream import dream as dream
from .networks.tracing import Trace as Trace, predict as predict, trace as trace
from .training.config import TrainConfig as TrainConfig
from .training.loop import Progress as Progress, fit as fit
