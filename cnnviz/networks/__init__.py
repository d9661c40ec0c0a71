"""Networks: configuration, layers, the zoo, and the trace of one forward pass."""
