// Drawing: every layer's maps once into an off-screen canvas, those once onto the base picture;
// what the pointer changes is drawn on a second canvas above it.

import { colorIndex, colorTable, cssColor, inkOn, unpacked } from "../shared/colors.js"
import { formatNumber } from "../shared/numbers.js"
import { cellBox, centerOf, fieldBox, mapBox, SLIM } from "./layout.js"
import { extremes, mapValues } from "./model.js"

// ---- colors ----

// mode "map": each map its own range; "layer"; or "network", one range for all.
export function rangesOf(model, mode) {
  const widest = Math.max(...model.layers.slice(1).map(({ limit }) => limit))
  return model.layers.map((layer) => {
    if (layer.kind === "Input") return () => 1
    if (mode === "network") return () => widest
    if (mode === "layer" || layer.flat) return () => layer.limit
    const own = Array.from({ length: layer.channels }, (_, at) => extremes(mapValues(layer, at)).limit)
    return (channel) => own[channel]
  })
}

export function tableOf(layer, theme) {
  return colorTable(layer.kind === "Input" ? "digit" : "signed", theme)
}

export function colorOf(value, limit, theme) {
  const pixel = colorTable("signed", theme)[colorIndex(value, limit)]
  return { background: cssColor(pixel), ink: inkOn(unpacked(pixel)) }
}

// ---- pictures: one off-screen canvas a layer, its maps under one another, a pixel a cell ----

export function pictureOf(layer, limitOf, theme) {
  const [rows, columns] = layer.flat ? [layer.channels, 1] : [layer.channels * layer.rows, layer.columns]
  const table = tableOf(layer, theme)
  const canvas = document.createElement("canvas")
  canvas.width = columns
  canvas.height = rows
  const brush = canvas.getContext("2d")
  const image = brush.createImageData(columns, rows)
  const pixels = new Uint32Array(image.data.buffer)
  for (let at = 0; at < pixels.length; at++) {
    pixels[at] = table[colorIndex(layer.values[at], limitOf(Math.floor(at / layer.size)))]
  }
  brush.putImageData(image, 0, 0)
  return canvas
}

export function drawMap(brush, picture, layer, channel, box, field = null) {
  const { top, bottom, left, right } = field ?? { top: 0, bottom: layer.rows - 1, left: 0, right: layer.columns - 1 }
  brush.drawImage(
    picture, left, channel * layer.rows + top, right - left + 1, bottom - top + 1,
    box.x, box.y, box.width, box.height)
}

// ---- the base picture ----

function fitCanvas(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)]
  if (canvas.width !== wide) canvas.width = wide
  if (canvas.height !== high) canvas.height = high
  canvas.style.width = `${width}px`
  canvas.style.height = `${height}px`
  const brush = canvas.getContext("2d")
  brush.setTransform(ratio, 0, 0, ratio, 0, 0)
  brush.clearRect(0, 0, width, height)
  brush.imageSmoothingEnabled = false
  return brush
}

export function drawBase(canvas, layout, pictures, style) {
  const brush = fitCanvas(canvas, layout.width, layout.height)
  for (const block of layout.blocks) drawBlock(brush, block, pictures[block.layer.index], style)
}

function drawBlock(brush, block, picture, style) {
  const { layer, type } = block
  if (type === "slim") {
    brush.imageSmoothingEnabled = layer.channels > block.height
    brush.drawImage(picture, block.x, block.y, SLIM, block.height)
    brush.imageSmoothingEnabled = false
    frameBox(brush, { ...block, width: SLIM }, style.border, 1)
    return
  }
  for (let channel = 0; channel < layer.channels; channel++) {
    const box = mapBox(block, channel)
    brush.imageSmoothingEnabled = box.width < layer.columns
    if (type === "maps") drawMap(brush, picture, layer, channel, box)
    else brush.drawImage(picture, 0, channel, 1, 1, box.x, box.y, box.width, box.height)
    if (type === "maps" || type === "logits") frameBox(brush, box, style.border, 1)
    if (type === "logits") writeValue(brush, layer.values[channel], style.ranges[layer.index](channel), box, style)
  }
  brush.imageSmoothingEnabled = false
  const inner = type === "units" && { ...block, x: block.x + block.inset, width: block.columns * block.side }
  if (inner) frameBox(brush, inner, style.border, 1)
}

function writeValue(brush, value, limit, box, style) {
  brush.fillStyle = colorOf(value, limit, style.theme).ink
  brush.font = `600 13.5px ${style.font}`
  brush.textAlign = "center"
  brush.textBaseline = "middle"
  brush.fillText(formatNumber(value), ...centerOf(box))
}

function frameBox(brush, { x, y, width, height }, color, thickness) {
  brush.strokeStyle = color
  brush.lineWidth = thickness
  brush.strokeRect(x - thickness / 2, y - thickness / 2, width + thickness, height + thickness)
}

// Ink with a rim of paper shows on every color.
export function outline(brush, box, style, thickness = 2, color = style.ink) {
  frameBox(brush, box, style.paper, thickness + 2)
  frameBox(brush, box, color, thickness)
}

// ---- what the pointer lights up ----

export function drawOverlay(canvas, scene) {
  const { layout, style, fields, cell, thread } = scene
  const brush = fitCanvas(canvas, layout.width, layout.height)
  if (!cell) return
  for (const block of layout.blocks) {
    const index = block.layer.index
    if (index < cell.layer) spotlight(brush, scene, block, fields[index])
    else if (index === cell.layer) brighten(brush, scene, block, 0.45)
    else if (block.type === "maps") veil(brush, block, style, 0.5)
  }
  drawLinks(brush, scene)
  drawThread(brush, scene, thread)
  outlineCell(brush, scene)
}

// The part of an earlier layer that the number depends on stays bright; the rest steps back.
function spotlight(brush, scene, block, field) {
  const { style, pictures, cell, model } = scene
  const { layer, type } = block
  if (type !== "maps" || field.whole) return
  if (field.channel !== null && layer.channels > 1) {
    brighten(brush, scene, block, 0.62)
    outline(brush, fieldBox(block, field.channel, field), style, 1.5)
    return
  }
  veil(brush, block, style, 0.62)
  const ink = layer.index === nearestMaps(model, cell) ? style.ink : style.faint
  for (let channel = 0; channel < layer.channels; channel++) {
    const box = fieldBox(block, channel, field)
    drawMap(brush, pictures[layer.index], layer, channel, box, field)
    if (layer.channels === 1) outline(brush, box, style, 1.5)
    else frameBox(brush, box, ink, 1)
  }
}

// The layer whose maps the number adds up: the one before the nearest convolution.
function nearestMaps(model, cell) {
  for (let index = cell.layer; index > 0; index--) if (model.layers[index].kind === "Conv2d") return index - 1
  return -1
}

function veil(brush, block, style, strength) {
  brush.globalAlpha = strength
  brush.fillStyle = style.paper
  brush.fillRect(block.x - 2, block.y - 2, block.width + 4, block.height + 4)
  brush.globalAlpha = 1
}

// The chosen map among its neighbours.
function brighten(brush, { cell, fields, pictures, style }, block, strength) {
  const { layer, type } = block
  if (type !== "maps" || layer.channels === 1) return
  veil(brush, block, style, strength)
  const { channel } = fields[layer.index]
  const box = mapBox(block, channel)
  brush.imageSmoothingEnabled = box.width < layer.columns
  drawMap(brush, pictures[layer.index], layer, channel, box)
  brush.imageSmoothingEnabled = false
  if (layer.index !== cell.layer) frameBox(brush, box, style.ink, 1)
}

// One curve from each input to the number, colored by sign, as thick as its share.
function drawLinks(brush, { layout, style, links }) {
  if (!links.length) return
  const largest = Math.max(...links.map(({ amount }) => Math.abs(amount)), 1e-30)
  for (const { from, to, amount } of links) {
    const share = Math.abs(amount) / largest
    if (share < 0.02) continue
    brush.globalAlpha = 0.12 + 0.6 * share
    brush.strokeStyle = style.signs[amount < 0 ? 1 : 0]
    brush.lineWidth = 0.7 + 2.3 * share
    curve(brush, cellBox(layout, from), cellBox(layout, to))
  }
  brush.globalAlpha = 1
}

function curve(brush, from, to) {
  const [x0, y0] = [from.x + from.width, from.y + from.height / 2]
  const [x1, y1] = [to.x, to.y + to.height / 2]
  const bend = Math.max(14, Math.abs(x1 - x0) / 2)
  brush.beginPath()
  brush.moveTo(x0, y0)
  brush.bezierCurveTo(x0 + bend, y0, x1 - bend, y1, x1, y1)
  brush.stroke()
}

// The path of one number from a pixel to a probability.
function drawThread(brush, { layout, style }, thread) {
  const points = thread.cells.map((cell) => threadPoint(layout, cell))
  for (const [color, thickness] of [[style.paper, 4.5], [style.thread, 2]]) {
    brush.strokeStyle = color
    brush.lineWidth = thickness
    for (let at = 1; at < points.length; at++) {
      brush.setLineDash(at > thread.at ? [5, 4] : [])
      if (color === style.paper) brush.setLineDash([])
      threadPiece(brush, points[at - 1], points[at])
    }
  }
  brush.setLineDash([])
  for (const [x, y] of points) {
    for (const [color, radius] of [[style.paper, 4.5], [style.thread, 3]]) {
      brush.fillStyle = color
      brush.beginPath()
      brush.arc(x, y, radius, 0, 2 * Math.PI)
      brush.fill()
    }
  }
}

// The middle of a cell; beside a logit, whose value is written in the middle.
function threadPoint(layout, cell) {
  const box = cellBox(layout, cell)
  return layout.blocks[cell.layer].type === "logits" ? [box.x - 1, box.y + box.height / 2] : centerOf(box)
}

function threadPiece(brush, [x0, y0], [x1, y1]) {
  const bend = (x1 - x0) / 2
  brush.beginPath()
  brush.moveTo(x0, y0)
  brush.bezierCurveTo(x0 + bend, y0, x1 - bend, y1, x1, y1)
  brush.stroke()
}

function outlineCell(brush, { layout, style, cell, pinned }) {
  const block = layout.blocks[cell.layer]
  if (block.type === "maps") outline(brush, mapBox(block, cell.channel), style, 1.5)
  const box = cellBox(layout, cell)
  outline(brush, box, style, pinned ? 2.5 : 2, style.thread)
}
