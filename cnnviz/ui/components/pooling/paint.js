// How the four panels are painted; PoolingPicture adds what can be done with them.

import { channels, colorIndex, colorTable, gradient, mixed, packed, unpacked } from "../shared/colors.js"
import { num } from "../shared/numbers.js"
import { paintCells, resizeCanvas } from "../shared/pixels.js"
import { DECIDED, EMPTY, TIED } from "./model.js"

const PALE = 0.22 // how much of its color a window's other cells keep
const HALF = 0.5 // and a winner that is no larger than another
const HATCH_ROOM = 10 // device px of a window that can carry lines

export class PoolingPaint {
  draw() {
    const { layer, map } = this
    const [low, high] = layer.range(map)
    const limit = Math.max(Math.abs(low), Math.abs(high))
    this.limit = limit
    this.label("digit", "Digit", layer.caption, null)
    this.label("feature", "Before pooling", `${layer.source}, map ${map}, ${layer.height} × ${layer.width}`, [low, high])
    this.label("pooled", "After pooling", `${layer.pooled}, ${layer.rows} × ${layer.columns}`, this.pooledRange())
    this.paintDigit()
    this.paintFeature()
    this.paintMask()
    this.paintPooled()
    this.writeLegend()
    this.tell()
  }

  label(name, title, shape, range) {
    const figure = this.figures[name]
    figure.querySelector(".title").textContent = title
    figure.querySelector(".shape").textContent = shape
    const bar = figure.querySelector(".bar")
    const [left, right] = figure.querySelector(".range").children
    if (!range) {
      bar.style.background = "linear-gradient(to right, #000000, #ffffff)"
      ;[left.textContent, right.textContent] = ["0", "1"]
      return
    }
    bar.style.background = gradient(range, this.limit, "signed", this.theme)
    ;[left.textContent, right.textContent] = range.map((value) => num(value))
  }

  pooledRange() {
    const { layer, map } = this
    let [low, high] = [Infinity, -Infinity]
    for (let row = 0; row < layer.rows; row++) {
      for (let column = 0; column < layer.columns; column++) {
        const value = layer.value(map, row, column)
        ;[low, high] = [Math.min(low, value), Math.max(high, value)]
      }
    }
    return [low, high]
  }

  // The panel's map at its size, from one packed pixel a cell.
  paint(name, pixels, rows, columns, zoom) {
    const canvas = this.figures[name].querySelector(".map")
    this.fit(name, canvas)
    return paintCells(canvas, pixels, rows, columns, zoom)
  }

  fit(name, canvas) {
    const { zoom, rows, columns } = this.gridOf(name)
    resizeCanvas(canvas, columns * zoom, rows * zoom, this.ratio)
    const screen = canvas.parentElement
    screen.style.width = canvas.style.width
    screen.style.height = canvas.style.height
    this.figures[name].style.width = canvas.style.width
    return canvas.getContext("2d")
  }

  paintDigit() {
    const { layer, map, digitZoom } = this
    const table = colorTable("digit", this.theme)
    const pixels = Uint32Array.from(layer.image, (value) => table[colorIndex(value, 1)])
    const brush = this.paint("digit", pixels, 28, 28, digitZoom)
    this.eachWindow((row, column, at) => {
      if (layer.state[at] !== DECIDED) return
      const { row: r, column: c } = layer.winner(map, row, column)
      brush.fillStyle = layer.cornerColor(layer.corner[at])
      brush.beginPath()
      const [x, y] = [layer.centers[c], layer.centers[r]].map((pixel) => (pixel + 0.5) * digitZoom)
      brush.arc(x, y, digitZoom * 0.3, 0, 2 * Math.PI)
      brush.fill()
    })
  }

  paintFeature() {
    const { layer, map, zoom } = this
    const size = layer.height * layer.width
    const table = colorTable("signed", this.theme)
    const cells = layer.feature.subarray(map * size, (map + 1) * size)
    const pixels = Uint32Array.from(cells, (value) => table[colorIndex(value, this.limit)])
    const brush = this.paint("feature", pixels, layer.height, layer.width, zoom)
    this.crossOutLost(brush)
  }

  paintPooled() {
    const { layer, map, zoom } = this
    const table = colorTable("signed", this.theme)
    const pixels = new Uint32Array(layer.rows * layer.columns)
    this.eachWindow((row, column) => {
      pixels[row * layer.columns + column] = table[colorIndex(layer.value(map, row, column), this.limit)]
    })
    const brush = this.paint("pooled", pixels, layer.rows, layer.columns, zoom * layer.window)
    this.crossOutLost(brush)
  }

  paintMask() {
    const { layer, map, zoom, view } = this
    for (const button of this.figures.mask.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.dataset.view === view))
    }
    const limit = this.viewLimit()
    const pixels = this.maskPixels(map, view, limit)
    const brush = this.paint("mask", pixels, layer.height, layer.width, zoom)
    if (view !== "gradient") this.hatch(brush, map, zoom)
    if (view === "winners") this.ringChanged(brush)
    this.crossOutLost(brush)
    this.labelMask(limit)
  }

  labelMask(limit) {
    const { layer, view } = this
    const texts = {
      winners: `Who wins each ${layer.window} × ${layer.window} window`,
      lead: "How far the winner is ahead",
      gradient: `Where the gradient of the ${layer.digit}'s logit goes`,
    }
    const ranges = { winners: null, lead: [0, limit], gradient: [-limit, limit] }
    this.label("mask", "", texts[view], ranges[view] ?? [0, 0])
    const figure = this.figures.mask
    figure.querySelector(".bar").style.visibility = view === "winners" ? "hidden" : "visible"
    figure.querySelector(".range").style.visibility = view === "winners" ? "hidden" : "visible"
    if (!ranges[view]) return
    figure.querySelector(".bar").style.background = gradient(ranges[view], limit, "signed", this.theme)
  }

  viewLimit() {
    const { layer, map, view } = this
    const size = layer.rows * layer.columns
    const values = (view === "gradient" ? layer.gradient : layer.margin).subarray(map * size, (map + 1) * size)
    return values.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0)
  }

  // One pixel a feature-map cell. Winners: the winner in its color, the rest of its window pale.
  maskPixels(map, view, limit) {
    const { layer } = this
    const pixels = new Uint32Array(layer.height * layer.width)
    const paper = packed(channels(getComputedStyle(this.pooling).getPropertyValue("--st-background-color")))
    const table = colorTable("signed", this.theme)
    pixels.fill(paper)
    const full = Array.from({ length: layer.window ** 2 }, (_, corner) => channels(layer.cornerColor(corner)))
    const strong = full.map(packed)
    const faded = (share) => full.map((color) => packed(mixed(color, unpacked(paper), share)))
    const [half, pale] = [faded(HALF), faded(PALE)]
    const gray = packed(mixed(channels(getComputedStyle(this.pooling).color), unpacked(paper), 0.14))
    this.eachWindow((row, column, at) => {
      const [state, corner] = [layer.state[at], layer.corner[at]]
      for (let cell = 0; cell < layer.window ** 2; cell++) {
        const r = row * layer.window + Math.floor(cell / layer.window)
        const place = r * layer.width + column * layer.window + (cell % layer.window)
        if (view === "lead") pixels[place] = table[colorIndex(layer.margin[at], limit)]
        else if (view === "gradient") pixels[place] = table[colorIndex(cell === corner ? layer.gradient[at] : 0, limit)]
        else if (state !== EMPTY) {
          if (state === TIED) pixels[place] = cell === corner ? half[corner] : gray
          else pixels[place] = (cell === corner ? strong : pale)[corner]
        }
      }
    }, map)
    return pixels
  }

  eachWindow(visit, map = this.map) {
    const { rows, columns } = this.layer
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) visit(row, column, this.layer.at(map, row, column))
    }
  }

  // Ties are struck through, windows of zeros carry a dot.
  hatch(brush, map, zoom) {
    const { layer } = this
    const side = zoom * layer.window
    if (side < HATCH_ROOM) return
    brush.strokeStyle = brush.fillStyle = getComputedStyle(this.pooling).color
    brush.lineWidth = Math.max(1, side / 14)
    brush.beginPath()
    const dots = new Path2D()
    this.eachWindow((row, column, at) => {
      const [x, y] = [column * side, row * side]
      if (layer.state[at] === TIED) {
        for (const [from, to] of [[0.5, 0], [1, 0], [1, 0.5]]) {
          brush.moveTo(x + side * to, y + side * from)
          brush.lineTo(x + side * from, y + side * to)
        }
      } else if (layer.state[at] === EMPTY) {
        dots.rect(x + side * 0.42, y + side * 0.42, side * 0.16, side * 0.16)
      }
    }, map)
    brush.globalAlpha = 0.55
    brush.stroke()
    brush.globalAlpha = 0.3
    brush.fill(dots)
    brush.globalAlpha = 1
  }

  ringChanged(brush) {
    const { layer, zoom } = this
    if (!layer.changed) return
    const side = zoom * layer.window
    brush.strokeStyle = getComputedStyle(this.pooling).color
    brush.lineWidth = Math.max(1.5, zoom / 5)
    this.eachWindow((row, column, at) => {
      if (layer.changed[at]) brush.strokeRect(column * side + 1, row * side + 1, side - 2, side - 2)
    })
  }

  // The rows and columns that no window covers.
  crossOutLost(brush) {
    const { layer, zoom } = this
    const [right, bottom] = [layer.columns * layer.window * zoom, layer.rows * layer.window * zoom]
    const [width, height] = [layer.width * zoom, layer.height * zoom]
    if (right === width && bottom === height) return
    const style = getComputedStyle(this.pooling)
    brush.save()
    const strip = new Path2D()
    strip.rect(right, 0, width - right, height)
    strip.rect(0, bottom, right, height - bottom)
    brush.clip(strip)
    brush.globalAlpha = 0.75
    brush.fillStyle = style.getPropertyValue("--st-background-color")
    brush.fillRect(0, 0, width, height)
    brush.strokeStyle = style.color
    brush.globalAlpha = 0.35
    brush.lineWidth = this.ratio
    brush.beginPath()
    for (let at = 0; at < width + height; at += 7 * this.ratio) {
      brush.moveTo(at, 0)
      brush.lineTo(0, at)
    }
    brush.stroke()
    brush.restore()
  }
}
