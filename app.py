"""cnnviz: see inside a convolutional network. Start with `streamlit run app.py`."""

from cnnviz.ui.shell.frame import run

run()
