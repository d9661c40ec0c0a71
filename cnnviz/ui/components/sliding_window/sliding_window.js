// The sliding picture: one row a channel of image, kernel and what they make; with several channels
// their sum at the right. Pointing, arrow keys, steps and play move one window everywhere.

import { themeOf } from "../shared/colors.js"
import { arrowStep, component, setText } from "../shared/component.js"
import { clamp } from "../shared/numbers.js"
import { MessageQueue, unpack } from "../shared/transport.js"
import { Slide } from "./model.js"
import { SlidingPaint } from "./paint.js"
import { element, plain, writtenOut } from "./text.js"

const STEP_TIME = 250 // ms a step of play
const NARROW = 620 // CSS px; below, kernels stand under the pictures
const SIDES = { one: 312, several: 158, sum: 300, narrow: 170 } // most CSS px of an image
const CELL_MOST = 58
const GAP = 22

class SlidingPicture extends SlidingPaint {
  constructor(parent) {
    super()
    this.parent = parent
    for (const name of ["convolution", "stage", "controls", "back", "play", "next", "gray", "place", "words"]) {
      this[name] = parent.querySelector("." + name)
    }
    this.queue = new MessageQueue((choice) => this.setState("cells", choice))
    this.turn = -1 // counts the visitor's edits; Python's echo of an older one is ignored
    this.at = null // {row, column} of the result
    this.playing = false
    this.hovered = false
    this.inGray = false // the result on the image's own scale, instead of blue and orange
    this.stage.replaceChildren()
    this.stage.onkeydown = (event) => this.press(event)
    this.stage.onpointerenter = (event) => (this.hovered = event.pointerType === "mouse")
    this.stage.onpointerleave = () => (this.hovered = false)
    this.back.onclick = () => this.step(-1)
    this.next.onclick = () => this.step(1)
    this.play.onclick = () => this.setPlaying(!this.playing)
    this.gray.onclick = () => {
      this.inGray = !this.inGray
      this.gray.setAttribute("aria-pressed", String(this.inGray))
      this.draw()
    }
    this.observer = new ResizeObserver(() => this.slide && this.arrange())
    this.observer.observe(this.convolution)
  }

  close() {
    this.observer.disconnect()
    clearInterval(this.timer)
  }

  // ---- data ----

  show(slide) {
    const start = performance.now()
    const known = this.slide
    this.slide = slide
    this.theme = themeOf(this.parent)
    if (!known || known.outRows !== slide.outRows || known.outColumns !== slide.outColumns) {
      this.at = null
      this.setPlaying(false)
    }
    if (!this.at && slide.places) this.at = slide.start()
    this.build()
    this.fillKernels()
    this.arrange()
    this.controls.hidden = slide.places < 2
    this.queue.echo(slide.turn)
    this.convolution.dataset.milliseconds = (performance.now() - start).toFixed(2)
  }

  // Figures are kept as long as their number stays the same, so that a focused cell keeps its focus.
  build() {
    const { slide, stage } = this
    const shape = `${slide.rule} ${slide.channels} ${slide.down} ${slide.across}`
    stage.setAttribute("aria-label", `${slide.label}. Arrow keys move the window.`)
    stage.classList.toggle("several", slide.channels > 1)
    if (this.shape === shape) return
    this.shape = shape
    this.tallest = 0
    this.words.style.minHeight = ""
    stage.replaceChildren()
    this.images = []
    this.kernels = []
    this.partials = []
    for (let channel = 0; channel < slide.channels; channel++) {
      this.images.push(this.addScreen("image", channel))
      this.kernels.push(this.addKernel(channel))
      this.partials.push(this.addScreen("partial", channel))
    }
    this.sum = slide.channels > 1 ? this.addScreen("sum", 0) : null
    this.whole = slide.channels === 3 ? this.addScreen("whole", 0) : null
  }

  addFigure(kind, channel) {
    const figure = document.createElement("figure")
    figure.className = kind
    figure.style.setProperty("--row", channel + 1)
    figure.append(element("figcaption", ""))
    this.stage.append(figure)
    return figure
  }

  addScreen(kind, channel) {
    const figure = this.addFigure(kind, channel)
    const screen = element("div", "screen")
    for (const name of ["map", "marks"]) screen.append(element("canvas", name))
    screen.onpointermove = screen.onpointerdown = (event) => this.point(figure, event)
    figure.append(screen, element("div", "range"))
    return figure
  }

  addKernel(channel) {
    const { slide } = this
    const figure = this.addFigure("kernel", channel)
    const grid = element("div", "cells")
    grid.style.setProperty("--across", slide.across)
    for (let cell = 0; cell < slide.down * slide.across; cell++) {
      const input = element("input", "")
      input.spellcheck = false
      input.autocomplete = "off"
      const [row, column] = [Math.floor(cell / slide.across), cell % slide.across]
      const whose = slide.channels > 1 ? `${slide.names[channel]}, ` : ""
      const what = slide.rule === "sum" ? "weight" : "value"
      input.setAttribute("aria-label", `${whose}${what} in row ${row}, column ${column}`)
      input.onchange = () => this.sendKernel()
      input.onkeydown = (event) => {
        event.stopPropagation() // arrow keys move the caret, not the window
        if (event.key === "Enter") input.blur()
      }
      grid.append(input)
    }
    figure.append(grid)
    return figure
  }

  // ---- the kernel's cells ----

  fillKernels() {
    const { slide } = this
    if (slide.turn < this.turn) return // a newer edit is on its way
    this.turn = slide.turn
    this.kernels.forEach((figure, channel) => {
      const inputs = figure.querySelectorAll("input")
      inputs.forEach((input, cell) => {
        const typed = slide.typedAt(channel, cell)
        const weight = slide.kernel?.[channel * inputs.length + cell]
        const text = typed ?? (weight === undefined ? "" : plain(weight))
        if (input.value !== text) input.value = text
        input.dataset.shown = text
        input.readOnly = !slide.editable
        input.setAttribute("aria-invalid", String(typed !== null && !isNumber(typed)))
      })
    })
  }

  // Only what was typed goes as text: a cell left as it stands is null, and keeps its exact weight.
  sendKernel() {
    const { slide } = this
    this.turn += 1
    const cells = this.kernels.map((figure, channel) => {
      const inputs = [...figure.querySelectorAll("input")]
      const texts = inputs.map((input, cell) =>
        input.value === input.dataset.shown ? slide.typedAt(channel, cell) : input.value)
      return Array.from({ length: slide.down }, (_, row) =>
        texts.slice(row * slide.across, (row + 1) * slide.across))
    })
    this.queue.send({ cells, turn: this.turn })
  }

  // ---- size ----

  arrange() {
    const room = this.convolution.clientWidth
    if (!room) return
    const { slide } = this
    this.ratio = window.devicePixelRatio || 1
    const narrow = room < NARROW
    this.stage.classList.toggle("narrow", narrow)
    const several = slide.channels > 1
    const kernel = Math.max(150, 46 * slide.across)
    const wide = several ? SIDES.several : Math.min(SIDES.one, (room - kernel - 2 * GAP) / 2 - 4)
    const most = narrow ? Math.min(SIDES.narrow, (room - GAP) / 2 - 2) : wide
    const longest = Math.max(slide.paddedHeight, slide.paddedWidth)
    const zoomOf = (side, cells) => Math.max(1, Math.floor((Math.min(side, cells * CELL_MOST) * this.ratio) / cells))
    this.zoom = zoomOf(most, longest)
    // A cell of the result is as large as the steps between windows, so that both pictures match.
    const out = Math.max(slide.outRows, slide.outColumns, 1)
    this.outZoom = Math.min(this.zoom * slide.stride, zoomOf(most, out))
    this.sumZoom = zoomOf(narrow ? room - 4 : SIDES.sum, out)
    this.draw()
  }

  // ---- the window ----

  point(figure, event) {
    const { slide } = this
    if (!slide.places) return
    const box = figure.querySelector(".screen").getBoundingClientRect()
    const onImage = ["image", "whole"].includes(figure.className)
    const zoom = (onImage ? this.zoom : figure === this.sum ? this.sumZoom : this.outZoom) / this.ratio
    const row = Math.floor((event.clientY - box.top) / zoom)
    const column = Math.floor((event.clientX - box.left) / zoom)
    this.move(onImage
      ? slide.placeAt(row, column)
      : { row: clamp(row, slide.outRows), column: clamp(column, slide.outColumns) })
  }

  press(event) {
    const move = arrowStep(event.key)
    if (event.target !== this.stage || !move || !this.at) return
    event.preventDefault()
    event.stopPropagation() // Streamlit has shortcuts of its own
    this.move({
      row: clamp(this.at.row + move[0], this.slide.outRows),
      column: clamp(this.at.column + move[1], this.slide.outColumns),
    })
  }

  move(place) {
    if (this.at && place.row === this.at.row && place.column === this.at.column) return
    this.at = place
    this.tell()
  }

  step(by) {
    const { slide } = this
    if (!slide.places) return
    this.move(slide.placeOf((slide.indexOf(this.at) + by + slide.places) % slide.places))
  }

  setPlaying(playing) {
    clearInterval(this.timer)
    this.playing = playing
    setText(this.play, playing ? "❚❚ Pause" : "▶ Play")
    this.play.setAttribute("aria-label", playing ? "Pause" : "Play")
    if (!playing) return this.at && this.slide && this.tell()
    if (this.slide.indexOf(this.at) === this.slide.places - 1) this.at = this.slide.placeOf(0)
    this.tell()
    this.timer = setInterval(() => {
      if (this.hovered) return
      if (this.slide.indexOf(this.at) === this.slide.places - 1) this.setPlaying(false)
      else this.step(1)
    }, STEP_TIME)
  }

  // The window outlined everywhere, and its arithmetic.
  tell() {
    const { slide, at } = this
    const style = getComputedStyle(this.convolution)
    if (!slide.places) {
      this.words.replaceChildren(element("div", "line", slide.problem))
      for (const figure of this.images) this.sized(figure, "marks", slide.paddedHeight, slide.paddedWidth, this.zoom)
      return
    }
    this.images.forEach((figure, channel) => {
      const canvas = this.sized(figure, "marks", slide.paddedHeight, slide.paddedWidth, this.zoom)
      this.markWindow(canvas.getContext("2d"), style, channel)
    })
    if (this.whole) {
      const canvas = this.sized(this.whole, "marks", slide.paddedHeight, slide.paddedWidth, this.zoom)
      this.markWindow(canvas.getContext("2d"), style, 0)
    }
    const results = this.sum ? [...this.partials, this.sum] : this.partials
    for (const figure of results) this.markPlace(figure, style, figure === this.sum ? this.sumZoom : this.outZoom)
    if (!slide.kernel) this.kernels.forEach((figure, channel) => this.drawKernel(figure, channel))
    const which = `window ${slide.indexOf(at) + 1} of ${slide.places}`
    setText(this.place, `row ${at.row}, column ${at.column}: ${plain(slide.totalAt(at))} (${which})`)
    this.words.replaceChildren(...writtenOut(slide, at))
    this.tallest = Math.max(this.tallest, this.words.clientHeight)
    this.words.style.minHeight = `${this.tallest}px` // so that nothing below jumps
    this.convolution.dataset.place = `${at.row} ${at.column}`
    this.convolution.dataset.value = slide.totalAt(at)
  }
}

// Whether Python could read the text of a cell.
function isNumber(text) {
  const parts = text.replace("−", "-").trim().split("/")
  return parts.length <= 2 && parts.every((part) => part.trim() === "" || Number.isFinite(Number(part)))
}

export default component(SlidingPicture, (data) => new Slide(unpack(data)))
