"""Nothing is read but over https."""

import io
import urllib.error

import pytest

from cnnviz.io.download import _HttpsOnly, open_https


def test_only_https() -> None:
    with pytest.raises(urllib.error.URLError, match="only https"):
        open_https("http://example.org/file")
    with pytest.raises(urllib.error.URLError, match="not https"):
        _HttpsOnly().redirect_request(None, io.BytesIO(), 302, "", {}, "http://example.org")
