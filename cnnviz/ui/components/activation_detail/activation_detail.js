// One map large: values on hover, what the pointed cell sees of the digit, and the map's histogram.

import { colorIndex, colorTable, cssColor, gradient, themeOf } from "../shared/colors.js"
import { arrowStep, component, setText } from "../shared/component.js"
import { clamp, num } from "../shared/numbers.js"
import { outlineCells, paintValues, resizeCanvas } from "../shared/pixels.js"

const MAP_MOST = 300 // CSS px
const DIGIT_SIDE = 112
const ALONE = 224 // the digit's side where there is no map
const BAR_HEIGHT = 62

class ActivationView {
  constructor(parent) {
    this.parent = parent
    this.root = parent.querySelector(".activation")
    this.figures = {}
    for (const figure of parent.querySelectorAll("figure")) this.figures[figure.dataset.picture] = figure
    this.pointed = null // {row, column}
    const screen = this.screenOf("map")
    screen.onpointermove = screen.onpointerdown = (event) => this.point(this.placeOf(event))
    screen.onpointerleave = screen.onblur = () => this.point(null)
    screen.onkeydown = (event) => this.press(event)
    this.observer = new ResizeObserver(() => this.content && this.arrange())
    this.observer.observe(this.root)
  }

  close() {
    this.observer.disconnect()
  }

  screenOf(name) {
    return this.figures[name].querySelector(".screen")
  }

  show(content) {
    const start = performance.now()
    this.content = content
    ;[this.rows, this.columns] = content.arrays.map.shape
    this.values = content.arrays.map.values
    this.single = this.values.length === 1 // a dense unit: one number, no map
    if (this.pointed && (this.pointed.row >= this.rows || this.pointed.column >= this.columns)) this.pointed = null
    this.theme = themeOf(this.parent)
    this.figures.map.hidden = this.single
    this.root.classList.toggle("single", this.single)
    this.screenOf("map").setAttribute("aria-label", content.label)
    setText(this.figures.map.querySelector("figcaption"), content.title)
    setText(this.figures.digit.querySelector("figcaption"), content.sees)
    this.arrange()
    this.root.dataset.milliseconds = (performance.now() - start).toFixed(2)
  }

  // ---- size ----

  arrange() {
    const room = this.root.clientWidth
    if (!room) return
    this.ratio = window.devicePixelRatio || 1
    const digit = this.single ? ALONE : DIGIT_SIDE
    const map = Math.min(MAP_MOST, room)
    const zoomOf = (side, cells) => Math.max(1, Math.floor((side * this.ratio) / cells))
    this.zooms = { map: zoomOf(map, Math.max(this.rows, this.columns)), digit: zoomOf(digit, 28) }
    this.draw()
  }

  sizeOf(name) {
    return name === "map" ? [this.rows, this.columns] : [28, 28]
  }

  canvasOf(name, kind) {
    const [rows, columns] = this.sizeOf(name)
    const canvas = this.figures[name].querySelector("." + kind)
    resizeCanvas(canvas, columns * this.zooms[name], rows * this.zooms[name], this.ratio)
    canvas.parentElement.style.width = canvas.style.width
    canvas.parentElement.style.height = canvas.style.height
    return canvas
  }

  // ---- drawing ----

  draw() {
    const { content, values, rows, columns, theme } = this
    const { limit, arrays } = content
    paintValues(this.canvasOf("map", "cells"), values, rows, columns, this.zooms.map, limit, "signed", theme)
    paintValues(this.canvasOf("digit", "cells"), arrays.image.values, 28, 28, this.zooms.digit, 1, "digit", theme)
    const low = values.reduce((least, value) => Math.min(least, value), Infinity)
    const ends = [Math.min(low, 0) < 0 ? -limit : 0, limit]
    const bar = this.root.querySelector(".bar")
    bar.style.background = gradient(ends, limit || 1, "signed", theme)
    bar.style.width = this.screenOf("map").style.width
    this.figures.map.querySelector(".range").style.width = this.screenOf("map").style.width
    this.write("[data-picture=map] .range", ends)
    this.drawHistogram()
    this.tell()
  }

  write(selector, ends) {
    const spans = this.parent.querySelector(selector).children
    ends.forEach((value, at) => setText(spans[at], num(value)))
  }

  drawHistogram() {
    const { counts, edges } = this.content.arrays
    const canvas = this.parent.querySelector(".histogram canvas")
    canvas.width = Math.round(canvas.clientWidth * this.ratio)
    canvas.height = Math.round(BAR_HEIGHT * this.ratio)
    canvas.style.height = `${BAR_HEIGHT}px`
    const brush = canvas.getContext("2d")
    const table = colorTable("signed", this.theme)
    const most = Math.max(...counts.values, 1)
    const width = canvas.width / counts.values.length
    const middle = (at) => (edges.values[at] + edges.values[at + 1]) / 2
    counts.values.forEach((count, at) => {
      const height = count ? Math.max(this.ratio, (count / most) * (canvas.height - 2)) : 0
      brush.fillStyle = cssColor(table[colorIndex(this.visible(middle(at)), this.content.limit)])
      brush.fillRect(at * width, canvas.height - height, width - this.ratio, height)
    })
    this.markValue(brush, canvas)
    setText(this.parent.querySelector(".heading"), this.content.histogram)
    this.write(".histogram .range", [edges.values[0], edges.values[edges.values.length - 1]])
  }

  // Bars near zero keep enough color to be seen on the paper.
  visible(value) {
    const least = this.content.limit * 0.25
    return Math.abs(value) >= least ? value : (value < 0 ? -1 : 1) * least
  }

  // Where the pointed cell's value lies.
  markValue(brush, canvas) {
    const { edges } = this.content.arrays
    const [low, high] = [edges.values[0], edges.values[edges.values.length - 1]]
    const { row, column } = this.place()
    const x = ((this.values[row * this.columns + column] - low) / (high - low)) * canvas.width
    brush.strokeStyle = getComputedStyle(this.root).color
    brush.lineWidth = 2 * this.ratio
    brush.beginPath()
    brush.moveTo(x, 0)
    brush.lineTo(x, canvas.height)
    brush.stroke()
  }

  // ---- pointing ----

  placeOf(event) {
    const box = this.screenOf("map").getBoundingClientRect()
    const zoom = this.zooms.map / this.ratio
    const row = Math.floor((event.clientY - box.top) / zoom)
    const column = Math.floor((event.clientX - box.left) / zoom)
    const inside = row >= 0 && row < this.rows && column >= 0 && column < this.columns
    return inside ? { row, column } : null
  }

  point(place) {
    this.pointed = place
    this.drawHistogram()
    this.tell()
  }

  press(event) {
    const move = arrowStep(event.key)
    if (!move && event.key !== "Escape") return
    event.preventDefault()
    event.stopPropagation() // Streamlit has shortcuts of its own
    const from = this.place()
    this.point(move && {
      row: clamp(from.row + move[0], this.rows),
      column: clamp(from.column + move[1], this.columns),
    })
  }

  // The pointed cell, or the strongest.
  place() {
    const [row, column] = this.content.strongest
    return this.pointed ?? { row, column }
  }

  tell() {
    const { row, column } = this.place()
    const style = getComputedStyle(this.root)
    const [left, top, width, height] = this.seenBy(row, column)
    const marks = this.canvasOf("digit", "marks").getContext("2d")
    outlineCells(marks, style, this.ratio, [left, top, width, height], this.zooms.digit, 2)
    const cell = this.canvasOf("map", "marks").getContext("2d")
    outlineCells(cell, style, this.ratio, [column, row, 1, 1], this.zooms.map, 2)
    const text = this.sentence(row, column, left, top, width, height)
    setText(this.parent.querySelector(".words"), text)
    this.root.dataset.hover = this.pointed ? text : ""
  }

  // The pixels a cell can see: [column, row, width, height].
  seenBy(row, column) {
    const spans = this.content.arrays.spans.values
    const last = spans.length / 2 - 1
    const [r, c] = [Math.min(row, last), Math.min(column, last)]
    return [spans[2 * c], spans[2 * r], spans[2 * c + 1] - spans[2 * c] + 1, spans[2 * r + 1] - spans[2 * r] + 1]
  }

  sentence(row, column, left, top, width, height) {
    const value = num(this.values[row * this.columns + column])
    const before = this.content.arrays.before?.values
    const was = before ? ` (before: ${num(before[row * this.columns + column])})` : ""
    if (this.single) return `${this.content.title}: ${value}${was}. It sees all pixels in the outline.`
    if (!this.pointed && this.content.dead) return "Every value is zero: dead for this digit."
    const lead = this.pointed ? "Row" : "Strongest: row"
    return `${lead} ${row}, column ${column}: ${value}${was}. It sees rows ${top} to ${top + height - 1}, columns ${left} to ${left + width - 1}.`
  }
}

export default component(ActivationView)
