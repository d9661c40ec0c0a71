"""The page `finetune`."""
