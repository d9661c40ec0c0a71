// Play: the chosen cell moves on, so that the kernel slides over the map, row by row.

import { cellAtPlace, makeCell, placeOf } from "./model.js"

const STEP_MILLISECONDS = 250

export class Player {
  constructor(view) {
    this.view = view
    this.timer = null
  }

  get playing() {
    return this.timer !== null
  }

  toggle() {
    if (this.playing) this.stop(true)
    else this.start()
  }

  start() {
    const { view } = this
    this.timer = setInterval(() => this.step(), STEP_MILLISECONDS)
    view.set(firstOfPlay(view.model, view.cell, (layer) => view.cellIn(layer)), true)
  }

  step() {
    const { view } = this
    if (view.picture.matches(":hover")) return // waits while somebody points
    const next = nextOfPlay(view.model, view.cell)
    if (next) view.set(next, true)
    else this.stop(true)
  }

  stop(redraw = false) {
    if (!this.playing) return
    clearInterval(this.timer)
    this.timer = null
    this.label()
    if (!redraw) return
    this.view.update()
    this.view.report()
  }

  label() {
    const { play } = this.view
    const text = this.playing ? "❚❚ Stop" : "▶ Slide"
    if (play.textContent !== text) play.textContent = text
    play.setAttribute("aria-pressed", String(this.playing))
    play.title = this.playing ? "Stop here" : "Slide the kernel over the map, a step each quarter second"
  }
}

// The chosen cell, unless nothing slides from there: then a line with ink on the first convolution.
function firstOfPlay({ layers }, cell, cellIn) {
  const layer = layers[cell.layer]
  if (layer.index > 0 && !layer.flat) {
    const atEnd = cell.row === layer.rows - 1 && cell.column === layer.columns - 1
    return atEnd ? { ...cell, row: 0, column: 0 } : cell
  }
  const first = layers.find(({ kind }) => kind === "Conv2d")
  if (first) return { ...cellIn(first.index), column: 0 }
  return makeCell(layers.find(({ kind }) => kind === "Linear").index)
}

// The next cell of the same map, or the next unit; null after the last.
function nextOfPlay({ layers }, cell) {
  const layer = layers[cell.layer]
  const place = placeOf(layer, cell) + 1
  const end = layer.flat ? layer.channels : (cell.channel + 1) * layer.size
  return place < end ? cellAtPlace(layer, place) : null
}
