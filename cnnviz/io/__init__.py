"""Files in and out: atomic writing, downloads, pictures, video; where assets and models lie."""
