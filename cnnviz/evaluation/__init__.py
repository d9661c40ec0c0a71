"""How good a network is: metrics, calibration, out-of-distribution detection, writers, projection."""
