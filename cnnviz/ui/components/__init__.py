"""Components drawn in the browser, one folder each: Python, JavaScript, CSS, HTML."""
