"""The text of the programs in training_script: functions that read the constants above them.

Each does what its namesake in cnnviz does, number for number and in the same order, because the
order decides which random number goes where.
"""

DROPOUT = '''
class Dropout(nn.Dropout):
    """Drops units by RANDOM, so that a training can be repeated."""

    def forward(self, x):
        if not self.training:
            return x
        keep = torch.empty_like(x).bernoulli_(1 - self.p, generator=RANDOM)
        return x * keep / (1 - self.p)
'''

PLAIN_DROPOUT = "Dropout = nn.Dropout  # does nothing when a network is measured\n"

NORMALIZE = '''
class Normalize(nn.Module):
    """The training pixels' mean and standard deviation become 0 and 1."""

    def forward(self, x):
        return (x - {mean}) / {std}
'''

START = '''
def start(network):
    """PyTorch's own initial weights, drawn from SEED alone."""
    generator = torch.Generator().manual_seed(SEED)
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_uniform_(layer.weight, a=math.sqrt(5), generator=generator)
            bound = 1 / math.sqrt(layer.weight[0].numel())
            if layer.bias is not None:
                nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
    return network.to(memory_format=torch.channels_last)
'''

MNIST = '''
def mnist(train):
    """uint8 (N, 28, 28), 0 = paper and 255 = ink; int64 (N,). Fetched to FOLDER if it is not there."""
    digits = torchvision.datasets.MNIST(FOLDER, train=train, download=True)
    return digits.data, digits.targets
'''

PARTS = '''
def split(images, labels, held_back, seed):
    """(training, validation): `held_back` digits, chosen at random, are the validation."""
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    kept, held = order[held_back:], order[:held_back]
    return (images[kept], labels[kept]), (images[held], labels[held])


def training_parts():
    """(training, validation) digits."""
    chosen, _ = split(*mnist(train=True), 60_000 - TRAIN_SIZE, SEED)
    training, validation = split(*chosen, VALIDATION_SIZE, SEED + 1)
    return training, validation
'''

PEN = """    pen = np.load(PEN_FILE)  # the pen digits, varied and painted
    images, labels = torch.from_numpy(pen["images"]), torch.from_numpy(pen["labels"]).long()
    training = torch.cat([training[0], images]), torch.cat([training[1], labels])
"""

SHARES = '''
def with_shares(images, labels):
    """CLASS_SHARES of each digit's pictures, at least one unless the share is 0, in order."""
    generator = torch.Generator().manual_seed(SEED)
    kept = []
    for digit, share in enumerate(CLASS_SHARES):
        places = torch.nonzero(labels == digit).flatten()  # (n,)
        order = torch.randperm(len(places), generator=generator)
        kept.append(places[order[: max(round(share * len(places)), share > 0)]])
    chosen = torch.cat(kept).sort().values
    return images[chosen], labels[chosen]
'''

SHARE = "    training = with_shares(*training)\n"

AUGMENT = '''
def augment(images):
    """Of the images (B, 1, 28, 28) the first SHARE: moved, turned, stretched, slanted and bent at random."""
    changed = math.ceil(SHARE * len(images))
    return torch.cat([warped(images[:changed]), images[changed:]])  # (B, 1, 28, 28)


def warped(images):
    """Every image (B, 1, 28, 28), by amounts of its own."""
    batch, _, height, width = images.shape
    half = torch.tensor([width / 2, height / 2])

    def draw(limit, *shape):
        return (torch.rand(batch, *shape, generator=RANDOM) * 2 - 1) * limit

    angle, slant = draw(math.radians(ROTATE)), torch.tan(draw(math.radians(SHEAR)))
    across, down = 1 + draw(SCALE), 1 + draw(SCALE)
    cosine, sine = torch.cos(angle), torch.sin(angle)
    rows = [
        torch.stack([cosine * across, (slant * cosine - sine) * down], 1),
        torch.stack([sine * across, (slant * sine + cosine) * down], 1),
    ]
    matrix = torch.stack(rows, 1)  # (B, 2, 2)
    offset = (draw(SHIFT, 2) / half).unsqueeze(2)  # (B, 2, 1)
    theta = torch.cat([matrix, offset], 2)  # (B, 2, 3)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)  # (B, 28, 28, 2)
    if ELASTIC:
        coarse = draw(ELASTIC, 2, 5, 5)
        smooth = F.interpolate(coarse, (height, width), mode="bicubic", align_corners=True)
        grid = grid + smooth.permute(0, 2, 3, 1) / half  # (B, 28, 28, 2)
    return F.grid_sample(images, grid, align_corners=False)
'''

BATCH = '''
def batch(images, labels, step, per_epoch):
    """Batch of step n, a function of (SEED, n): float32 (B, 1, 28, 28) in [0, 1], int64 (B,)."""
    epoch, position = divmod(step, per_epoch)
    RANDOM.manual_seed(SEED * 1_000_003 + epoch)
    order = torch.randperm(len(labels), generator=RANDOM)
    chosen = order[position * BATCH_SIZE : (position + 1) * BATCH_SIZE]
    RANDOM.manual_seed((SEED + 1) * 1_000_003 + 1_000 + step)
    pictures = images[chosen].unsqueeze(1).float() / 255  # (B, 1, 28, 28)
{augment}    return pictures.contiguous(memory_format=torch.channels_last), labels[chosen]
'''

RATES = {
    "constant": '''
def learning_rate(step, steps):
    """The same all the time."""
    return LEARNING_RATE
''',
    "step": '''
def learning_rate(step, steps):
    """A tenth after each third of the training."""
    return LEARNING_RATE * 0.1 ** (3 * step // max(steps, 1))
''',
    "cosine": '''
def learning_rate(step, steps):
    """Half a cosine wave down to zero."""
    return LEARNING_RATE * (1 + math.cos(math.pi * step / max(steps, 1))) / 2
''',
    "one_cycle": '''
def learning_rate(step, steps):
    """Up for 30% of the training, then half a cosine wave down to zero."""
    warm = 0.3 * steps
    if step < warm:
        return LEARNING_RATE * (0.04 + 0.96 * step / warm)
    return LEARNING_RATE * (1 + math.cos(math.pi * (step - warm) / max(steps - warm, 1))) / 2
''',
}

STEERED = '''
def steered_rate(step, steps):
    """The schedule's rate, with what was changed while the run went on."""
    rate = learning_rate(step, steps)
    changes = [change for change in RATE_CHANGES if change[0] <= step]
    if not changes:
        return rate
    _, factor, held = changes[-1]
    return rate * factor if held is None else held
'''

STEER = ('group["lr"] = learning_rate', 'group["lr"] = steered_rate')

ACCURACY = '''
def accuracy(network, images, labels):
    """Share of digits read right."""
    network.eval()
    with torch.no_grad():
        parts = [network(part.unsqueeze(1).float() / 255) for part in images.split(250)]
    return float((torch.cat(parts).argmax(1) == labels).float().mean())
'''

TRAIN = '''
def train(network):
    """All steps; the network is changed in place."""
    (images, labels), validation = training_parts()
    per_epoch = math.ceil(len(labels) / BATCH_SIZE)
    steps = per_epoch * EPOCHS
    optimizer = make_optimizer(network.parameters())
    loss_of = partial(F.cross_entropy, label_smoothing=LABEL_SMOOTHING)
    forward = network
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, steps)
        pictures, targets = batch(images, labels, step, per_epoch)
        network.train()
        loss, _ = training_step(forward, optimizer, pictures, targets, loss_of)
        if (step + 1) % per_epoch == 0:
            held = f", validation {accuracy(network, *validation):.2%}" if VALIDATION_SIZE else ""
            print(f"epoch {(step + 1) // per_epoch} of {EPOCHS}: loss {loss:.4f}{held}", flush=True)
'''

MIXED = ("forward = network", "forward = in_mixed_precision(network)")  # when layers may work in bfloat16

UNTIL_LAST_STEP = ("for step in range(steps)", "for step in range(min(steps, LAST_STEP))")

TRAIN_MAIN = """
if __name__ == "__main__":
    torch.set_num_threads(1)  # more are faster, and round differently
    network = start(build())
    train(network)
    print(f"test accuracy {accuracy(network, *mnist(train=False)):.2%} of 10,000 digits")
    torch.save(network.state_dict(), WEIGHTS)
"""

FOLDED = (
    "    torch.save(network.state_dict(), WEIGHTS)\n",
    """    state = network.state_dict()
    for name in ("logits.weight", "logits.bias"):
        state[name] = state[name] / TEMPERATURE
    torch.save(state, WEIGHTS)
""",
)

LOAD_MAIN = """
if __name__ == "__main__":
    network = build()
    network.load_state_dict(torch.load(WEIGHTS, weights_only=True))
    print(f"test accuracy {accuracy(network, *mnist(train=False)):.2%} of 10,000 digits")
"""
