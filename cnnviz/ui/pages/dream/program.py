"""The dream on screen in words, and as the program that makes it."""

from cnnviz.io.photos import PHOTOS
from cnnviz.networks.imagenet import LAYERS, LOGITS, class_names
from cnnviz.networks.network import SIZE
from cnnviz.networks.torchvision_zoo import FETCHED
from cnnviz.ui.pages.dream.controls import Choice
from cnnviz.ui.pages.dream.job import FILM_FRAMES, DreamRequest, Picture, Target
from cnnviz.ui.pages.dream.source_picture import NOISE
from cnnviz.ui.state.cache import IMAGENET
from cnnviz.ui.state.current_digit import UPLOAD, current_digit
from cnnviz.ui.state.current_model import current_model
from cnnviz.ui.widgets.code_panel import opening

_TITLES = {layer.name: layer.title for layer in LAYERS}


def sentence(request: DreamRequest) -> str:
    """Forest, dreamed by Creatures (block11): 4 octaves of 10 steps, strength 2 ..."""
    settings = dict(request.settings)
    photo = PHOTOS.get(request.picture)
    what = (
        photo.label if photo else {NOISE: "Noise", UPLOAD: "Your picture"}.get(request.picture, "Your digit")
    )
    steps = f"{settings['octaves']:g} octaves × {settings['steps']:g} steps"
    numbers = ", ".join([steps, *(f"{name} {settings[name]:g}" for name in ("strength", "jitter", "seed"))])
    return f"**{what}** with more of {_words(request.target, request.network)} · {numbers}"


def _words(target: Target, network: str) -> str:
    titled = network == IMAGENET and target.layer in _TITLES
    layer = f"{_TITLES[target.layer]} (`{target.layer}`)" if titled else f"`{target.layer}`"
    if network in FETCHED:
        layer += f" of {FETCHED[network].title.split(' (')[0]}"
    if target.kind == "channels":
        plural = "s" if len(target.units) > 1 else ""
        return f"channel{plural} {', '.join(map(str, target.units))} of {layer}"
    if target.kind == "class":
        (number,) = target.units
        return f"“{class_names()[number]}”" if network in (IMAGENET, *FETCHED) else f"a {number}"
    if target.kind == "guide":
        photo = PHOTOS.get(target.guide)
        return f"what {layer} sees in {photo.label.lower() if photo else target.guide}"
    return layer


def program(request: DreamRequest, picture: Picture, choice: Choice) -> str:
    """Python that makes the picture again with cnnviz alone."""
    settings = ", ".join(f"{name}={value:g}" for name, value in request.settings)
    digit = picture.is_digit
    lines = [
        *(_digit_start(choice) if digit else _photo_start(picture, request.network)),
        f"wish = {_objective(request, choice, digit)}",
    ]
    mask = f", mask=digit_mask(picture, {request.keep:g})" if request.keep else ""
    lines += [
        f"for frame in dream(model, picture, wish, {settings}{mask}):",
        "    print(frame.step, frame.values)",
    ]
    if request.film:
        lines += _film(dict(request.settings))
    lines.append('Image.fromarray(to_pixels(frame.images[0])).save("dream.png")')
    return "\n".join(lines) + "\n"


def _film(settings: dict[str, float]) -> list[str]:
    kept = ", ".join(f"{name}={settings[name]:g}" for name in ("jitter", "seed", "smooth", "strength"))
    size = f"octaves={min(2, settings['octaves']):g}, steps={min(6, settings['steps']):g}"
    return [
        f"film = zoom(model, frame.images[0], wish, frames={FILM_FRAMES}, {size}, {kept})",
        "pictures = [to_pixels(frame.images[0]) for frame in film]",
        'Path("dream.mp4").write_bytes(mp4(pictures, 90))',
    ]


def _photo_start(picture: Picture, network: str) -> list[str]:
    side = max(picture.image.shape)
    fetched = f'model = load_fetched("{network}", Path("weights"))'
    lines = [fetched if network in FETCHED else "model = load_imagenet()"]
    if picture.name == NOISE:
        height, width = picture.image.shape[1:]
        return [
            *lines,
            "generator = torch.Generator().manual_seed(0)",
            f"picture = 0.5 + 0.2 * (torch.rand(3, {height}, {width}, generator=generator) - 0.5)",
        ]
    if picture.name == UPLOAD:
        return [
            *lines,
            f'picture = to_photo(read_picture(Path("yours.jpg")), {side})',
        ]
    return [*lines, f'picture = load_photo("{picture.name}", {side})  # (3, H, W) in [0, 1]']


def _digit_start(choice: Choice) -> list[str]:
    start = opening(current_model(), current_digit()).rstrip().split("\n")
    enlarged = "image[None]" if choice.canvas == SIZE else f"digit_canvas(image, {choice.canvas})"
    return [*start, f"picture = {enlarged}"]


def _objective(request: DreamRequest, choice: Choice, digit: bool) -> str:
    target = request.target
    if target.kind == "channels":
        return " + ".join(f'channel("{target.layer}", {unit})' for unit in target.units)
    if target.kind == "class":
        return f'class_logit({target.units[0]}, "{LOGITS}")'
    if target.kind == "guide":
        return f'guide(model, "{target.layer}", {_guide(choice, digit)})'
    return f'layer("{target.layer}")'


def _guide(choice: Choice, digit: bool) -> str:
    assert choice.guide is not None
    if digit:
        index = choice.guide.name.removeprefix("test digit ")
        return f"digit_canvas(load_mnist().test.images[{index}] / 255, {choice.canvas})"
    if choice.guide.name == UPLOAD:
        return 'to_photo(read_picture(Path("yours.jpg")), 256)'
    return f'load_photo("{choice.guide.name}", 256)'
