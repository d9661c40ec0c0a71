from .cross_validation import cross_validate as cross_validate, summarize as summarize
from .datasets import load_parts as load_parts
from .finetuning import FinetuneConfig as FinetuneConfig, finetune as finetune
from .finetuning_report import measure_finetuning as measure_finetuning
from .history import load_history as load_history
from .recipes import RECIPES as RECIPES
