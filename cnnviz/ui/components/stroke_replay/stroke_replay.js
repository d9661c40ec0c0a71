// The drawing again, bit by bit, beside the ten probabilities; all in the browser.

import { themeOf } from "../shared/colors.js"
import { component, setText } from "../shared/component.js"
import { probabilityText } from "../shared/numbers.js"
import { paintValues, resizeCanvas } from "../shared/pixels.js"

const SECONDS = 6 // of the whole replay; the pen moves evenly
const BOARD = 196 // CSS px, both pictures
const NARROW = 700
const MARGIN = { left: 44, right: 34, top: 52, bottom: 30 }
const LABEL_ROWS = [14, 32] // of the changes of mind, from the top
const LABEL_ROOM = 15 // CSS px between labels at the lines' ends

class ReplayPlayer {
  constructor(parent) {
    this.parent = parent
    this.root = parent.querySelector(".replay")
    this.play = parent.querySelector(".play")
    this.slider = parent.querySelector("input")
    this.plot = parent.querySelector(".plot")
    this.play.onclick = () => (this.timer ? this.stop() : this.start())
    this.slider.oninput = () => {
      this.stop()
      this.go(Number(this.slider.value))
    }
    const scrub = (event) => {
      if (event.type === "pointermove" && event.pointerType === "touch" && !event.buttons) return
      this.stop()
      this.go(this.stepAt(event))
    }
    this.plot.onpointermove = this.plot.onpointerdown = scrub
    this.observer = new ResizeObserver(() => this.content && this.arrange())
    this.observer.observe(this.root)
  }

  close() {
    this.stop()
    this.observer.disconnect()
  }

  show(content) {
    this.content = content
    for (const [name, { values }] of Object.entries(content.arrays)) this[name] = values
    this.count = content.arrays.lengths.values.length
    this.slider.max = this.count - 1
    this.theme = themeOf(this.parent)
    this.stop()
    this.step = Math.min(this.step ?? this.count - 1, this.count - 1)
    if (this.drawn !== content.id) this.step = this.count - 1 // another drawing: its end
    this.drawn = content.id
    this.arrange()
  }

  arrange() {
    if (!this.root.clientWidth) return
    this.ratio = window.devicePixelRatio || 1
    this.root.classList.toggle("narrow", this.root.clientWidth < NARROW)
    this.drawLines()
    this.go(this.step)
  }

  // ---- playing ----

  start() {
    if (this.step >= this.count - 1) this.go(0)
    const whole = this.lengths[this.count - 1] || 1
    const from = this.lengths[this.step]
    const began = performance.now()
    this.play.textContent = "Pause"
    const tick = (now) => {
      const length = from + ((now - began) / 1000 / SECONDS) * whole
      let step = this.step
      while (step < this.count - 1 && this.lengths[step + 1] <= length) step++
      if (step !== this.step) this.go(step)
      if (step >= this.count - 1) return this.stop()
      this.timer = requestAnimationFrame(tick)
    }
    this.timer = requestAnimationFrame(tick)
  }

  stop() {
    cancelAnimationFrame(this.timer)
    this.timer = null
    this.play.textContent = "Play"
  }

  go(step) {
    this.step = step
    this.slider.value = step
    this.drawBoard()
    this.drawSeen()
    this.drawHead()
    this.tell()
  }

  // ---- pictures ----

  sized(selector) {
    const side = Math.min(BOARD, Math.floor((this.root.clientWidth - 24) / 2))
    const canvas = this.parent.querySelector(selector)
    resizeCanvas(canvas, Math.round(side * this.ratio), Math.round(side * this.ratio), this.ratio)
    return canvas
  }

  // Strokes up to this step in white, what is still to come as a thin line.
  drawBoard() {
    const canvas = this.sized(".board canvas")
    const brush = canvas.getContext("2d")
    const scale = canvas.width / this.content.size
    brush.lineCap = brush.lineJoin = "round"
    const line = (from, to, color, width) => {
      brush.strokeStyle = color
      brush.lineWidth = width * scale
      brush.beginPath()
      brush.moveTo(this.points[2 * from] * scale, this.points[2 * from + 1] * scale)
      for (let at = from; at < to; at++) brush.lineTo(this.points[2 * at] * scale, this.points[2 * at + 1] * scale)
      brush.stroke()
    }
    const end = this.ends[this.step] // so many points are on paper
    for (let stroke = 0; stroke < this.starts.length; stroke++) {
      const first = this.starts[stroke]
      const last = this.starts[stroke + 1] ?? this.points.length / 2
      line(first, last, "#555555", 2)
      if (end > first) line(first, Math.min(end, last), "#ffffff", this.widths[stroke])
    }
  }

  drawSeen() {
    const canvas = this.sized(".seen canvas")
    const pixels = this.images.subarray(this.step * 784, (this.step + 1) * 784)
    paintValues(canvas, pixels, 28, 28, canvas.width / 28, 255, "digit", this.theme)
  }

  tell() {
    const values = this.probabilities.subarray(this.step * 10, this.step * 10 + 10)
    const best = values.reduce((top, value, digit) => (value > values[top] ? digit : top), 0)
    const readable = !Number.isNaN(values[0])
    const color = this.content.lines.find(({ digit }) => digit === best)?.color
    const answer = this.parent.querySelector(".digit")
    setText(answer, readable ? String(best) : "–")
    answer.style.color = readable && color ? color : ""
    setText(this.parent.querySelector(".sure"), readable ? `${probabilityText(values[best])} sure` : "too little to read")
    const share = this.lengths[this.step] / (this.lengths[this.count - 1] || 1)
    setText(this.parent.querySelector(".where"), `${Math.round(share * 100)}% of the pen's way`)
    this.root.dataset.step = this.step
    this.root.dataset.reading = readable ? best : ""
  }

  // ---- chart ----

  box() {
    const { clientWidth, clientHeight } = this.plot
    return { width: clientWidth - MARGIN.left - MARGIN.right, height: clientHeight - MARGIN.top - MARGIN.bottom }
  }

  x(step) {
    return MARGIN.left + (this.lengths[step] / (this.lengths[this.count - 1] || 1)) * this.box().width
  }

  y(probability) {
    return MARGIN.top + (1 - probability) * this.box().height
  }

  stepAt(event) {
    const x = event.clientX - this.plot.getBoundingClientRect().left
    let best = 0
    for (let step = 0; step < this.count; step++) {
      if (Math.abs(this.x(step) - x) < Math.abs(this.x(best) - x)) best = step
    }
    return best
  }

  brushOf(selector) {
    const canvas = this.parent.querySelector(selector)
    canvas.width = Math.round(this.plot.clientWidth * this.ratio)
    canvas.height = Math.round(this.plot.clientHeight * this.ratio)
    const brush = canvas.getContext("2d")
    brush.scale(this.ratio, this.ratio)
    const style = getComputedStyle(this.root)
    brush.font = `14px ${style.fontFamily}`
    brush.fillStyle = brush.strokeStyle = style.color
    return brush
  }

  drawLines() {
    const brush = this.brushOf(".lines")
    this.drawAxes(brush)
    this.drawChanges(brush)
    for (const line of this.content.lines) this.drawLine(brush, line)
    this.labelLines(brush)
  }

  drawAxes(brush) {
    const { width } = this.box()
    brush.textAlign = "right"
    brush.textBaseline = "middle"
    brush.lineWidth = 1
    for (const share of [0, 0.5, 1]) {
      brush.globalAlpha = 0.75
      brush.fillText(`${share * 100}%`, MARGIN.left - 8, this.y(share))
      brush.globalAlpha = 0.2
      brush.beginPath()
      brush.moveTo(MARGIN.left, this.y(share))
      brush.lineTo(MARGIN.left + width, this.y(share))
      brush.stroke()
    }
    brush.globalAlpha = 0.75
    brush.textAlign = "left"
    brush.fillText("0", MARGIN.left, this.y(0) + 18)
    brush.textAlign = "right"
    const whole = Math.round(this.lengths[this.count - 1])
    brush.fillText(`length drawn: ${whole} pixels of the board`, MARGIN.left + width, this.y(0) + 18)
    brush.globalAlpha = 1
  }

  // Where the likeliest digit changed: a line up to what it changed to; labels only where they fit.
  drawChanges(brush) {
    const free = LABEL_ROWS.map(() => -Infinity)
    brush.textAlign = "center"
    brush.lineWidth = 1
    for (let at = 0; at < this.changes.length; at += 3) {
      const [step, before, after] = this.changes.subarray(at, at + 3)
      const x = this.x(step)
      const text = `${before} → ${after}`
      const half = brush.measureText(text).width / 2
      const row = free.findIndex((edge) => x - half > edge)
      brush.globalAlpha = 0.4
      brush.setLineDash([3, 3])
      brush.beginPath()
      brush.moveTo(x, row < 0 ? MARGIN.top : LABEL_ROWS[row] + 9)
      brush.lineTo(x, this.y(0))
      brush.stroke()
      brush.setLineDash([])
      brush.globalAlpha = 1
      if (row < 0) continue
      brush.fillText(text, x, LABEL_ROWS[row])
      free[row] = x + half + 6
    }
  }

  drawLine(brush, { digit, color, dash }) {
    brush.strokeStyle = color
    brush.lineWidth = 3
    brush.setLineDash(dash)
    brush.beginPath()
    let drawing = false
    for (let step = 0; step < this.count; step++) {
      const value = this.probabilities[step * 10 + digit]
      if (Number.isNaN(value)) drawing = false // nothing to read: a gap
      else if (drawing) brush.lineTo(this.x(step), this.y(value))
      else {
        brush.moveTo(this.x(step), this.y(value))
        drawing = true
      }
    }
    brush.stroke()
    brush.setLineDash([])
  }

  // Each line's digit: at its end where it ends high, else at its peak.
  labelLines(brush) {
    brush.font = `bold 15px ${getComputedStyle(this.root).fontFamily}`
    const taken = []
    for (const { digit, color } of this.content.lines) {
      const of = (step) => this.probabilities[step * 10 + digit] || 0
      let step = this.count - 1
      if (of(step) < 0.05) for (let at = 0; at < this.count; at++) if (of(at) > of(step)) step = at
      const atEnd = step === this.count - 1
      const x = this.x(step) + (atEnd ? 12 : 0)
      let y = this.y(of(step)) - (atEnd ? 0 : 12)
      while (taken.some(([left, top]) => Math.abs(left - x) < 16 && Math.abs(top - y) < LABEL_ROOM)) y += LABEL_ROOM
      taken.push([x, y])
      brush.fillStyle = color
      brush.textAlign = "center"
      brush.fillText(String(digit), x, y)
    }
  }

  drawHead() {
    const brush = this.brushOf(".head")
    const x = this.x(this.step)
    brush.lineWidth = 2
    brush.beginPath()
    brush.moveTo(x, MARGIN.top)
    brush.lineTo(x, this.y(0))
    brush.stroke()
    for (const { digit, color } of this.content.lines) {
      const value = this.probabilities[this.step * 10 + digit]
      if (Number.isNaN(value)) continue
      brush.fillStyle = color
      brush.beginPath()
      brush.arc(x, this.y(value), 5, 0, 2 * Math.PI)
      brush.fill()
    }
  }
}

export default component(ReplayPlayer)
