// The detail panel: where the chosen number comes from, from left to right: source, arithmetic, result.

import { colorTable } from "../shared/colors.js"
import { num, probabilityText } from "../shared/numbers.js"
import { explain, ledgerOf, patchOf, pictureBefore, softmaxRows, strongestInPatch } from "./arithmetic.js"
import { colorOf, tableOf } from "./draw.js"
import {
  cellAtPlace, cellName, extremes, fieldSize, fieldsOf, makeCell, SAME_PLACE, shapeText, valueAt,
  windowStart,
} from "./model.js"
import {
  cellText, digitColor, ledgerRows, mapFigure, mosaicFigure, numberGrid, operator, pairGrid, signed,
  stepLine, titled, within,
} from "./numbers.js"

const MAP_TERMS = 6 // input maps a convolution's ledger names
const UNIT_TERMS = 10 // inputs a dense unit's ledger names
const PLAIN_KERNEL = 3 // kernels up to this side are written beside their patch
const NUMBER_KERNEL = 5 // up to this side in one grid with it; larger ones only as colors

// The layer that did the sum, and the ones that only changed its value in place.
export function stageOf(model, cell) {
  const steps = []
  let root = cell
  while (SAME_PLACE.has(model.layers[root.layer].kind)) {
    steps.unshift(root)
    root = { ...root, layer: root.layer - 1 }
  }
  return { root, steps }
}

// view: {model, cell, chosen, versus, theme, ranges, pinned, playing}; returns the HTML of the panel's slots.
export function detailOf(view) {
  const { root, steps } = stageOf(view.model, view.cell)
  const kind = view.model.layers[root.layer].kind
  const parts = {
    Input: detailOfInput,
    Conv2d: detailOfConvolution,
    Linear: detailOfDense,
    MaxPool2d: detailOfPool,
    AvgPool2d: detailOfPool,
    Flatten: detailOfFlatten,
  }[kind](view, root)
  const lines = steps.map((step) => stepLine(view.model, step)).join("")
  return { from: "", sum: "", ledger: "", to: "", ...parts, kind, heading: headingOf(view), lines: (parts.lines ?? "") + lines }
}

function headingOf({ model, cell, pinned, playing }) {
  const last = cell.layer === model.layers.length - 1
  const probability = last ? `, probability ${probabilityText(model.probabilities[cell.channel])}` : ""
  const pin = playing
    ? `<span class="hint">The kernel slides; it waits while you point at the picture.</span>`
    : pinned ? `<button type="button" class="release">Pinned · release (Esc)</button>`
    : `<span class="hint">Point at any number. Click pins it.</span>`
  const name = last ? `The ${cell.channel}` : cellName(model, cell)
  const value = last ? `logit ${num(valueAt(model, cell))}` : num(valueAt(model, cell))
  return `<h3>${name}: <strong>${value}</strong>${probability}</h3><p>${sentenceOf(model, cell)}</p>${pin}`
}

function sentenceOf(model, cell) {
  const layer = model.layers[cell.layer]
  const source = model.layers[cell.layer - 1]
  const sizes = layer.kernel ? `${layer.kernel[0]}×${layer.kernel[1]}` : ""
  const texts = {
    Input: () => "One pixel of the input: 0 is black, 1 is white.",
    Conv2d: () => source.channels === 1
      ? `A ${sizes} patch of ${source.name} times this map's kernel, plus its bias.`
      : `A ${sizes} patch of each of ${source.channels} maps of ${source.name} times its own kernel, all added, plus a bias.`,
    BatchNorm2d: () => `The map is shifted and scaled by figures kept from training.`,
    LayerNorm: () => "Shifted and scaled by the mean and the spread of all numbers of this layer, for this digit.",
    Residual: () => "The number goes round the block as it is, and what the block's two convolutions make is added.",
    PositionEmbedding: () => "What was learnt for this place of the picture is added; without it attention would not know where it is.",
    TransformerBlock: () => "Added: what this cell hears from all cells, weighed by likeness, and what it then makes of it.",
    ReLU: () => `ReLU keeps what is positive and turns the rest to zero.`,
    Tanh: () => `tanh squeezes the sum into −1 to 1.`,
    MaxPool2d: () => `The largest of ${sizes} neighbours goes on.`,
    AvgPool2d: () => `The mean of ${sizes} neighbours goes on.`,
    Linear: () => layer.name === "logits"
      ? `Evidence for the ${cell.channel}: ${source.channels.toLocaleString("en")} inputs times this class's weights, plus its bias.`
      : `${source.channels.toLocaleString("en")} inputs times this unit's weights, plus its bias.`,
    Flatten: () => "Flatten writes all maps into one long row; no number changes.",
    Dropout: () => "Dropout does nothing while the network reads; it only drops numbers in training.",
    Normalize: () => "Every pixel minus the training pixels' mean, divided by their standard deviation.",
  }
  return texts[layer.kind]()
}

// ---- convolution ----

function detailOfConvolution(view, root) {
  const { model, cell } = view
  const layer = model.layers[root.layer]
  const source = model.layers[root.layer - 1]
  const { sums, bias, result } = explain(model, root)
  const ledger = ledgerOf(sums, MAP_TERMS)
  const chosen = view.chosen ?? ledger.order[0]
  const rows = ledger.order.map((channel) => ({
    name: source.channels === 1 ? source.name : `map ${channel}`,
    amount: sums[channel], cell: strongestInPatch(model, root, channel), channel,
  }))
  if (ledger.others) rows.push({ name: `${ledger.others} more maps`, amount: ledger.rest, kind: "rest" })
  rows.push({ name: "bias", amount: bias }, { name: layer.name, amount: result, kind: "total" })
  const count = source.channels === 1 ? "added up" : `added over ${source.channels} maps`
  return {
    from: sourceFigure(view, root, chosen),
    sum: patchFigures(view, root, chosen),
    ledger: titled(count, `<div class="terms">${ledgerRows(rows)}</div>`),
    to: resultFigure(view, cell),
    chosen,
  }
}

function mapTitle(layer, channel) {
  return layer.channels === 1 ? `<b>${layer.name}</b>` : `<b>${layer.name}</b> map ${channel}`
}

function sourceFigure({ model }, root, channel) {
  const layer = model.layers[root.layer]
  const source = model.layers[root.layer - 1]
  const [top, left] = windowStart(layer, root)
  const [height, width] = [0, 1].map((axis) => (layer.kernel[axis] - 1) * (layer.dilation[axis]) + 1)
  const field = { top, left, bottom: top + height - 1, right: left + width - 1 }
  return mapFigure(source, channel, { title: mapTitle(source, channel), field, padding: layer.padding })
}

function patchFigures(view, root, channel) {
  const { model, theme, ranges } = view
  const layer = model.layers[root.layer]
  const source = model.layers[root.layer - 1]
  const terms = patchOf(model, root, channel)
  const columns = layer.kernel[1]
  const largest = (part) => Math.max(...terms.map((term) => Math.abs(term[part])))
  const inputColor = source.kind === "Input" ? digitColor : (value) => colorOf(value, ranges[source.index](channel), theme)
  const colored = (part) => (value) => colorOf(value, largest(part), theme)
  const grid = (part, color) =>
    numberGrid(terms.map((term) => ({ value: term[part], padded: term.padded && part !== "weight" })), columns, color)
  const kernel = source.channels === 1 ? "kernel" : `kernel ${channel} → ${root.channel}`
  const products = titled("products", grid("product", colored("product")))
  const factors = columns > PLAIN_KERNEL && columns <= NUMBER_KERNEL
    ? titled(`patch × ${kernel}`, pairGrid(terms, columns, { input: inputColor, weight: colored("weight") }))
    : titled("patch", grid("input", inputColor)) + operator("×") + titled(kernel, grid("weight", colored("weight")))
  const sum = terms.reduce((total, { product }) => total + product, 0)
  return `<div class="patch${columns > NUMBER_KERNEL ? " colors" : ""}">${factors}${operator("=")}${products}</div>` +
    `<p class="foot">The ${terms.length} products add up to <strong>${signed(sum)}</strong></p>`
}

function resultFigure({ model, playing }, cell) {
  const layer = model.layers[cell.layer]
  if (layer.flat) return ""
  const field = { top: cell.row, bottom: cell.row, left: cell.column, right: cell.column }
  const [rows, columns] = fieldSize(fieldsOf(model, cell)[0])
  const foot = cell.layer > 0 ? `sees ${rows}×${columns} pixels` : ""
  return mapFigure(layer, cell.channel, { title: mapTitle(layer, cell.channel), field, hide: playing ? cell : null, foot })
}

// ---- pooling ----

function detailOfPool(view, root) {
  const { model, theme, ranges, cell } = view
  const layer = model.layers[root.layer]
  const source = model.layers[root.layer - 1]
  const { terms, winner, ties, runnerUp, result, total } = explain(model, root)
  const grid = numberGrid(
    terms.map(({ input }, at) => ({ value: input, marked: at === winner })),
    layer.kernel[1], (value) => colorOf(value, ranges[source.index](root.channel), theme))
  const values = terms.map(({ input }) => num(input))
  const line = winner === undefined
    ? `(${values.join(" + ").replaceAll("+ −", "− ")}) ÷ ${terms.length} = ${num(total)} ÷ ${terms.length} = <strong>${num(result)}</strong>`
    : `max(${values.join(", ")}) = <strong>${num(result)}</strong>`
  const [top, left] = windowStart(layer, root)
  const field = { top, left, bottom: top + layer.kernel[0] - 1, right: left + layer.kernel[1] - 1 }
  const dot = winner === undefined ? null : terms[winner]
  return {
    from: mapFigure(source, root.channel, { title: mapTitle(source, root.channel), field, dot }),
    sum: titled("window", grid, winner === undefined ? "" : poolVerdict(ties, runnerUp, result)),
    to: resultFigure(view, cell),
    lines: `<div class="line" data-cell="${cellText(root)}"><b>${layer.name}</b> <small>${winner === undefined ? "mean" : "maximum"}</small><span>${line}</span></div>`,
  }
}

function poolVerdict(ties, runnerUp, result) {
  if (ties > 1 && result === 0) return "All are zero or less: nothing to pass on. The first one counts as the winner."
  if (ties > 1) return `${ties} cells tie; the first one counts as the winner.`
  return `The winner leads by ${num(result - runnerUp)}. Only it goes on.`
}

// ---- dense ----

function detailOfDense(view, root) {
  const { model } = view
  const layer = model.layers[root.layer]
  const isLogit = layer.name === "logits"
  const before = pictureBefore(model, layer)
  const rival = isLogit && view.versus ? rivalOf(model, root.channel) : null
  const terms = denseTerms(model, root, rival)
  const about = rival === null ? root.channel : `${root.channel} minus the ${rival}`
  return {
    sum: `<div class="patch dense${isLogit ? "" : " large"}">` +
      mosaicFigure(before, `<b>${before.name}</b> ${shapeText(before)}`, "inputs") + operator("×") +
      mosaicFigure(before, isLogit ? `weights: ${about}` : "its weights", "weights") + operator("=") +
      mosaicFigure(before, "contributions", "products") +
      `</div><p class="foot">${terms.sums.length.toLocaleString("en")} products add up to <strong>${num(terms.result - terms.bias)}</strong>. Blue speaks for it, orange against.</p>`,
    ledger: denseLedger(model, before, layer, root, terms, rival),
    to: isLogit ? softmaxTable(model, root.channel) : "",
    mosaics: mosaicsOf(view, before, terms),
  }
}

// A unit's products, weights, bias and result; or how they differ from another unit's.
export function denseTerms(model, root, rival) {
  const layer = model.layers[root.layer]
  const count = model.layers[root.layer - 1].channels
  const weightsOf = (unit) => layer.weight.subarray(unit * count, (unit + 1) * count)
  const { sums, bias, result } = explain(model, root)
  if (rival === null) return { sums, bias, result, weights: weightsOf(root.channel) }
  const other = explain(model, { ...root, channel: rival })
  const others = weightsOf(rival)
  return {
    sums: sums.map((sum, at) => sum - other.sums[at]),
    bias: bias - other.bias,
    result: result - other.result,
    weights: Float64Array.from(weightsOf(root.channel), (weight, at) => weight - others[at]),
  }
}

// The class it has to beat: the answer, or for the answer itself the runner-up.
export function rivalOf(model, digit) {
  const logits = Array.from(model.layers.at(-1).values)
  logits[digit] = -Infinity
  return logits.indexOf(Math.max(...logits))
}

function denseLedger(model, before, layer, root, { sums, bias, result }, rival) {
  const ledger = ledgerOf(sums, UNIT_TERMS)
  const rows = ledger.order.map((at) => {
    const cell = cellAtPlace(before, at)
    return { name: inputName(before, cell), amount: sums[at], cell, channel: at }
  })
  rows.push({ name: `${ledger.others.toLocaleString("en")} more`, amount: ledger.rest, kind: "rest" })
  rows.push({ name: "bias", amount: bias })
  rows.push({ name: rival === null ? layer.name : `${root.channel} − ${rival}`, amount: result, kind: "total" })
  const toggle = layer.name === "logits"
    ? `<button type="button" class="versus" aria-pressed="${rival !== null}">against the ${rival ?? rivalOf(model, root.channel)}</button>`
    : ""
  return titled(`largest contributions ${toggle}`, `<div class="terms">${ledgerRows(rows)}</div>`)
}

export function inputName(layer, { channel, row, column }) {
  if (layer.flat) return `unit ${channel.toLocaleString("en")}`
  return layer.channels === 1 ? `pixel ${row}, ${column}` : `map ${channel} at ${row}, ${column}`
}

function mosaicsOf({ theme }, before, { sums, weights }) {
  const table = colorTable("signed", theme)
  const inputLimit = before.kind === "Input" ? 1 : before.limit
  return {
    layer: before,
    inputs: [before.values, inputLimit, tableOf(before, theme)],
    weights: [weights, extremes(weights).limit, table],
    products: [sums, extremes(sums).limit, table],
  }
}

function softmaxTable(model, digit) {
  const { rows, top, total } = softmaxRows(model)
  const body = rows.map((row) =>
    `<tr class="${row.digit === digit ? "chosen" : ""}" data-cell="${cellText(makeCell(model.layers.length - 1, row.digit))}"><th>${row.digit}</th>` +
    `<td>${num(row.logit)}</td><td>${num(row.shifted)}</td><td>${num(row.exponential)}</td><td>${probabilityText(row.probability)}</td></tr>`)
  return titled("softmax",
    `<table><thead><tr><th></th><th>logit</th><th>− ${within(top)}</th><th>exp</th><th>÷ ${num(total)}</th></tr></thead><tbody>${body.join("")}</tbody></table>`,
    leadText(rows))
}

// Softmax sees only differences, so that is what a logit means.
function leadText(rows) {
  const [first, second] = [...rows].sort((one, other) => other.logit - one.logit)
  return `Only differences count: the ${first.digit} leads the ${second.digit} by <strong>${num(first.logit - second.logit)}</strong>.`
}

// ---- input and flatten ----

function detailOfInput(view, root) {
  return { to: resultFigure(view, view.cell), from: root.layer === view.cell.layer ? "" : sourceOfPixel(view, root) }
}

function sourceOfPixel({ model }, root) {
  const field = { top: root.row, bottom: root.row, left: root.column, right: root.column }
  return mapFigure(model.layers[0], 0, { title: mapTitle(model.layers[0], 0), field })
}

function detailOfFlatten({ model }, root) {
  const source = model.layers[root.layer - 1]
  const { origin } = explain(model, root)
  const field = { top: origin.row, bottom: origin.row, left: origin.column, right: origin.column }
  return {
    from: mapFigure(source, origin.channel, { title: mapTitle(source, origin.channel), field }),
    lines: stepLine(model, root),
    sum: `<p class="place">place ${root.channel.toLocaleString("en")} = ${origin.channel} × ${source.size} + ${origin.row} × ${source.columns} + ${origin.column}</p>`,
  }
}
