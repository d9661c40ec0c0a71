// The live picture: pointing, pinning, keys and play. Streamlit calls the default export again
// when data or theme change; one NetworkView a parentElement keeps its state in between.

const STEP_MILLISECONDS = 250
const STAGE_PADDING = 4
const SEND_AFTER = 350 // a burst of arrow keys becomes one message to Python

const views = new WeakMap()

export default function ({ parentElement, data, setStateValue }) {
  let view = views.get(parentElement)
  if (!view) views.set(parentElement, (view = new NetworkView(parentElement)))
  view.send = (selection) => setStateValue("selected", selection)
  view.show(data)
  return () => {
    view.close()
    views.delete(parentElement)
  }
}

class NetworkView {
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
    this.preview = null // a term the pointer is on
    this.slots = {}
    this.timings = []
    this.listen()
    this.observer = new ResizeObserver(() => this.model && this.arrange())
    this.observer.observe(this.stage)
    this.host.cnnviz = this.hooks()
  }

  close() {
    this.observer.disconnect()
    this.stop()
    clearTimeout(this.sending)
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
    if (!this.started) {
      this.started = true
      this.takeStart(this.model.start)
    }
    if (!this.exists(this.cell)) this.release(false)
    this.arrange()
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
      border: variable("--st-border-color"), faint: this.theme === "dark" ? "#8d887d" : "#9a958a",
      signs: SIGN_INK[this.theme], thread: THREAD[this.theme],
    }
    this.network.dataset.theme = this.theme
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
    this.playable()
    const thread = threadThrough(model, cell)
    const fields = fieldsOf(model, cell)
    const { root } = stageOf(model, cell)
    const links = linksOf(model, cell, root)
    this.scene = {
      model, layout, cell, fields, thread, links, style: this.style, pictures: this.pictures, pinned: this.pinned,
    }
    drawOverlay(this.overlay, this.scene)
    if (this.preview) outline(this.overlay.getContext("2d"), cellBox(layout, this.preview), this.style, 2)
    this.writeDetail()
    setHtml(this.crumbs, crumbsHtml(model, thread, cell))
    this.mark()
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
    const { model, cell, chosen, theme, ranges, pinned } = this
    const parts = detailOf({ model, cell, chosen, theme, ranges, pinned, playing: Boolean(this.timer) })
    for (const slot of ["heading", "from", "sum", "ledger", "to", "lines"]) {
      if (this.slots[slot] === parts[slot]) continue
      this.slots[slot] = parts[slot]
      this[slot].innerHTML = parts[slot]
      this[slot].hidden = !parts[slot]
    }
    this.detail.dataset.kind = parts.kind
    for (const map of this.detail.querySelectorAll("[data-map]")) this.paintMap(map)
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

  // ---- choosing ----

  look(cell) {
    if (sameCell(cell, this.cell) && !this.preview) return
    this.cell = cell
    this.chosen = null
    this.preview = null
    this.update()
  }

  pin(cell) {
    this.stop()
    this.pinned = true
    this.cell = cell
    this.chosen = null
    this.preview = null
    this.update()
    this.spoken.textContent = `${cellName(this.model, cell)}: ${num(valueAt(this.model, cell))}`
    this.report()
  }

  release(redraw = true) {
    this.stop()
    const wasPinned = this.pinned
    this.pinned = false
    this.cell = this.restCell()
    this.chosen = this.preview = null
    if (redraw) this.update()
    if (wasPinned) this.report()
  }

  report() {
    clearTimeout(this.sending)
    this.sending = setTimeout(() => {
      const { layer, ...place } = this.cell
      this.send(this.pinned ? { layer: this.model.layers[layer].name, ...place } : {})
    }, SEND_AFTER)
  }

  // ---- pointer ----

  listen() {
    this.picture.onpointermove = (event) => {
      if (event.pointerType === "touch") return
      this.pointer = event
      this.frame ??= requestAnimationFrame(() => {
        this.frame = null
        this.point(this.pointer)
      })
    }
    this.picture.onpointerleave = () => {
      this.pointer = null
      this.tip.hidden = true
    }
    this.picture.onclick = (event) => {
      if (!event.target.closest(".mode")) this.press(event)
    }
    this.picture.onkeydown = (event) => this.key(event)
    this.detail.onclick = (event) => this.pressDetail(event)
    this.detail.onpointerover = (event) => this.pointTerm(event.target.closest(".term"))
    this.detail.onfocusin = (event) => this.pointTerm(event.target.closest(".term"))
    this.crumbs.onclick = (event) => {
      const crumb = event.target.closest("[data-cell]")
      if (crumb) this.pin(cellFrom(crumb.dataset.cell))
    }
    this.network.onkeydown = (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) this.release()
    }
    this.play.onclick = () => this.togglePlay()
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
    this.tip.hidden = !cell
    if (!cell) return
    this.showTip(cell, event)
    if (!this.pinned) this.look(cell)
  }

  showTip(cell, event) {
    const box = this.picture.getBoundingClientRect()
    const x = event.clientX - box.left
    this.tip.textContent = `${cellName(this.model, cell)}: ${num(valueAt(this.model, cell), 4)}`
    const left = x > this.layout.width * 0.7
    this.tip.style.transform = `translate(${left ? x - 14 : x + 14}px, ${event.clientY - box.top + 16}px) translateX(${left ? "-100%" : "0"})`
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
    const goal = event.target.closest("[data-cell]")
    if (goal) return this.pin(cellFrom(goal.dataset.cell))
    const cell = this.cellInMap(event)
    if (cell) this.pin(cell)
  }

  // The cell of one of the drawer's large maps under an event.
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

  // ---- keys ----

  key(event) {
    if (event.target !== this.picture && !event.target.dataset.layer) return
    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }
    const move = moves[event.key]
    if (move && event.shiftKey) this.pin(this.cellIn(clamp(this.cell.layer + (move[1] || move[0]), this.model.layers.length)))
    else if (move) this.pin(this.moved(...move))
    else if (event.key === "PageUp" || event.key === "PageDown") this.pin(this.otherMap(event.key === "PageUp" ? -1 : 1))
    else if (event.key === "Enter" && event.target === this.picture) this.followBack()
    else if (event.key === " " && event.target === this.picture) this.togglePlay()
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

  // ---- play: the kernel slides over the map, row by row ----

  togglePlay() {
    if (this.timer) return this.stop(true)
    this.timer = setInterval(() => this.step(), STEP_MILLISECONDS)
    this.cell = this.firstOfPlay()
    this.pinned = true
    this.chosen = this.preview = null
    this.update()
  }

  // The chosen cell, unless nothing can slide from there: then a line with ink on the first layer.
  firstOfPlay() {
    const { layers } = this.model
    const layer = layers[this.cell.layer]
    if (layer.index > 0 && !layer.flat) {
      const atEnd = this.cell.row === layer.rows - 1 && this.cell.column === layer.columns - 1
      return atEnd ? { ...this.cell, row: 0, column: 0 } : this.cell
    }
    const first = layers.find(({ kind }) => kind === "Conv2d")
    if (first) return { ...this.cellIn(first.index), column: 0 }
    return makeCell(layers.find(({ kind }) => kind === "Linear").index)
  }

  step() {
    if (this.network.matches(":hover") && this.picture.matches(":hover")) return // pause under the pointer
    const layer = this.model.layers[this.cell.layer]
    const place = placeOf(layer, this.cell) + 1
    const end = layer.flat ? layer.channels : (this.cell.channel + 1) * layer.size
    if (place >= end) return this.stop(true)
    this.cell = cellAtPlace(layer, place)
    this.update()
  }

  stop(redraw = false) {
    if (!this.timer) return
    clearInterval(this.timer)
    this.timer = null
    this.playable()
    if (redraw) {
      this.update()
      this.report()
    }
  }

  playable() {
    const text = this.timer ? "❚❚ Stop" : "▶ Slide"
    if (this.play.textContent !== text) this.play.textContent = text
    this.play.setAttribute("aria-pressed", String(Boolean(this.timer)))
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
        const [x, y] = centreOf(cellBox(this.layout, at(...place)))
        return { x: box.left + x, y: box.top + y }
      },
      selected: () => {
        const { layer, ...place } = this.cell
        return { layer: this.model.layers[layer].name, ...place, pinned: this.pinned, playing: Boolean(this.timer) }
      },
      thread: () => {
        const { cells, stop } = threadThrough(this.model, this.cell)
        return { cells: cells.map(({ layer, ...place }) => ({ layer: this.model.layers[layer].name, ...place })), stop }
      },
      timings: () => this.timings,
    }
  }
}

function setHtml(element, html) {
  if (element.written === html) return
  element.written = html
  element.innerHTML = html
}
