"""Training: configuration, recipes, schedule, the loop, its history, cross-validation, fine-tuning."""
