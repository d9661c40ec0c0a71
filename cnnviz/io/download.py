"""Files from elsewhere, over https only.

open_https(url)    the answer, to be read piece by piece

Not torch.hub.download_url_to_file: it follows redirects away from https, reads without a time or size limit,
and tells its progress to the terminal alone.
"""

import urllib.error
import urllib.request
from typing import IO

TIMEOUT = 10  # seconds without an answer


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    """Refuses to be redirected away from https."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]
        if not newurl.startswith("https://"):
            raise urllib.error.URLError(f"redirected to {newurl}, which is not https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def open_https(url: str) -> IO[bytes]:
    """The answer of an https server, to be read and closed. Raises OSError, also after ten silent seconds."""
    if not url.startswith("https://"):
        raise urllib.error.URLError("only https is used")
    answer: IO[bytes] = urllib.request.build_opener(_HttpsOnly).open(url, timeout=TIMEOUT)
    return answer
