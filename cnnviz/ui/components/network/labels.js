// The words around the blocks: names, shapes, printed ranges, class bars, breadcrumb; and the links.

import { gradient } from "../shared/colors.js"
import { clamp, num, probabilityText, shortProbabilityText } from "../shared/numbers.js"
import { explain, largestPlaces, pictureBefore } from "./arithmetic.js"
import { denseTerms, rivalOf } from "./detail.js"
import { rangesOf } from "./draw.js"
import { TOP } from "./layout.js"
import { cellAtPlace, cellName, makeCell, sameCell, shapeText, shortShape, valueAt, windowStart } from "./model.js"
import { cellText } from "./numbers.js"

const CLASS_LINKS = 10

export function labelsHtml(model, layout, mode, theme) {
  const { x, width } = layout.classes
  const probability = `<span class="layer" style="left:${x + width / 2}px"><b>probability</b><span>softmax</span></span>`
  return layout.blocks.map((block) => labelHtml(block, layout.crowded) + rangeHtml(model, layout, block, mode, theme)).join("") + probability
}

function labelHtml({ layer, type, x, width }, crowded) {
  if (type === "slim") {
    const off = layer.kind === "Dropout" ? " · off" : ""
    return `<button type="button" tabindex="0" class="layer slim" data-layer="${layer.index}" style="left:${x}px">${layer.name}${off}</button>`
  }
  return `<button type="button" class="layer" data-layer="${layer.index}" style="left:${x + width / 2}px"><b>${layer.name}</b><span>${crowded ? shortShape(layer) : shapeText(layer)}</span></button>`
}

// A color bar from the layer's least to its greatest value, with both printed.
function rangeHtml(model, layout, { layer, type, x, width }, mode, theme) {
  if (type === "slim") return ""
  const text = mode === "map" && layer.channels > 1 && !layer.flat
    ? `<span>each its own</span>`
    : `<span>${rounded(layer.low)}</span><span>${rounded(layer.high)}</span>`
  const top = TOP + layout.band + 8
  const scale = layer.kind === "Input" ? "digit" : "signed"
  const limit = layer.kind === "Input" ? 1 : rangesOf(model, mode === "map" ? "layer" : mode)[layer.index](0)
  const colors = gradient([layer.low, layer.high], limit, scale, theme, 4)
  return `<div class="range" style="left:${x}px;width:${width}px;top:${top}px" title="from ${layer.low} to ${layer.high}">` +
    `<i style="background:${colors}"></i>${text}</div>`
}

// Two digits, also for 0.9999, so that both ends fit under a narrow block.
function rounded(value) {
  return num(Number(value.toPrecision(2)), 2)
}

export function classesHtml(model, { classes }) {
  return model.probabilities.map((probability, digit) =>
    `<button type="button" tabindex="-1" data-digit="${digit}" class="${digit === model.answer ? "answer" : ""}"` +
    ` style="left:${classes.x}px;top:${classes.y + digit * classes.row}px;width:${classes.width}px;height:${classes.row}px"` +
    ` aria-label="digit ${digit}, ${probabilityText(probability)}"><b>${digit}</b>` +
    `<span class="bar"><i style="width:${100 * probability}%"></i></span><span>${shortProbabilityText(probability)}</span></button>`).join("")
}

// Layers that only pass numbers on are left out of the breadcrumb.
export function crumbsHtml(model, { cells, at, stop }, chosen) {
  const crumbs = cells.filter(({ layer }) => !["Flatten", "Dropout"].includes(model.layers[layer].kind) || layer === chosen.layer)
    .map((cell) => {
      const layer = model.layers[cell.layer]
      const current = sameCell(cell, cells[at]) ? ' class="crumb current" aria-current="true"' : ' class="crumb"'
      const name = cell.layer === 0 ? "pixel" : layer.name === "logits" ? `logit ${cell.channel}` : layer.name
      return `<button type="button"${current} data-cell="${cellText(cell)}" title="${cellName(model, cell)}">${name}<b>${num(valueAt(model, cell), 2)}</b></button>`
    })
  const last = cells.at(-1)
  if (stop) crumbs.push(`<span class="crumb stopped">ends here: ${stop}</span>`)
  else crumbs.push(`<button type="button" class="crumb" data-cell="${cellText(last)}">the ${last.channel}<b>${shortProbabilityText(model.probabilities[last.channel])}</b></button>`)
  return crumbs.join('<i aria-hidden="true">›</i>')
}

// ---- links: every input of the sum, or for thousands of inputs the largest ----

export function linksOf(model, root, versus) {
  const layer = model.layers[root.layer]
  if (layer.kind === "Conv2d") {
    const { sums } = explain(model, root)
    if (sums.length === 1) return []
    return Array.from(sums, (amount, channel) => ({ from: patchCenter(model, root, channel), to: root, amount }))
  }
  if (layer.kind !== "Linear") return []
  const before = pictureBefore(model, layer)
  const rival = versus && layer.name === "logits" ? rivalOf(model, root.channel) : null
  const { sums } = denseTerms(model, root, rival)
  return largestPlaces(sums, CLASS_LINKS).map((at) => ({ from: cellAtPlace(before, at), to: root, amount: sums[at] }))
}

function patchCenter(model, root, channel) {
  const layer = model.layers[root.layer]
  const source = model.layers[root.layer - 1]
  const [top, left] = windowStart(layer, root)
  const middle = (start, axis, count) => clamp(start + layer.dilation[axis] * ((layer.kernel[axis] - 1) >> 1), count)
  return makeCell(source.index, channel, middle(top, 0, source.rows), middle(left, 1, source.columns))
}
