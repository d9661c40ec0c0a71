// What is on screen: one pass of one network, and the number whose origin is shown. It draws and
// writes; network.js decides what is chosen.

import { CHOSEN, FAINT, SIGN_LINES } from "cnnviz/colors.py"
import { themeOf } from "../shared/colors.js"
import { unpack } from "../shared/transport.js"
import { threadThrough } from "./arithmetic.js"
import { detailOf, stageOf } from "./detail.js"
import { drawBase, drawMap, drawOverlay, outline, pictureOf, rangesOf } from "./draw.js"
import { classesHtml, crumbsHtml, labelsHtml, linksOf } from "./labels.js"
import { cellBox, layoutOf } from "./layout.js"
import { fieldsOf, makeCell, networkModel } from "./model.js"
import { cellText, paintMosaic } from "./numbers.js"
import { Player } from "./play.js"

const STAGE_PADDING = 4

export class NetworkPicture {
  constructor(parent) {
    this.parent = parent
    this.host = parent.host ?? parent
    const names = ["network", "stage", "picture", "base", "overlay", "labels", "classes", "tip", "play", "crumbs",
      "detail", "heading", "from", "sum", "ledger", "to", "lines", "spoken"]
    for (const name of names) this[name] = parent.querySelector("." + name)
    this.mode = parent.querySelector("select")
    this.cell = null
    this.pinned = false
    this.chosen = null // the input map whose patch is written out; null: the largest
    this.versus = false // a class's evidence held against its strongest rival's
    this.preview = null // a term the pointer is on
    this.slots = {}
    this.timings = []
    this.player = new Player(this)
    this.observer = new ResizeObserver(() => this.model && this.arrange())
    this.observer.observe(this.stage)
  }

  // ---- data ----

  show(data) {
    const theme = themeOf(this.parent)
    if (data === this.data && theme === this.theme) return
    this.data = data
    this.theme = theme
    const name = this.cell && this.model.layers[this.cell.layer].name
    this.model = networkModel(unpack(data))
    if (name) this.cell = { ...this.cell, layer: this.model.byName[name]?.index } // another model, perhaps
    const about = this.model.caption ? ` on ${this.model.caption}` : ""
    this.picture.setAttribute("aria-label", `The whole network${about}: it reads ${this.model.answer}`)
    if (!this.started) {
      this.started = true
      this.takeStart(this.model.start)
    }
    if (!this.pinned || !this.exists(this.cell)) this.rest()
    this.arrange()
  }

  // Nothing pinned, or pinned in another network: back to how the answer came about.
  rest() {
    this.player.stop()
    if (this.pinned) this.report()
    this.cell = this.restCell()
    this.pinned = false
  }

  takeStart(start) {
    const layer = start && this.model.byName[start.layer]
    const cell = layer && makeCell(layer.index, start.channel, start.row, start.column)
    if (!this.exists(cell)) return
    this.cell = cell
    this.pinned = true
  }

  exists(cell) {
    const layer = cell && this.model.layers[cell.layer]
    return Boolean(layer) && cell.channel < layer.channels && cell.row < layer.rows && cell.column < layer.columns
  }

  // What is on screen when nothing is chosen: how the answer came about.
  restCell() {
    return makeCell(this.model.layers.length - 1, this.model.answer)
  }

  // ---- the picture ----

  arrange() {
    const available = this.stage.clientWidth - 2 * STAGE_PADDING
    if (available <= 0) return
    const style = getComputedStyle(this.host)
    const variable = (name) => style.getPropertyValue(name).trim()
    this.layout = layoutOf(this.model, available)
    this.ranges = rangesOf(this.model, this.mode.value)
    this.style = {
      theme: this.theme, ranges: this.ranges, font: variable("--st-font") || "sans-serif",
      paper: variable("--st-background-color"), ink: variable("--st-text-color"),
      border: variable("--st-border-color"), faint: FAINT[this.theme],
      signs: SIGN_LINES[this.theme], thread: CHOSEN[this.theme],
    }
    this.network.dataset.theme = this.theme
    this.network.classList.toggle("crowded", this.layout.crowded)
    this.pictures = this.model.layers.map((layer) => pictureOf(layer, this.ranges[layer.index], this.theme))
    this.picture.style.width = `${this.layout.width}px`
    this.picture.style.height = `${this.layout.height}px`
    drawBase(this.base, this.layout, this.pictures, this.style)
    setHtml(this.labels, labelsHtml(this.model, this.layout, this.mode.value, this.theme))
    setHtml(this.classes, classesHtml(this.model, this.layout))
    const { x, y, width: wide } = this.layout.classes
    this.mode.parentElement.style.cssText = `left:${x}px;top:${y + this.layout.band + 6}px;width:${wide}px`
    this.slots = {}
    this.update()
  }

  update() {
    const start = performance.now()
    const { model, cell, layout } = this
    const thread = threadThrough(model, cell)
    const fields = fieldsOf(model, cell)
    const { root } = stageOf(model, cell)
    const links = linksOf(model, root, this.versus)
    this.scene = {
      model, layout, cell, fields, thread, links, style: this.style, pictures: this.pictures, pinned: this.pinned,
    }
    drawOverlay(this.overlay, this.scene)
    if (this.preview) outline(this.overlay.getContext("2d"), cellBox(layout, this.preview), this.style, 2)
    this.writeDetail()
    setHtml(this.crumbs, crumbsHtml(model, thread, cell))
    this.mark()
    this.player.label()
    this.timings.push(performance.now() - start)
    if (this.timings.length > 500) this.timings.shift()
  }

  mark() {
    const last = this.model.layers.length - 1
    for (const row of this.classes.children) {
      row.classList.toggle("chosen", this.cell.layer === last && Number(row.dataset.digit) === this.cell.channel)
    }
    for (const label of this.labels.querySelectorAll("button")) {
      label.classList.toggle("chosen", Number(label.dataset.layer) === this.cell.layer)
    }
    this.network.classList.toggle("pinned", this.pinned)
    this.network.dataset.cell = cellText(this.cell)
  }

  writeDetail() {
    const { model, cell, chosen, versus, theme, ranges, pinned } = this
    const parts = detailOf({ model, cell, chosen, versus, theme, ranges, pinned, playing: this.player.playing })
    for (const slot of ["heading", "from", "sum", "ledger", "to", "lines"]) {
      if (this.slots[slot] === parts[slot]) continue
      this.slots[slot] = parts[slot]
      this[slot].innerHTML = parts[slot]
      this[slot].hidden = !parts[slot]
    }
    this.detail.dataset.kind = parts.kind
    for (const map of this.detail.querySelectorAll("[data-map]")) this.paintMap(map)
    this.mosaics = parts.mosaics
    for (const canvas of this.detail.querySelectorAll("[data-mosaic]")) {
      const [values, limit, table] = parts.mosaics[canvas.dataset.mosaic]
      paintMosaic(canvas, parts.mosaics.layer, values, limit, table)
    }
    for (const term of this.ledger.querySelectorAll(".term")) {
      term.classList.toggle("chosen", parts.chosen !== undefined && term.dataset.channel === String(parts.chosen))
    }
  }

  paintMap(map) {
    const [index, channel] = map.dataset.map.split(",").map(Number)
    const layer = this.model.layers[index]
    const brush = map.firstChild.getContext("2d")
    brush.clearRect(0, 0, layer.columns, layer.rows)
    drawMap(brush, this.pictures[index], layer, channel, { x: 0, y: 0, width: layer.columns, height: layer.rows })
  }
}

function setHtml(element, html) {
  if (element.written === html) return
  element.written = html
  element.innerHTML = html
}
