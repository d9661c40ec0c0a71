// The trace as the browser sees it, and where each number comes from.
//
// model.layers[0] is the input image; layer i reads layer i - 1. A cell is one number:
// {layer, channel, row, column}; for a dense layer the channel is the unit, row and column are 0.


const ADDING = new Set(["Residual", "PositionEmbedding", "TransformerBlock"]) // to the number that stands there
export const SAME_PLACE = new Set(["Normalize", "BatchNorm2d", "ReLU", "Tanh", "Dropout", "LayerNorm", ...ADDING])
export const POOLS = new Set(["MaxPool2d", "AvgPool2d"])

export function networkModel(packet) {
  const { arrays } = packet
  const parts = ["weight", "bias", "scale", "shift", "mean", "variance", "added"]
  const layers = packet.layers.map((layer, index) => {
    const [channels, rows = 1, columns = 1] = layer.shape
    const full = { ...layer, index, channels, rows, columns, flat: layer.shape.length === 1 }
    full.size = rows * columns
    full.values = arrays[layer.name].values
    for (const part of parts) {
      const array = arrays[`${layer.name}.${part}`]
      if (array) full[part] = array.values
    }
    return full
  })
  for (const layer of layers) Object.assign(layer, extremes(layer.values))
  const byName = Object.fromEntries(layers.map((layer) => [layer.name, layer]))
  const probabilities = Array.from(arrays.probabilities.values)
  const answer = probabilities.indexOf(Math.max(...probabilities))
  return { layers, byName, probabilities, answer, caption: packet.caption, start: packet.start }
}

export function extremes(values) {
  let [low, high] = [Infinity, -Infinity]
  for (let at = 0; at < values.length; at++) {
    if (values[at] < low) low = values[at]
    if (values[at] > high) high = values[at]
  }
  return { low, high, limit: Math.max(Math.abs(low), Math.abs(high)) }
}

export function mapValues(layer, channel) {
  return layer.values.subarray(channel * layer.size, (channel + 1) * layer.size)
}

export function valueAt(model, { layer, channel, row, column }) {
  const { size, columns, values } = model.layers[layer]
  return values[channel * size + row * columns + column]
}

export function makeCell(layer, channel = 0, row = 0, column = 0) {
  return { layer, channel, row, column }
}

export function sameCell(one, other) {
  return Boolean(one && other) && one.layer === other.layer && one.channel === other.channel
    && one.row === other.row && one.column === other.column
}

export function cellAtPlace(layer, place) {
  const within = place % layer.size
  const row = Math.floor(within / layer.columns)
  return makeCell(layer.index, Math.floor(place / layer.size), row, within % layer.columns)
}

export function placeOf(layer, { channel, row, column }) {
  return channel * layer.size + row * layer.columns + column
}

// First row and column of a sliding window; negative ones, and ones past the edge, are padding.
export function windowStart(layer, { row, column }) {
  return [row * layer.stride[0] - layer.padding[0], column * layer.stride[1] - layer.padding[1]]
}

// ---- fields: which part of each earlier layer a cell depends on ----
// fields[l] = {channel, top, bottom, left, right}, ends included; channel null means all of them;
// whole: a dense layer came in between, so that it depends on everything.

export function fieldsOf(model, cell) {
  const fields = []
  let field = {
    channel: cell.channel, top: cell.row, bottom: cell.row, left: cell.column, right: cell.column,
  }
  fields[cell.layer] = field
  for (let index = cell.layer; index > 0; index--) {
    field = fieldBefore(model.layers[index], model.layers[index - 1], field)
    fields[index - 1] = field
  }
  return fields
}

function fieldBefore(layer, source, field) {
  if (layer.kind === "Conv2d") return { ...windowsBack(layer, source, field), channel: null }
  if (POOLS.has(layer.kind)) return { ...windowsBack(layer, source, field), channel: field.channel }
  if (layer.kind === "Residual") return { ...windowsBack(layer.window, source, field), channel: null }
  if (["Linear", "TransformerBlock", "LayerNorm"].includes(layer.kind)) return wholeOf(source)
  if (layer.kind !== "Flatten") return field
  if (field.channel === null) return wholeOf(source)
  const { channel, row, column } = cellAtPlace(source, field.channel)
  return { channel, top: row, bottom: row, left: column, right: column }
}

function windowsBack({ kernel, stride, padding, dilation }, source, { top, bottom, left, right, whole }) {
  const first = (at, axis) => Math.max(0, at * stride[axis] - padding[axis])
  const last = (at, axis) => at * stride[axis] - padding[axis] + dilation[axis] * (kernel[axis] - 1)
  return {
    top: first(top, 0), bottom: Math.min(source.rows - 1, last(bottom, 0)),
    left: first(left, 1), right: Math.min(source.columns - 1, last(right, 1)), whole,
  }
}

function wholeOf(layer) {
  return { channel: null, top: 0, bottom: layer.rows - 1, left: 0, right: layer.columns - 1, whole: true }
}

export function fieldSize({ top, bottom, left, right }) {
  return [bottom - top + 1, right - left + 1]
}

// ---- words ----

export function cellName(model, cell) {
  const layer = model.layers[cell.layer]
  if (cell.layer === 0) return `pixel ${cell.row}, ${cell.column}`
  if (layer.name === "logits") return `logit ${cell.channel}`
  if (layer.flat) return `${layer.name} · unit ${cell.channel.toLocaleString("en")}`
  const map = layer.channels > 1 ? ` · map ${cell.channel}` : ""
  return `${layer.name}${map} · row ${cell.row}, column ${cell.column}`
}

// 32×26², for 32 maps of 26×26
export function shortShape(layer) {
  const square = layer.rows === layer.columns && !layer.flat
  return square ? `${layer.channels}×${layer.rows}²` : shapeText(layer)
}

export function shapeText({ shape }) {
  return shape.map((side) => side.toLocaleString("en")).join("×")
}
