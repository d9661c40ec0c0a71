// What components that paint cells share: pixels, outlines, sizes.

import { colorIndex, colorTable } from "./colors.js"

// One packed pixel a cell, enlarged without blur; returns the canvas's brush.
export function paintCells(canvas, pixels, rows, columns, zoom) {
  const small = new OffscreenCanvas(columns, rows)
  const image = new ImageData(new Uint8ClampedArray(pixels.buffer), columns, rows)
  small.getContext("2d").putImageData(image, 0, 0)
  const brush = canvas.getContext("2d")
  brush.imageSmoothingEnabled = false
  brush.drawImage(small, 0, 0, columns * zoom, rows * zoom)
  return brush
}

export function paintValues(canvas, values, rows, columns, zoom, limit, scale, theme) {
  const table = colorTable(scale, theme)
  const pixels = Uint32Array.from(values, (value) => table[colorIndex(value, limit)])
  return paintCells(canvas, pixels, rows, columns, zoom)
}

// A rectangle of cells [column, row, width, height]: ink with paper around it shows on every color.
export function outlineCells(brush, style, ratio, box, zoom, weight, dashed = false) {
  const [x, y, width, height] = box.map((cells) => cells * zoom)
  brush.setLineDash(dashed ? [4 * ratio, 3 * ratio] : [])
  for (const [color, extra] of [["--st-background-color", 2], ["--st-text-color", 0]]) {
    brush.strokeStyle = style.getPropertyValue(color)
    brush.lineWidth = (weight + extra) * ratio
    brush.strokeRect(x, y, width, height)
  }
}

export function resizeCanvas(canvas, width, height, ratio) {
  canvas.width = width
  canvas.height = height
  canvas.style.width = `${width / ratio}px`
  canvas.style.height = `${height / ratio}px`
}
