// The pooling picture: digit, feature map, winner mask and pooled map side by side, linked.
//
// The browser holds the whole layer, so that pointing and switching maps need no server.

import { themeOf } from "../shared/colors.js"
import { arrowStep, component } from "../shared/component.js"
import { clamp, num } from "../shared/numbers.js"
import { outlineCells, paintCells, resizeCanvas } from "../shared/pixels.js"
import { MessageQueue, unpack } from "../shared/transport.js"
import { EMPTY, PoolingLayer } from "./model.js"
import { PoolingPaint } from "./paint.js"

const PANELS = ["digit", "feature", "mask", "pooled"]
const VIEWS = { winners: "Winners", lead: "Lead", gradient: "Gradient" }
const PANEL_MOST = 290 // CSS px
const PANEL_GAP = 18
const TILES_WAIT = 40 // ms
const NARROW = 620 // below this width two panels a row
const MASK_TILE = { wide: 64, narrow: 46 }

class PoolingPicture extends PoolingPaint {
  constructor(parent) {
    super()
    this.parent = parent
    for (const name of ["pooling", "panels", "window", "words", "legend", "heading", "tiles"]) {
      this[name] = parent.querySelector("." + name)
    }
    this.queue = new MessageQueue((choice) => this.setState("selected", choice))
    this.turn = -1 // counts the visitor's choices; Python's echo of an older one is ignored
    this.pointed = null // {row, column} of the pooled map
    this.view = "winners"
    this.figures = Object.fromEntries(PANELS.map((name) => [name, this.addPanel(name)]))
    this.panels.onkeydown = (event) => this.press(event)
    this.tiles.onkeydown = (event) => this.pressTile(event)
    this.tiles.onclick = (event) => {
      const tile = event.target.closest(".tile")
      if (tile) this.choose(Number(tile.dataset.map))
    }
    this.observer = new ResizeObserver(() => this.layer && this.arrange())
    this.observer.observe(this.pooling)
  }

  addPanel(name) {
    const figure = document.createElement("figure")
    figure.dataset.panel = name
    figure.innerHTML = `
      <figcaption><span class="title"></span><span class="views"></span><span class="shape"></span></figcaption>
      <div class="screen"><canvas class="map"></canvas><canvas class="marks"></canvas></div>
      <div class="bar"></div><div class="range"><span></span><span></span></div>`
    const screen = figure.querySelector(".screen")
    screen.onpointermove = screen.onpointerdown = (event) => this.point(this.placeOf(name, event))
    screen.onpointerleave = () => this.point(null)
    if (name === "mask") this.addViews(figure.querySelector(".views"))
    else figure.querySelector(".views").remove()
    this.panels.append(figure)
    return figure
  }

  addViews(holder) {
    for (const [view, title] of Object.entries(VIEWS)) {
      const button = document.createElement("button")
      button.type = "button"
      button.textContent = title
      button.dataset.view = view
      button.onclick = () => {
        this.view = view
        this.draw()
      }
      holder.append(button)
    }
  }

  close() {
    this.observer.disconnect()
    clearTimeout(this.tilesLater)
  }

  // ---- data ----

  show(layer) {
    const start = performance.now()
    this.layer = layer
    if (layer.turn >= this.turn) {
      this.turn = layer.turn
      this.map = layer.selected
    }
    if (this.map >= layer.maps) this.map = layer.selected
    if (this.pointed && (this.pointed.row >= layer.rows || this.pointed.column >= layer.columns)) {
      this.pointed = null
    }
    this.panels.setAttribute("aria-label", layer.label)
    this.theme = themeOf(this.parent)
    this.arrange()
    this.queue.echo(layer.turn)
    this.pooling.dataset.milliseconds = (performance.now() - start).toFixed(2)
  }

  choose(map) {
    if (map === this.map) return
    this.map = map
    this.turn += 1
    this.draw()
    this.markSelected()
    this.queue.send({ tile: map, turn: this.turn })
  }

  // ---- size and place ----

  arrange() {
    const room = this.pooling.clientWidth
    if (!room) return
    const ratio = window.devicePixelRatio || 1
    const across = room < NARROW ? 2 : 4
    const side = Math.min(PANEL_MOST, (room - PANEL_GAP * (across - 1)) / across - 2)
    this.panels.classList.toggle("narrow", across === 2)
    this.ratio = ratio
    this.zoom = Math.max(1, Math.floor((side * ratio) / this.layer.height)) // device px a feature cell
    this.digitZoom = Math.max(1, Math.floor((this.zoom * this.layer.height) / 28))
    this.draw()
    // The pictures first: the small masks follow once they are on screen.
    clearTimeout(this.tilesLater)
    if (this.tiles.children.length) this.tilesLater = setTimeout(() => this.drawTiles(), TILES_WAIT)
    else this.drawTiles()
  }

  // Device px a cell of the panel's map, and the map's size in cells.
  gridOf(name) {
    const { layer, zoom } = this
    if (name === "digit") return { zoom: this.digitZoom, rows: 28, columns: 28 }
    const size = { rows: layer.height, columns: layer.width }
    return { zoom, ...size }
  }

  placeOf(name, event) {
    const box = this.figures[name].querySelector(".screen").getBoundingClientRect()
    const { zoom } = this.gridOf(name)
    const row = Math.floor(((event.clientY - box.top) * this.ratio) / zoom)
    const column = Math.floor(((event.clientX - box.left) * this.ratio) / zoom)
    return name === "digit" ? this.layer.windowAtPixel(row, column) : this.layer.windowOf(row, column)
  }

  // ---- the masks of all maps ----

  drawTiles() {
    const { layer, ratio } = this
    this.heading.textContent = `All ${layer.maps} masks of ${layer.pooled}`
    this.tiles.setAttribute("aria-label", `Winner masks of the ${layer.maps} maps of ${layer.pooled}`)
    const room = this.pooling.clientWidth
    const wished = room < NARROW ? MASK_TILE.narrow : MASK_TILE.wide
    const zoom = Math.max(1, Math.round((wished * ratio) / layer.height))
    const side = (zoom * layer.height) / ratio
    const fitting = Math.max(4, Math.floor((room + 8) / (side + 8)))
    const across = Math.ceil(layer.maps / Math.ceil(layer.maps / fitting))
    this.tiles.style.gridTemplateColumns = `repeat(${across}, ${side}px)`
    while (this.tiles.children.length > layer.maps) this.tiles.lastChild.remove()
    while (this.tiles.children.length < layer.maps) this.tiles.append(this.addTile())
    ;[...this.tiles.children].forEach((tile, map) => this.drawTile(tile, map, zoom))
    this.across = across
    this.markSelected()
  }

  addTile() {
    const tile = document.createElement("div")
    tile.className = "tile"
    tile.setAttribute("role", "option")
    tile.innerHTML = "<canvas></canvas><div class='caption'></div>"
    return tile
  }

  drawTile(tile, map, zoom) {
    const { layer } = this
    tile.id = `mask-${map}`
    tile.dataset.map = map
    const canvas = tile.firstChild
    resizeCanvas(canvas, zoom * layer.width, zoom * layer.height, this.ratio)
    const brush = paintCells(canvas, this.maskPixels(map, "winners", 1), layer.height, layer.width, zoom)
    this.hatch(brush, map, zoom)
    tile.lastChild.textContent = map
    const { tied, empty } = layer.census(map)
    tile.setAttribute("aria-label", `map ${map}: ${tied} ties, ${empty} windows of zeros`)
  }

  markSelected() {
    for (const tile of this.tiles.children) {
      tile.setAttribute("aria-selected", String(Number(tile.dataset.map) === this.map))
    }
    this.tiles.setAttribute("aria-activedescendant", `mask-${this.map}`)
    this.pooling.dataset.map = this.map
  }

  // ---- pointing ----

  point(place) {
    this.pointed = place
    this.tell()
  }

  press(event) {
    const move = arrowStep(event.key)
    if (event.target !== this.panels || (!move && event.key !== "Escape")) return
    event.preventDefault()
    event.stopPropagation()
    if (!move) return this.point(null)
    const from = this.pointed ?? this.layer.strongest(this.map)
    return this.point({
      row: clamp(from.row + move[0], this.layer.rows),
      column: clamp(from.column + move[1], this.layer.columns),
    })
  }

  pressTile(event) {
    const move = arrowStep(event.key)
    if (!move) return
    event.preventDefault()
    event.stopPropagation()
    const map = this.map + move[0] * this.across + move[1]
    if (map >= 0 && map < this.layer.maps) this.choose(map)
  }

  // The pointed window, or the strongest one, outlined everywhere and written out.
  tell() {
    const { layer, map } = this
    const place = this.pointed ?? layer.strongest(map)
    const winner = layer.winner(map, place.row, place.column)
    for (const name of PANELS) this.outline(name, place, winner)
    this.writeWindow(place)
    const lines = layer.sentences(map, place)
    const intro = this.pointed ? "" : "The strongest: "
    this.words.textContent = intro + lines.join(" ")
    this.pooling.dataset.hover = this.pointed ? lines.join(" ") : ""
    this.pooling.dataset.place = `${place.row} ${place.column}`
  }

  outline(name, place, winner) {
    const { layer } = this
    const { zoom } = this.gridOf(name)
    const brush = this.fit(name, this.figures[name].querySelector(".marks"))
    const k = layer.window
    const box = [place.column * k, place.row * k, k, k]
    if (name === "digit") {
      this.frame(brush, this.pixelBox(place.row * k, place.column * k, k), zoom, 1, true)
      this.frame(brush, this.pixelBox(winner.row, winner.column, 1), zoom, 2)
    } else {
      this.frame(brush, box, zoom, 2)
      if (name === "feature") this.frame(brush, [winner.column, winner.row, 1, 1], zoom, 1)
    }
  }

  pixelBox(row, column, cells) {
    const [top, bottom] = this.layer.pixels(row, row + cells - 1)
    const [left, right] = this.layer.pixels(column, column + cells - 1)
    return [left, top, right - left + 1, bottom - top + 1]
  }

  frame(brush, box, zoom, weight, dashed = false) {
    outlineCells(brush, getComputedStyle(this.pooling), this.ratio, box, zoom, weight, dashed)
  }

  writeWindow({ row, column }) {
    const { layer, map } = this
    const cells = layer.cells(map, row, column)
    const corner = layer.corner[layer.at(map, row, column)]
    const empty = layer.state[layer.at(map, row, column)] === EMPTY
    this.window.style.gridTemplateColumns = `repeat(${layer.window}, auto)`
    this.window.classList.toggle("small", layer.window > 2)
    while (this.window.children.length > cells.length) this.window.lastChild.remove()
    while (this.window.children.length < cells.length) this.window.append(document.createElement("span"))
    cells.forEach((value, cell) => {
      const span = this.window.children[cell]
      span.textContent = num(value)
      span.style.setProperty("--corner", layer.cornerColor(cell))
      span.classList.toggle("winner", cell === corner && !empty)
    })
  }

  writeLegend() {
    const { layer, map } = this
    const { corners, tied, empty, changed } = layer.census(map)
    this.legend.replaceChildren()
    const entry = (kind, color, text) => {
      const line = document.createElement("span")
      const swatch = line.appendChild(document.createElement("span"))
      swatch.className = `swatch ${kind}`
      if (color) swatch.style.background = color
      line.append(text)
      this.legend.append(line)
    }
    if (layer.window <= 2) {
      corners.forEach((count, corner) => entry("", layer.cornerColor(corner), `${layer.sideName(corner)} ${count}`))
    }
    entry("tied", "", `tied ${tied}`)
    entry("empty", "", `all zero ${empty}`)
    if (layer.changed) entry("changed", "", `another winner than unshifted ${changed}`)
  }
}

export default component(PoolingPicture, (data) => new PoolingLayer(unpack(data)))
