from .images import encode_png as encode_png, read_picture as read_picture
from .photos import PHOTOS as PHOTOS, load_photo as load_photo, to_photo as to_photo, to_pixels as to_pixels
from .video import gif as gif, mp4 as mp4
