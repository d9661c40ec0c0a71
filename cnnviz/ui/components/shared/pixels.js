// What components that paint cells share: pixels, outlines, colour bars.

function packed([red, green, blue]) {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0
}

function unpacked(pixel) {
  return [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255]
}

function cssColour(pixel) {
  return `rgb(${unpacked(pixel).join(", ")})`
}

function mixed(colour, paper, share) {
  return colour.map((value, channel) => Math.round(value * share + paper[channel] * (1 - share)))
}

function written(value) {
  return value === 0 ? "0" : formatNumber(value)
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}

// One packed pixel a cell, enlarged without blur; returns the canvas's brush.
function paintCells(canvas, pixels, rows, columns, zoom) {
  const small = new OffscreenCanvas(columns, rows)
  const image = new ImageData(new Uint8ClampedArray(pixels.buffer), columns, rows)
  small.getContext("2d").putImageData(image, 0, 0)
  const brush = canvas.getContext("2d")
  brush.imageSmoothingEnabled = false
  brush.drawImage(small, 0, 0, columns * zoom, rows * zoom)
  return brush
}

function paintValues(canvas, values, rows, columns, zoom, limit, scale, theme) {
  const table = colourTable(scale, theme)
  const pixels = Uint32Array.from(values, (value) => table[colourIndex(value, limit)])
  return paintCells(canvas, pixels, rows, columns, zoom)
}

// A rectangle of cells [column, row, width, height]: ink with paper around it shows on every colour.
function outlineCells(brush, style, ratio, box, zoom, weight, dashed = false) {
  const [x, y, width, height] = box.map((cells) => cells * zoom)
  brush.setLineDash(dashed ? [4 * ratio, 3 * ratio] : [])
  for (const [colour, extra] of [["--st-background-color", 2], ["--st-text-color", 0]]) {
    brush.strokeStyle = style.getPropertyValue(colour)
    brush.lineWidth = (weight + extra) * ratio
    brush.strokeRect(x, y, width, height)
  }
}

// The scale between two values as a bar's background.
function rangeBar(bar, [low, high], limit, scale, theme) {
  const table = colourTable(scale, theme)
  const stops = Array.from({ length: 9 }, (_, at) =>
    cssColour(table[colourIndex(low + ((high - low) * at) / 8, limit)]))
  bar.style.background = `linear-gradient(to right, ${stops.join(", ")})`
}

function resizeCanvas(canvas, width, height, ratio) {
  canvas.width = width
  canvas.height = height
  canvas.style.width = `${width / ratio}px`
  canvas.style.height = `${height / ratio}px`
}
