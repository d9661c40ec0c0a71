// The maps widget's picture: how large the tiles are, and the tiles themselves.

import { colorIndex, inkOn, unpacked } from "../shared/colors.js"
import { formatNumber } from "../shared/numbers.js"

export const GAP = 8 // CSS px between tiles
const FEWEST = 4 // so many tiles fit the narrowest screen,
const LARGE = 100 // unless they were wished larger than this
const GROWTH = 1.35 // tiles may grow by this to fill their row
const NUMBER_ROOM = 30 // CSS px a cell needs before its number is written into it

// Tiles a row, and device pixels a cell, for maps of rows x columns in `room` CSS px.
export function layOut(room, ratio, rows, columns, count, tile) {
  const zoomOf = (side, round) => wholeZoom((side * ratio) / Math.max(rows, columns), round)
  const wished = (columns * zoomOf(Math.min(tile, room), Math.round)) / ratio
  const fitting = Math.floor((room + GAP) / (wished + GAP))
  const fewest = tile > LARGE ? 1 : FEWEST
  let across = Math.min(count, Math.max(fewest, fitting))
  across = Math.ceil(count / Math.ceil(count / across)) // rows of equal length
  const share = (room - GAP * (across - 1)) / across
  const most = tile * (count === 1 ? 1 : GROWTH)
  return { across, zoom: zoomOf(Math.min(share, most), Math.floor) }
}

// Whole device pixels a cell keep all cells equally large; below one there is nothing to keep.
function wholeZoom(zoom, round) {
  return zoom < 1 ? zoom : Math.max(1, round(zoom))
}

export function paint(widget, width, height, table) {
  const { canvas, ratio, zoom, across, rows, columns } = widget
  if (canvas.width !== width) canvas.width = width
  if (canvas.height !== height) canvas.height = height
  canvas.style.width = `${width / ratio}px`
  canvas.style.height = `${height / ratio}px`
  colorAtlas(widget, table)
  const brush = canvas.getContext("2d")
  brush.clearRect(0, 0, width, height)
  brush.imageSmoothingEnabled = zoom < 1
  for (let tile = 0; tile < widget.count; tile++) {
    const { left, top } = widget.originOf(tile)
    const from = [(tile % across) * columns, Math.floor(tile / across) * rows, columns, rows]
    const to = [Math.round(left * ratio), Math.round(top * ratio), columns * zoom, rows * zoom]
    brush.drawImage(widget.atlas, ...from, ...to)
  }
  if (widget.content.numbers && zoom / ratio >= NUMBER_ROOM) writeNumbers(widget, brush, table)
  for (const frame of widget.content.overlay) outline(widget, brush, frame)
}

// All maps at one pixel a cell, laid out as the tiles are, so that no side gets too long.
function colorAtlas(widget, table) {
  const { atlas, values, rows, columns, across, count } = widget
  atlas.width = across * columns
  atlas.height = Math.ceil(count / across) * rows
  const brush = atlas.getContext("2d", { willReadFrequently: true })
  const image = brush.createImageData(atlas.width, atlas.height)
  const pixels = new Uint32Array(image.data.buffer)
  for (let tile = 0, from = 0; tile < count; tile++) {
    const limit = widget.limitOf(tile)
    const start = Math.floor(tile / across) * rows * atlas.width + (tile % across) * columns
    for (let row = 0; row < rows; row++) {
      const line = start + row * atlas.width
      for (let column = 0; column < columns; column++, from++) {
        pixels[line + column] = table[colorIndex(values[from], limit)]
      }
    }
  }
  brush.putImageData(image, 0, 0)
}

function writeNumbers(widget, brush, table) {
  const { zoom, ratio, rows, columns } = widget
  brush.font = `${Math.min(zoom * 0.32, 20 * ratio)}px ${getComputedStyle(widget.maps).fontFamily}`
  brush.textAlign = "center"
  brush.textBaseline = "middle"
  const whole = widget.values.every(Number.isInteger)
  widget.values.forEach((value, place) => {
    const tile = Math.floor(place / (rows * columns))
    const { left, top } = widget.originOf(tile)
    const row = Math.floor(place / columns) % rows
    brush.fillStyle = inkOn(unpacked(table[colorIndex(value, widget.limitOf(tile))]))
    const x = left * ratio + ((place % columns) + 0.5) * zoom
    const short = Math.abs(value) < 0.005 ? "0.00" : formatNumber(value, 2)
    const text = whole ? String(value).replace("-", "−") : short
    brush.fillText(text, x, top * ratio + (row + 0.5) * zoom)
  })
}

// A rectangle of cells, ink on paper so that it shows on every color; cut at the map's edge.
function outline(widget, brush, [tile, row, column, height, width]) {
  if (tile >= widget.count) return
  const { ratio, zoom } = widget
  const { left, top } = widget.originOf(tile)
  const clip = (value, most) => Math.max(0, Math.min(most, value))
  const [x0, x1] = [column, column + width].map((at) => clip(at, widget.columns))
  const [y0, y1] = [row, row + height].map((at) => clip(at, widget.rows))
  const style = getComputedStyle(widget.maps)
  const box = [left * ratio + x0 * zoom, top * ratio + y0 * zoom, (x1 - x0) * zoom, (y1 - y0) * zoom]
  for (const [color, thickness] of [["--st-background-color", 5], ["--st-text-color", 2]]) {
    brush.strokeStyle = style.getPropertyValue(color)
    brush.lineWidth = thickness * ratio
    brush.strokeRect(...box)
  }
}
