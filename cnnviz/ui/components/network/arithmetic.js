// The arithmetic of one cell, written out: each rule returns the terms, what they add up to,
// and the result in 64-bit floats, to be held against what PyTorch computed.

const RULES = {
  Input: (model, layer, cell) => ({ result: valueAt(model, cell) }),
  Conv2d: explainConvolution,
  Linear: explainDense,
  MaxPool2d: explainMaximum,
  AvgPool2d: explainAverage,
  Normalize: (model, layer, cell) => single(model, cell, (x) => (x - layer.mean) / layer.std),
  BatchNorm2d: explainBatchNorm,
  LayerNorm: explainLayerNorm,
  Residual: explainAdded,
  PositionEmbedding: explainAdded,
  TransformerBlock: explainAdded,
  ReLU: (model, layer, cell) => single(model, cell, (x) => Math.max(0, x)),
  Tanh: (model, layer, cell) => single(model, cell, Math.tanh),
  Dropout: (model, layer, cell) => single(model, cell, (x) => x),
  Flatten: explainFlatten,
}

function explain(model, cell) {
  const layer = model.layers[cell.layer]
  return { kind: layer.kind, cell, ...RULES[layer.kind](model, layer, cell) }
}

function single(model, cell, rule) {
  const origin = { ...cell, layer: cell.layer - 1 }
  const input = valueAt(model, origin)
  return { input, origin, result: rule(input) }
}

function explainBatchNorm(model, layer, cell) {
  const [mean, variance, scale, shift] = ["mean", "variance", "scale", "shift"].map(
    (part) => layer[part][cell.channel])
  const deviation = Math.sqrt(variance + layer.eps)
  const rule = (x) => ((x - mean) / deviation) * scale + shift
  return { mean, variance, scale, shift, eps: layer.eps, ...single(model, cell, rule) }
}

// With the mean and the variance of all numbers of this very digit, not of the training.
function explainLayerNorm(model, layer, cell) {
  const inputs = Array.from(model.layers[cell.layer - 1].values)
  const mean = inputs.reduce((sum, value) => sum + value, 0) / inputs.length
  const variance = inputs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / inputs.length
  const [scale, shift] = [layer.scale[cell.channel], layer.shift[cell.channel]]
  const rule = (x) => ((x - mean) / Math.sqrt(variance + layer.eps)) * scale + shift
  return { mean, variance, scale, shift, eps: layer.eps, ...single(model, cell, rule) }
}

// The number as it was, and what the layer's inside made for this place.
function explainAdded(model, layer, cell) {
  const added = layer.added[placeOf(layer, cell)]
  return { added, ...single(model, cell, (x) => x + added) }
}

function explainFlatten(model, layer, cell) {
  const origin = cellAtPlace(model.layers[cell.layer - 1], cell.channel)
  const input = valueAt(model, origin)
  return { input, origin, result: input }
}

// ---- convolution: one partial sum for each input map, then the bias ----

function explainConvolution(model, layer, cell) {
  const source = model.layers[cell.layer - 1]
  const sums = new Float64Array(source.channels)
  const bias = layer.bias[cell.channel]
  let result = bias
  for (let channel = 0; channel < source.channels; channel++) {
    for (const { product } of patchOf(model, cell, channel)) sums[channel] += product
    result += sums[channel]
  }
  return { sums, bias, result }
}

// The kernel's terms on one input map, row by row; padding counts as zero.
function patchOf(model, cell, channel) {
  const layer = model.layers[cell.layer]
  const source = model.layers[cell.layer - 1]
  const [height, width] = layer.kernel
  const [top, left] = windowStart(layer, cell)
  const terms = []
  let at = (cell.channel * source.channels + channel) * height * width
  for (let down = 0; down < height; down++) {
    const row = top + down * layer.dilation[0]
    for (let across = 0; across < width; across++, at++) {
      const column = left + across * layer.dilation[1]
      const padded = row < 0 || column < 0 || row >= source.rows || column >= source.columns
      const input = padded ? 0 : source.values[channel * source.size + row * source.columns + column]
      const weight = layer.weight[at]
      terms.push({ row, column, input, weight, product: input * weight, padded })
    }
  }
  return terms
}

// ---- dense: one product for each input ----

function explainDense(model, layer, cell) {
  const inputs = model.layers[cell.layer - 1].values
  const products = new Float64Array(inputs.length)
  const start = cell.channel * inputs.length
  const bias = layer.bias[cell.channel]
  let total = 0
  for (let at = 0; at < inputs.length; at++) {
    products[at] = inputs[at] * layer.weight[start + at]
    total += products[at]
  }
  return { sums: products, bias, result: total + bias }
}

// The layer a dense layer's inputs come from, as it was before flattening.
function pictureBefore(model, layer) {
  let source = model.layers[layer.index - 1]
  while (["Flatten", "Dropout"].includes(source.kind)) source = model.layers[source.index - 1]
  return source
}

// ---- pooling ----

function windowOf(model, cell) {
  const layer = model.layers[cell.layer]
  const [top, left] = windowStart(layer, cell)
  const terms = []
  for (let down = 0; down < layer.kernel[0]; down++) {
    for (let across = 0; across < layer.kernel[1]; across++) {
      const [row, column] = [top + down, left + across]
      const origin = makeCell(cell.layer - 1, cell.channel, row, column)
      terms.push({ row, column, input: valueAt(model, origin) })
    }
  }
  return terms
}

function explainMaximum(model, layer, cell) {
  const terms = windowOf(model, cell)
  let winner = 0
  terms.forEach(({ input }, at) => { if (input > terms[winner].input) winner = at }) // first wins a tie
  const result = terms[winner].input
  const ties = terms.filter(({ input }) => input === result).length
  const others = terms.filter((_, at) => at !== winner).map(({ input }) => input)
  return { terms, winner, ties, runnerUp: Math.max(...others), result }
}

function explainAverage(model, layer, cell) {
  const terms = windowOf(model, cell)
  const total = terms.reduce((sum, { input }) => sum + input, 0)
  return { terms, total, result: total / terms.length }
}

// ---- softmax ----

function softmaxRows(model) {
  const logits = Array.from(model.layers.at(-1).values)
  const top = Math.max(...logits)
  const exponentials = logits.map((logit) => Math.exp(logit - top))
  const total = exponentials.reduce((sum, value) => sum + value, 0)
  const rows = logits.map((logit, digit) => ({
    digit, logit, shifted: logit - top,
    exponential: exponentials[digit], probability: exponentials[digit] / total,
  }))
  return { rows, top, total }
}

// ---- ledger: the largest terms by size, the rest in one line; the total stays exact ----

function ledgerOf(sums, most) {
  const order = largestPlaces(sums, most)
  const shown = order.reduce((sum, at) => sum + sums[at], 0)
  const total = sums.reduce((sum, value) => sum + value, 0)
  return { order, rest: total - shown, others: sums.length - order.length, total }
}

// Places of the `most` largest |values|, largest first; one pass, because a layer may have thousands.
function largestPlaces(values, most) {
  const best = []
  for (let at = 0; at < values.length; at++) {
    const size = Math.abs(values[at])
    if (best.length === most && size <= Math.abs(values[best.at(-1)])) continue
    let place = best.length
    while (place > 0 && Math.abs(values[best[place - 1]]) < size) place--
    best.splice(place, 0, at)
    if (best.length > most) best.pop()
  }
  return best
}

// ---- the thread: one number followed from a pixel to a probability ----
// Backwards it takes the term that pulled most in the direction of the result; forwards the place
// where the number counts most, until a ReLU, a pooling window or the edge stops it.

function threadThrough(model, cell) {
  const cells = [cell]
  while (cells[0].layer > 0) cells.unshift(strongestBefore(model, cells[0]))
  const at = cells.length - 1
  let stop = null
  while (cells.at(-1).layer < model.layers.length - 1) {
    const next = strongestAfter(model, cells.at(-1))
    if (next.stop) {
      stop = next.stop
      break
    }
    cells.push(next.cell)
  }
  return { cells, at, stop }
}

function strongestBefore(model, cell) {
  const layer = model.layers[cell.layer]
  if (SAME_PLACE.has(layer.kind)) return { ...cell, layer: cell.layer - 1 }
  if (layer.kind === "Flatten") return cellAtPlace(model.layers[cell.layer - 1], cell.channel)
  const speaksFor = valueAt(model, cell) >= 0 || layer.name === "logits" // of a class: its best evidence
  const sign = speaksFor ? 1 : -1
  if (POOLS.has(layer.kind)) {
    const { terms, winner } = explain(model, cell)
    const best = winner ?? bestOf(terms.map(({ input }) => sign * input))
    return makeCell(cell.layer - 1, cell.channel, terms[best].row, terms[best].column)
  }
  const { sums } = explain(model, cell)
  const strongest = bestOf(sums, sign)
  if (layer.kind === "Linear") return cellAtPlace(model.layers[cell.layer - 1], strongest)
  return strongestInPatch(model, cell, strongest)
}

// The input of `channel` that pulls `cell` most in the direction of the channel's partial sum.
function strongestInPatch(model, cell, channel) {
  const terms = patchOf(model, cell, channel)
  const sign = terms.reduce((sum, { product }) => sum + product, 0) < 0 ? -1 : 1
  const best = bestOf(terms.map(({ product, padded }) => (padded ? -Infinity : sign * product)))
  return makeCell(cell.layer - 1, channel, terms[best].row, terms[best].column)
}

function bestOf(values, sign = 1) {
  let best = 0
  for (let at = 1; at < values.length; at++) if (sign * values[at] > sign * values[best]) best = at
  return best
}

function strongestAfter(model, cell) {
  const next = model.layers[cell.layer + 1]
  const layer = model.layers[cell.layer]
  const value = valueAt(model, cell)
  if (value === 0) {
    return { stop: layer.kind === "ReLU" ? `${layer.name} switched it off` : "a zero adds nothing further on" }
  }
  if (SAME_PLACE.has(next.kind)) return { cell: { ...cell, layer: next.index } }
  if (next.kind === "Flatten") return { cell: makeCell(next.index, placeOf(layer, cell)) }
  if (POOLS.has(next.kind)) return pooledAfter(model, cell, next)
  return next.kind === "Linear" ? unitAfter(model, cell, next, value) : mapAfter(model, cell, layer, next, value)
}

function pooledAfter(model, cell, next) {
  const row = Math.floor(cell.row / next.stride[0])
  const column = Math.floor(cell.column / next.stride[1])
  if (row >= next.rows || column >= next.columns) {
    return { stop: `${next.name} has no window for the last row and column` }
  }
  const pooled = makeCell(next.index, cell.channel, row, column)
  if (next.kind === "MaxPool2d" && !sameCell(strongestBefore(model, pooled), cell)) {
    return { stop: `${next.name} takes a larger neighbour` }
  }
  return { cell: pooled }
}

// The unit it adds most to; for the last layer the answer, because that is the question.
function unitAfter(model, cell, next, value) {
  if (next.index === model.layers.length - 1) return { cell: makeCell(next.index, model.answer) }
  const inputs = model.layers[cell.layer].channels
  const candidates = Array.from({ length: next.channels }, (_, unit) => ({
    cell: makeCell(next.index, unit), amount: value * next.weight[unit * inputs + cell.channel],
  }))
  return bestCandidate(model, candidates)
}

// The output it adds most to, among all maps and kernel places.
function mapAfter(model, cell, layer, next, value) {
  const [height, width] = next.kernel
  const candidates = []
  for (let down = 0; down < height; down++) {
    for (let across = 0; across < width; across++) {
      const row = (cell.row + next.padding[0] - down * next.dilation[0]) / next.stride[0]
      const column = (cell.column + next.padding[1] - across * next.dilation[1]) / next.stride[1]
      if (!Number.isInteger(row) || !Number.isInteger(column)) continue
      if (row < 0 || column < 0 || row >= next.rows || column >= next.columns) continue
      for (let channel = 0; channel < next.channels; channel++) {
        const at = ((channel * layer.channels + cell.channel) * height + down) * width + across
        candidates.push({ cell: makeCell(next.index, channel, row, column), amount: value * next.weight[at] })
      }
    }
  }
  return candidates.length ? bestCandidate(model, candidates) : { stop: `no window of ${next.name} reaches it` }
}

// First those that get through what follows; the largest amount among equals.
function bestCandidate(model, candidates) {
  candidates.sort((one, other) => other.amount - one.amount)
  return { cell: (candidates.find(({ cell }) => getsThrough(model, cell)) ?? candidates[0]).cell }
}

// Whether a number survives its ReLU and its pooling window.
function getsThrough(model, cell) {
  for (let index = cell.layer + 1; index < model.layers.length; index++) {
    const layer = model.layers[index]
    if (SAME_PLACE.has(layer.kind)) cell = { ...cell, layer: index }
    else return !POOLS.has(layer.kind) || !pooledAfter(model, cell, layer).stop
    if (layer.kind === "ReLU" && valueAt(model, cell) === 0) return false
  }
  return true
}
