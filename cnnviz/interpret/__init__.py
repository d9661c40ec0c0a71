"""Views of one forward pass: activations, filters, pooling, receptive fields, stroke replay."""
