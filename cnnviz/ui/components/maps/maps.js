// The maps widget: a grid of maps or kernels drawn from one typed array.
//
// The module is loaded once (Streamlit caches it by content), so what stands here is shared by
// all widgets on the page; that is how linked widgets find each other.

import { SCALES } from "cnnviz/colors.py"
import { colorTable, themeOf } from "../shared/colors.js"
import { arrowStep, component, setText } from "../shared/component.js"
import { clamp, formatNumber } from "../shared/numbers.js"
import { MessageQueue } from "../shared/transport.js"
import { GAP, layOut, paint } from "./draw.js"

const CAPTION = 20 // height of the line under a tile

const groups = new Map() // link name -> widgets whose hovered cell is shared

class MapsWidget {
  constructor(parent) {
    this.parent = parent
    for (const name of ["maps", "tiles", "cell", "bar", "ends", "whose", "hover", "legend"]) {
      this[name] = parent.querySelector("." + name)
    }
    this.canvas = parent.querySelector("canvas")
    this.atlas = document.createElement("canvas")
    this.options = []
    this.queue = new MessageQueue((choice) => this.setState("selected", choice))
    this.turn = -1 // counts the user's choices; Python's echo of an older one is ignored
    this.selected = null
    this.pointed = null // {tile, row, column}; row and column are null over a caption
    this.listen()
    this.observer = new ResizeObserver(() => this.content && this.arrange())
    this.observer.observe(this.tiles)
  }

  listen() {
    this.tiles.onpointermove = (event) => this.point(this.placeOf(event))
    this.tiles.onpointerdown = (event) => this.point(this.placeOf(event))
    this.tiles.onpointerleave = (event) => {
      if (event.pointerType !== "touch") this.point(null) // a lifted finger leaves its value standing
    }
    this.tiles.onclick = (event) => {
      const place = this.placeOf(event)
      if (place) this.choose(place.tile)
    }
    this.tiles.onkeydown = (event) => this.press(event)
    this.tiles.onblur = () => this.point(null)
  }

  close() {
    this.observer.disconnect()
    while (this.options.length) this.options.pop().remove() // a successor may get the same elements
    this.join(null)
  }

  join(group) {
    if (this.group === group) return
    groups.get(this.group)?.delete(this)
    this.group = group
    if (group === null) return
    if (!groups.has(group)) groups.set(group, new Set())
    groups.get(group).add(this)
  }

  // ---- data ----

  show(content) {
    const start = performance.now()
    this.content = content
    const { values, limits, marks } = content.arrays
    ;[this.count, this.rows, this.columns] = values.shape
    this.values = values.values
    this.limits = limits?.values
    this.marks = marks?.values
    if (content.turn >= this.turn) {
      this.turn = content.turn
      this.selected = content.selected
    }
    if (this.pointed && this.pointed.tile >= this.count) this.pointed = null
    this.join(content.link)
    this.describe()
    this.arrange()
    this.queue.echo(content.turn)
    this.maps.dataset.milliseconds = (performance.now() - start).toFixed(2)
  }

  describe() {
    const { label, names, captions, notes, selectable, scale } = this.content
    this.tiles.setAttribute("role", selectable ? "listbox" : "img")
    this.tiles.setAttribute("aria-label", label)
    this.tiles.classList.toggle("selectable", selectable)
    while (this.options.length > this.count) this.options.pop().remove()
    while (this.options.length < this.count) this.options.push(this.addOption())
    this.options.forEach((option, tile) => {
      const marked = Boolean(this.marks?.[tile])
      option.setAttribute("role", selectable ? "option" : "presentation")
      option.setAttribute("aria-label", [names[tile], notes?.[tile]].filter(Boolean).join(", "))
      option.classList.toggle("marked", marked)
      setText(option.lastChild, captions[tile])
    })
    const stops = SCALES[scale === "digit" ? "digit" : "signed"][themeOf(this.parent)]
    const shown = scale === "signed" ? stops : stops.slice((stops.length - 1) / 2)
    this.bar.style.background = `linear-gradient(to right, ${shown.join(", ")})`
    this.legend.hidden = this.content.legend === false
    this.markSelected()
  }

  addOption() {
    const option = document.createElement("div")
    option.className = "tile"
    option.id = `tile-${this.options.length}`
    for (const name of ["picture", "caption"]) {
      option.appendChild(document.createElement("div")).className = name
    }
    return this.tiles.appendChild(option)
  }

  limitOf(tile) {
    return this.limits ? this.limits[tile] : this.content.limit
  }

  // ---- size and place ----

  arrange() {
    const room = this.tiles.clientWidth
    if (!room) return // inside something closed; the observer calls again
    const ratio = window.devicePixelRatio || 1
    const { across, zoom } = layOut(room, ratio, this.rows, this.columns, this.count, this.content.tile)
    this.across = across
    this.zoom = zoom // device px a cell
    this.ratio = ratio
    this.side = { width: (this.columns * zoom) / ratio, height: (this.rows * zoom) / ratio }
    this.tiles.style.gridTemplateColumns = `repeat(${across}, ${this.side.width}px)`
    this.tiles.style.setProperty("--picture-height", `${this.side.height}px`)
    this.tiles.classList.toggle("bare", !this.content.captions.some(Boolean))
    this.draw()
    this.tell()
  }

  stepDown() {
    return this.side.height + GAP + (this.tiles.classList.contains("bare") ? 0 : CAPTION)
  }

  originOf(tile) {
    const left = (tile % this.across) * (this.side.width + GAP)
    return { left, top: Math.floor(tile / this.across) * this.stepDown() }
  }

  placeOf(event) {
    const box = this.tiles.getBoundingClientRect()
    const [x, y] = [event.clientX - box.left, event.clientY - box.top]
    const across = Math.floor(x / (this.side.width + GAP))
    const tile = Math.floor(y / this.stepDown()) * this.across + across
    if (across < 0 || across >= this.across || tile < 0 || tile >= this.count) return null
    const { left, top } = this.originOf(tile)
    const column = Math.floor(((x - left) / this.side.width) * this.columns)
    const row = Math.floor(((y - top) / this.side.height) * this.rows)
    if (column >= this.columns) return null // the gap at the right
    return row < this.rows ? { tile, row, column } : { tile, row: null, column: null }
  }

  draw() {
    const lines = Math.ceil(this.count / this.across)
    const width = Math.round((this.across * (this.side.width + GAP) - GAP) * this.ratio)
    const height = Math.round((lines * this.stepDown() - GAP) * this.ratio)
    const scale = this.content.scale === "digit" ? "digit" : "signed"
    paint(this, width, height, colorTable(scale, themeOf(this.parent)))
  }

  // ---- pointing and choosing ----

  point(place, passOn = true) {
    this.pointed = place
    this.tell()
    if (!passOn || this.group === null) return
    for (const other of groups.get(this.group)) if (other !== this) other.follow(place, this)
  }

  // Another widget's cell, at the same share of the way across this one's maps.
  follow(place, other) {
    if (!place || place.row === null) return this.point(null, false)
    const tile = this.count === 1 ? 0 : place.tile
    if (tile >= this.count) return this.point(null, false)
    const row = Math.floor(((place.row + 0.5) / other.rows) * this.rows)
    const column = Math.floor(((place.column + 0.5) / other.columns) * this.columns)
    return this.point({ tile, row, column }, false)
  }

  choose(tile) {
    if (!this.content.selectable || tile === this.selected) return
    this.selected = tile
    this.turn += 1
    this.markSelected()
    this.tell()
    this.queue.send({ tile, turn: this.turn })
  }

  markSelected() {
    this.options.forEach((option, tile) => {
      option.setAttribute("aria-selected", String(tile === this.selected))
    })
    if (this.selected === null) this.tiles.removeAttribute("aria-activedescendant")
    else this.tiles.setAttribute("aria-activedescendant", `tile-${this.selected}`)
    this.maps.dataset.selected = this.selected ?? ""
  }

  press(event) {
    const move = arrowStep(event.key)
    if (move && (event.shiftKey || !this.content.selectable)) this.moveCell(...move)
    else if (move) this.moveTile(move[0] * this.across + move[1])
    else if (event.key === "Home") this.choose(0)
    else if (event.key === "End") this.choose(this.count - 1)
    else if (event.key === "Enter" || event.key === " ") this.choose(this.selected ?? 0)
    else if (event.key === "Escape") this.point(null)
    else return
    event.preventDefault()
    event.stopPropagation() // Streamlit has shortcuts of its own
  }

  moveTile(step) {
    const tile = this.selected === null ? 0 : this.selected + step
    if (tile < 0 || tile >= this.count) return
    this.point(null)
    this.choose(tile)
    this.options[tile].scrollIntoView({ block: "nearest" })
  }

  moveCell(down, right) {
    const tile = this.selected ?? 0
    const from = this.pointed?.tile === tile && this.pointed.row !== null ? this.pointed : null
    const row = from ? clamp(from.row + down, this.rows) : 0
    const column = from ? clamp(from.column + right, this.columns) : 0
    this.hover.setAttribute("aria-live", "polite") // read out what the keyboard asks for
    this.point({ tile, row, column })
  }

  // ---- words ----

  tell() {
    if (!this.side) return
    const place = this.pointed
    setText(this.hover, place ? this.sentence(place) : this.summary())
    this.maps.dataset.hover = place ? this.hover.textContent : ""
    this.cell.hidden = !place || place.row === null
    if (!this.cell.hidden) {
      const { left, top } = this.originOf(place.tile)
      const size = this.zoom / this.ratio
      this.cell.style.transform = `translate(${left + place.column * size}px, ${top + place.row * size}px)`
      this.cell.style.width = this.cell.style.height = `${size}px`
    }
    this.printRange(place?.tile ?? this.selected)
  }

  sentence({ tile, row, column }) {
    if (row === null) return this.about(tile)
    const value = this.values[(tile * this.rows + row) * this.columns + column]
    const { names, notes } = this.content
    const where = `row ${row}, column ${column}: ${formatNumber(value, 4)}`
    return [names[tile], where, notes?.[tile]].filter(Boolean).join(" · ")
  }

  about(tile) {
    const size = this.rows * this.columns
    let [low, high] = [Infinity, -Infinity]
    for (const value of this.values.subarray(tile * size, (tile + 1) * size)) {
      low = Math.min(low, value)
      high = Math.max(high, value)
    }
    const { names, notes } = this.content
    return [names[tile], `from ${formatNumber(low)} to ${formatNumber(high)}`, notes?.[tile]].filter(Boolean).join(" · ")
  }

  summary() {
    if (this.content.legend === false) return "" // one of several pictures: silent until pointed at
    if (this.selected !== null) return this.about(this.selected)
    if (this.count === 1) return this.about(0)
    return "Point at a cell to read its value"
  }

  printRange(tile) {
    const own = this.limits && this.count > 1
    const known = !own || tile !== null
    const limit = known ? this.limitOf(tile ?? 0) : Math.max(...this.limits)
    const high = formatNumber(limit)
    const signed = this.content.scale === "signed"
    const texts = signed ? [limit > 0 ? `−${high}` : "0", "0", limit > 0 ? `+${high}` : "0"] : ["0", "", high]
    texts.forEach((text, place) => setText(this.ends.children[place], text))
    const whose = known ? "this one's own range" : "each has its own range, this is the widest"
    setText(this.whose, own ? whose : "")
    this.maps.dataset.range = `${signed ? -limit : 0} ${limit}`
  }
}

export default component(MapsWidget)
