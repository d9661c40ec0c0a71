"""What leaves the app: ONNX, programs, films, figures."""
