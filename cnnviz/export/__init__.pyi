from .files import digits_file as digits_file, state_dict_file as state_dict_file
from .onnx import onnx_file as onnx_file
from .script import loading_script as loading_script, training_script as training_script
