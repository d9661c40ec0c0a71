from .catalogue import ARCHITECTURES as ARCHITECTURES, measure_architecture as measure_architecture
from .layer_arithmetic import LayerSpec as LayerSpec, walk as walk
from .race import CONTESTANTS as CONTESTANTS, train_contestants as train_contestants
from .skip_connections import train_pair as train_pair
from .weight_sharing import count_weights as count_weights, matrices as matrices
