"""Digits: MNIST, pen strokes, preprocessing, augmentation, and drawings that are no digits."""
