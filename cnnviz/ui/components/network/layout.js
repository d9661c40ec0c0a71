// Where everything stands: one block a layer in one row, as large as the width allows.
//
// All lengths are CSS px. A block is {layer, type, x, y, width, height, ...}:
//   maps   columns x rows of pictures, `side` wide, `step` apart
//   units  columns x rows of squares, `side` wide
//   slim   one thin column for layers that only pass numbers on (flatten, dropout)
//   logits ten rows beside the class bars

import { clamp } from "../shared/numbers.js"
import { makeCell } from "./model.js"

export const TOP = 46 // names and shapes
const BOTTOM = 36 // color bar and range
const MAP_GAP = 2
export const SLIM = 11
const NARROWEST = 900 // below this the picture scrolls sideways
// least: a block's name and shape must fit; with many layers they are written smaller.
const ROOMY = { gap: 9, least: 56, logits: 52, classes: 118, input: 0.1 }
const CROWDED = { gap: 6, least: 42, logits: 44, classes: 98, input: 0.075 }

export function layoutOf(model, available) {
  const width = Math.max(available, NARROWEST)
  const tallest = Math.round(Math.max(300, Math.min(440, width * 0.295)))
  const { blocks, spacing } = fittingBlocks(model, width, tallest)
  const band = Math.max(290, ...blocks.map((block) => block.height ?? 0))
  for (const block of blocks) if (!block.height) block.height = band // slim ones and the logits
  const gap = Math.max(spacing.gap, (width - usedWidth(blocks, spacing)) / (blocks.length - 1))
  let x = 0
  for (const block of blocks) {
    block.x = x
    block.y = TOP + (band - block.height) / 2
    x += block.width + (block.layer.name === "logits" ? 0 : gap)
  }
  const classes = { x, y: TOP, width: spacing.classes, row: band / 10 }
  return { width: Math.max(width, x + spacing.classes), height: TOP + band + BOTTOM, blocks, classes, band, crowded: spacing === CROWDED }
}

function usedWidth(blocks, { classes }) {
  return blocks.reduce((sum, block) => sum + block.width, classes)
}

// The widest blocks that fit the row; all blocks of maps may be equally wide.
function fittingBlocks(model, width, tallest) {
  const blocksFor = (most, spacing) => model.layers.map((layer) => blockOf(layer, most, tallest, width, spacing))
  const fits = (blocks, spacing) => usedWidth(blocks, spacing) + spacing.gap * (blocks.length - 1) <= width
  const spacing = fits(blocksFor(ROOMY.least, ROOMY), ROOMY) ? ROOMY : CROWDED
  let [low, high] = [spacing.least, 260]
  while (high - low > 1) {
    const middle = (low + high) / 2
    if (fits(blocksFor(middle, spacing), spacing)) low = middle
    else high = middle
  }
  return { blocks: blocksFor(low, spacing), spacing }
}

function blockOf(layer, most, tallest, width, spacing) {
  if (layer.name === "logits") return { layer, type: "logits", columns: 1, rows: layer.channels, width: spacing.logits }
  if (["Flatten", "Dropout"].includes(layer.kind)) {
    return { layer, type: "slim", columns: 1, rows: layer.channels, width: SLIM + 15 }
  }
  if (layer.flat) return unitBlock(layer, most, tallest, spacing)
  if (layer.channels > 1) return mapBlock(layer, most, tallest, spacing)
  const side = Math.round(Math.min(Math.max(most, width * spacing.input), 150, 2 * most))
  return { layer, type: "maps", columns: 1, rows: 1, side, step: side, width: side, height: side }
}

// Units are squares in a grid, as large as the block allows.
function unitBlock(layer, most, tallest, spacing) {
  const best = largestGrid(layer.channels, most, tallest, { gap: 0, cap: 18 })
  return { layer, type: "units", ...gridSizes(best, 0, spacing) }
}

function mapBlock(layer, most, tallest, spacing) {
  const best = largestGrid(layer.channels, most, tallest, { gap: MAP_GAP, cap: Math.max(26, 3 * layer.columns) })
  return { layer, type: "maps", ...gridSizes(best, MAP_GAP, spacing) }
}

// The number of columns that draws `count` squares largest within `most` x `tallest`.
function largestGrid(count, most, tallest, { gap, cap }) {
  let best = { side: 0 }
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns)
    const wide = (most - (columns - 1) * gap) / columns
    const high = (tallest - (rows - 1) * gap) / rows
    const side = Math.floor(Math.min(wide, high, cap))
    if (side > best.side) best = { columns, rows, side }
  }
  return best
}

// A narrow grid stands in the middle of the width its name needs.
function gridSizes({ columns, rows, side }, gap, { least }) {
  const step = side + gap
  const inner = columns * step - gap
  const width = Math.max(least, inner)
  return { columns, rows, side, step, width, inset: (width - inner) / 2, height: rows * step - gap }
}

// ---- from cells to places and back ----

export function mapBox(block, channel) {
  const { type, columns, step, side, x, y, layer } = block
  if (type === "slim") {
    const row = block.height / layer.channels
    return { x: x, y: y + channel * row, width: SLIM, height: Math.max(row, 1.5) }
  }
  if (type === "logits") {
    const down = block.height / layer.channels
    return { x, y: y + channel * down + 2, width: block.width, height: down - 4 }
  }
  const left = x + (block.inset ?? 0) + (channel % columns) * step
  return { x: left, y: y + Math.floor(channel / columns) * step, width: side, height: side }
}

export function fieldBox(block, channel, { top, bottom, left, right }) {
  const map = mapBox(block, channel)
  const [across, down] = [map.width / block.layer.columns, map.height / block.layer.rows]
  return {
    x: map.x + left * across, y: map.y + top * down,
    width: (right - left + 1) * across, height: (bottom - top + 1) * down,
  }
}

export function cellBox(layout, { layer, channel, row, column }) {
  return fieldBox(layout.blocks[layer], channel, { top: row, bottom: row, left: column, right: column })
}

export function centerOf({ x, y, width, height }) {
  return [x + width / 2, y + height / 2]
}

export function cellAt(layout, x, y) {
  const block = layout.blocks.find((one) => x >= one.x - 2 && x < one.x + one.width + 2)
  if (!block || y < block.y - 2 || y > block.y + block.height + 2) return null
  const { layer, type } = block
  if (type === "slim" || type === "logits") {
    const channel = Math.floor(((y - block.y) / block.height) * layer.channels)
    return makeCell(layer.index, clamp(channel, layer.channels))
  }
  const across = clamp(Math.floor((x - block.x - (block.inset ?? 0)) / block.step), block.columns)
  const down = clamp(Math.floor((y - block.y) / block.step), block.rows)
  const channel = down * block.columns + across
  if (channel >= layer.channels) return null
  const box = mapBox(block, channel)
  const row = clamp(Math.floor(((y - box.y) / box.height) * layer.rows), layer.rows)
  return makeCell(layer.index, channel, row, clamp(Math.floor(((x - box.x) / box.width) * layer.columns), layer.columns))
}
