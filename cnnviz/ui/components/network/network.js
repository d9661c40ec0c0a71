// The live picture: pointing, pinning and keys.

import { arrowStep, component } from "../shared/component.js"
import { clamp, num } from "../shared/numbers.js"
import { bestOf, explain, softmaxRows, strongestBefore, threadThrough } from "./arithmetic.js"
import { inputName, stageOf } from "./detail.js"
import { cellAt, cellBox, centerOf } from "./layout.js"
import { cellAtPlace, cellName, fieldsOf, makeCell, placeOf, sameCell, valueAt } from "./model.js"
import { cellFrom, mosaicShape } from "./numbers.js"
import { NetworkPicture } from "./picture.js"

const SEND_AFTER = 350 // milliseconds; a burst of arrow keys becomes one message to Python

class NetworkView extends NetworkPicture {
  constructor(parent) {
    super(parent)
    this.listen()
    this.host.cnnviz = this.hooks()
  }

  close() {
    this.observer.disconnect()
    this.player.stop()
    clearTimeout(this.sending)
  }

  // ---- choosing ----

  set(cell, pinned) {
    this.cell = cell
    this.pinned = pinned
    this.chosen = this.preview = null
    this.update()
  }

  look(cell) {
    if (!sameCell(cell, this.cell) || this.preview) this.set(cell, false)
  }

  pin(cell) {
    this.player.stop()
    this.set(cell, true)
    this.spoken.textContent = `${cellName(this.model, cell)}: ${num(valueAt(this.model, cell))}`
    this.report()
  }

  release() {
    this.player.stop()
    const wasPinned = this.pinned
    this.set(this.restCell(), false)
    if (wasPinned) this.report()
  }

  report() {
    clearTimeout(this.sending)
    this.sending = setTimeout(() => {
      const { layer, ...place } = this.cell
      this.setState("selected", this.pinned ? { layer: this.model.layers[layer].name, ...place } : {})
    }, SEND_AFTER)
  }

  // ---- pointer ----

  listen() {
    this.picture.onpointermove = (event) => {
      if (event.pointerType === "touch") return
      const { target, clientX, clientY } = event // the browser forgets the target before the next frame
      this.pointer = { target, clientX, clientY }
      this.frame ??= requestAnimationFrame(() => {
        this.frame = null
        this.point(this.pointer)
      })
    }
    this.picture.onpointerleave = () => {
      this.pointer = null
      this.hideTip()
    }
    this.picture.onclick = (event) => {
      if (!event.target.closest(".mode")) this.press(event)
    }
    this.picture.onkeydown = (event) => this.key(event)
    this.detail.onclick = (event) => this.pressDetail(event)
    this.detail.onpointerover = (event) => this.pointTerm(event.target.closest(".term"))
    this.detail.onpointermove = (event) => this.pointDetail(event)
    this.detail.onpointerleave = () => this.hideTip()
    this.ledger.onpointerleave = () => this.leaveTerms()
    this.detail.onfocusin = (event) => this.pointTerm(event.target.closest(".term"))
    this.crumbs.onclick = (event) => {
      const crumb = event.target.closest("[data-cell]")
      if (crumb) this.goTo(cellFrom(crumb.dataset.cell))
    }
    this.network.onkeydown = (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) this.release()
    }
    this.play.onclick = () => this.player.toggle()
    this.mode.onchange = () => this.arrange()
  }

  // The cell under an event: a number of a map, or the class whose bar it is.
  under(event) {
    const bar = event.target.closest?.("[data-digit]")
    if (bar) return makeCell(this.model.layers.length - 1, Number(bar.dataset.digit))
    const box = this.picture.getBoundingClientRect()
    return cellAt(this.layout, event.clientX - box.left, event.clientY - box.top)
  }

  point(event) {
    if (!event) return
    const cell = this.under(event)
    if (!cell) return this.hideTip()
    this.showTip(event, this.told(cell))
    if (!this.pinned) this.look(cell)
  }

  told(cell) {
    return `${cellName(this.model, cell)}: ${num(valueAt(this.model, cell), 4)}`
  }

  showTip(event, text) {
    const box = this.network.getBoundingClientRect()
    const x = event.clientX - box.left
    const left = x > box.width * 0.7
    this.tip.hidden = false
    this.tip.textContent = text
    this.tip.style.transform = `translate(${left ? x - 14 : x + 14}px, ${event.clientY - box.top + 16}px) translateX(${left ? "-100%" : "0"})`
  }

  hideTip() {
    this.tip.hidden = true
  }

  press(event) {
    const label = event.target.closest("button[data-layer]")
    if (label) return this.pin(this.cellIn(Number(label.dataset.layer)))
    const cell = this.under(event)
    if (cell && this.pinned && sameCell(cell, this.cell)) return this.release()
    if (cell) this.pin(cell)
  }

  pressDetail(event) {
    if (event.target.closest(".release")) return this.release()
    if (event.target.closest(".versus")) {
      this.versus = !this.versus
      return this.update()
    }
    const goal = event.target.closest("[data-cell]")
    if (goal) return this.goTo(cellFrom(goal.dataset.cell))
    const cell = this.cellInMap(event) ?? this.cellInMosaic(event)?.cell
    if (cell) this.goTo(cell)
  }

  // Pinned from outside the picture: the arrow keys go on from there.
  goTo(cell) {
    this.pin(cell)
    this.picture.focus({ preventScroll: true })
  }

  // Numbers of the detail panel's pictures; the result's own map moves the unpinned number.
  pointDetail(event) {
    const cell = this.cellInMap(event)
    const other = cell ? null : this.cellInMosaic(event)
    if (!cell && !other) return this.hideTip()
    if (cell && !this.pinned && this.to.contains(event.target)) this.look(cell)
    this.showTip(event, cell ? this.told(cell) : `${inputName(this.mosaics.layer, other.cell)}: ${num(other.value, 4)}`)
  }

  // The input under an event in one of a dense unit's three pictures, and what is drawn there.
  cellInMosaic(event) {
    const canvas = event.target.closest("[data-mosaic]")
    if (!canvas) return null
    const { layer } = this.mosaics
    const { across, gap, width, height } = mosaicShape(layer)
    const box = canvas.getBoundingClientRect()
    const x = Math.floor(((event.clientX - box.left) / box.width) * width)
    const y = Math.floor(((event.clientY - box.top) / box.height) * height)
    const [wide, high] = [layer.columns + gap, layer.rows + gap]
    const channel = Math.floor(y / high) * across + Math.floor(x / wide)
    const cell = makeCell(layer.index, channel, y % high, x % wide)
    if (x < 0 || y < 0 || !this.exists(cell)) return null
    return { cell, value: this.mosaics[canvas.dataset.mosaic][0][placeOf(layer, cell)] }
  }

  // The cell of one of the detail panel's large maps under an event.
  cellInMap(event) {
    const map = event.target.closest("[data-map]")
    if (!map) return null
    const [index, channel] = map.dataset.map.split(",").map(Number)
    const { rows, columns } = this.model.layers[index]
    const box = map.firstChild.getBoundingClientRect()
    const row = Math.floor(((event.clientY - box.top) / box.height) * rows)
    const column = Math.floor(((event.clientX - box.left) / box.width) * columns)
    const cell = makeCell(index, channel, row, column)
    return row >= 0 && column >= 0 && this.exists(cell) ? cell : null
  }

  // A term under the pointer: its patch is written out, its place lights up in the picture.
  pointTerm(term) {
    if (!term?.dataset.cell) return
    const cell = cellFrom(term.dataset.cell)
    if (sameCell(cell, this.preview)) return
    this.preview = cell
    const { root } = stageOf(this.model, this.cell)
    if (this.model.layers[root.layer].kind === "Conv2d") this.chosen = Number(term.dataset.channel)
    this.update()
  }

  leaveTerms() {
    if (!this.preview) return
    this.preview = null
    this.update()
  }

  // ---- keys ----

  key(event) {
    if (event.target !== this.picture && !event.target.dataset.layer) return
    const move = arrowStep(event.key)
    if (move && event.shiftKey) this.pin(this.cellIn(clamp(this.cell.layer + (move[1] || move[0]), this.model.layers.length)))
    else if (move) this.pin(this.moved(...move))
    else if (event.key === "PageUp" || event.key === "PageDown") this.pin(this.otherMap(event.key === "PageUp" ? -1 : 1))
    else if (event.key === "Enter" && event.target === this.picture) this.followBack()
    else if (event.key === " " && event.target === this.picture) this.player.toggle()
    else if (event.key === "Escape") this.release()
    else return
    event.preventDefault()
    event.stopPropagation() // Streamlit has shortcuts of its own
  }

  moved(down, across) {
    const layer = this.model.layers[this.cell.layer]
    if (!layer.flat) {
      return { ...this.cell, row: clamp(this.cell.row + down, layer.rows), column: clamp(this.cell.column + across, layer.columns) }
    }
    const step = down * this.layout.blocks[layer.index].columns + across
    return { ...this.cell, channel: clamp(this.cell.channel + step, layer.channels) }
  }

  otherMap(step) {
    const { channels } = this.model.layers[this.cell.layer]
    return { ...this.cell, channel: (this.cell.channel + step + channels) % channels }
  }

  followBack() {
    if (this.cell.layer > 0) this.pin(strongestBefore(this.model, this.cell))
  }

  // Entering a layer: where the present thread crosses it, or its largest number.
  cellIn(index) {
    const crossing = threadThrough(this.model, this.cell).cells[index]
    if (crossing) return crossing
    const layer = this.model.layers[index]
    return cellAtPlace(layer, bestOf(layer.values))
  }

  // ---- for browser tests: the same functions the picture uses ----

  hooks() {
    const at = (name, channel = 0, row = 0, column = 0) => makeCell(this.model.byName[name].index, channel, row, column)
    return {
      layers: () => this.model.layers.map(({ name, kind, shape }) => ({ name, kind, shape })),
      value: (...place) => valueAt(this.model, at(...place)),
      explain: (...place) => explain(this.model, at(...place)),
      field: (...place) => fieldsOf(this.model, at(...place))[0],
      softmax: () => softmaxRows(this.model),
      where: (...place) => {
        const box = this.picture.getBoundingClientRect()
        const [x, y] = centerOf(cellBox(this.layout, at(...place)))
        return { x: box.left + x, y: box.top + y }
      },
      selected: () => {
        const { layer, ...place } = this.cell
        return { layer: this.model.layers[layer].name, ...place, pinned: this.pinned, playing: this.player.playing }
      },
      thread: () => {
        const { cells, stop } = threadThrough(this.model, this.cell)
        return { cells: cells.map(({ layer, ...place }) => ({ layer: this.model.layers[layer].name, ...place })), stop }
      },
      timings: () => this.timings,
    }
  }
}

export default component(NetworkView, (data) => data)
