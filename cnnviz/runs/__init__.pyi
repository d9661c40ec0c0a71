from .grid import Grid as Grid
from .run import open_run as open_run
