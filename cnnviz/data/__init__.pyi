from .augmentation import Augmentation as Augmentation, augment as augment
from .drawing_format import (
    digits_of as digits_of,
    pack_image as pack_image,
    parse_labeled as parse_labeled,
    unpack_image as unpack_image,
)
from .mnist import Digits as Digits, load_mnist as load_mnist
from .pen_digits import pen_test_digits as pen_test_digits, pen_training_digits as pen_training_digits
