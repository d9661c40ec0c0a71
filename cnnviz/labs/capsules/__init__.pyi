from .network import agree as agree
from .scrambling import scramble as scramble
from .training import load_capsules as load_capsules
